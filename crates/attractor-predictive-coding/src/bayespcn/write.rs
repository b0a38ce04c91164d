//! Writing, forgetting and resampling.

use attractor_core::{Error, Result, rng};
use burn::tensor::Tensor;
use rand::RngExt;
use rayon::prelude::*;

use super::BayesPcn;
use super::config::{Coding, Precision, Writing};
use super::density::Density;
use super::energy::{Objective, Point};
use super::layer::check_strength;
use super::linalg::{Mat, log_sum_exp};
use super::model::Record;
use super::particle::{Origin, Particle};
use super::real::Real;
use super::search::{Ascent, search};
use super::view::{Network, Sensory, View};

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

    /// Hidden values for each particle.
    pub(crate) fn encode(&self, rows: &Mat) -> Vec<Code> {
        match self.config.search.precision {
            Precision::Single => self.encode_in::<f32>(rows),
            Precision::Double => self.encode_in::<f64>(rows),
        }
    }

    fn encode_in<T: Real>(&self, rows: &Mat) -> Vec<Code> {
        let index: Vec<u64> = (0..rows.rows as u64)
            .map(|row| self.state.written + row)
            .collect();
        let start = self.start("bayespcn/write", &index);
        let several = rows.rows > 1;
        let density = match self.density {
            Density::Rows if several => Density::Joint,
            density => density,
        };
        let coupled = density == Density::Joint;
        // `weights` of the particles add up if they are searched together.
        let climb = |particles: &[Particle], weights: &[f64]| -> Vec<Code> {
            let networks: Vec<(Network<T>, Sensory<T>)> = particles
                .par_iter()
                .map(|particle| {
                    let layers = &particle.layers;
                    rayon::join(
                        || Network::new(layers, several),
                        || Sensory::new(&layers[0].mean, None, several),
                    )
                })
                .collect();
            let views = networks.iter().zip(weights);
            let objective = Objective {
                config: &self.config,
                views: views
                    .map(|((network, sensory), &weight)| network.view(&sensory.map, weight))
                    .collect(),
                density,
            };
            let targets = networks.iter().zip(particles);
            let point = Point {
                hidden: start.iter().map(Mat::cast).collect(),
                targets: targets
                    .map(|((_, sensory), particle)| {
                        let weights = &particle.layers[0].mean;
                        sensory.clamp.target(weights, rows, coupled)
                    })
                    .collect(),
            };
            let found = search(&objective, &self.config.search, Ascent::Adam, point, None);
            // From here on exactly: the update and its evidence are those of these hidden values.
            let hidden: Vec<Mat> = found.hidden.iter().map(Mat::cast).collect();
            let whole = particles.iter().zip(weights);
            let objective = Objective {
                config: &self.config,
                views: whole
                    .map(|(particle, &weight)| View::whole(&particle.layers, weight))
                    .collect(),
                density,
            };
            let mut point = Point::of(hidden, rows.clone());
            if coupled {
                point.targets[0].rest = Mat::zeros(rows.rows, rows.rows);
            }
            let inputs = objective.codes(&point);
            let each = objective.value(&point).each;
            each.into_iter()
                .map(|each| Code {
                    hidden: point.hidden.clone(),
                    inputs: inputs.clone(),
                    log_joint: match density {
                        Density::Mean => each.iter().sum(),
                        _ => each[0],
                    },
                })
                .collect()
        };
        let (particles, weights) = (&self.state.particles, &self.state.log_weights);
        match self.config.coding {
            Coding::Shared => climb(particles, weights),
            Coding::Individual => {
                let particles = particles.par_iter();
                particles
                    .flat_map(|particle| climb(std::slice::from_ref(particle), &[0.0]))
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
