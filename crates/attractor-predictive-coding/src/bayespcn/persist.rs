//! To and from safetensors, bit by bit.

use std::path::Path;

use attractor_core::{Error, Persist, Result};
use burn::tensor::Device;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::linalg::Mat;
use super::model::{Record, State};
use super::particle::{Origin, Particle};
use super::{BayesPcn, BayesPcnConfig, MatrixNormal};
use crate::files::{Arrays, array, open};

const SYSTEM: &str = "bayespcn";

/// What is not an array.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    config: BayesPcnConfig,
    len: usize,
    written: u64,
    generation: u64,
    /// Index of the drawn prior of each particle; none if it was given.
    origins: Vec<Option<u64>>,
    /// Of each kept pattern: whether it can be removed, and its generation.
    records: Vec<(bool, u64)>,
}

impl Persist for BayesPcn {
    fn save(&self, path: &Path) -> Result<()> {
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        let (state, mut arrays) = (&self.state, Arrays::default());
        arrays.add(
            "log_weights",
            vec![state.log_weights.len()],
            &state.log_weights,
        );
        for (k, particle) in state.particles.iter().enumerate() {
            add_layers(&mut arrays, &format!("particle{k}"), &particle.layers);
            if let Origin::Given(prior) = &particle.origin {
                add_layers(&mut arrays, &format!("particle{k}/prior"), prior);
            }
        }
        for (index, record) in state.records.iter().enumerate() {
            let pattern: Vec<f64> = record.pattern.iter().copied().map(f64::from).collect();
            arrays.add(&format!("pattern{index}"), vec![pattern.len()], &pattern);
            for (k, hidden) in record.hidden.iter().enumerate() {
                arrays.add(
                    &format!("pattern{index}/hidden{k}"),
                    vec![hidden.len()],
                    hidden,
                );
            }
        }
        let origins = state
            .particles
            .iter()
            .map(|particle| match particle.origin {
                Origin::Drawn(index) => Some(index),
                Origin::Given(_) => None,
            });
        let header = Header {
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
        };
        let header = serde_json::to_string(&header).map_err(|error| fail(error.to_string()))?;
        arrays.write(path, SYSTEM, header).map_err(fail)
    }

    fn load(path: &Path, device: &Device) -> Result<Self> {
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let (header, state) = parse(&bytes).map_err(fail)?;
        header
            .config
            .validate()
            .map_err(|error| fail(error.to_string()))?;
        Ok(Self::restore(header.config, device, state))
    }
}

fn parse(bytes: &[u8]) -> Result<(Header, State), String> {
    let (file, header) = open::<Header>(bytes, SYSTEM)?;
    let config = header.config;
    config.validate().map_err(|error| error.to_string())?;
    if header.origins.len() != config.particles {
        let (expected, found) = (config.particles, header.origins.len());
        return Err(format!("expected {expected} particles, found {found}"));
    }
    let mut particles = Vec::new();
    for (k, origin) in header.origins.iter().enumerate() {
        particles.push(Particle {
            layers: layers(&file, &config, &format!("particle{k}"))?,
            origin: match origin {
                Some(index) => Origin::Drawn(*index),
                None => Origin::Given(layers(&file, &config, &format!("particle{k}/prior"))?),
            },
        });
    }
    let mut records = Vec::new();
    for (index, &(exact, generation)) in header.records.iter().enumerate() {
        let pattern = array(&file, &format!("pattern{index}"), &[config.dim])?;
        let width = (config.layers - 1) * config.hidden;
        let hidden = (0..config.particles)
            .map(|k| array(&file, &format!("pattern{index}/hidden{k}"), &[width]));
        records.push(Record {
            pattern: pattern.into_iter().map(|x| x as f32).collect(),
            hidden: hidden.collect::<Result<_, _>>()?,
            exact,
            generation,
        });
    }
    if config.keep_patterns && records.len() != header.len {
        let (expected, found) = (header.len, records.len());
        return Err(format!("expected {expected} kept patterns, found {found}"));
    }
    let state = State {
        particles,
        log_weights: array(&file, "log_weights", &[config.particles])?,
        len: header.len,
        written: header.written,
        generation: header.generation,
        records,
    };
    Ok((header, state))
}

fn layers(
    file: &SafeTensors<'_>,
    config: &BayesPcnConfig,
    name: &str,
) -> Result<Vec<MatrixNormal>, String> {
    (0..config.layers)
        .map(|l| {
            let (inputs, outputs) = config.shape(l);
            let part = |part: &str, shape: [usize; 2]| {
                array(file, &format!("{name}/layer{l}/{part}"), &shape)
                    .map(|values| Mat::new(shape[0], shape[1], values))
            };
            Ok(MatrixNormal {
                mean: part("mean", [inputs, outputs])?,
                factor: part("factor", [inputs, inputs])?,
            })
        })
        .collect()
}

fn add_layers(arrays: &mut Arrays, name: &str, layers: &[MatrixNormal]) {
    for (l, layer) in layers.iter().enumerate() {
        for (part, mat) in [("mean", &layer.mean), ("factor", &layer.factor)] {
            let shape = vec![mat.rows, mat.cols];
            arrays.add(&format!("{name}/layer{l}/{part}"), shape, &mat.data);
        }
    }
}
