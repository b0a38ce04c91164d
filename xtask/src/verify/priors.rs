//! Priors: fixed points and energies, 1e-5.

use anyhow::Result;
use attractor::core::{Energy, MemoryPrior};
use attractor::priors::learned_precision::Precision;
use attractor::priors::{
    GaussianMixtureConfig, HopfieldConfig, LearnedPrecisionConfig, PrecisionForm,
};

use super::Golden;

const TOLERANCE: f64 = 1e-5;

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    for sigma in ["0.1", "0.5", "1.5"] {
        let prior = GaussianMixtureConfig {
            sigma: sigma.parse()?,
        }
        .init(8, &golden.device)?;
        let energy = format!("gmm_energy_sigma{sigma}");
        iterate(
            golden,
            "GMM",
            Box::new(prior),
            &format!("gmm_sigma{sigma}"),
            Some(&energy),
        )?;
    }
    for beta in ["0.5", "4.0", "100.0"] {
        let prior = HopfieldConfig {
            beta: beta.parse()?,
        }
        .init(8, &golden.device)?;
        let energy = format!("hopfield_energy_beta{beta}");
        let energy = golden.file("priors")?.contains(&energy).then_some(energy);
        let name = format!("mchn_beta{beta}");
        iterate(golden, "MCHN", Box::new(prior), &name, energy.as_deref())?;
    }
    let file = golden.file("priors")?;
    let diagonal =
        Precision::from_log_diagonal(file.values("log_precision_diag")?, &golden.device)?;
    let full = Precision::from_matrix(file.values("precision_full")?, &golden.device)?;
    for (form, precision, name) in [
        (PrecisionForm::Diagonal, diagonal, "gmm_diag"),
        (PrecisionForm::Full, full, "gmm_full"),
    ] {
        let prior = LearnedPrecisionConfig { form }.init(8, &golden.device)?;
        iterate(
            golden,
            "GMM*",
            Box::new(prior.with_precision(precision)?),
            name,
            None,
        )?;
    }
    Ok(())
}

/// One and ten iterations, and the energy of the cue.
fn iterate(
    golden: &mut Golden,
    system: &'static str,
    mut prior: Box<dyn MemoryPrior>,
    name: &str,
    energy: Option<&str>,
) -> Result<()> {
    let file = golden.file("priors")?;
    prior.store(file.tensor("memory", [16, 8], &golden.device)?)?;
    let cue = file.tensor("cue", [5, 8], &golden.device)?;
    if let Some(key) = energy {
        golden.compare(
            system,
            &file,
            key,
            Energy::energy(&*prior, cue.clone())?,
            TOLERANCE,
        )?;
    }
    let mut state = cue;
    for step in 1..=10 {
        state = prior.attract(state)?;
        if step == 1 || step == 10 {
            let key = format!("{name}_iter{step}");
            golden.compare(system, &file, &key, state.clone(), TOLERANCE)?;
        }
    }
    Ok(())
}
