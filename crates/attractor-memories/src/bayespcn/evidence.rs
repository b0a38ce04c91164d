//! What the memory believes about data: evidence of a pattern, and patterns of its own.

use attractor_core::{Result, check, rng};
use burn::tensor::Tensor;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::BayesPcn;
use super::clamp::Clamp;
use super::config::Coding;
use super::energy::{Point, Value};
use super::lift::lift;
use super::linalg::{Mat, dot, log_sum_exp};
use super::read::BLOCK;
use super::search::{Ascent, search};
use super::write::choose;

impl BayesPcn {
    /// Log evidence of patterns `[b, dim]` in nats: the log joint density at the best hidden
    /// values, of the mixture of all particles. It is what a write would add, and much higher for
    /// stored patterns. An empty memory answers from its prior.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries.
    pub fn log_evidence(&self, patterns: Tensor<2>) -> Result<Vec<f64>> {
        let (_, rows) = self.rows("patterns", patterns)?;
        let all: Vec<usize> = (0..rows.rows).collect();
        let blocks: Vec<&[usize]> = all.chunks(BLOCK).collect();
        let clamps = self.clamps();
        Ok(blocks
            .into_par_iter()
            .flat_map(|block| self.evidence_of(&rows.pick(block), clamps))
            .collect())
    }

    fn evidence_of(&self, x: &Mat, clamps: &[Clamp]) -> Vec<f64> {
        let mut views = self.views(clamps);
        let best = |views, clamps: &[Clamp]| -> Value {
            let objective = self.objective(views);
            let mut point = Point {
                hidden: self.start("bayespcn/read", &vec![0; x.rows]),
                targets: clamps.iter().map(|clamp| clamp.target(x, false)).collect(),
            };
            let start = point.clone();
            point.hidden =
                search(&objective, &self.config.search, Ascent::Adam, start, None).hidden;
            objective.value(&point)
        };
        if self.config.coding == Coding::Shared {
            return best(views, clamps).mixed;
        }
        let mut logs = vec![Vec::new(); x.rows];
        for (k, view) in views.drain(..).enumerate() {
            let mixed = best(vec![view], &clamps[k..=k]).mixed;
            for (logs, mixed) in logs.iter_mut().zip(mixed) {
                logs.push(mixed);
            }
        }
        logs.into_iter()
            .map(|logs| log_sum_exp(logs.into_iter()))
            .collect()
    }

    /// `count` patterns `[count, dim]` drawn from the top down with the weights integrated out, for
    /// each pattern from a particle chosen by weight.
    ///
    /// # Errors
    /// A `count` of 0.
    pub fn sample(&self, count: usize, seed: u64) -> Result<Tensor<2>> {
        let (config, state) = (&self.config, &self.state);
        if count == 0 {
            return Err(attractor_core::Error::EmptyBatch {
                what: "sample",
                width: config.dim,
            });
        }
        let mut out = Vec::with_capacity(count * config.dim);
        for index in 0..count as u64 {
            let mut stream = rng::indexed_stream(seed, "bayespcn/sample", index);
            let chosen = choose(&state.log_weights, stream.random());
            let mut z = Mat::filled(1, 1, 1.0);
            for (l, layer) in state.particles[chosen].layers.iter().enumerate().rev() {
                let mut x = Mat::product(z.view(), layer.mean.view());
                let spread = Mat::product(z.view(), layer.covariance.view());
                let variance = config.variance(l) + dot(&spread.data, &z.data);
                add_noise(&mut x.data, variance.sqrt(), &mut stream);
                if l == 0 {
                    out.extend(x.data.iter().map(|&x| x as f32));
                } else {
                    z = lift(config, &x).z;
                }
            }
        }
        check::from_host("sample", out, config.dim, &self.device)
    }
}

fn add_noise(values: &mut [f64], std: f64, stream: &mut rng::Rng) {
    for value in values {
        let normal: f64 = stream.sample(StandardNormal);
        *value += std * normal;
    }
}
