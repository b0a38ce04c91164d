//! To and from safetensors, bit by bit.

use attractor_core::Result;
use attractor_core::weights::Weights;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::model::{Record, State};
use super::posterior::{Origin, Particle};
use super::{BayesPcn, BayesPcnConfig, MatrixNormal};
use crate::files::{Stored, add_mat, mat, persists};

/// What is not an array.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    config: BayesPcnConfig,
    len: usize,
    written: u64,
    generation: u64,
    /// Index of the drawn prior of each particle; none if it was given.
    origins: Vec<Option<u64>>,
    /// Of each kept pattern: whether it can be removed, and its generation.
    records: Vec<(bool, u64)>,
}

persists!(BayesPcn);

impl Stored for BayesPcn {
    const SYSTEM: &'static str = "bayespcn";

    type Header = Header;

    fn header(&self) -> Header {
        let state = &self.state;
        let origins = state
            .particles
            .iter()
            .map(|particle| match particle.origin {
                Origin::Drawn(index) => Some(index),
                Origin::Given(_) => None,
            });
        Header {
            config: self.config,
            len: state.len,
            written: state.written,
            generation: state.generation,
            origins: origins.collect(),
            records: state
                .records
                .iter()
                .map(|r| (r.exact, r.generation))
                .collect(),
        }
    }

    fn add_arrays(&self, arrays: &mut Weights) -> Result<()> {
        let state = &self.state;
        arrays.insert_doubles(
            "log_weights",
            &[state.log_weights.len()],
            state.log_weights.clone(),
        );
        for (k, particle) in state.particles.iter().enumerate() {
            add_layers(arrays, &format!("particle{k}"), &particle.layers);
            if let Origin::Given(prior) = &particle.origin {
                add_layers(arrays, &format!("particle{k}/prior"), prior);
            }
        }
        for (index, record) in state.records.iter().enumerate() {
            let pattern: Vec<f64> = record.pattern.iter().copied().map(f64::from).collect();
            arrays.insert_doubles(format!("pattern{index}"), &[pattern.len()], pattern);
            for (k, hidden) in record.hidden.iter().enumerate() {
                let name = format!("pattern{index}/hidden{k}");
                arrays.insert_doubles(name, &[hidden.len()], hidden.clone());
            }
        }
        Ok(())
    }

    fn restored(file: &Weights, header: Header, device: &Device) -> Result<Self> {
        let state = parse(file, &header)?;
        Ok(Self::restore(header.config, device, state))
    }
}

fn parse(file: &Weights, header: &Header) -> Result<State> {
    let config = header.config;
    config
        .validate()
        .map_err(|error| file.fail(error.to_string()))?;
    if header.origins.len() != config.particles {
        let (expected, found) = (config.particles, header.origins.len());
        return Err(file.fail(format!("expected {expected} particles, found {found}")));
    }
    let mut particles = Vec::new();
    for (k, origin) in header.origins.iter().enumerate() {
        particles.push(Particle {
            layers: layers(file, &config, &format!("particle{k}"))?,
            origin: match origin {
                Some(index) => Origin::Drawn(*index),
                None => Origin::Given(layers(file, &config, &format!("particle{k}/prior"))?),
            },
        });
    }
    let mut records = Vec::new();
    for (index, &(exact, generation)) in header.records.iter().enumerate() {
        let pattern = file.doubles(&format!("pattern{index}"), &[config.dim])?;
        let width = (config.layers - 1).saturating_mul(config.hidden);
        let hidden = (0..config.particles)
            .map(|k| file.doubles(&format!("pattern{index}/hidden{k}"), &[width]));
        records.push(Record {
            pattern: pattern.into_iter().map(|x| x as f32).collect(),
            hidden: hidden.collect::<Result<_, _>>()?,
            exact,
            generation,
        });
    }
    if config.keep_patterns && records.len() != header.len {
        let (expected, found) = (header.len, records.len());
        let reason = format!("expected {expected} kept patterns, found {found}");
        return Err(file.fail(reason));
    }
    Ok(State {
        particles,
        log_weights: file.doubles("log_weights", &[config.particles])?,
        len: header.len,
        written: header.written,
        generation: header.generation,
        records,
    })
}

fn layers(file: &Weights, config: &BayesPcnConfig, name: &str) -> Result<Vec<MatrixNormal>> {
    (0..config.layers)
        .map(|l| {
            let (inputs, outputs) = config.shape(l);
            let part = |part: &str, shape| mat(file, &format!("{name}/layer{l}/{part}"), shape);
            Ok(MatrixNormal {
                mean: part("mean", [inputs, outputs])?,
                factor: part("factor", [inputs, inputs])?,
            })
        })
        .collect()
}

fn add_layers(arrays: &mut Weights, name: &str, layers: &[MatrixNormal]) {
    for (l, layer) in layers.iter().enumerate() {
        add_mat(arrays, format!("{name}/layer{l}/mean"), &layer.mean);
        add_mat(arrays, format!("{name}/layer{l}/factor"), &layer.factor);
    }
}
