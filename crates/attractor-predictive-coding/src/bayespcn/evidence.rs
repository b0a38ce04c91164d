//! What the memory believes about data: evidence of a pattern, and patterns of its own.

use std::ops::Range;

use attractor_core::{Result, check, rng};
use burn::tensor::Tensor;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::BayesPcn;
use super::config::{Coding, SearchPrecision};
use super::inference::clamp::Target;
use super::inference::lift::lift;
use super::inference::objective::Point;
use super::inference::search::{Ascent, search};
use super::inference::view::Cached;
use super::model::BLOCK;
use super::write::resample::choose;
use crate::linalg::{Mat, dot, log_sum_exp};

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
        let blocks = blocks.into_par_iter();
        Ok(match self.config.search.precision {
            SearchPrecision::Single => blocks
                .flat_map(|block| self.evidence_of::<f32>(rows.pick(block)))
                .collect(),
            SearchPrecision::Double => blocks
                .flat_map(|block| self.evidence_of::<f64>(rows.pick(block)))
                .collect(),
        })
    }

    fn evidence_of<T: Cached>(&self, x: Mat) -> Vec<f64> {
        let sensory = self.clamped::<T>();
        let views = self.views(sensory.iter().map(|sensory| &sensory.map));
        let targets = sensory.iter().zip(self.weights());
        let targets: Vec<Target<T>> = targets
            .map(|(sensory, weights)| sensory.clamp.target(weights, &x, false))
            .collect();
        let whole = self.whole_views();
        let best = |range: Range<usize>| -> Vec<f64> {
            let start = self.start("bayespcn/read", &vec![0; x.rows]);
            let start = Point {
                hidden: start.iter().map(Mat::cast).collect(),
                targets: targets[range.clone()].to_vec(),
            };
            let objective = self.objective(views[range.clone()].to_vec());
            let found = search(&objective, &self.config.search, Ascent::Adam, start, None);
            let hidden = found.hidden.iter().map(Mat::cast).collect();
            let objective = self.objective(whole[range].to_vec());
            objective.value(&Point::of(hidden, x.clone())).mixed
        };
        let count = views.len();
        if self.config.coding == Coding::Shared {
            return best(0..count);
        }
        let each: Vec<Vec<f64>> = (0..count).map(|k| best(k..k + 1)).collect();
        (0..x.rows)
            .map(|row| log_sum_exp(each.iter().map(|mixed| mixed[row])))
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
                let along = layer.along(&z);
                let variance = config.variance(l) + dot(&along.data, &along.data);
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
