use attractor_core::kernel::{
    LearnedScore, Partial, PatternStore, Ranked, Score, Tags, read, read_learned, top,
};
use attractor_core::{Energy, MemoryPrior, Result};
use burn::tensor::{Device, Tensor};

use super::GaussianMixtureConfig;
use crate::store::{keeps_codes, persists_codes, stored_codes};

/// One isotropic Gaussian for each stored code. See the [module](super).
#[derive(Debug, Clone)]
pub struct GaussianMixture {
    config: GaussianMixtureConfig,
    store: PatternStore,
    /// The variance as a tensor, where somebody wants a gradient to sigma.
    learned: Option<Tensor<1>>,
}

impl GaussianMixture {
    pub(super) fn new(config: GaussianMixtureConfig, dim: usize, device: &Device) -> Result<Self> {
        Ok(Self {
            config,
            store: PatternStore::new(dim, device)?,
            learned: None,
        })
    }

    /// The configuration.
    pub fn config(&self) -> GaussianMixtureConfig {
        self.config
    }

    /// The same memory with sigma `[1]` as a part of a graph: answers, energies and their gradients have a gradient to it.
    ///
    /// # Errors
    /// [`attractor_core::Error::Width`] unless it is one number; [`attractor_core::Error::Config`] unless it is finite and above 0.
    pub fn with_tracked_sigma(mut self, sigma: Tensor<1>) -> Result<Self> {
        let variance = sigma.clone().square();
        let score = LearnedScore::SquaredDistance {
            variance: variance.clone(),
        };
        score.now()?;
        let sigma = attractor_core::check::to_host(sigma.without_autodiff())?[0];
        self.config = GaussianMixtureConfig { sigma };
        self.config.validate()?;
        self.learned = Some(variance);
        Ok(self)
    }

    fn keep(&mut self, codes: Tensor<2>, tags: &Tags) -> Result<()> {
        self.store.push_tracked_as(codes, tags)
    }

    fn rank(&self, states: Tensor<2>, k: usize) -> Result<Vec<Vec<Ranked>>> {
        Ok(top(&self.store, states, self.score(), k)?.rows().collect())
    }

    fn score(&self) -> Score {
        Score::SquaredDistance {
            variance: self.variance(),
        }
    }

    /// Rows divided by the variance.
    fn per_variance(&self, rows: Tensor<2>) -> Tensor<2> {
        match &self.learned {
            Some(variance) => rows / variance.clone().unsqueeze_dim::<2>(0),
            None => rows.div_scalar(self.variance()),
        }
    }

    /// The mergeable read of states `[b, d]`: shards of one memory on several machines combine
    /// through it.
    ///
    /// # Errors
    /// An empty memory, a wrong width.
    pub fn partial(&self, states: Tensor<2>) -> Result<Partial> {
        match &self.learned {
            Some(variance) => {
                let variance = variance.clone();
                let score = LearnedScore::SquaredDistance { variance };
                read_learned(&self.store, &self.store, states, score)
            }
            None => read(&self.store, states, self.score()),
        }
    }

    fn variance(&self) -> f32 {
        self.config.sigma * self.config.sigma
    }
}

impl Energy for GaussianMixture {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.partial(states)?.log_sum_exp()?.neg())
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.per_variance(states.clone() - self.attract(states)?))
    }
}

keeps_codes!(GaussianMixture);
persists_codes!(GaussianMixture, GaussianMixtureConfig, "gaussian_mixture");

impl MemoryPrior for GaussianMixture {
    stored_codes!();

    fn name(&self) -> &'static str {
        "gaussian_mixture"
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        self.partial(states)?.mean()
    }

    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let partial = self.partial(states)?;
        Ok((partial.mean()?, partial.log_sum_exp()?.neg()))
    }

    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let (next, energy) = self.attract_with_energy(states.clone())?;
        Ok((self.per_variance(states - next), energy))
    }

    fn attract_scale(&self) -> Option<f32> {
        Some(self.variance())
    }
}
