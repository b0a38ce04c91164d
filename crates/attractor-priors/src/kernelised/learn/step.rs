//! One step of the optimisers.
//!
//! A map over the entries of images has millions of numbers, and a step does little with each: what it
//! costs is to fetch and to store them. So the gradient is made for a few columns at a time, next to
//! where it is used, the next map is written into memory that is there already, and threads share the
//! columns. No number depends on how they are shared.

use attractor_core::adam::{DECAY, EPSILON};
use attractor_core::math::AdamRates;
use faer::linalg::matmul::matmul;
use faer::{Accum, ColMut, Mat, Par, Scale};
use rayon::prelude::*;

use super::{Optimiser, SeparationConfig};

/// Share of the predicted decrease that a step of the line search must achieve (Armijo).
const SUFFICIENT: f64 = 1e-4;
/// The next trial step is this much longer than the last.
const LENGTHEN: f64 = 1.5;
/// Halvings of a step at most.
const HALVINGS: usize = 60;
/// Decreases below this cannot be told from rounding.
const ROUNDING: f64 = 1e-14;
/// Columns whose gradient is made at once.
const COLUMNS: usize = 8;

/// The gradient with respect to a map, `pulls codes^T`: pulls `[D, M]`, codes `[r, M]`.
#[derive(Clone, Copy)]
pub(super) struct Slope<'a> {
    pub(super) pulls: &'a Mat<f64>,
    pub(super) codes: &'a Mat<f64>,
}

impl Slope<'_> {
    /// `count` of its columns from `first` on, `[D, count]`.
    fn columns(&self, first: usize, count: usize) -> Mat<f64> {
        let mut columns = Mat::zeros(self.pulls.nrows(), count);
        let codes = self.codes.subrows(first, count).transpose();
        matmul(
            &mut columns,
            Accum::Replace,
            self.pulls,
            codes,
            1.0,
            Par::Seq,
        );
        columns
    }

    fn whole(&self) -> Mat<f64> {
        self.pulls * self.codes.transpose()
    }
}

/// An optimiser and what it remembers.
pub(super) enum Stepper {
    Adam {
        rate: f64,
        steps: i32,
        /// Column by column, as the map.
        mean: Vec<f64>,
        square: Vec<f64>,
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
                mean: vec![0.0; map.nrows() * map.ncols()],
                square: vec![0.0; map.nrows() * map.ncols()],
            },
            Optimiser::Backtracking => Self::Backtracking { step: rate },
            Optimiser::Constant | Optimiser::Factorial => Self::Descent {
                rate,
                steps: 0,
                falling: config.optimiser == Optimiser::Factorial,
            },
        }
    }

    /// Writes the next map; whether there is one: `Backtracking` finds none if no step decreases the loss
    /// any more.
    pub(super) fn step(
        &mut self,
        map: &Mat<f64>,
        slope: Slope<'_>,
        loss: f64,
        loss_at: impl Fn(&Mat<f64>) -> f64,
        next: &mut Mat<f64>,
    ) -> bool {
        match self {
            Self::Adam {
                rate,
                steps,
                mean,
                square,
            } => {
                *steps += 1;
                // Not `AdamStep`, which corrects behind the root: its last bits are others, and maps must stay
                // those that were learned before.
                let ((first, second), floor) = (DECAY, EPSILON);
                let rates = AdamRates {
                    decay: (first, second),
                    rate: *rate / (1.0 - first.powi(*steps)),
                    correction: 1.0 - second.powi(*steps),
                    floor,
                };
                let rows = map.nrows();
                let moments = mean.chunks_mut(rows).zip(square.chunks_mut(rows));
                let columns: Vec<_> = next.col_iter_mut().map(entries).zip(moments).collect();
                shared(columns, |first, columns| {
                    let gradient = slope.columns(first, columns.len());
                    for (at, (next, (mean, square))) in columns.iter_mut().enumerate() {
                        let before = map.col_as_slice(first + at);
                        rates.step(next, (before, gradient.col_as_slice(at)), (mean, square));
                    }
                });
                true
            }
            Self::Backtracking { step } => {
                let gradient = slope.whole();
                let slope = gradient.squared_norm_l2();
                *step *= LENGTHEN;
                for _ in 0..HALVINGS {
                    *next = map - &gradient * Scale(*step);
                    let decrease = loss - loss_at(next);
                    if decrease >= SUFFICIENT * *step * slope && decrease > ROUNDING {
                        return true;
                    }
                    *step *= 0.5;
                }
                false
            }
            Self::Descent {
                rate,
                steps,
                falling,
            } => {
                let columns: Vec<_> = next.col_iter_mut().map(entries).collect();
                shared(columns, |first, columns| {
                    let gradient = slope.columns(first, columns.len());
                    for (at, next) in columns.iter_mut().enumerate() {
                        let before = map.col_as_slice(first + at).iter();
                        let steps = before.zip(gradient.col_as_slice(at));
                        for (next, (before, slope)) in next.iter_mut().zip(steps) {
                            *next = before - slope * *rate;
                        }
                    }
                });
                *steps += 1;
                if *falling {
                    *rate /= (*steps as f64).sqrt();
                }
                true
            }
        }
    }
}

/// Works on [`COLUMNS`] columns at a time, told the index of their first.
fn shared<C: Send>(mut columns: Vec<C>, work: impl Fn(usize, &mut [C]) + Sync) {
    let groups = columns.par_chunks_mut(COLUMNS).enumerate();
    groups.for_each(|(group, columns)| work(group * COLUMNS, columns));
}

fn entries(column: ColMut<'_, f64>) -> &mut [f64] {
    let column = column.try_as_col_major_mut();
    let column = column.expect("entries of a column of a whole matrix lie side by side");
    column.as_slice_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where `steps` steps along a gradient of 1 lead from 0.
    fn walk(config: SeparationConfig, steps: usize) -> f64 {
        let mut map = Mat::zeros(1, 1);
        let mut stepper = Stepper::new(&config, &map);
        let one = Mat::full(1, 1, 1.0);
        let slope = Slope {
            pulls: &one,
            codes: &one,
        };
        for _ in 0..steps {
            let mut next = Mat::zeros(1, 1);
            assert!(stepper.step(&map, slope, 0.0, |_| 0.0, &mut next));
            map = next;
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

    /// The gradient made by columns is the gradient made at once.
    #[test]
    fn columns_are_those_of_the_whole() {
        let (rows, columns, codes) = (5, 2 * COLUMNS + 3, 4);
        let of = |i: usize, k: usize| ((7 * i + 3 * k) % 11) as f64 - 5.0;
        let pulls = Mat::from_fn(rows, codes, of);
        let codes = Mat::from_fn(columns, codes, |i, k| of(i, k + 1));
        let slope = Slope {
            pulls: &pulls,
            codes: &codes,
        };
        let map = Mat::from_fn(rows, columns, of);
        let mut next = Mat::zeros(rows, columns);
        let config = SeparationConfig::uhop_maximum(1);
        let mut stepper = Stepper::new(&config, &map);
        assert!(stepper.step(&map, slope, 0.0, |_| 0.0, &mut next));
        let expected = &map - slope.whole() * Scale(config.learning_rate);
        assert_eq!(next, expected);
    }

    #[test]
    fn no_step_without_a_decrease() {
        let map = Mat::zeros(1, 1);
        let mut stepper = Stepper::new(&SeparationConfig::monotone(0.1, 5), &map);
        let one = Mat::full(1, 1, 1.0);
        let slope = Slope {
            pulls: &one,
            codes: &one,
        };
        let mut next = Mat::zeros(1, 1);
        assert!(!stepper.step(&map, slope, 0.0, |_| 1.0, &mut next));
    }
}
