//! How far apart stored codes lie.

use attractor_core::{Error, Result};
use faer::Mat;

use super::learn::loss::{for_cosines, unit_columns};

/// How far apart the features of stored codes lie.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Separation {
    /// `1 - max cosine` over all pairs: 0 for parallel features, at most 2.
    pub delta_min: f64,
    /// Half the distance of the closest pair on the unit sphere, `sqrt(delta_min / 2)`.
    pub radius: f64,
    /// The closest pair.
    pub nearest: (usize, usize),
    /// `k(m_j, m_j) - max_k k(m_j, m_k)` of each code, by the similarity in use: what multiplies beta
    /// in bounds of the retrieval error. Below 0 where a longer feature wins.
    pub gaps: Vec<f64>,
    /// Mean squared norm of the features as they are compared: with raw features a hidden factor
    /// of beta.
    pub mean_square: f64,
}

impl Separation {
    /// From rows `[n, width]` whose last entry is not part of the feature.
    pub(super) fn of(keys: &[f32], width: usize) -> Result<Self> {
        let count = keys.len() / width;
        if count < 2 {
            return Err(Error::Rows {
                what: "codes to separate",
                expected: 2,
                found: count,
            });
        }
        let features = columns(keys, width);
        let (unit, norms) = unit_columns(&features);
        let mut gaps = Vec::with_capacity(count);
        let mut closest = (f64::NEG_INFINITY, (0, 0));
        for_cosines(&unit, |first, cosines| {
            for j in 0..cosines.ncols() {
                let own = norms[first + j];
                let mut rival = f64::NEG_INFINITY;
                for (i, &cosine) in cosines.col_as_slice(j).iter().enumerate() {
                    rival = rival.max(cosine * norms[i]);
                    if cosine > closest.0 {
                        closest = (cosine, (i, first + j));
                    }
                }
                gaps.push(own * (own - rival));
            }
        });
        let delta_min = (1.0 - closest.0).max(0.0);
        let (a, b) = closest.1;
        Ok(Self {
            delta_min,
            radius: (0.5 * delta_min).sqrt(),
            nearest: (a.min(b), a.max(b)),
            gaps,
            mean_square: norms.iter().map(|norm| norm * norm).sum::<f64>() / count as f64,
        })
    }
}

/// `1 - max cosine` with any other, of the features from `first` on.
pub(super) fn gaps_of(keys: &[f32], width: usize, first: usize) -> Vec<f64> {
    let (unit, _) = unit_columns(&columns(keys, width));
    (first..unit.ncols())
        .map(|k| {
            let cosines = unit.transpose() * unit.col(k);
            let rivals = cosines.iter().enumerate().filter(|&(other, _)| other != k);
            1.0 - rivals.map(|(_, &cosine)| cosine).fold(-1.0, f64::max)
        })
        .collect()
}

fn columns(keys: &[f32], width: usize) -> Mat<f64> {
    Mat::from_fn(width - 1, keys.len() / width, |i, k| {
        f64::from(keys[k * width + i])
    })
}
