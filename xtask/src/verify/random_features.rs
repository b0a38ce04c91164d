//! Dense associative memory with random features, and the exact one beside it, 1e-4.

use anyhow::Result;
use attractor::core::MemoryPrior;
use attractor::core::burn::tensor::Tensor;
use attractor::priors::{FeatureKind, GaussianMixtureConfig, RandomFeatures, RandomFeaturesConfig};

use super::Golden;

const TOLERANCE: f64 = 1e-4;
const SYSTEM: &str = "DrDAM";
const FILE: &str = "random_features";

pub(super) fn check(golden: &mut Golden) -> Result<()> {
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

/// The given map on the authors' directions; ours draws others.
fn one(golden: &mut Golden, name: &str, features: FeatureKind) -> Result<()> {
    let file = golden.file(FILE)?;
    let config = RandomFeaturesConfig {
        features,
        count: 512,
        beta: file.values("beta")?[0],
        ..RandomFeaturesConfig::default()
    };
    let directions = file.tensor(&format!("{name}/S"), [512, 20], &golden.device)?;
    let phases = file.values(&format!("{name}/b"))?.to_vec();
    let mut memory = RandomFeatures::with_directions(config, directions, phases, &golden.device)?;
    memory.store(file.tensor("memories", [8, 20], &golden.device)?)?;
    let states: Tensor<2> = file.tensor("x", [4, 20], &golden.device)?;
    let (gradient, energy) = memory.gradient_with_energy(states.clone())?;
    golden.compare(SYSTEM, &file, &format!("{name}/energy"), energy, TOLERANCE)?;
    golden.compare(SYSTEM, &file, &format!("{name}/grad"), gradient, TOLERANCE)?;
    if features == FeatureKind::SinCos {
        let end = descend(&memory, states, 1.0)?;
        golden.compare(SYSTEM, &file, "sincos/recall50", end, TOLERANCE)?;
    }
    Ok(())
}

/// The mixture with variance 1 / beta, whose energy is beta times that of the L2 log-sum-exp.
fn exact(golden: &mut Golden) -> Result<()> {
    let file = golden.file(FILE)?;
    let beta = file.values("beta")?[0];
    let sigma = beta.sqrt().recip();
    let mut memory = GaussianMixtureConfig { sigma }.init(20, &golden.device)?;
    memory.store(file.tensor("memories", [8, 20], &golden.device)?)?;
    let states: Tensor<2> = file.tensor("x", [4, 20], &golden.device)?;
    let (gradient, energy) = memory.gradient_with_energy(states.clone())?;
    let system = "L2 log-sum-exp";
    golden.compare(
        system,
        &file,
        "exact/energy",
        energy.div_scalar(beta),
        TOLERANCE,
    )?;
    golden.compare(
        system,
        &file,
        "exact/grad",
        gradient.div_scalar(beta),
        TOLERANCE,
    )?;
    let end = descend(&memory, states, 1.0 / beta)?;
    golden.compare(system, &file, "exact/recall50", end, TOLERANCE)
}

/// 50 steps of rate 0.1 on an energy whose gradient is `scale` times the prior's.
fn descend(prior: &dyn MemoryPrior, mut states: Tensor<2>, scale: f32) -> Result<Tensor<2>> {
    for _ in 0..50 {
        states = states.clone() - prior.gradient(states)?.mul_scalar(0.1 * scale);
    }
    Ok(states)
}
