//! Uneven light: a gain that changes smoothly over the image.
//!
//! ```text
//! f_i = 1 + sum_k a_k phi_k(i),   a_k ~ N(0, 0.5^2)
//! ```
//!
//! with `phi` the polynomials x, y, x^2 - 1/3, x y, y^2 - 1/3 over the image from -1 to 1. The prediction at a site is
//! `f_i A_C m_i + b`. Given the map, weights and scale, the coefficients are those of a linear regression with five
//! unknowns, and cost what the map's do.

use super::super::lanes::{Block, padded};
use super::Geometry;

/// Coefficients.
pub(in super::super) const TERMS: usize = 5;
/// Standard deviation of a coefficient.
const WIDE: f64 = 0.5;

/// The polynomials at every site, `[TERMS, blocks]`.
#[derive(Debug)]
pub(in super::super) struct Light {
    pub(in super::super) basis: Vec<Block>,
}

/// Coefficients of a field and what they cost.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Field {
    pub(in super::super) coefficients: [f32; TERMS],
    pub(in super::super) departure: f64,
    pub(in super::super) volume: f64,
}

/// Weighted sums over sites, of what each polynomial adds to the prediction, with itself and with what is missing.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct FieldSums {
    pub(in super::super) gram: [[f64; TERMS]; TERMS],
    pub(in super::super) cross: [f64; TERMS],
}

impl Light {
    pub(in super::super) fn new(geometry: Geometry) -> Self {
        let Geometry { height, width } = geometry;
        let place = |at: usize, count: usize| match count {
            1 => 0.0,
            _ => 2.0 * at as f32 / (count - 1) as f32 - 1.0,
        };
        let terms = |site: usize| {
            let (y, x) = (place(site / width, height), place(site % width, width));
            [x, y, x * x - 1.0 / 3.0, x * y, y * y - 1.0 / 3.0]
        };
        let sites = height * width;
        let mut values = vec![0.0; TERMS * sites];
        for site in 0..sites {
            for (k, term) in terms(site).into_iter().enumerate() {
                values[k * sites + site] = term;
            }
        }
        Self {
            basis: padded(&values, TERMS, 0.0),
        }
    }
}

impl Field {
    /// The most likely field at a scale. `None` where the equations have no finite solution.
    pub(in super::super) fn solve(sums: &FieldSums, scale: f32) -> Option<Self> {
        let precision = 1.0 / (f64::from(scale) * f64::from(scale));
        let prior = 1.0 / (WIDE * WIDE);
        let mut left = sums.gram.map(|row| row.map(|value| value * precision));
        let mut right = sums.cross.map(|value| value * precision);
        let mut log_det = 0.0;
        for (at, row) in left.iter_mut().enumerate() {
            row[at] += prior;
        }
        // Gauss without exchanges: the matrix is positive definite.
        for pivot in 0..TERMS {
            let own = left[pivot];
            log_det += (own[pivot] / prior).ln();
            for row in pivot + 1..TERMS {
                let factor = left[row][pivot] / own[pivot];
                for (entry, pivotal) in left[row].iter_mut().zip(own) {
                    *entry -= factor * pivotal;
                }
                right[row] -= factor * right[pivot];
            }
        }
        for row in (0..TERMS).rev() {
            let known: f64 = (row + 1..TERMS).map(|k| left[row][k] * right[k]).sum();
            right[row] = (right[row] - known) / left[row][row];
        }
        let departure = 0.5 * prior * right.iter().map(|a| a * a).sum::<f64>();
        (departure.is_finite() && log_det.is_finite()).then(|| Self {
            coefficients: right.map(|a| a as f32),
            departure,
            volume: 0.5 * log_det,
        })
    }

    /// The gain at a site.
    pub(in super::super) fn at(&self, light: &Light, block: usize, lane: usize) -> f32 {
        let blocks = light.basis.len() / TERMS;
        let terms = self.coefficients.iter().enumerate();
        1.0 + terms
            .map(|(k, a)| a * light.basis[k * blocks + block][lane])
            .sum::<f32>()
    }
}
