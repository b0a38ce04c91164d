//! Removing a pattern that was kept with its hidden values.

use attractor_core::{Error, Result};

use super::BayesPcn;
use super::lift::{Lifted, lift};
use super::linalg::Mat;
use super::write::normalise;

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
            let record = state.records.remove(index);
            let pattern: Vec<f64> = record.pattern.iter().copied().map(f64::from).collect();
            for (k, particle) in state.particles.iter_mut().enumerate() {
                let hidden = record.hidden[k].chunks(config.hidden);
                let hidden: Vec<Mat> = hidden
                    .map(|x| Mat::new(1, config.hidden, x.to_vec()))
                    .collect();
                let inputs = hidden.iter().map(|x| lift(&config, x));
                let inputs: Vec<Lifted> = inputs.chain([Lifted::top(1)]).collect();
                for (l, layer) in particle.layers.iter_mut().enumerate() {
                    let x = if l == 0 {
                        &pattern
                    } else {
                        &hidden[l - 1].data
                    };
                    let (z, variance) = (&inputs[l].z.data, config.variance(l));
                    layer.remove(z, x, variance)?;
                    // The evidence that the pattern added, by the chain rule in any order. What
                    // came before a resampling is no longer in the weights.
                    if record.generation == state.generation {
                        state.log_weights[k] -= layer.log_predictive(z, x, variance)?;
                    }
                }
            }
            normalise(&mut state.log_weights);
            state.len -= 1;
            Ok(())
        })
    }
}
