//! To and from safetensors, bit by bit.

use std::collections::HashMap;
use std::path::Path;

use attractor_core::{Error, Persist, Result};
use burn::tensor::Device;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::linalg::Mat;
use super::model::{Record, State};
use super::particle::{Origin, Particle};
use super::{BayesPcn, BayesPcnConfig, MatrixNormal};

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
            arrays.add_layers(&format!("particle{k}"), &particle.layers);
            if let Origin::Given(prior) = &particle.origin {
                arrays.add_layers(&format!("particle{k}/prior"), prior);
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
        arrays.write(path, header).map_err(fail)
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
    let not = |error: safetensors::SafeTensorError| format!("expected a safetensors file: {error}");
    let file = SafeTensors::deserialize(bytes).map_err(not)?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(not)?;
    let text = metadata.metadata().as_ref();
    let text = text.and_then(|all| all.get(SYSTEM));
    let text = text.ok_or_else(|| format!("expected the system `{SYSTEM}`, found another"))?;
    let header: Header = serde_json::from_str(text)
        .map_err(|error| format!("the configuration of `{SYSTEM}`: {error}"))?;
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

/// A finite `f64` array of exactly that shape.
fn array(file: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f64>, String> {
    let view = file.tensor(name).map_err(|error| error.to_string())?;
    if view.shape() != shape || view.dtype() != Dtype::F64 {
        let (found, dtype) = (view.shape(), view.dtype());
        return Err(format!(
            "`{name}`: expected F64 of shape {shape:?}, found {dtype:?} of shape {found:?}"
        ));
    }
    let (chunks, _) = view.data().as_chunks::<8>();
    let values: Vec<f64> = chunks
        .iter()
        .map(|bytes| f64::from_le_bytes(*bytes))
        .collect();
    match values.iter().find(|value| !value.is_finite()) {
        Some(bad) => Err(format!("`{name}`: expected finite numbers, found {bad}")),
        None => Ok(values),
    }
}

/// Named arrays on their way to a file.
#[derive(Default)]
struct Arrays(Vec<(String, Vec<usize>, Vec<u8>)>);

impl Arrays {
    fn add(&mut self, name: &str, shape: Vec<usize>, values: &[f64]) {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.0.push((name.to_owned(), shape, bytes));
    }

    fn add_layers(&mut self, name: &str, layers: &[MatrixNormal]) {
        for (l, layer) in layers.iter().enumerate() {
            for (part, mat) in [("mean", &layer.mean), ("factor", &layer.factor)] {
                let shape = vec![mat.rows, mat.cols];
                self.add(&format!("{name}/layer{l}/{part}"), shape, &mat.data);
            }
        }
    }

    /// To a neighbour first, then renamed.
    fn write(&self, path: &Path, header: String) -> Result<(), String> {
        let views = self.0.iter().map(|(name, shape, data)| {
            TensorView::new(Dtype::F64, shape.clone(), data).map(|view| (name.as_str(), view))
        });
        let views: Vec<_> = views
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let metadata = HashMap::from([(SYSTEM.to_owned(), header)]);
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| e.to_string())?;
        let partial = path.with_extension("safetensors.part");
        std::fs::write(&partial, bytes)
            .and_then(|()| std::fs::rename(&partial, path))
            .map_err(|error| error.to_string())
    }
}
