//! One step of the optimisers.

use attractor_core::adam::{DECAY, EPSILON};
use faer::{Mat, Scale};

use super::{Optimiser, SeparationConfig};

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
                // Not `AdamStep`, which corrects behind the root: its last bits are others, and maps
                // must stay those that were learned before.
                let ((first, second), floor) = (DECAY, EPSILON);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Where `steps` steps along a gradient of 1 lead from 0.
    fn walk(config: SeparationConfig, steps: usize) -> f64 {
        let mut map = Mat::zeros(1, 1);
        let mut stepper = Stepper::new(&config, &map);
        for _ in 0..steps {
            let gradient = Mat::full(1, 1, 1.0);
            map = stepper.step(&map, &gradient, 0.0, |_| 0.0).unwrap();
        }
        map[(0, 0)]
    }

    #[test]
    fn rates() {
        // The factorial schedule sums 1 / sqrt(i!), which converges: ten steps are as good as all.
        let mut expected = 0.0;
        let mut factorial = 1.0f64;
        for i in 0..30 {
            factorial *= f64::from(i.max(1));
            expected -= factorial.sqrt().recip();
        }
        let average = SeparationConfig::uhop_average(30);
        assert!((walk(average, 30) - expected).abs() < 1e-12);
        assert!((walk(average, 11) - expected).abs() < 1e-3);
        assert_eq!(walk(SeparationConfig::uhop_maximum(3), 3), -30.0);
        // Under a constant gradient both moments of Adam, corrected, are that gradient.
        assert!((walk(SeparationConfig::default(), 4) + 0.2).abs() < 1e-8);
    }

    #[test]
    fn no_step_without_a_decrease() {
        let map = Mat::zeros(1, 1);
        let mut stepper = Stepper::new(&SeparationConfig::monotone(0.1, 5), &map);
        let gradient = Mat::full(1, 1, 1.0);
        assert!(stepper.step(&map, &gradient, 0.0, |_| 1.0).is_none());
    }
}
