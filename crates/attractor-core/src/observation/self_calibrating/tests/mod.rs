use burn::tensor::{Tensor, TensorData};

use super::background::Background;
use super::channel_map::Affine;
use super::fit::{Changes, settle};
use super::lanes::padded;
use super::map_prior::MapPrior;
use super::passes::{Scratch, View};
use super::*;
use crate::observation::ObservationModel;
use crate::simd::Instructions;
use crate::{Backend, check, rng};

mod formulas;
mod nuisances;
mod tensor_form;

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
        assert!((found.scale / scale - 1.0).abs() < 0.08, "{}", found.scale);
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

/// Central differences of the settled score, without the volume of the maps.
#[test]
fn slopes_are_differences() {
    for (seed, map, scale) in [(1, Affine::identity(), 0.25), (3, PERMUTED, 0.15)] {
        let candidate = picture(seed, 3, 12);
        let cue = cue(&candidate, &map, scale, |site| site < 30);
        let changes = Changes {
            maps: Some(MapPrior::new(3, false)),
            light: None,
        };
        let background = Background::new::<3>(&cue, None, Instructions::best());
        let mut scratch = Scratch::new(background.counted.len());
        let mut score = |candidate: &[f32]| {
            let candidate = padded(candidate, 3, 0.0);
            let view = View::whole(&background, &candidate);
            settle::<3>(Instructions::best(), view, &changes, &mut scratch).without_volume()
        };
        let model = SelfCalibrating::new(3).unwrap();
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

/// Loops that drop rows find a cue by what it holds, and the mask that it came with.
#[test]
fn masks_go_with_their_cues() {
    let candidate = picture(1, 1, 8);
    let cues: Vec<Vec<f32>> = (2..5).map(|seed| picture(seed, 1, 8)).collect();
    let known: Vec<Vec<f32>> = (0..3)
        .map(|row| (0..64).map(|at| f32::from(at % 8 > row)).collect())
        .collect();
    let model = SelfCalibrating::new(1).unwrap();
    let model = model.restricted(batch(&known), [3, 64]).unwrap();
    let model = model.prepared(&batch(&cues)).unwrap();
    let all = check::to_host(model.energies(&batch(&cues), single(&candidate))).unwrap();
    for (row, cue) in cues.iter().enumerate() {
        let alone = check::to_host(model.energy(&single(cue), single(&candidate))).unwrap();
        assert_eq!(alone[0], all[row]);
    }
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
fn refusals_say_what_was_expected() {
    let refusal = SelfCalibrating::new(5).unwrap_err().to_string();
    assert!(
        refusal.contains("between 1 and 4") && refusal.contains('5'),
        "{refusal}"
    );
    let model = SelfCalibrating::new(3).unwrap();
    let refusal = model.check(64).unwrap_err().to_string();
    assert!(refusal.contains("3 channels for width 64"), "{refusal}");
    assert!(model.evidence(&[0.0; 6], &[0.0; 3]).is_err());
}

/// A dim picture behind something bright: no map of all sites is near the right one.
#[test]
fn dim_pictures_behind_something_bright_are_known() {
    let candidates: Vec<Vec<f32>> = (0..8).map(|seed| picture(seed, 3, 12)).collect();
    let model = SelfCalibrating::new(3).unwrap();
    for (gain, fill) in [(0.5, 0.9), (0.5, 0.7), (0.3, 1.0), (0.4, 0.0)] {
        let mut cue: Vec<f32> = candidates[4]
            .iter()
            .map(|value| gain * value + 0.1)
            .collect();
        cue.chunks_exact_mut(144)
            .for_each(|channel| channel[..36].fill(fill));
        let scores: Vec<f64> = (candidates.iter())
            .map(|candidate| model.evidence(&cue, candidate).unwrap().score)
            .collect();
        let own = scores[4];
        assert!(own > 200.0, "{gain} {fill}: {scores:?}");
        let others = scores.iter().enumerate().filter(|(at, _)| *at != 4);
        assert!(
            others.clone().all(|(_, score)| *score < 0.2 * own),
            "{gain} {fill}: {scores:?}"
        );
    }
}
