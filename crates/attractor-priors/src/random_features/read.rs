//! The estimate of S and its gradient, block of directions by block of directions.

use attractor_core::kernel::Partial;
use attractor_core::{Result, check};
use burn::tensor::{Int, Tensor};

use super::encode::PROJECTIONS;
use super::{FeatureKind, directions::Block};
use super::{RandomFeatures, host};

/// Energies and, if asked for, gradients of a batch.
pub(super) struct Reading {
    pub(super) energy: Tensor<1>,
    pub(super) gradient: Option<Tensor<2>>,
}

impl RandomFeatures {
    /// Reads states `[b, d]` of the right width from a memory that holds something.
    pub(super) fn reading(&self, states: Tensor<2>, gradient: bool) -> Result<Reading> {
        let states = match &self.centre {
            Some(centre) => states.clone() - centre.clone().to_device(&states.device()),
            None => states,
        };
        let rows = states.dims()[0];
        // Blocks of directions hold up to 4096 of them.
        let step = (PROJECTIONS / 4096).max(1);
        if rows <= step {
            return self.group(states, gradient);
        }
        let groups = (0..rows)
            .step_by(step)
            .map(|first| {
                let count = step.min(rows - first);
                self.group(states.clone().narrow(0, first, count), gradient)
            })
            .collect::<Result<Vec<_>>>()?;
        let (energies, gradients): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .map(|one| (one.energy, one.gradient))
            .unzip();
        let gradients: Option<Vec<_>> = gradients.into_iter().collect();
        Ok(Reading {
            energy: Tensor::cat(energies, 0),
            gradient: gradients.map(|all| Tensor::cat(all, 0)),
        })
    }

    fn group(&self, states: Tensor<2>, gradient: bool) -> Result<Reading> {
        if self.map.kind.is_positive() {
            self.positive(states, gradient)
        } else {
            self.trigonometric(states, gradient)
        }
    }

    /// Part `part` of T at the directions of a block, `[1, y]`.
    fn sums_of(&self, block: &Block, part: usize, like: &Tensor<2>) -> Tensor<2> {
        let count = count_of(block);
        self.superposition
            .clone()
            .narrow(0, part, 1)
            .narrow(1, block.first, count)
            .to_device(&like.device())
    }

    fn trigonometric(&self, states: Tensor<2>, gradient: bool) -> Result<Reading> {
        let device = states.device();
        let [rows, dim] = states.dims();
        let map = self.map;
        let mut sum = Tensor::<2>::zeros([rows, 1], &device);
        let mut estimates = vec![0.0f64; rows];
        let mut slope = gradient.then(|| Tensor::<2>::zeros([rows, dim], &device));
        for block in self.directions.blocks() {
            let h = map.project(&states, &block);
            if host::serves(&h) {
                let from = block.first..block.first + h.dims()[1];
                let (all, paired) = self.sums.split_at(self.config.count);
                let paired = (map.kind == FeatureKind::SinCos).then(|| &paired[from.clone()]);
                let found = host::sums(h, &all[from], paired)?;
                estimates
                    .iter_mut()
                    .zip(found.estimate)
                    .for_each(|(sum, part)| *sum += part);
                if let Some(slope) = &mut slope {
                    let residual =
                        check::from_host("residual", found.residual, count_of(&block), &device)?;
                    let directions = block.directions.to_device(&device);
                    *slope = slope.clone() + residual.matmul(directions);
                }
                continue;
            }
            let (cosine, sine) = (h.clone().cos(), h);
            let first = self.sums_of(&block, 0, &states);
            sum = sum + cosine.clone().matmul(first.clone().transpose());
            let paired =
                (map.kind == FeatureKind::SinCos).then(|| self.sums_of(&block, 1, &states));
            if paired.is_none() && slope.is_none() {
                continue;
            }
            let sine = sine.sin();
            if let Some(second) = &paired {
                sum = sum + sine.clone().matmul(second.clone().transpose());
            }
            if let Some(slope) = &mut slope {
                let mut residual = (sine * first).neg();
                if let Some(second) = paired {
                    residual = residual + cosine * second;
                }
                let directions = block.directions.to_device(&device);
                *slope = slope.clone() + residual.matmul(directions);
            }
        }
        let estimates = estimates.into_iter().map(|sum| sum as f32).collect();
        let sum = sum + check::from_host("estimates", estimates, 1, &device)?;
        let estimate = sum.mul_scalar(map.scale);
        let lost = estimate.clone().lower_equal_scalar(self.config.floor);
        let kept = estimate.clamp_min(self.config.floor);
        let energy = kept.clone().log().mul_scalar(-1.0 / map.beta);
        let energy = energy.mask_fill(lost.clone(), self.ceiling());
        let gradient = slope.map(|slope| {
            let gradient = slope.mul_scalar(-map.scale * map.slope / map.beta) / kept;
            gradient.mask_fill(lost.expand([rows, dim]), 0.0)
        });
        Ok(Reading {
            energy: energy.squeeze_dim(1),
            gradient,
        })
    }

    /// In logarithms: S^ is a sum of exponentials `exp(h_i + log T_i)`, hence its gradient a
    /// softmax-weighted mean of directions, merged over the blocks as in the kernel's read.
    fn positive(&self, states: Tensor<2>, gradient: bool) -> Result<Reading> {
        let device = states.device();
        let [rows, dim] = states.dims();
        let map = self.map;
        let width = if gradient { dim } else { 1 };
        let mut total = Partial::empty(rows, width, &device);
        for block in self.directions.blocks() {
            let mut h = map.project(&states, &block);
            let mut directions = block.directions.clone().to_device(&device);
            for part in 0..map.kind.parts() {
                if part == 1 {
                    (h, directions) = (h.neg(), directions.neg());
                }
                let mut scores = h.clone() + self.sums_of(&block, part, &states);
                if let Some(bias) = map.direction_bias(&block) {
                    scores = scores + bias.to_device(&device);
                }
                let values = gradient.then(|| directions.clone());
                total = total.merge(partial(scores, values))?;
            }
        }
        let own: Tensor<1> = map.code_bias(&states).squeeze_dim(1);
        let log = total.log_sum_exp()? + own;
        let gradient = match gradient {
            false => None,
            true => {
                let toward = total.mean()?.mul_scalar(map.slope / map.beta);
                Some(states.mul_scalar(2.0) - toward)
            }
        };
        Ok(Reading {
            energy: log.mul_scalar(-1.0 / map.beta),
            gradient,
        })
    }
}

/// Directions of a block.
fn count_of(block: &Block) -> usize {
    block.directions.dims()[0]
}

/// The softmax state of scores `[b, y]` with directions `[y, d]` as values, or none.
fn partial(scores: Tensor<2>, values: Option<Tensor<2>>) -> Partial {
    let device = scores.device();
    let [rows, count] = scores.dims();
    let max = scores.clone().detach().max_dim(1);
    let weights = (scores - max.clone()).exp();
    let sum = weights.clone().sum_dim(1);
    Partial {
        max: max.squeeze_dim(1),
        weighted: match values {
            Some(values) => weights.matmul(values),
            None => sum.clone(),
        },
        sum: sum.squeeze_dim(1),
        best: Tensor::<1, Int>::zeros([rows], &device),
        count,
    }
}
