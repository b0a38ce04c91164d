//! Against the formulas, in double precision.

use super::super::background::Background;
use super::super::channel_map::Affine;
use super::super::fit::{Changes, SCALES, fit};
use super::super::lanes::padded;
use super::super::map_prior::MapPrior;
use super::super::passes::{Scratch, View};
use super::{PERMUTED, cue, picture, single};
use crate::observation::{ObservationModel, SelfCalibrating};
use crate::simd::Instructions;
use crate::{check, rng};

#[test]
fn the_background_is_the_leave_one_out_density() {
    for (sites, known) in [(50, None), (33, Some(3)), (1, None), (16, Some(2))] {
        // Half of the values are cut off.
        let cue = rng::uniform_vec(&mut rng::stream(1, "cue"), 2 * sites, -0.5, 1.5);
        let cue: Vec<f32> = cue.into_iter().map(|x| x.clamp(0.0, 1.0)).collect();
        let counts: Option<Vec<bool>> =
            known.map(|every| (0..sites).map(|i| i % every > 0).collect());
        let background = Background::new::<2>(&cue, counts.as_deref(), Instructions::best());
        let counted = |i: &usize| counts.as_ref().is_none_or(|counts| counts[*i]);
        let others = (0..sites).filter(counted).count().saturating_sub(1).max(1);
        let width = |i: usize, c: usize| {
            let channel = (0..sites).filter(counted).map(|j| cue[c * sites + j]);
            let (low, high) = (channel.clone().reduce(f32::min), channel.reduce(f32::max));
            let own = Some(cue[c * sites + i]);
            if own == low || own == high { 1.0 } else { 0.6 }
        };
        for (k, scale) in SCALES.iter().enumerate() {
            for i in (0..sites).filter(counted) {
                let kernel = |j: usize| {
                    let off =
                        |c: usize| f64::from(cue[c * sites + i] - cue[c * sites + j]) / width(i, c);
                    let far = off(0).powi(2) + off(1).powi(2);
                    (-0.5 * far / f64::from(scale * scale)).exp()
                };
                let sum: f64 = (0..sites)
                    .filter(counted)
                    .filter(|&j| j != i)
                    .map(kernel)
                    .sum();
                let log = (width(i, 0) * width(i, 1)).ln();
                let expected = log - (sum / others as f64).max(1e-3).ln();
                let found = f64::from(background.at(k)[i / 16][i % 16]);
                assert!((found - expected).abs() < 1e-3, "{found} {expected}");
            }
        }
    }
}

/// A third of the values are the same, inside the range: no noise did that, so that at coarse scales they are as common as
/// they are at the scale at which they still are together.
#[test]
fn concentrations_have_no_coarse_noise() {
    let draws = rng::uniform_vec(&mut rng::stream(2, "cue"), 400, 0.0, 1.0);
    let cue: Vec<f32> = draws
        .iter()
        .enumerate()
        .map(|(at, x)| if at % 3 == 0 { 0.5 } else { *x })
        .collect();
    let background = Background::new::<1>(&cue, None, Instructions::best());
    let share = |at: usize, scale: f32| {
        let kernel = |other: &f32| {
            let off = f64::from((cue[at] - other) / (0.6 * scale));
            (-0.5 * off * off).exp()
        };
        (cue.iter().map(kernel).sum::<f64>() - 1.0) / 399.0
    };
    let log = f64::from(0.6f32).ln();
    let inside = |at: usize| cue.iter().any(|x| *x < cue[at]) && cue.iter().any(|x| *x > cue[at]);
    for (k, scale) in SCALES.into_iter().enumerate() {
        for at in (0..400).filter(|at| inside(*at)) {
            let own = log - share(at, scale).max(1e-3).ln();
            let concentrated = SCALES.into_iter().filter(|finer| {
                8.0 * finer <= 1.001 * scale
                    && share(at, *finer) >= f64::max(0.03, share(at, scale) / 3.0)
            });
            let expected = concentrated
                .map(|finer| log - share(at, finer).ln() - f64::from(scale / finer).ln())
                .fold(own, f64::min);
            let found = f64::from(background.at(k)[at / 16][at % 16]);
            assert!(
                (found - expected).abs() < 2e-3,
                "{scale} {at}: {found} {expected}"
            );
            if (0.07..0.33).contains(&scale) && at == 0 {
                assert!(expected < own - 1.5, "{scale}: {expected} {own}");
            }
            if (cue[at] - 0.5).abs() > 0.1 || scale < 0.07 {
                assert_eq!(expected, own, "{scale} {at}");
            }
        }
    }
}

/// A map of the prior by one system of equations for gain, offset and all departures; its evidence and price.
fn direct_map(
    gram: &[[f64; 4]; 4],
    cross: &[[f64; 3]; 4],
    centre: [[f64; 3]; 3],
    free: bool,
) -> (f64, [[f64; 4]; 3], f64) {
    // Unknowns: gain, offset, then the departures [C out, C + 1].
    let count = if free { 14 } else { 2 };
    let basis = |unknown: usize, out: usize, row: usize| match unknown {
        0 => {
            if row < 3 {
                centre[out][row]
            } else {
                0.0
            }
        }
        1 => f64::from(row == 3),
        _ => f64::from(unknown - 2 == out * 4 + row),
    };
    let variance = |unknown: usize| if unknown < 2 { 1.0 } else { 0.09 };
    let entries = || (0..3).flat_map(|out| (0..4).map(move |row| (out, row)));
    let product = |a: usize, b: usize| -> f64 {
        let sum = |(out, row): (usize, usize)| -> f64 {
            let column = |(k, g): (usize, &f64)| g * basis(b, out, k);
            basis(a, out, row) * gram[row].iter().enumerate().map(column).sum::<f64>()
        };
        entries().map(sum).sum()
    };
    let right: Vec<f64> = (0..count)
        .map(|a| {
            entries()
                .map(|(out, row)| basis(a, out, row) * cross[row][out])
                .sum()
        })
        .collect();
    let mut left: Vec<Vec<f64>> = (0..count)
        .map(|a| {
            (0..count)
                .map(|b| product(a, b) + f64::from(a == b) / variance(a))
                .collect()
        })
        .collect();
    // Gauss without pivots: the matrix is positive definite.
    let (mut solution, mut log_det) = (right.clone(), 0.0);
    for pivot in 0..count {
        let own = left[pivot].clone();
        log_det += (own[pivot] * variance(pivot)).ln();
        for row in (0..count).filter(|row| *row != pivot) {
            let factor = left[row][pivot] / own[pivot];
            for (entry, pivotal) in left[row].iter_mut().zip(&own) {
                *entry -= factor * pivotal;
            }
            solution[row] -= factor * solution[pivot];
        }
    }
    for at in 0..count {
        solution[at] /= left[at][at];
    }
    let fitted: f64 = solution.iter().zip(&right).map(|(x, b)| x * b).sum();
    let departure: f64 = (0..count)
        .map(|at| solution[at].powi(2) / variance(at))
        .sum();
    let map = std::array::from_fn(|out| {
        std::array::from_fn(|row| (0..count).map(|k| basis(k, out, row) * solution[k]).sum())
    });
    let price = 0.5 * (departure + log_det) + 7f64.ln();
    (0.5 * (fitted - log_det), map, price)
}

/// The centres for three channels.
fn centres() -> Vec<[[f64; 3]; 3]> {
    let orders = [
        [0, 1, 2],
        [1, 2, 0],
        [2, 0, 1],
        [0, 2, 1],
        [1, 0, 2],
        [2, 1, 0],
    ];
    let matrix =
        |order: [usize; 3]| order.map(|from| std::array::from_fn(|k| f64::from(k == from)));
    let mut all: Vec<_> = orders.map(matrix).to_vec();
    all.push([[1.0 / 3.0; 3]; 3]);
    all
}

/// The same schedule in double precision, site by site.
fn direct(cue: &[f32], candidate: &[f32], mapped: bool) -> f64 {
    let sites = cue.len() / 3;
    let at = |values: &[f32], c: usize, i: usize| f64::from(values[c * sites + i]);
    let ends: Vec<(f64, f64)> = (0..3)
        .map(|c| {
            let values = (0..sites).map(|i| at(cue, c, i));
            values.fold((f64::MAX, f64::MIN), |(low, high), x| {
                (low.min(x), high.max(x))
            })
        })
        .collect();
    let log_density = |scale: f64, i: usize| {
        let width = |c: usize| {
            let own = at(cue, c, i);
            if own == ends[c].0 || own == ends[c].1 {
                1.0
            } else {
                0.6
            }
        };
        let kernel = |j: usize| {
            let far: f64 = (0..3)
                .map(|c| ((at(cue, c, i) - at(cue, c, j)) / width(c)).powi(2))
                .sum();
            (-0.5 * far / (scale * scale)).exp()
        };
        let sum: f64 = (0..sites).filter(|&j| j != i).map(kernel).sum();
        (sum / (sites - 1) as f64).max(1e-3).ln() - (0..3).map(|c| f64::ln(width(c))).sum::<f64>()
    };
    let (mut weights, mut share, mut best) = (vec![1.0; sites], 0.3f64, f64::NEG_INFINITY);
    for scale in SCALES.map(f64::from) {
        share = share.min(0.8);
        let mut map = [
            [1.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0],
        ];
        let mut price = 0.0;
        if mapped {
            let input = |i: usize, k: usize| if k < 3 { at(candidate, k, i) } else { 1.0 };
            let sum = |term: &dyn Fn(usize) -> f64| {
                (0..sites).map(|i| weights[i] * term(i)).sum::<f64>() / (scale * scale)
            };
            let gram = std::array::from_fn(|row| {
                std::array::from_fn(|column| sum(&|i| input(i, row) * input(i, column)))
            });
            let cross = std::array::from_fn(|row| {
                std::array::from_fn(|out| sum(&|i| input(i, row) * at(cue, out, i)))
            });
            let families = [false, true]
                .into_iter()
                .flat_map(|free| centres().into_iter().map(move |centre| (centre, free)));
            (_, map, price) = families
                .map(|(centre, free)| direct_map(&gram, &cross, centre, free))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .unwrap();
        }
        let ratio = |i: usize| {
            let off = |out: usize| {
                let inner: f64 = (0..3).map(|c| map[out][c] * at(candidate, c, i)).sum();
                (at(cue, out, i) - inner - map[out][3]).powi(2)
            };
            let far: f64 = (0..3).map(off).sum();
            (-0.5 * far / (scale * scale) - log_density(scale, i))
                .min(30.0)
                .exp()
        };
        let ratios: Vec<f64> = (0..sites).map(ratio).collect();
        for _ in 0..4 {
            let weight = |r: &f64| (1.0 - share) * r / (share + (1.0 - share) * r);
            weights = ratios.iter().map(weight).collect();
            share = (1.0 - weights.iter().sum::<f64>() / sites as f64).clamp(1e-3, 0.999);
        }
        let score: f64 = ratios
            .iter()
            .map(|r| (share + (1.0 - share) * r).ln())
            .sum();
        best = best.max(score - price);
    }
    best
}

#[test]
fn scores_are_those_of_the_formulas() {
    let mixed = Affine {
        linear: [[0.7, 0.3, -0.2], [0.2, 0.5, 0.1], [0.0, -0.4, 0.8]],
        offset: [0.1, 0.0, 0.2],
    };
    for (seed, map) in [(1, Affine::identity()), (2, PERMUTED), (3, mixed)] {
        let candidate = picture(seed, 3, 9);
        let cue = cue(&candidate, &map, 0.1, |site| site < 20);
        let model = SelfCalibrating::new(3).unwrap();
        let found =
            -f64::from(check::to_host(model.energy(&single(&cue), single(&candidate))).unwrap()[0]);
        let expected = direct(&cue, &candidate, false).max(direct(&cue, &candidate, true));
        assert!(
            (found - expected).abs() < 1e-3 * expected.abs().max(1.0),
            "{found} {expected}"
        );
    }
}

/// Every form of the loops, against the first.
#[test]
fn instructions_change_roundings_alone() {
    let changes = Changes {
        maps: Some(MapPrior::new(3, false)),
        light: None,
    };
    let (cue, candidate) = (picture(1, 3, 9), padded(&picture(2, 3, 9), 3, 0.0));
    let scores: Vec<f64> = Instructions::all()
        .map(|isa| {
            let background = Background::new::<3>(&cue, None, isa);
            let mut scratch = Scratch::new(background.counted.len());
            let view = View::whole(&background, &candidate);
            fit::<3>(isa, view, &changes, &mut scratch).score
        })
        .collect();
    for score in &scores {
        assert!(
            (score - scores[0]).abs() < 1e-3 * scores[0].abs().max(1.0),
            "{scores:?}"
        );
    }
}
