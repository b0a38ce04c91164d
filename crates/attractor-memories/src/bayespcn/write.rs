//! Writing, forgetting and resampling.

use attractor_core::{Error, Result, rng};
use burn::tensor::Tensor;
use rand::RngExt;
use rayon::prelude::*;

use super::BayesPcn;
use super::clamp::Clamp;
use super::config::{Coding, Writing};
use super::density::Density;
use super::energy::{Objective, Point, View};
use super::layer::check_strength;
use super::linalg::{Mat, log_sum_exp};
use super::model::Record;
use super::particle::{Origin, Particle};
use super::search::{Ascent, search};

/// What one particle made of a block of patterns.
pub(crate) struct Code {
    pub(crate) hidden: Vec<Mat>,
    pub(crate) inputs: Vec<Mat>,
    log_joint: f64,
}

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
        self.change(|memory| match memory.config.writing {
            Writing::Batch => Ok(vec![memory.write_block(&values, &rows)?]),
            Writing::Streaming => (0..rows.rows)
                .map(|row| {
                    let values = &values[row * dim..(row + 1) * dim];
                    memory.write_block(values, &rows.pick(&[row]))
                })
                .collect(),
        })
    }

    /// Moves every weight towards its prior: 0 changes nothing, 1 empties the memory. Strengths
    /// compose: `b1` then `b2` is `b1 + b2 - b1 b2`. See [`super::MatrixNormal::forget`].
    ///
    /// Patterns written before can no longer be removed one by one.
    ///
    /// # Errors
    /// [`Error::Config`] for a strength outside `[0, 1]`.
    pub fn forget(&mut self, strength: f64) -> Result<()> {
        check_strength(strength)?;
        if strength == 1.0 {
            self.empty();
            return Ok(());
        }
        self.change(|memory| {
            let config = memory.config;
            for particle in &mut memory.state.particles {
                particle.forget(&config, strength)?;
            }
            for record in &mut memory.state.records {
                record.exact &= strength == 0.0;
            }
            Ok(())
        })
    }

    /// The state before anything was written.
    pub(crate) fn empty(&mut self) {
        let config = self.config;
        let particles = self.state.particles.iter().enumerate();
        let particles = particles.map(|(index, particle)| match &particle.origin {
            Origin::Drawn(_) => Particle::drawn(&config, index as u64),
            Origin::Given(prior) => Particle::given(prior.clone()),
        });
        let density = self.density;
        *self = Self::of(config, &self.device, particles.collect());
        self.density = density;
    }

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
        for (weight, score) in state.log_weights.iter_mut().zip(&scores) {
            *weight += score;
        }
        normalise(&mut state.log_weights);
        let updates = state.particles.par_iter_mut().zip(&codes);
        updates.try_for_each(|(particle, code)| {
            let layers = particle.layers.par_iter_mut().enumerate();
            layers.try_for_each(|(l, layer)| {
                let x = if l == 0 { rows } else { &code.hidden[l - 1] };
                layer.update(&code.inputs[l], x, config.variance(l))
            })
        })?;
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

    /// Hidden values for each particle.
    pub(crate) fn encode(&self, rows: &Mat) -> Vec<Code> {
        let index: Vec<u64> = (0..rows.rows as u64)
            .map(|row| self.state.written + row)
            .collect();
        let start = self.start("bayespcn/write", &index);
        let joint = rows.rows > 1 && self.density == Density::Rows;
        let density = if joint { Density::Joint } else { self.density };
        let climb = |views: Vec<View<'_>>, clamps: &[Clamp]| -> Vec<Code> {
            let objective = Objective {
                config: &self.config,
                views,
                density,
            };
            let mut point = Point {
                hidden: start.clone(),
                targets: clamps
                    .iter()
                    .map(|clamp| clamp.target(rows, joint))
                    .collect(),
            };
            point.hidden = search(
                &objective,
                &self.config.search,
                Ascent::Adam,
                point.clone(),
                None,
            )
            .hidden;
            let inputs = objective.codes(&point);
            let each = objective.value(&point).each;
            each.into_iter()
                .map(|each| Code {
                    hidden: point.hidden.clone(),
                    inputs: inputs.clone(),
                    log_joint: each[0],
                })
                .collect()
        };
        match self.config.coding {
            Coding::Shared => {
                let clamps = self.clamps_for(None);
                climb(self.views(&clamps), &clamps)
            }
            Coding::Individual => {
                let particles = self.state.particles.par_iter();
                particles
                    .flat_map(|particle| {
                        let clamp = Clamp::new(&particle.layers[0].mean, None);
                        let view = View {
                            layers: &particle.layers,
                            map: &clamp.map,
                            log_weight: 0.0,
                        };
                        climb(vec![view], std::slice::from_ref(&clamp))
                    })
                    .collect()
            }
        }
    }

    /// Multinomial resampling if few particles are left that count.
    fn resample(&mut self) {
        let count = self.state.particles.len();
        if self.effective_particles() >= self.config.resample_below * count as f64 {
            return;
        }
        let state = &mut self.state;
        let mut stream = rng::indexed_stream(self.config.seed, "bayespcn/resample", state.written);
        let ancestors: Vec<usize> = (0..count)
            .map(|_| choose(&state.log_weights, stream.random()))
            .collect();
        state.particles = ancestors
            .iter()
            .map(|&from| state.particles[from].clone())
            .collect();
        for record in &mut state.records {
            record.hidden = ancestors
                .iter()
                .map(|&from| record.hidden[from].clone())
                .collect();
        }
        state.log_weights = vec![-(count as f64).ln(); count];
        state.generation += 1;
    }
}

/// Scales the weights to the sum 1.
pub(crate) fn normalise(log_weights: &mut [f64]) {
    let total = log_sum_exp(log_weights.iter().copied());
    log_weights.iter_mut().for_each(|weight| *weight -= total);
}

/// The index where the running sum of the weights passes `uniform` in `[0, 1)`.
pub(crate) fn choose(log_weights: &[f64], uniform: f64) -> usize {
    let mut sum = 0.0;
    let passed = log_weights.iter().position(|weight| {
        sum += weight.exp();
        uniform < sum
    });
    passed.unwrap_or(log_weights.len() - 1)
}
