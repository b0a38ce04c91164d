//! Storing patterns: hidden values first, then the exact posterior given them.

use attractor_core::{Error, Result};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::encode::Code;
use super::resample::normalise;
use crate::bayespcn::model::Record;
use crate::bayespcn::{BayesPcn, Writing};
use crate::linalg::Mat;

impl BayesPcn {
    /// Stores patterns `[n, dim]` and returns their log evidence under each particle, in nats:
    /// `[n][particles]`, or `[1][particles]` for a joint write of the batch. Low values are novel.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`Error::Config`] if the patterns are so
    /// large that their density is not a finite number. Nothing is stored then.
    pub fn write_scored(&mut self, patterns: Tensor<2>) -> Result<Vec<Vec<f64>>> {
        let (values, rows) = self.rows("patterns", patterns)?;
        let dim = self.config.dim;
        if rows.rows == 1 || self.config.writing == Writing::Batch {
            let block = self.change_or_leave(|memory| memory.write_block(&values, &rows))?;
            return Ok(vec![block]);
        }
        self.change(|memory| {
            (0..rows.rows)
                .map(|row| {
                    let values = &values[row * dim..(row + 1) * dim];
                    memory.write_block(values, &rows.pick(&[row]))
                })
                .collect()
        })
    }

    /// On an error the state is as before.
    fn write_block(&mut self, values: &[f32], rows: &Mat) -> Result<Vec<f64>> {
        let codes = self.encode(rows);
        let scores: Vec<f64> = codes.iter().map(|code| code.log_joint).collect();
        if let Some(bad) = scores.iter().find(|score| !score.is_finite()) {
            return Err(Error::config(
                "patterns",
                "must have a finite log density (scale them, or raise sigma_data)",
                bad,
            ));
        }
        let config = self.config;
        let state = &mut self.state;
        let updates = state.particles.par_iter_mut().zip(&codes);
        // A finite density had a positive definite covariance in every layer: no update fails.
        updates.try_for_each(|(particle, code)| {
            let layers = particle.layers.par_iter_mut().enumerate();
            layers.try_for_each(|(l, layer)| {
                let x = if l == 0 { rows } else { &code.hidden[l - 1] };
                layer.update(&code.inputs[l], x, config.variance(l))
            })
        })?;
        for (weight, score) in state.log_weights.iter_mut().zip(&scores) {
            *weight += score;
        }
        normalise(&mut state.log_weights);
        if config.keep_patterns {
            for (row, pattern) in values.chunks(config.dim).enumerate() {
                let flat = |code: &Code| -> Vec<f64> {
                    let layers = code.hidden.iter();
                    layers.flat_map(|x| x.row(row)).copied().collect()
                };
                state.records.push(Record {
                    pattern: pattern.to_vec(),
                    hidden: codes.iter().map(flat).collect(),
                    exact: true,
                    generation: state.generation,
                });
            }
        }
        state.len += rows.rows;
        state.written += rows.rows as u64;
        self.resample();
        Ok(scores)
    }
}
