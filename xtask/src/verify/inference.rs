//! Gradient inference (1e-3 up to 5 steps, 5e-2 beyond) and predictive coding (1e-4).

use anyhow::{Context, Result};
use attractor::core::observation::Gaussian;
use attractor::core::{GenerativeModel, Inference, MemoryPrior, Problem};
use attractor::inference::{GradientConfig, PredictiveCodingConfig, Rule, Scaling};
use attractor::priors::{GaussianMixture, GaussianMixtureConfig};

use super::file::File;
use super::models::{CIFAR_WEIGHTS, MNIST_FORWARD, MNIST_WEIGHTS, cifar, mnist};
use super::{Golden, System};

const GRADIENT_FILE: &str = "bp_gmm";
const PREDICTIVE_CODING_FILE: &str = MNIST_FORWARD;

pub(super) const GRADIENT: System = System {
    name: "VAE-BP-GMM",
    files: &[GRADIENT_FILE, CIFAR_WEIGHTS],
    check: gradient,
};

pub(super) const PREDICTIVE_CODING: System = System {
    name: "VAE-PC-GMM",
    files: &[PREDICTIVE_CODING_FILE, MNIST_WEIGHTS],
    check: predictive_coding,
};

/// The prior over codes of `model`, with the file's memory; of width `sigma` unless the file says another.
fn prior(
    golden: &Golden,
    file: &File,
    model: &dyn GenerativeModel,
    sigma: f64,
) -> Result<GaussianMixture> {
    let sigma = file.setting("sigma", sigma)? as f32;
    let codes = model.latent_dim();
    let mut prior = GaussianMixtureConfig { sigma }.init(codes, &golden.device)?;
    prior.store(file.rows("memory", codes, &golden.device)?)?;
    Ok(prior)
}

/// Settings that no name states are the authors' unless the file says others: `sigma` 0.1, Adam's `rate`
/// 0.5, `gamma` 0.005.
fn gradient(golden: &mut Golden) -> Result<()> {
    let file = golden.file(GRADIENT_FILE)?;
    let model = cifar(golden)?;
    let prior = prior(golden, &file, &model, 0.1)?;
    let observation = Gaussian::new(1.0)?;
    let rule = Rule::adam(file.setting("rate", 0.5)? as f32);
    let gamma = file.setting("gamma", 0.005)? as f32;
    for named in file.matching("z_iter#")? {
        let problem = Problem {
            model: &model,
            observation: &observation,
            prior: &prior,
            cues: file.rows("x", model.data_dim(), &golden.device)?,
            start: file.rows("z0", model.latent_dim(), &golden.device)?,
        };
        let steps = named.count(0);
        let config = GradientConfig {
            rule,
            scaling: Scaling::BatchMeans { gamma },
            ..GradientConfig::reference(steps)
        };
        let recall = config.init()?.infer(&problem)?;
        // Adam divides by the size of the gradient: rounding grows from step to step.
        let tolerance = if steps <= 5 { 1e-3 } else { 5e-2 };
        golden.compare(GRADIENT.name, &file, &named.key, recall.state, tolerance)?;
    }
    Ok(())
}

/// Settings that no name states are the authors' unless the file says others: `sigma` 0.7, `rate` 0.05.
fn predictive_coding(golden: &mut Golden) -> Result<()> {
    const TOLERANCE: f64 = 1e-4;
    const SYSTEM: &str = PREDICTIVE_CODING.name;
    let file = golden.file(PREDICTIVE_CODING_FILE)?;
    let model = mnist(golden)?;
    let prior = prior(golden, &file, &model, 0.7)?;
    let rate = file.setting("rate", 0.05)? as f32;
    let observation = Gaussian::new(1.0)?;
    let cues = file.rows("x", model.data_dim(), &golden.device)?;
    for named in file.matching("iter#_x")? {
        let steps = named.count(0);
        let problem = Problem {
            model: &model,
            observation: &observation,
            prior: &prior,
            start: model.encode(cues.clone()).mean,
            cues: cues.clone(),
        };
        let inference = PredictiveCodingConfig::reference(rate, steps).init()?;
        let (mut layers, recall) = inference.infer_layers(&problem)?;
        let name = |what: &str| format!("iter{steps}_{what}");
        layers.pop();
        // The reference returns the prediction of the data that its last update started from.
        let before = match steps {
            0 | 1 => model.decode(problem.start.clone()),
            _ => PredictiveCodingConfig::reference(rate, steps - 1)
                .init()?
                .infer_layers(&problem)?
                .0
                .pop()
                .context("a chain without layers")?,
        };
        golden.compare(SYSTEM, &file, &named.key, before, TOLERANCE)?;
        // From the code down to the layer above the data, which the file counts upwards.
        let top = layers.len() + 1;
        let activities = std::iter::once(recall.state.clone()).chain(layers);
        for (depth, activity) in activities.enumerate() {
            let key = name(&format!("z{}", top - depth));
            golden.compare(SYSTEM, &file, &key, activity, TOLERANCE)?;
        }
        // Golden energies: [iteration, (data, layers upwards), row]; ours: by term, step, row.
        let mut ours = Vec::new();
        for step in 0..steps {
            for term in &recall.trace.terms[1..] {
                ours.extend_from_slice(&term.values[step]);
            }
        }
        let key = name("vfe");
        let expected = file.values_of(&key, ours.len())?;
        golden.compare_values(SYSTEM, &key, &ours, expected, TOLERANCE)?;
    }
    Ok(())
}
