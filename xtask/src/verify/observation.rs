//! The self-calibrating observation model in tensor operations, on the device, against its form in host memory.

use anyhow::Result;
use attractor::core::burn::tensor::{Device, Tensor, TensorData};
use attractor::core::observation::{ObservationModel, SelfCalibrating};
use attractor::core::{Backend, check, rng};

use super::{Golden, System};

/// Sites, of 3 channels each.
const SITES: usize = 256;
const DIM: usize = 3 * SITES;
const CANDIDATES: usize = 20;
/// Energies, relative: sums over sites in another order.
const ENERGIES: f64 = 1e-3;
/// Slopes, as parts of the largest of a row.
const SLOPES: f64 = 1e-3;

pub(super) const SYSTEM: System = System {
    name: "self-calibrating observation",
    files: &[],
    check: compare,
};

fn compare(golden: &mut Golden) -> Result<()> {
    let candidates: Vec<Vec<f32>> = (0..CANDIDATES as u64).map(smooth).collect();
    let cues: Vec<Vec<f32>> = DAMAGES
        .iter()
        .zip(&candidates)
        .map(|((_, damage), picture)| damage(picture))
        .collect();
    let on_host = SelfCalibrating::new(3)?;
    let on_device = on_host.clone().in_tensors()?;
    let (host, device) = (Backend::Flex.open()?, golden.device.clone());
    let energies = |model: &SelfCalibrating, device: &Device| {
        check::to_host(model.energies(&tensor(&cues, device), tensor(&candidates, device)))
    };
    let (ours, expected) = (energies(&on_device, &device)?, energies(&on_host, &host)?);
    let rows = ours
        .chunks_exact(CANDIDATES)
        .zip(expected.chunks_exact(CANDIDATES));
    for ((name, _), (ours, expected)) in DAMAGES.iter().zip(rows) {
        golden.compare_values(
            SYSTEM.name,
            &format!("energies, {name}"),
            ours,
            expected,
            ENERGIES,
        )?;
    }
    let shown = &candidates[..cues.len()];
    let slopes = |model: &SelfCalibrating, device: &Device| {
        check::to_host(model.gradient(&tensor(&cues, device), tensor(shown, device)))
    };
    let (ours, expected) = (slopes(&on_device, &device)?, slopes(&on_host, &host)?);
    let rows = ours.chunks_exact(DIM).zip(expected.chunks_exact(DIM));
    for ((name, _), (ours, expected)) in DAMAGES.iter().zip(rows) {
        let largest = expected
            .iter()
            .fold(0.0f32, |top, slope| top.max(slope.abs()));
        let parts = |values: &[f32]| -> Vec<f32> {
            values
                .iter()
                .map(|value| value / largest.max(f32::MIN_POSITIVE))
                .collect()
        };
        golden.compare_values(
            SYSTEM.name,
            &format!("slopes, {name}"),
            &parts(ours),
            &parts(expected),
            SLOPES,
        )?;
    }
    Ok(())
}

type Damage = fn(&[f32]) -> Vec<f32>;

const DAMAGES: [(&str, Damage); 5] = [
    ("noise 0.1", |picture| noisy(picture, 0.1)),
    ("noise 0.5", |picture| noisy(picture, 0.5)),
    ("half covered", |picture| {
        covered(&noisy(picture, 0.03), SITES / 2)
    }),
    ("other colours", |picture| {
        let mut cue: Vec<f32> = picture.iter().map(|value| 0.8 - 0.6 * value).collect();
        cue.rotate_left(SITES);
        noisy(&cue, 0.03)
    }),
    ("dim, behind something bright", |picture| {
        let dim: Vec<f32> = picture.iter().map(|value| 0.4 * value).collect();
        covered(&noisy(&dim, 0.02), SITES / 4)
    }),
];

/// Waves of a few directions, with values in `[0, 1]`.
fn smooth(seed: u64) -> Vec<f32> {
    let waves = rng::uniform_vec(
        &mut rng::indexed_stream(1, "verify pictures", seed),
        48,
        0.0,
        1.0,
    );
    let value = |entry: usize| {
        let (channel, site) = (entry / SITES, entry % SITES);
        let (x, y) = ((site % 16) as f32, (site / 16) as f32);
        let wave = |w: &[f32]| (0.9 * (w[0] * x + w[1] * y) + 6.3 * w[2]).sin() * w[3];
        let own = waves[channel * 16..(channel + 1) * 16].chunks_exact(4);
        (0.5 + 0.4 * own.map(wave).sum::<f32>()).clamp(0.0, 1.0)
    };
    (0..DIM).map(value).collect()
}

fn noisy(picture: &[f32], scale: f32) -> Vec<f32> {
    let noise = rng::normal_vec(&mut rng::stream(1, "verify noise"), picture.len());
    let pairs = picture.iter().zip(noise);
    pairs
        .map(|(value, noise)| (value + scale * noise).clamp(0.0, 1.0))
        .collect()
}

fn covered(picture: &[f32], sites: usize) -> Vec<f32> {
    let mut cue = picture.to_vec();
    cue.chunks_exact_mut(SITES)
        .for_each(|channel| channel[..sites].fill(0.9));
    cue
}

fn tensor(rows: &[Vec<f32>], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(rows.concat(), [rows.len(), DIM]), device)
}
