//! Priors: fixed points and energies, 1e-5.

use std::rc::Rc;

use anyhow::Result;
use attractor::core::burn::tensor::Tensor;
use attractor::core::{Energy, MemoryPrior};
use attractor::priors::learned_precision::Precision;
use attractor::priors::{
    GaussianMixtureConfig, HopfieldConfig, LearnedPrecisionConfig, PrecisionForm,
};

use super::file::File;
use super::{Golden, System};

const TOLERANCE: f64 = 1e-5;
const FILE: &str = "priors";

pub(super) const SYSTEM: System = System {
    name: "priors",
    files: &[FILE],
    check,
};

/// What every prior here is asked about.
struct Question {
    file: Rc<File>,
    memory: Tensor<2>,
    cue: Tensor<2>,
}

fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(FILE)?;
    let [_, dim] = file.dims("memory")?;
    let question = Question {
        memory: file.rows("memory", dim, &golden.device)?,
        cue: file.rows("cue", dim, &golden.device)?,
        file,
    };
    let device = golden.device.clone();
    let mixture = |sigma: f64| -> Result<Box<dyn MemoryPrior>> {
        let config = GaussianMixtureConfig {
            sigma: sigma as f32,
        };
        Ok(Box::new(config.init(dim, &device)?))
    };
    question.energies(golden, "GMM", "gmm_energy_sigma*", &mixture)?;
    question.iterate(golden, "GMM", "gmm_sigma*_iter#", &mixture)?;
    let hopfield = |beta: f64| -> Result<Box<dyn MemoryPrior>> {
        let config = HopfieldConfig { beta: beta as f32 };
        Ok(Box::new(config.init(dim, &device)?))
    };
    question.energies(golden, "MCHN", "hopfield_energy_beta*", &hopfield)?;
    question.iterate(golden, "MCHN", "mchn_beta*_iter#", &hopfield)?;
    learned(golden, &question, dim)
}

fn learned(golden: &mut Golden, question: &Question, dim: usize) -> Result<()> {
    let (file, device) = (&question.file, golden.device.clone());
    let diagonal =
        Precision::from_log_diagonal(file.values_of("log_precision_diag", dim)?, &device)?;
    let full = Precision::from_matrix(file.values_of("precision_full", dim * dim)?, &device)?;
    for (form, precision, pattern) in [
        (PrecisionForm::Diagonal, diagonal, "gmm_diag_iter#"),
        (PrecisionForm::Full, full, "gmm_full_iter#"),
    ] {
        let prior = LearnedPrecisionConfig { form }.init(dim, &device)?;
        let prior = prior.with_precision(precision)?;
        question.iterate(golden, "GMM*", pattern, &|_| Ok(Box::new(prior.clone())))?;
    }
    Ok(())
}

type Make<'a> = &'a dyn Fn(f64) -> Result<Box<dyn MemoryPrior>>;

impl Question {
    /// The energy of the cue, for every setting in the file.
    fn energies(
        &self,
        golden: &mut Golden,
        system: &'static str,
        pattern: &str,
        make: Make<'_>,
    ) -> Result<()> {
        for named in self.file.matching(pattern)? {
            let mut prior = make(named.number(0))?;
            prior.store(self.memory.clone())?;
            let energy = Energy::energy(&*prior, self.cue.clone())?;
            golden.compare(system, &self.file, &named.key, energy, TOLERANCE)?;
        }
        Ok(())
    }

    /// The fixed-point iteration from the cue. The setting comes first in `pattern`, the number of
    /// iterations last.
    fn iterate(
        &self,
        golden: &mut Golden,
        system: &'static str,
        pattern: &str,
        make: Make<'_>,
    ) -> Result<()> {
        let last = pattern.matches(['*', '#']).count() - 1;
        for named in self.file.matching(pattern)? {
            let mut prior = make(named.number(0))?;
            prior.store(self.memory.clone())?;
            let mut state = self.cue.clone();
            for _ in 0..named.count(last) {
                state = prior.attract(state)?;
            }
            golden.compare(system, &self.file, &named.key, state, TOLERANCE)?;
        }
        Ok(())
    }
}
