use attractor_core::{Inference, Persist, Problem, Recall, Result, check};

/// The start is the answer. See the [module](super).
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::model::Identity;
/// use attractor_core::observation::Gaussian;
/// use attractor_core::{Backend, Inference, MemoryPrior, Problem, check};
/// use attractor_inference::{Amortised};
/// # use attractor_priors::GaussianMixtureConfig;
///
/// let device = Backend::Flex.open()?;
/// let mut prior = GaussianMixtureConfig { sigma: 0.3 }.init(2, &device)?;
/// prior.store(Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device))?;
/// let cues = Tensor::<2>::from_data([[0.9f32, 0.2]], &device);
/// let problem = Problem {
///     model: &Identity::new(2)?,
///     observation: &Gaussian::new(0.1)?,
///     prior: &prior,
///     start: cues.clone(),
///     cues,
/// };
/// let recall = Amortised.infer(&problem)?;
/// assert_eq!(check::to_host(recall.state)?, [0.9, 0.2]);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amortised;

impl Inference for Amortised {
    fn name(&self) -> &'static str {
        "amortised"
    }

    fn uses_observation(&self) -> bool {
        false
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }

    fn infer(&self, problem: &Problem<'_>) -> Result<Recall> {
        let state = problem.start.clone();
        let decoded = problem.model.decode(state.clone());
        let observed = problem.observation.energy(&problem.cues, decoded.clone());
        let energy = check::to_host(observed + problem.prior.energy(state.clone())?)?;
        let mut recall = Recall::single_pass(state);
        recall.decoded = Some(decoded);
        recall.energy_first.clone_from(&energy);
        recall.energy_last = energy;
        Ok(recall)
    }
}

impl Persist for Amortised {
    fn kind(&self) -> &'static str {
        self.name()
    }

    /// There is nothing to configure.
    fn pack(&self) -> Result<attractor_core::weights::Weights> {
        let mut file = attractor_core::weights::Weights::new();
        file.set_config(&attractor_core::Options::new())?;
        Ok(file)
    }
}
