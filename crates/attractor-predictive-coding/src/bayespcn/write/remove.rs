//! Removing a pattern that was kept with its hidden values.

use attractor_core::{Error, Result};
use rayon::prelude::*;

use super::resample::normalise;
use crate::bayespcn::inference::lift::{Lifted, lift};
use crate::bayespcn::model::Record;
use crate::bayespcn::{BayesPcn, BayesPcnConfig, MatrixNormal};
use crate::linalg::Mat;

impl BayesPcn {
    /// Takes pattern `index` out of every posterior and importance weight.
    pub(crate) fn remove_record(&mut self, index: usize) -> Result<()> {
        let len = self.state.len;
        if index >= len {
            let what = "pattern";
            return Err(Error::Index { what, len, index });
        }
        let unsupported = |part: &str| Error::Unsupported {
            what: "BayesPcn::remove",
            capability: "hidden values kept since the write (`keep_patterns`, no `forget` after it)",
            part: part.to_owned(),
        };
        if !self.config.keep_patterns {
            return Err(unsupported("a memory without `keep_patterns`"));
        }
        if !self.state.records[index].exact {
            return Err(unsupported("a pattern written before the last `forget`"));
        }
        self.change(|memory| {
            let (config, state) = (memory.config, &mut memory.state);
            // Undoing an update loses digits as often as noise is small beside what was uncertain.
            // As long as all codes are there, absorbing those that stay is as exact as writing.
            let rebuild = state.records.iter().all(|record| record.exact);
            let record = state.records.remove(index);
            let (records, generation) = (&state.records, state.generation);
            let particles = state.particles.par_iter_mut().enumerate();
            let evidence: Vec<f64> = particles
                .map(|(k, particle)| {
                    let gone = LayerRows::of(&config, k, std::slice::from_ref(&record));
                    if rebuild {
                        particle.layers = (0..config.layers)
                            .map(|l| particle.origin.layer(&config, l))
                            .collect();
                        for block in records.chunks(BLOCK) {
                            LayerRows::of(&config, k, block)
                                .absorb(&config, &mut particle.layers)?;
                        }
                    }
                    let mut evidence = 0.0;
                    for (l, layer) in particle.layers.iter_mut().enumerate() {
                        let (z, x) = (&gone.inputs[l].data, &gone.outputs[l].data);
                        let variance = config.variance(l);
                        if !rebuild {
                            layer.remove(z, x, variance)?;
                        }
                        evidence += layer.log_predictive(z, x, variance)?;
                    }
                    Ok(evidence)
                })
                .collect::<Result<_>>()?;
            // The evidence that the pattern added, by the chain rule in any order. What came
            // before a resampling is no longer in the weights.
            if record.generation == generation {
                for (weight, evidence) in state.log_weights.iter_mut().zip(evidence) {
                    *weight -= evidence;
                }
            }
            normalise(&mut state.log_weights);
            state.len -= 1;
            Ok(())
        })
    }
}

/// Patterns absorbed in one update while a posterior is rebuilt.
const BLOCK: usize = 64;

/// What some patterns were to the layers of one particle.
struct LayerRows {
    inputs: Vec<Mat>,
    outputs: Vec<Mat>,
}

impl LayerRows {
    fn of(config: &BayesPcnConfig, particle: usize, records: &[Record]) -> Self {
        let (rows, hidden) = (records.len(), config.hidden);
        let patterns = records.iter().flat_map(|record| &record.pattern);
        let patterns = patterns.copied().map(f64::from).collect();
        let mut outputs = vec![Mat::new(rows, config.dim, patterns)];
        for layer in 0..config.layers - 1 {
            let values = records.iter().flat_map(|record| {
                let all = &record.hidden[particle];
                all[layer * hidden..(layer + 1) * hidden].iter().copied()
            });
            outputs.push(Mat::new(rows, hidden, values.collect()));
        }
        let inputs = outputs[1..].iter().map(|x| lift(config, x));
        let inputs = inputs.chain([Lifted::top(rows)]).map(|lifted| lifted.z);
        Self {
            inputs: inputs.collect(),
            outputs,
        }
    }

    fn absorb(&self, config: &BayesPcnConfig, layers: &mut [MatrixNormal]) -> Result<()> {
        for (l, layer) in layers.iter_mut().enumerate() {
            layer.update(&self.inputs[l], &self.outputs[l], config.variance(l))?;
        }
        Ok(())
    }
}
