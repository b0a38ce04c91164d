//! Passes over the sites of pairs of a cue and a candidate.

use burn::tensor::{Tensor, TensorData};

use super::super::background::Background;
use super::super::fit::SCALES;
use super::super::lanes::Block;
use super::super::map_prior::{Likely, MOST, Sums};
use super::super::passes::{CAP, SHARES};
use super::rows;
use crate::{Result, check};

/// k pairs. What belongs to cues has a first dimension of 1 where one cue serves all.
#[derive(Debug)]
pub(super) struct Pairs {
    /// What the candidates show, `[k, C, P]`.
    values: Tensor<3>,
    /// `[k or 1, C, P]`.
    cue: Tensor<3>,
    /// Of each scale, `[k or 1, P]`.
    rarity: Vec<Tensor<2>>,
    /// 1 at sites that count, 0 at others, `[k or 1, P]`.
    counted: Tensor<2>,
    /// Inverse densities of the cue's values, `[k or 1, P]`.
    uncommon: Tensor<2>,
    /// One over the number of sites that count, `[k or 1, 1]`.
    each: Tensor<2>,
    /// Spread of the cues at uncommon sites, k or 1 of them.
    variances: Vec<f64>,
}

/// Planes of sites without their padding.
fn planes(blocks: &[Block], count: usize, sites: usize) -> impl Iterator<Item = f32> {
    let width = blocks.len() / count;
    let planes = blocks.chunks_exact(width);
    planes.flat_map(move |plane| plane.as_flattened()[..sites].iter().copied())
}

impl Pairs {
    /// Of one cue, or as many as candidates `[k, d]`.
    pub(super) fn new(cues: &[&Background], candidates: Tensor<2>, channels: usize) -> Self {
        let ([count, dim], device) = (candidates.dims(), candidates.device());
        let (sites, own) = (dim / channels, cues.len());
        let plane = |of: &dyn Fn(&Background) -> &[Block]| {
            let values = cues.iter().flat_map(|cue| planes(of(cue), 1, sites));
            let data = TensorData::new(values.collect::<Vec<f32>>(), [own, sites]);
            Tensor::<2>::from_data(data, &device)
        };
        let shown = cues
            .iter()
            .flat_map(|cue| planes(&cue.cue, channels, sites));
        let shown = TensorData::new(shown.collect::<Vec<f32>>(), [own, channels, sites]);
        let each = cues.iter().map(|cue| 1.0 / cue.sites.max(1) as f32);
        let each = TensorData::new(each.collect::<Vec<f32>>(), [own, 1]);
        Self {
            values: candidates.detach().reshape([count, channels, sites]),
            cue: Tensor::from_data(shown, &device),
            rarity: (0..SCALES.len())
                .map(|scale| plane(&|cue| cue.at(scale)))
                .collect(),
            counted: plane(&|cue| cue.counted.as_slice()),
            uncommon: plane(&|cue| cue.uncommon.as_slice()),
            each: Tensor::from_data(each, &device),
            variances: cues.iter().map(|cue| cue.variance).collect(),
        }
    }

    /// Number of pairs.
    pub(super) fn len(&self) -> usize {
        self.values.dims()[0]
    }

    /// Some of the pairs.
    pub(super) fn select(&self, indices: &[usize]) -> Self {
        let shared = self.cue.dims()[0] == 1;
        let own = |tensor: &Tensor<2>| match shared {
            true => tensor.clone(),
            false => rows(tensor.clone(), indices),
        };
        Self {
            values: rows(self.values.clone(), indices),
            cue: match shared {
                true => self.cue.clone(),
                false => rows(self.cue.clone(), indices),
            },
            rarity: self.rarity.iter().map(own).collect(),
            counted: own(&self.counted),
            uncommon: own(&self.uncommon),
            each: own(&self.each),
            variances: match shared {
                true => self.variances.clone(),
                false => indices.iter().map(|at| self.variances[*at]).collect(),
            },
        }
    }

    /// Spread of the cue of a pair at uncommon sites.
    pub(super) fn variance(&self, pair: usize) -> f64 {
        self.variances[pair.min(self.variances.len() - 1)]
    }

    /// A number for each pair, `[k, 1]`.
    pub(super) fn numbers(&self, values: Vec<f32>) -> Tensor<2> {
        let data = TensorData::new(values, [self.len(), 1]);
        Tensor::from_data(data, &self.values.device())
    }

    /// Weights `[k, P]` that a fit starts from.
    pub(super) fn start(&self, uncommon: bool) -> Tensor<2> {
        let weights = match uncommon {
            true => self.counted.clone() * self.uncommon.clone(),
            false => self.counted.clone(),
        };
        let sites = self.values.dims()[2];
        weights.expand([self.len(), sites])
    }

    /// Maps `[k, C, C + 1]`, the identity where there is none.
    pub(super) fn maps<const C: usize>(&self, maps: &[Option<Likely<C>>]) -> Tensor<3> {
        let mut values = Vec::with_capacity(maps.len() * C * (C + 1));
        for map in maps {
            for out in 0..C {
                values.extend((0..C).map(|from| match map {
                    Some(likely) => likely.map.linear[out][from],
                    None => f32::from(out == from),
                }));
                values.push(map.as_ref().map_or(0.0, |likely| likely.map.offset[out]));
            }
        }
        let data = TensorData::new(values, [maps.len(), C, C + 1]);
        Tensor::from_data(data, &self.values.device())
    }

    /// What the candidates show through maps, less the cue, `[k, C, P]`. Written out: products of matrices may lose digits on
    /// some devices.
    pub(super) fn errors(&self, maps: &Tensor<3>) -> Tensor<3> {
        let channels = self.values.dims()[1];
        let offset = maps.clone().narrow(2, channels, 1);
        (0..channels).fold(offset - self.cue.clone(), |sum, from| {
            let factors = maps.clone().narrow(2, from, 1);
            sum + factors * self.values.clone().narrow(1, from, 1)
        })
    }

    /// Squared distances between cue and candidate, `[k, P]`; seen through maps if there are any.
    pub(super) fn squares(&self, maps: Option<&Tensor<3>>) -> Tensor<2> {
        let errors = match maps {
            Some(maps) => self.errors(maps),
            None => self.values.clone() - self.cue.clone(),
        };
        errors.square().sum_dim(1).squeeze_dim(1)
    }

    /// `log r_i` at a scale, at most the cap, `[k, P]`.
    pub(super) fn logs(&self, squares: Tensor<2>, scale: usize) -> Tensor<2> {
        let half = 0.5 / (SCALES[scale] * SCALES[scale]);
        (self.rarity[scale].clone() - squares.mul_scalar(half)).clamp_max(CAP)
    }

    /// How far each site is explained, `[k, P]`; the shares `[k, 1]` that follow.
    pub(super) fn weigh(&self, ratios: &Tensor<2>, share: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let rest = share.clone().neg().add_scalar(1.0);
        let explained = ratios.clone() * rest;
        let weights = explained.clone() / (explained + share) * self.counted.clone();
        let known = weights.clone().sum_dim(1) * self.each.clone();
        let share = known.neg().add_scalar(1.0).clamp(SHARES.0, SHARES.1);
        (weights, share)
    }

    /// `sum_i log( e + (1 - e) r_i )`, `[k, 1]`.
    pub(super) fn evidence(&self, ratios: &Tensor<2>, share: &Tensor<2>) -> Tensor<2> {
        let rest = share.clone().neg().add_scalar(1.0);
        let terms = (ratios.clone() * rest + share.clone()).log();
        (terms * self.counted.clone()).sum_dim(1)
    }

    /// Sums over the sites, each as much as its weight in `[k, P]`.
    pub(super) fn sums<const C: usize>(&self, weights: &Tensor<2>) -> Result<Vec<Sums<C>>> {
        let weights: Tensor<3> = weights.clone().unsqueeze_dim(1);
        let columns = (0..=C).map(|at| {
            let own = match at < C {
                true => self.values.clone().narrow(1, at, 1) * weights.clone(),
                false => weights.clone(),
            };
            let with = |other: &Tensor<3>| (own.clone() * other.clone()).sum_dim(2);
            let sums = vec![with(&self.values), own.clone().sum_dim(2), with(&self.cue)];
            Tensor::cat(sums, 1)
        });
        // [k, 2 C + 1, C + 1]
        let sums = check::to_host(Tensor::cat(columns.collect(), 2))?;
        let one = |pair: &[f32]| {
            let entry = |row: usize, column: usize| f64::from(pair[row * (C + 1) + column]);
            let mut gram = [[0.0; MOST]; MOST];
            let mut cross = [[0.0; C]; MOST];
            for row in 0..=C {
                for (column, value) in gram[row].iter_mut().enumerate().take(C + 1) {
                    *value = entry(column.max(row), column.min(row));
                }
                for (out, value) in cross[row].iter_mut().enumerate() {
                    *value = entry(C + 1 + out, row);
                }
            }
            Sums { gram, cross }
        };
        Ok(sums.chunks_exact((2 * C + 1) * (C + 1)).map(one).collect())
    }
}
