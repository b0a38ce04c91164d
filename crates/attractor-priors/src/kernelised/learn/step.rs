//! One step of the optimisers.

use faer::{Mat, Scale};

use super::{Optimiser, SeparationConfig};

/// Moments and floor of Adam (Kingma, Ba, ICLR 2015).
const ADAM: (f64, f64, f64) = (0.9, 0.999, 1e-8);
/// Share of the predicted decrease that a step of the line search must achieve (Armijo).
const SUFFICIENT: f64 = 1e-4;
/// The next trial step is this much longer than the last.
const LENGTHEN: f64 = 1.5;
/// Halvings of a step at most.
const HALVINGS: usize = 60;
/// Decreases below this cannot be told from rounding.
const ROUNDING: f64 = 1e-14;

/// An optimiser and what it remembers.
pub(super) enum Stepper {
    Adam {
        rate: f64,
        steps: i32,
        mean: Mat<f64>,
        square: Mat<f64>,
    },
    Backtracking {
        step: f64,
    },
    Descent {
        rate: f64,
        steps: usize,
        /// Whether the rate falls by the root of the number of steps, again and again.
        falling: bool,
    },
}

impl Stepper {
    pub(super) fn new(config: &SeparationConfig, map: &Mat<f64>) -> Self {
        let rate = config.learning_rate;
        match config.optimiser {
            Optimiser::Adam => Self::Adam {
                rate,
                steps: 0,
                mean: Mat::zeros(map.nrows(), map.ncols()),
                square: Mat::zeros(map.nrows(), map.ncols()),
            },
            Optimiser::Backtracking => Self::Backtracking { step: rate },
            Optimiser::Constant | Optimiser::Factorial => Self::Descent {
                rate,
                steps: 0,
                falling: config.optimiser == Optimiser::Factorial,
            },
        }
    }

    /// The next map, or none if no step decreases the loss any more (`Backtracking` only).
    pub(super) fn step(
        &mut self,
        map: &Mat<f64>,
        gradient: &Mat<f64>,
        loss: f64,
        loss_at: impl Fn(&Mat<f64>) -> f64,
    ) -> Option<Mat<f64>> {
        match self {
            Self::Adam {
                rate,
                steps,
                mean,
                square,
            } => {
                *steps += 1;
                let (first, second, floor) = ADAM;
                let rate = *rate / (1.0 - first.powi(*steps));
                let correction = 1.0 - second.powi(*steps);
                let mut next = map.clone();
                for j in 0..map.ncols() {
                    let moments = mean.col_as_slice_mut(j).iter_mut();
                    let moments = moments.zip(square.col_as_slice_mut(j));
                    let slopes = gradient.col_as_slice(j);
                    let entries = next.col_as_slice_mut(j).iter_mut();
                    for (entry, ((mean, square), slope)) in entries.zip(moments.zip(slopes)) {
                        *mean = first * *mean + (1.0 - first) * slope;
                        *square = second * *square + (1.0 - second) * slope * slope;
                        *entry -= rate * *mean / ((*square / correction).sqrt() + floor);
                    }
                }
                Some(next)
            }
            Self::Backtracking { step } => {
                let slope = gradient.squared_norm_l2();
                *step *= LENGTHEN;
                for _ in 0..HALVINGS {
                    let next = map - gradient * Scale(*step);
                    let decrease = loss - loss_at(&next);
                    if decrease >= SUFFICIENT * *step * slope && decrease > ROUNDING {
                        return Some(next);
                    }
                    *step *= 0.5;
                }
                None
            }
            Self::Descent {
                rate,
                steps,
                falling,
            } => {
                let next = map - gradient * Scale(*rate);
                *steps += 1;
                if *falling {
                    *rate /= (*steps as f64).sqrt();
                }
                Some(next)
            }
        }
    }
}
