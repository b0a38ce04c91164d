//! The estimate of S and its gradient, block of directions by block of directions.

use attractor_core::kernel::{Partial, Waves};
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
        self.superposition
            .clone()
            .narrow(0, part, 1)
            .narrow(1, block.first, block.count)
            .to_device(&like.device())
    }

    fn trigonometric(&self, states: Tensor<2>, gradient: bool) -> Result<Reading> {
        let [rows, dim] = states.dims();
        let map = self.map;
        let (sum, slope) = match host::serves(&states) {
            true => self.waves_on_host(states, gradient)?,
            false => self.waves_on_device(&states, gradient),
        };
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

    /// `sum_i cos(h_i) C_i + sin(h_i) S_i`, `[b, 1]`, and its slope along the projections times the
    /// directions, `[b, d]`, block by block.
    fn waves_on_device(
        &self,
        states: &Tensor<2>,
        gradient: bool,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        let device = states.device();
        let [rows, dim] = states.dims();
        let paired = self.map.kind == FeatureKind::SinCos;
        let mut sum = Tensor::<2>::zeros([rows, 1], &device);
        let mut slope = gradient.then(|| Tensor::<2>::zeros([rows, dim], &device));
        for block in self.directions.blocks() {
            let h = self.map.project(states, &block);
            let (cosine, sine) = (h.clone().cos(), h);
            let first = self.sums_of(&block, 0, states);
            sum = sum + cosine.clone().matmul(first.clone().transpose());
            let second = paired.then(|| self.sums_of(&block, 1, states));
            if second.is_none() && slope.is_none() {
                continue;
            }
            let sine = sine.sin();
            if let Some(second) = &second {
                sum = sum + sine.clone().matmul(second.clone().transpose());
            }
            if let Some(slope) = &mut slope {
                let mut residual = (sine * first).neg();
                if let Some(second) = second {
                    residual = residual + cosine * second;
                }
                *slope = slope.clone() + residual.matmul(block.directions(&device));
            }
        }
        (sum, slope)
    }

    /// The same in host memory, in one pass.
    fn waves_on_host(
        &self,
        states: Tensor<2>,
        gradient: bool,
    ) -> Result<(Tensor<2>, Option<Tensor<2>>)> {
        let device = states.device();
        let [rows, dim] = states.dims();
        let points = check::to_host(states.mul_scalar(self.map.slope))?;
        let (first, second) = self.sums.split_at(self.config.count);
        let paired = self.map.kind == FeatureKind::SinCos;
        let mut sum = vec![0.0f64; rows];
        let mut slope = vec![0.0f32; if gradient { rows * dim } else { 0 }];
        for block in self.directions.blocks() {
            let (directions, phases) = block.host()?;
            let at = block.first..block.first + block.count;
            let waves = Waves::new(
                (&directions, dim),
                phases.as_deref(),
                &first[at.clone()],
                paired.then(|| &second[at]),
            )?;
            let found = waves.read(&points, gradient)?;
            sum.iter_mut()
                .zip(found.sum)
                .for_each(|(sum, part)| *sum += part);
            slope
                .iter_mut()
                .zip(found.gradient.unwrap_or_default())
                .for_each(|(sum, part)| *sum += part);
        }
        let sum = sum.into_iter().map(|sum| sum as f32).collect();
        let sum = check::from_host("estimates", sum, 1, &device)?;
        let slope = match gradient {
            true => Some(check::from_host("slopes", slope, dim, &device)?),
            false => None,
        };
        Ok((sum, slope))
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
            let mut directions = block.directions(&device);
            for part in 0..map.kind.parts() {
                if part == 1 {
                    (h, directions) = (h.neg(), directions.neg());
                }
                let mut scores = h.clone() + self.sums_of(&block, part, &states);
                if let Some(bias) = map.direction_bias(&block, &device) {
                    scores = scores + bias;
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
