//! The form in tensor operations against the one in host memory.

use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

use super::super::nuisance::{Geometry, Nuisance};
use super::{PERMUTED, cue, picture};
use crate::observation::{ObservationModel, SelfCalibrating};
use crate::{Backend, check, rng};

/// Of an energy, and of the largest slope.
const RELATIVE: f32 = 1e-4;
/// In nats: sums over sites in another order.
const ABSOLUTE: f32 = 0.02;

fn tensor(rows: &[Vec<f32>], device: &Device) -> Tensor<2> {
    Tensor::from_data(
        TensorData::new(rows.concat(), [rows.len(), rows[0].len()]),
        device,
    )
}

fn host(tensor: Tensor<2>) -> Vec<f32> {
    check::to_host(tensor).unwrap()
}

/// The same values by both forms: in host memory, and by tensors on every backend.
fn both(
    model: &SelfCalibrating,
    of: impl Fn(&dyn ObservationModel, &Device) -> Vec<f32>,
) -> Vec<(Vec<f32>, Vec<f32>)> {
    let tensors = model.clone().in_tensors().unwrap();
    let expected = of(model, &Backend::available()[0].open().unwrap());
    let of_backend = |backend: Backend| {
        let device = backend.open().unwrap();
        (of(&tensors, &device), expected.clone())
    };
    Backend::available().into_iter().map(of_backend).collect()
}

fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let slack = RELATIVE * expected.abs() + ABSOLUTE;
        let same = found == expected || (found - expected).abs() < slack;
        assert!(same, "{what} {at}: {found} {expected}");
    }
}

/// Pictures and cues of some of them: noise, cover, other colours, something dim behind something bright.
fn pictures(channels: usize) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let candidates: Vec<Vec<f32>> = (0..6).map(|seed| picture(seed, channels, 12)).collect();
    let noise = rng::normal_vec(&mut rng::stream(5, "noise"), channels * 144);
    let noisy = candidates[1].iter().zip(noise);
    let mut cues = vec![
        candidates[0].clone(),
        noisy
            .map(|(x, noise)| (x + 0.3 * noise).clamp(0.0, 1.0))
            .collect(),
        candidates[4].iter().map(|x| 0.5 * x + 0.1).collect(),
    ];
    cues[2]
        .chunks_exact_mut(144)
        .for_each(|channel| channel[..36].fill(0.9));
    if channels == 3 {
        cues.push(cue(&candidates[2], &PERMUTED, 0.1, |site| site % 3 == 0));
    }
    (candidates, cues)
}

#[test]
fn energies_are_those_in_host_memory() {
    for channels in [1, 2, 3, 4] {
        let (candidates, cues) = pictures(channels);
        let model = SelfCalibrating::new(channels).unwrap();
        let energies = |model: &dyn ObservationModel, device: &Device| {
            host(model.energies(&tensor(&cues, device), tensor(&candidates, device)))
        };
        for (found, expected) in both(&model, energies) {
            assert_close(&found, &expected, &format!("{channels} channels"));
        }
        let rough = |model: &dyn ObservationModel, device: &Device| {
            host(model.rough_energies(&tensor(&cues, device), tensor(&candidates, device)))
        };
        for (found, expected) in both(&model, rough) {
            assert_close(&found, &expected, &format!("rough, {channels} channels"));
        }
    }
}

/// Chosen pairs alone, gains alone, nothing but noise and cover, and some entries unknown.
#[test]
fn options_and_masks_are_those_in_host_memory() {
    let (candidates, cues) = pictures(3);
    let known: Vec<Vec<f32>> = (0..cues.len())
        .map(|row| (0..432).map(|at| f32::from(at % 5 != row)).collect())
        .collect();
    let chosen: Vec<bool> = (0..24).map(|pair| pair % 3 != 1).collect();
    for kinds in [&[Nuisance::Affine][..], &[Nuisance::Gain], &[]] {
        let model = SelfCalibrating::new(3).unwrap();
        let model = model.with_nuisances(kinds, None).unwrap();
        let energies = |model: &dyn ObservationModel, device: &Device| {
            let cues = tensor(&cues, device);
            let model = model
                .restricted(tensor(&known, device), cues.dims())
                .unwrap();
            let model = model.prepared(&cues).unwrap();
            let candidates = tensor(&candidates, device);
            let rough = host(model.rough_energies(&cues, candidates.clone()));
            let chosen = host(model.chosen_energies(&cues, candidates, &chosen));
            assert_eq!(
                chosen.iter().filter(|energy| energy.is_infinite()).count(),
                8
            );
            [rough, chosen].concat()
        };
        for (found, expected) in both(&model, energies) {
            assert_close(&found, &expected, &format!("{kinds:?}"));
        }
    }
}

#[test]
fn slopes_are_those_in_host_memory() {
    for channels in [1, 3] {
        let (candidates, cues) = pictures(channels);
        let shown = &candidates[..cues.len()];
        let model = SelfCalibrating::new(channels).unwrap();
        let energies = |model: &dyn ObservationModel, device: &Device| {
            let energy = model.energy(&tensor(&cues, device), tensor(shown, device));
            check::to_host(energy).unwrap()
        };
        for (found, expected) in both(&model, energies) {
            assert_close(&found, &expected, "pairs");
        }
        let slopes = |model: &dyn ObservationModel, device: &Device| {
            host(model.gradient(&tensor(&cues, device), tensor(shown, device)))
        };
        let dim = channels * 144;
        for (found, expected) in both(&model, slopes) {
            let rows = found.chunks_exact(dim).zip(expected.chunks_exact(dim));
            for (row, (found, expected)) in rows.enumerate() {
                let largest = expected.iter().fold(0.0f32, |top, x| top.max(x.abs()));
                for (at, (a, b)) in found.iter().zip(expected).enumerate() {
                    assert!(
                        (a - b).abs() <= 1e-3 * largest,
                        "{channels} channels, {row} {at}: {a} {b}, {largest}"
                    );
                }
            }
        }
    }
}

#[test]
fn rows_alone_are_rows_of_a_batch_in_tensors() {
    let device = Backend::available()[0].open().unwrap();
    let (candidates, cues) = pictures(3);
    let model = SelfCalibrating::new(3).unwrap().in_tensors().unwrap();
    let all = host(model.energies(&tensor(&cues, &device), tensor(&candidates, &device)));
    for (row, cue) in cues.iter().enumerate() {
        for (at, candidate) in candidates.iter().enumerate() {
            let alone = model.energy(
                &tensor(std::slice::from_ref(cue), &device),
                tensor(std::slice::from_ref(candidate), &device),
            );
            let alone = check::to_host(alone).unwrap()[0];
            assert_close(&[alone], &[all[row * 6 + at]], "alone");
        }
    }
}

#[test]
fn what_has_no_tensor_form_is_refused_by_name() {
    let geometry = Geometry {
        height: 12,
        width: 12,
    };
    for kind in [Nuisance::GainField, Nuisance::Translation] {
        let model = SelfCalibrating::new(3).unwrap();
        let model = model.with_nuisances(&[kind], Some(geometry)).unwrap();
        let message = model.in_tensors().unwrap_err().to_string();
        assert!(message.contains(kind.name()), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any values, of which many may be the same.
    #[test]
    fn forms_agree_on_any_values(
        values in prop::collection::vec(0u8..9, 2 * 40),
        seed in 0u64..1000,
    ) {
        let cues = vec![values[..40].iter().map(|x| f32::from(*x) / 8.0).collect::<Vec<f32>>()];
        let other = rng::uniform_vec(&mut rng::stream(seed, "candidate"), 40, 0.0, 1.0);
        let like = values[40..].iter().zip(&cues[0]);
        let like = like.map(|(noise, x)| (x + 0.02 * f32::from(*noise)).min(1.0)).collect();
        let candidates = vec![other, like];
        for channels in [1, 2] {
            let model = SelfCalibrating::new(channels).unwrap();
            let energies = |model: &dyn ObservationModel, device: &Device| {
                host(model.energies(&tensor(&cues, device), tensor(&candidates, device)))
            };
            for (found, expected) in both(&model, energies) {
                assert_close(&found, &expected, "any values");
            }
        }
    }
}
