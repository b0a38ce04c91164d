use burn::tensor::{Tensor, TensorData};

use super::background::Background;
use super::channel_map::Affine;
use super::fit::{SCALES, Scratch, fit, settle};
use super::lanes::padded;
use super::*;
use crate::observation::ObservationModel;
use crate::simd::Instructions;
use crate::{Backend, check, rng};

/// Values of something smooth, `[C, side, side]`, in `[0, 1]`.
fn picture(seed: u64, channels: usize, side: usize) -> Vec<f32> {
    let waves = rng::uniform_vec(&mut rng::stream(seed, "picture"), channels * 16, 0.0, 1.0);
    let mut values = Vec::new();
    for channel in waves.chunks_exact(16) {
        for site in 0..side * side {
            let (x, y) = ((site % side) as f32, (site / side) as f32);
            let wave = |w: &[f32]| (w[0] * 0.9 * x + w[1] * 0.9 * y + 6.3 * w[2]).sin() * w[3];
            let sum: f32 = channel.chunks_exact(4).map(wave).sum();
            values.push((0.5 + 0.4 * sum).clamp(0.0, 1.0));
        }
    }
    values
}

fn normal(seed: u64, count: usize) -> Vec<f32> {
    rng::normal_vec(&mut rng::stream(seed, "noise"), count)
}

/// `linear m + offset` of each site, with noise, and every third site replaced by the next picture's.
fn cue(
    candidate: &[f32],
    map: &Affine<3>,
    scale: f32,
    covered: impl Fn(usize) -> bool,
) -> Vec<f32> {
    let sites = candidate.len() / 3;
    let noise = normal(9, candidate.len());
    let other = rng::uniform_vec(&mut rng::stream(4, "other"), candidate.len(), 0.0, 1.0);
    let value = |at: usize| {
        let (out, site) = (at / sites, at % sites);
        if covered(site) {
            return other[at];
        }
        let mapped: f32 = (0..3)
            .map(|c| map.linear[out][c] * candidate[c * sites + site])
            .sum();
        mapped + map.offset[out] + scale * noise[at]
    };
    (0..candidate.len()).map(value).collect()
}

fn batch(rows: &[Vec<f32>]) -> Tensor<2> {
    let device = Backend::available()[0].open().unwrap();
    Tensor::from_data(
        TensorData::new(rows.concat(), [rows.len(), rows[0].len()]),
        &device,
    )
}

fn single(row: &[f32]) -> Tensor<2> {
    batch(&[row.to_vec()])
}

const PERMUTED: Affine<3> = Affine {
    linear: [[0.0, 0.9, 0.0], [0.0, 0.0, 0.9], [0.9, 0.0, 0.0]],
    offset: [0.05, 0.0, 0.1],
};

#[test]
fn the_background_is_the_leave_one_out_density() {
    for (sites, known) in [(50, None), (33, Some(3)), (1, None), (16, Some(2))] {
        let cue = rng::uniform_vec(&mut rng::stream(1, "cue"), 2 * sites, 0.0, 1.0);
        let counts: Option<Vec<bool>> =
            known.map(|every| (0..sites).map(|i| i % every > 0).collect());
        let background = Background::new::<2>(&cue, counts.as_deref(), Instructions::best());
        let counted = |i: &usize| counts.as_ref().is_none_or(|counts| counts[*i]);
        let others = (0..sites).filter(counted).count().saturating_sub(1).max(1);
        for (k, scale) in SCALES.iter().enumerate() {
            for i in (0..sites).filter(counted) {
                let kernel = |j: usize| {
                    let off = |c: usize| f64::from(cue[c * sites + i] - cue[c * sites + j]);
                    let far = off(0).powi(2) + off(1).powi(2);
                    (-0.5 * far / f64::from(scale * scale)).exp()
                };
                let sum: f64 = (0..sites)
                    .filter(counted)
                    .filter(|&j| j != i)
                    .map(kernel)
                    .sum();
                let expected = -(sum / others as f64).max(1e-3).ln();
                let found = f64::from(background.at(k)[i / 16][i % 16]);
                assert!((found - expected).abs() < 2e-5, "{found} {expected}");
            }
        }
    }
}

/// Noise, covered sites and the map of cues that the model itself makes are found again.
#[test]
fn scale_share_and_map_are_recovered() {
    let candidate = picture(1, 3, 32);
    let model = SelfCalibrating::new(3).unwrap();
    for (map, scale) in [
        (PERMUTED, 0.03),
        (PERMUTED, 0.08),
        (Affine::identity(), 0.03),
    ] {
        let covered = |site: usize| site % 10 < 3;
        let found = model
            .evidence(&cue(&candidate, &map, scale, covered), &candidate)
            .unwrap();
        assert_eq!(found.scale, scale);
        assert!(
            (found.unexplained - 0.3).abs() < 0.04,
            "{}",
            found.unexplained
        );
        for (site, weight) in found.weights.iter().enumerate() {
            // Chance lets a few covered sites agree.
            if !covered(site) {
                assert!(*weight > 0.3 || scale > 0.05, "site {site}: {weight}");
            }
        }
        match (&found.map, map == Affine::identity()) {
            (None, true) => {}
            (Some(ChannelMap { linear, offset }), false) => {
                let pairs = linear.iter().zip(map.linear.as_flattened());
                for (found, expected) in pairs.chain(offset.iter().zip(&map.offset)) {
                    assert!((found - expected).abs() < 0.03, "{linear:?} {offset:?}");
                }
            }
            (found, _) => panic!("{found:?}"),
        }
    }
}

/// The same schedule in double precision, site by site.
fn direct(cue: &[f32], candidate: &[f32], mapped: bool) -> f64 {
    let sites = cue.len() / 3;
    let at = |values: &[f32], c: usize, i: usize| f64::from(values[c * sites + i]);
    let log_density = |scale: f64, i: usize| {
        let kernel = |j: usize| {
            let far: f64 = (0..3)
                .map(|c| (at(cue, c, i) - at(cue, c, j)).powi(2))
                .sum();
            (-0.5 * far / (scale * scale)).exp()
        };
        let sum: f64 = (0..sites).filter(|&j| j != i).map(kernel).sum();
        (sum / (sites - 1) as f64).max(1e-3).ln()
    };
    let (mut weights, mut share, mut best) = (vec![1.0; sites], 0.3, f64::NEG_INFINITY);
    for scale in SCALES.map(f64::from) {
        let mut score = 0.0;
        for _ in 0..2 {
            let mut map = [
                [1.0, 0.0, 0.0, 0.0],
                [0.0, 1.0, 0.0, 0.0],
                [0.0, 0.0, 1.0, 0.0],
            ];
            if mapped {
                let input = |i: usize, k: usize| if k < 3 { at(candidate, k, i) } else { 1.0 };
                let sum = |term: &dyn Fn(usize) -> f64| (0..sites).map(term).sum::<f64>();
                let gram = std::array::from_fn(|row| {
                    std::array::from_fn(|column| match row.max(column) {
                        4 => 0.0,
                        _ => sum(&|i| weights[i] * input(i, row) * input(i, column)),
                    })
                });
                let cross = std::array::from_fn(|row| {
                    std::array::from_fn(|out| {
                        sum(&|i| weights[i] * input(i, row) * at(cue, out, i))
                    })
                });
                let solved = Affine::<3>::solve(&gram, &cross).unwrap();
                for (out, row) in map.iter_mut().enumerate() {
                    let [a, b, c] = solved.linear[out].map(f64::from);
                    *row = [a, b, c, f64::from(solved.offset[out])];
                }
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
            score = ratios
                .iter()
                .map(|r| (share + (1.0 - share) * r).ln())
                .sum();
        }
        best = best.max(score);
    }
    best
}

#[test]
fn scores_are_those_of_the_formulas() {
    for (seed, map) in [(1, Affine::identity()), (2, PERMUTED)] {
        let candidate = picture(seed, 3, 9);
        let cue = cue(&candidate, &map, 0.1, |site| site < 20);
        let model = SelfCalibrating::new(3).unwrap().with_spread(0.0).unwrap();
        let found =
            -f64::from(check::to_host(model.energy(&single(&cue), single(&candidate))).unwrap()[0]);
        let price = 6.0 * 81f64.ln();
        let expected = direct(&cue, &candidate, false).max(direct(&cue, &candidate, true) - price);
        assert!(
            (found - expected).abs() < 1e-3 * expected.abs().max(1.0),
            "{found} {expected}"
        );
    }
}

/// Every form of the loops, against the first.
#[test]
fn instructions_change_roundings_alone() {
    let (cue, candidate) = (picture(1, 3, 9), padded(&picture(2, 3, 9), 3, 0.0));
    let scores: Vec<f64> = Instructions::all()
        .map(|isa| {
            let background = Background::new::<3>(&cue, None, isa);
            let mut scratch = Scratch::new(background.counted.len());
            fit::<3>(isa, &background, &candidate, 10.0, &mut scratch).score
        })
        .collect();
    for score in &scores {
        assert!(
            (score - scores[0]).abs() < 1e-3 * scores[0].abs().max(1.0),
            "{scores:?}"
        );
    }
}

/// Central differences of the settled score, where the spread of the map costs nothing.
#[test]
fn slopes_are_differences() {
    for (seed, map, scale) in [(1, Affine::identity(), 0.25), (3, PERMUTED, 0.15)] {
        let candidate = picture(seed, 3, 12);
        let cue = cue(&candidate, &map, scale, |site| site < 30);
        let background = Background::new::<3>(&cue, None, Instructions::best());
        let mut scratch = Scratch::new(background.counted.len());
        let mut score = |candidate: &[f32]| {
            settle::<3>(
                Instructions::best(),
                &background,
                &padded(candidate, 3, 0.0),
                0.0,
                &mut scratch,
            )
            .score
        };
        let model = SelfCalibrating::new(3).unwrap().with_spread(0.0).unwrap();
        let slopes = model.gradient(&single(&cue), single(&candidate));
        let slopes = check::to_host(slopes).unwrap();
        let largest = slopes
            .iter()
            .fold(0.0f32, |top, slope| top.max(slope.abs()));
        for at in (0..candidate.len()).step_by(17) {
            let mut moved = candidate.clone();
            moved[at] += 0.01;
            let above = score(&moved);
            moved[at] -= 0.02;
            let expected = -(above - score(&moved)) / 0.02;
            let found = f64::from(slopes[at]);
            assert!(
                (found - expected).abs() < 0.03 * f64::from(largest),
                "{at}: {found} {expected}"
            );
        }
    }
}

#[test]
fn rows_are_independent_and_prepared_cues_change_nothing() {
    let candidates: Vec<Vec<f32>> = (0..4).map(|seed| picture(seed, 3, 8)).collect();
    let cues: Vec<Vec<f32>> = (0..3)
        .map(|k| cue(&candidates[k], &PERMUTED, 0.1, |s| s < 9))
        .collect();
    let model = SelfCalibrating::new(3).unwrap();
    let all = check::to_host(model.energies(&batch(&cues), batch(&candidates))).unwrap();
    let prepared = model.prepared(&batch(&cues)).unwrap();
    let again = check::to_host(prepared.energies(&batch(&cues), batch(&candidates))).unwrap();
    assert_eq!(all, again);
    for (row, cue) in cues.iter().enumerate() {
        for (at, candidate) in candidates.iter().enumerate() {
            let (cue, candidate) = (single(cue), single(candidate));
            let alone = check::to_host(prepared.energy(&cue, candidate)).unwrap();
            assert_eq!(alone[0], all[row * 4 + at]);
        }
        let own = &all[row * 4..row * 4 + 4];
        assert!(
            own.iter()
                .enumerate()
                .all(|(at, e)| at == row || *e > own[row]),
            "{own:?}"
        );
    }
}

/// A restricted model sees nothing of the entries that are not known.
#[test]
fn unknown_sites_do_not_count() {
    let candidate = picture(1, 1, 8);
    let mut other = candidate.clone();
    let mut known = vec![1.0; 64];
    for at in (0..64).step_by(3) {
        (other[at], known[at]) = (0.77, 0.0);
    }
    let model = SelfCalibrating::new(1).unwrap();
    let model = model.restricted(batch(&[known]), [1, 64]).unwrap();
    let energies =
        |cue: &Vec<f32>| check::to_host(model.energies(&single(cue), single(&candidate))).unwrap();
    assert_eq!(energies(&candidate), energies(&other));
}

#[test]
fn odd_cues_give_numbers() {
    let model = SelfCalibrating::new(1).unwrap();
    let candidates = batch(&[vec![0.5; 20], picture(1, 1, 5)[..20].to_vec()]);
    for cue in [vec![0.5; 20], vec![0.0; 20], vec![1e8; 20], vec![-3.0; 20]] {
        let found = check::to_host(model.energies(&batch(&[cue]), candidates.clone())).unwrap();
        assert!(found.iter().all(|energy| energy.is_finite()), "{found:?}");
    }
    let one = check::to_host(model.energies(&batch(&[vec![0.3]]), batch(&[vec![0.2]]))).unwrap();
    assert!(one[0].is_finite());
}

#[test]
fn spreads_of_known_maps() {
    let (s, c) = 0.7f32.sin_cos();
    let turned = Affine::<2> {
        linear: [[3.0 * c, -3.0 * s], [3.0 * s, 3.0 * c]],
        offset: [0.0; 2],
    };
    assert!(turned.spread() < 1e-9, "{}", turned.spread());
    assert!(PERMUTED.spread() < 1e-9);
    let stretched = Affine::<2> {
        linear: [[2.0, 0.0], [0.0, 0.0]],
        offset: [0.0; 2],
    };
    // The lower singular value counts as 0.05.
    let expected = 0.5 * (2.0f64 / 0.05).ln().powi(2);
    assert!((stretched.spread() - expected).abs() < 1e-6);
}

#[test]
fn refusals_say_what_was_expected() {
    let refusal = SelfCalibrating::new(5).unwrap_err().to_string();
    assert!(
        refusal.contains("between 1 and 4") && refusal.contains('5'),
        "{refusal}"
    );
    let refusal = SelfCalibrating::new(1)
        .unwrap()
        .with_spread(f64::NAN)
        .unwrap_err();
    assert!(refusal.to_string().contains("at least 0"), "{refusal}");
    let model = SelfCalibrating::new(3).unwrap();
    let refusal = model.check(64).unwrap_err().to_string();
    assert!(refusal.contains("3 channels for width 64"), "{refusal}");
    assert!(model.evidence(&[0.0; 6], &[0.0; 3]).is_err());
}
