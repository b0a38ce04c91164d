//! Gradient inference (1e-3 at 1 and 5 steps, 5e-2 at 100) and predictive coding (1e-4).

use anyhow::{Context, Result};
use attractor::core::observation::Gaussian;
use attractor::core::{GenerativeModel, Inference, MemoryPrior, Problem};
use attractor::inference::{GradientConfig, PredictiveCodingConfig};
use attractor::priors::GaussianMixtureConfig;

use super::Golden;
use super::models::{cifar, mnist, rows};

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    gradient(golden)?;
    predictive_coding(golden)
}

fn gradient(golden: &mut Golden) -> Result<()> {
    let file = golden.file("bp_gmm")?;
    let model = cifar(golden)?;
    let mut prior = GaussianMixtureConfig { sigma: 0.1 }.init(16, &golden.device)?;
    prior.store(file.tensor("memory", [12, 16], &golden.device)?)?;
    let observation = Gaussian::new(1.0)?;
    for (steps, tolerance) in [(1, 1e-3), (5, 1e-3), (100, 5e-2)] {
        let problem = Problem {
            model: &model,
            observation: &observation,
            prior: &prior,
            cues: rows(golden, &file, "x")?,
            start: file.tensor("z0", [3, 16], &golden.device)?,
        };
        let recall = GradientConfig::reference(steps).init()?.infer(&problem)?;
        let key = format!("z_iter{steps}");
        golden.compare("VAE-BP-GMM", &file, &key, recall.state, tolerance)?;
    }
    Ok(())
}

fn predictive_coding(golden: &mut Golden) -> Result<()> {
    const TOLERANCE: f64 = 1e-4;
    const SYSTEM: &str = "VAE-PC-GMM";
    let file = golden.file("pc_gmm")?;
    let model = mnist(golden)?;
    let mut prior = GaussianMixtureConfig { sigma: 0.7 }.init(6, &golden.device)?;
    prior.store(file.tensor("memory", [10, 6], &golden.device)?)?;
    let observation = Gaussian::new(1.0)?;
    let cues = rows(golden, &file, "x")?;
    for steps in [1, 3, 20] {
        let problem = Problem {
            model: &model,
            observation: &observation,
            prior: &prior,
            start: model.encode(cues.clone()).mean,
            cues: cues.clone(),
        };
        let inference = PredictiveCodingConfig::reference(0.05, steps).init()?;
        let (mut layers, recall) = inference.infer_layers(&problem)?;
        let name = |what: &str| format!("iter{steps}_{what}");
        layers.pop();
        // The reference returns the prediction of the data that its last update started from.
        let before = match steps {
            1 => model.decode(problem.start.clone()),
            _ => PredictiveCodingConfig::reference(0.05, steps - 1)
                .init()?
                .infer_layers(&problem)?
                .0
                .pop()
                .context("a chain without layers")?,
        };
        golden.compare(SYSTEM, &file, &name("x"), before, TOLERANCE)?;
        golden.compare(SYSTEM, &file, &name("z4"), recall.state.clone(), TOLERANCE)?;
        for (layer, activity) in layers.into_iter().enumerate() {
            golden.compare(
                SYSTEM,
                &file,
                &name(&format!("z{}", 3 - layer)),
                activity,
                TOLERANCE,
            )?;
        }
        // Golden energies: [iteration, (data, layers 1..4), row]; ours: by term, step, row.
        let key = name("vfe");
        let mut ours = Vec::new();
        for step in 0..steps {
            for term in &recall.trace.terms[1..] {
                ours.extend_from_slice(&term.values[step]);
            }
        }
        golden.compare_values(SYSTEM, &key, &ours, file.values(&key)?, TOLERANCE)?;
    }
    Ok(())
}
