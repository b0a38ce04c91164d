//! Answers of a batch, the loss and its gradient, in f64, images as columns.

use faer::{Mat, MatRef};

use super::DenseClassifierConfig;

/// Overlaps of a batch with all class units at -1, over T: `[K, b]`.
pub(super) fn overlaps(
    config: &DenseClassifierConfig,
    memories: &Mat<f64>,
    images: MatRef<'_, f64>,
) -> Mat<f64> {
    let image_part = memories.subcols(0, config.dim);
    let mut overlaps = image_part * images;
    for k in 0..config.memories {
        let classes = memories.row(k).subcols(config.dim, config.classes);
        let shift: f64 = classes.iter().sum();
        for value in overlaps.row_mut(k).iter_mut() {
            *value = (*value - shift) / config.temperature;
        }
    }
    overlaps
}

/// `2 y_ka / T`, `[K, C]`: what class unit a adds to an overlap.
fn lifts(config: &DenseClassifierConfig, memories: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(config.memories, config.classes, |k, a| {
        2.0 * memories[(k, config.dim + a)] / config.temperature
    })
}

/// Answers c `[C, b]`.
pub(super) fn answers(
    config: &DenseClassifierConfig,
    memories: &Mat<f64>,
    overlaps: &Mat<f64>,
) -> Mat<f64> {
    let lifts = lifts(config, memories);
    let mut answers = Mat::zeros(config.classes, overlaps.ncols());
    let power = config.power as i32;
    for (b, column) in overlaps.col_iter().enumerate() {
        for (k, &plain) in column.iter().enumerate() {
            let without = plain.max(0.0).powi(power);
            for a in 0..config.classes {
                let with = (plain + lifts[(k, a)]).max(0.0).powi(power);
                answers[(a, b)] += with - without;
            }
        }
    }
    for answers in answers.col_iter_mut() {
        answers
            .iter_mut()
            .for_each(|answer: &mut f64| *answer = answer.tanh());
    }
    answers
}

/// The loss and its gradient.
pub(super) struct Slope {
    /// Sum over images and classes.
    pub(super) loss: f64,
    /// Images whose largest answer is that of their class.
    pub(super) right: usize,
    /// `[K, N + C]`
    pub(super) gradient: Mat<f64>,
}

/// Loss and gradient of images `[N, b]` with their classes.
pub(super) fn slope(
    config: &DenseClassifierConfig,
    memories: &Mat<f64>,
    images: MatRef<'_, f64>,
    labels: &[usize],
) -> Slope {
    let overlaps = overlaps(config, memories, images);
    let answers = answers(config, memories, &overlaps);
    let twice_m = 2 * config.loss_power as i32;
    let (mut loss, mut right) = (0.0, 0);
    // Slopes of the loss with respect to what tanh is taken of, `[C, b]`.
    let mut slopes = answers.clone();
    for ((answers, slopes), &label) in answers.col_iter().zip(slopes.col_iter_mut()).zip(labels) {
        let rows = answers.iter().zip(slopes.iter_mut()).enumerate();
        for (a, (answer, slope)) in rows {
            let miss = if a == label { 1.0 } else { -1.0 } - answer;
            loss += miss.powi(twice_m);
            let outer = -f64::from(twice_m) * miss.powi(twice_m - 1);
            *slope = outer * (1.0 - answer) * (1.0 + answer);
        }
        right += usize::from(largest(answers.iter()) == label);
    }
    // How much the memories' parts of the sum change with their overlaps, weighed by those slopes.
    let lifts = lifts(config, memories);
    let (power, factor) = (
        config.power as i32 - 1,
        f64::from(config.power) / config.temperature,
    );
    let mut pull = Mat::<f64>::zeros(config.memories, overlaps.ncols());
    let mut classes = Mat::<f64>::zeros(config.memories, config.classes);
    for b in 0..overlaps.ncols() {
        for k in 0..config.memories {
            let plain = overlaps[(k, b)];
            let without = plain.max(0.0).powi(power);
            let mut sum = 0.0;
            for a in 0..config.classes {
                let slope = factor * slopes[(a, b)];
                let with = (plain + lifts[(k, a)]).max(0.0).powi(power);
                sum += slope * (with - without);
                classes[(k, a)] += 2.0 * slope * with;
            }
            pull[(k, b)] = sum;
        }
    }
    let mut gradient = Mat::zeros(config.memories, config.dim + config.classes);
    gradient
        .subcols_mut(0, config.dim)
        .copy_from(&pull * images.transpose());
    for k in 0..config.memories {
        // Every class unit but a is at -1 in both of a's terms.
        let all: f64 = pull.row(k).iter().sum();
        for a in 0..config.classes {
            gradient[(k, config.dim + a)] = classes[(k, a)] - all;
        }
    }
    Slope {
        loss,
        right,
        gradient,
    }
}

/// Index of the largest answer, the first of equal ones.
pub(super) fn largest<'a>(answers: impl Iterator<Item = &'a f64>) -> usize {
    let best = answers
        .enumerate()
        .reduce(|best, next| match next.1 > best.1 {
            true => next,
            false => best,
        });
    best.map_or(0, |(index, _)| index)
}
