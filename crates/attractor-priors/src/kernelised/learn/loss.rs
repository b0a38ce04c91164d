//! Losses of images on the unit sphere and their gradients, in f64, memories as columns.

use faer::Mat;

use super::exp::exponentials;

/// Entries of one block of cosines at most.
const BLOCK_ENTRIES: usize = 4 << 20;
/// Norms below this count as this: the gradient of a norm at 0 does not exist.
const NORM_FLOOR: f64 = 1e-12;

/// `scale (L - offset)`, where L is the largest cosine of two images, or smooth form of it:
/// `tau log mean exp(cosine / tau)`.
///
/// On the unit sphere `-t |a - b|^2 = 2 t (cosine - 1)`, which makes all losses of U-Hop and U-Hop+
/// of this kind: the average has `tau = 1 / (2 t)`.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Objective {
    tau: Option<f64>,
    scale: f64,
    offset: f64,
}

impl Objective {
    pub(in super::super) fn tempered(tau: f64) -> Self {
        Self {
            tau: Some(tau),
            scale: 1.0,
            offset: 0.0,
        }
    }

    pub(in super::super) fn average(t: f64) -> Self {
        Self {
            tau: Some(0.5 / t),
            scale: 2.0 * t,
            offset: 1.0,
        }
    }

    pub(in super::super) fn maximum(t: f64) -> Self {
        Self {
            tau: None,
            scale: 2.0 * t,
            offset: 1.0,
        }
    }
}

/// A loss at some features.
pub(in super::super) struct Evaluation {
    /// The loss.
    pub(in super::super) loss: f64,
    /// Largest cosine of two images.
    pub(in super::super) closest: f64,
    /// Its pair.
    pub(in super::super) pair: (usize, usize),
    /// Derivative with respect to the features, `[D, M]`; empty if it was not asked for.
    pub(in super::super) gradient: Mat<f64>,
}

/// Columns divided by their norms, and the norms.
pub(in super::super) fn unit_columns(features: &Mat<f64>) -> (Mat<f64>, Vec<f64>) {
    let mut unit = features.clone();
    let norms = (0..unit.ncols()).map(|k| {
        let column = unit.col_as_slice_mut(k);
        let norm = column.iter().map(|v| v * v).sum::<f64>().sqrt();
        let norm = norm.max(NORM_FLOOR);
        column.iter_mut().for_each(|value| *value /= norm);
        norm
    });
    let norms = norms.collect();
    (unit, norms)
}

/// The loss of features `[D, M]`, M at least 2, with its gradient if asked for.
pub(in super::super) fn evaluate(
    features: &Mat<f64>,
    objective: Objective,
    with_gradient: bool,
) -> Evaluation {
    let (unit, norms) = unit_columns(features);
    let (mut found, smooth) = match objective.tau {
        Some(tau) => smooth_maximum(&unit, tau, with_gradient),
        None => maximum(&unit, with_gradient),
    };
    found.loss = objective.scale * (smooth - objective.offset);
    if with_gradient {
        // Through n = f / |f|: the part across n, divided by the norm.
        for (k, norm) in norms.iter().enumerate() {
            let across = found.gradient.col_as_slice_mut(k);
            let along = unit.col_as_slice(k);
            let inner: f64 = across.iter().zip(along).map(|(a, b)| a * b).sum();
            for (value, direction) in across.iter_mut().zip(along) {
                *value = objective.scale * (*value - inner * direction) / norm;
            }
        }
    }
    found
}

/// One block of columns of the matrix of cosines: sums of `exp((cosine - max) / tau)`.
struct Block {
    first: usize,
    max: f64,
    total: f64,
    /// `sum_j exp(.) n_j` per column, `[D, columns]`.
    pulls: Mat<f64>,
}

fn smooth_maximum(unit: &Mat<f64>, tau: f64, with_gradient: bool) -> (Evaluation, f64) {
    let count = unit.ncols();
    let mut found = Evaluation {
        loss: 0.0,
        closest: f64::NEG_INFINITY,
        pair: (0, 0),
        gradient: Mat::new(),
    };
    let mut blocks = Vec::new();
    for_cosines(unit, |first, cosines| {
        let (max, pair) = largest(cosines, first);
        if max > found.closest {
            (found.closest, found.pair) = (max, pair);
        }
        let mut total = 0.0;
        for j in 0..cosines.ncols() {
            total += exponentials(cosines.col_as_slice_mut(j), max, 1.0 / tau);
        }
        let pulls = match with_gradient {
            true => unit * &*cosines,
            false => Mat::new(),
        };
        blocks.push(Block {
            first,
            max,
            total,
            pulls,
        });
    });
    let weight = |block: &Block| ((block.max - found.closest) / tau).exp();
    let total: f64 = blocks.iter().map(|block| block.total * weight(block)).sum();
    if with_gradient {
        found.gradient = Mat::zeros(unit.nrows(), count);
        for block in &blocks {
            // Each pair appears twice among the ordered ones.
            let factor = 2.0 * weight(block) / total;
            for j in 0..block.pulls.ncols() {
                let target = found.gradient.col_as_slice_mut(block.first + j);
                for (value, pull) in target.iter_mut().zip(block.pulls.col_as_slice(j)) {
                    *value = factor * pull;
                }
            }
        }
    }
    let pairs = count as f64 * (count as f64 - 1.0);
    let smooth = found.closest + tau * (total / pairs).ln();
    (found, smooth)
}

fn maximum(unit: &Mat<f64>, with_gradient: bool) -> (Evaluation, f64) {
    let mut found = Evaluation {
        loss: 0.0,
        closest: f64::NEG_INFINITY,
        pair: (0, 0),
        gradient: Mat::new(),
    };
    for_cosines(unit, |first, cosines| {
        let (max, pair) = largest(cosines, first);
        if max > found.closest {
            (found.closest, found.pair) = (max, pair);
        }
    });
    if with_gradient {
        found.gradient = Mat::zeros(unit.nrows(), unit.ncols());
        let (a, b) = found.pair;
        let (of_a, of_b) = (unit.col_as_slice(b), unit.col_as_slice(a));
        found.gradient.col_as_slice_mut(a).copy_from_slice(of_a);
        found.gradient.col_as_slice_mut(b).copy_from_slice(of_b);
    }
    let closest = found.closest;
    (found, closest)
}

/// Visits the cosines of all images with a block of images `[M, columns]`, the index of whose first
/// column is given; a cosine of an image with itself is minus infinity.
pub(in super::super) fn for_cosines(unit: &Mat<f64>, mut visit: impl FnMut(usize, &mut Mat<f64>)) {
    let count = unit.ncols();
    let step = (BLOCK_ENTRIES / count.max(1)).max(1);
    for first in (0..count).step_by(step) {
        let columns = step.min(count - first);
        let mut cosines = unit.transpose() * unit.subcols(first, columns);
        for j in 0..columns {
            cosines[(first + j, j)] = f64::NEG_INFINITY;
        }
        visit(first, &mut cosines);
    }
}

/// The largest cosine of a block and its pair.
fn largest(cosines: &Mat<f64>, first: usize) -> (f64, (usize, usize)) {
    let mut best = (f64::NEG_INFINITY, (0, 0));
    for j in 0..cosines.ncols() {
        for (i, &value) in cosines.col_as_slice(j).iter().enumerate() {
            if value > best.0 {
                best = (value, (i, first + j));
            }
        }
    }
    best
}
