//! Dense associative memory with random features, and the exact one beside it, 1e-4.

use anyhow::Result;
use attractor::core::MemoryPrior;
use attractor::core::burn::tensor::Tensor;
use attractor::priors::{FeatureKind, GaussianMixtureConfig, RandomFeatures, RandomFeaturesConfig};

use super::file::File;
use super::{Golden, System};

const TOLERANCE: f64 = 1e-4;
const NAME: &str = "DrDAM";
const FILE: &str = "random_features";
/// Step size of the recall, unless the file states a `rate`.
const RATE: f64 = 0.1;

pub(super) const SYSTEM: System = System {
    name: NAME,
    files: &[FILE],
    check,
};

fn check(golden: &mut Golden) -> Result<()> {
    for (name, features) in [
        ("sincos", FeatureKind::SinCos),
        ("cos", FeatureKind::Cos),
        ("exp", FeatureKind::Positive),
        ("expexp", FeatureKind::HyperbolicPositive),
    ] {
        one(golden, name, features)?;
    }
    exact(golden)
}

/// Inverse temperature, memories and states, which all maps share, and their width.
fn question(golden: &Golden, file: &File) -> Result<(f32, Tensor<2>, Tensor<2>, usize)> {
    let beta = file.values_of("beta", 1)?[0];
    let [_, dim] = file.dims("memories")?;
    let memories = file.rows("memories", dim, &golden.device)?;
    let states = file.rows("x", dim, &golden.device)?;
    Ok((beta, memories, states, dim))
}

/// The given map on the authors' directions; ours draws others.
fn one(golden: &mut Golden, name: &str, features: FeatureKind) -> Result<()> {
    let file = golden.file(FILE)?;
    let (beta, memories, states, dim) = question(golden, &file)?;
    let directions = file.rows(&format!("{name}/S"), dim, &golden.device)?;
    let [count, _] = directions.dims();
    let config = RandomFeaturesConfig {
        features,
        count,
        beta,
        ..RandomFeaturesConfig::default()
    };
    let phases = file.values_of(&format!("{name}/b"), count)?.to_vec();
    let mut memory =
        RandomFeatures::with_directions(config, directions, phases.clone(), &golden.device)?;
    memory.store(memories)?;
    let key = format!("{name}/T");
    let ours = superposition(&memory, features, &phases);
    let expected = file.values_of(&key, ours.len())?;
    golden.compare_values(NAME, &key, &ours, expected, TOLERANCE)?;
    let (gradient, energy) = memory.gradient_with_energy(states.clone())?;
    golden.compare(NAME, &file, &format!("{name}/energy"), energy, TOLERANCE)?;
    golden.compare(NAME, &file, &format!("{name}/grad"), gradient, TOLERANCE)?;
    recall(
        golden,
        NAME,
        &memory,
        states,
        &format!("{name}/recall#"),
        1.0,
    )
}

/// The memory as the authors keep it.
fn superposition(memory: &RandomFeatures, features: FeatureKind, phases: &[f32]) -> Vec<f64> {
    let sums = memory.superposed().iter().copied().map(f64::from);
    match features {
        // Theirs has the phase in it: cos(h + b) and sin(h + b), which are ours turned by b.
        FeatureKind::SinCos => {
            let sums: Vec<f64> = sums.collect();
            let (cosines, sines) = sums.split_at(phases.len());
            let turned = |mix: fn(f64, f64, f64, f64) -> f64| {
                let pairs = cosines.iter().zip(sines).zip(phases);
                pairs.map(move |((&c, &s), &phase)| {
                    let (sin, cos) = f64::from(phase).sin_cos();
                    mix(c, s, cos, sin)
                })
            };
            turned(|c, s, cos, sin| c * cos - s * sin)
                .chain(turned(|c, s, cos, sin| s * cos + c * sin))
                .collect()
        }
        FeatureKind::Cos => sums.collect(),
        // Ours are logarithms.
        _ => sums.map(f64::exp).collect(),
    }
}

/// The mixture with variance 1 / beta, whose energy is beta times that of the L2 log-sum-exp.
fn exact(golden: &mut Golden) -> Result<()> {
    let file = golden.file(FILE)?;
    let (beta, memories, states, dim) = question(golden, &file)?;
    let sigma = beta.sqrt().recip();
    let mut memory = GaussianMixtureConfig { sigma }.init(dim, &golden.device)?;
    memory.store(memories)?;
    let (gradient, energy) = memory.gradient_with_energy(states.clone())?;
    let system = "L2 log-sum-exp";
    let energy = energy.div_scalar(beta);
    golden.compare(system, &file, "exact/energy", energy, TOLERANCE)?;
    let gradient = gradient.div_scalar(beta);
    golden.compare(system, &file, "exact/grad", gradient, TOLERANCE)?;
    let scale = f64::from(beta).recip();
    recall(golden, system, &memory, states, "exact/recall#", scale)
}

/// Steps down an energy whose gradient is `scale` times the prior's, as often as the names say; not all
/// maps have any.
fn recall(
    golden: &mut Golden,
    system: &'static str,
    prior: &dyn MemoryPrior,
    start: Tensor<2>,
    pattern: &str,
    scale: f64,
) -> Result<()> {
    let file = golden.file(FILE)?;
    let rate = (file.setting("rate", RATE)? * scale) as f32;
    for named in file.find(pattern) {
        let mut states = start.clone();
        for _ in 0..named.count(0) {
            states = states.clone() - prior.gradient(states)?.mul_scalar(rate);
        }
        golden.compare(system, &file, &named.key, states, TOLERANCE)?;
    }
    Ok(())
}
