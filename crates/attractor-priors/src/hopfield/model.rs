use attractor_core::kernel::{
    LearnedScore, Partial, PatternStore, Ranked, Score, Tags, read, read_learned, top,
};
use attractor_core::{Energy, MemoryPrior, Result, check};
use burn::tensor::{Device, Tensor};

use super::HopfieldConfig;
use crate::store::{keeps_codes, largest_norm, persists_codes, saturated, stored_codes};

/// Modern continuous Hopfield network. See the [module](super).
#[derive(Debug, Clone)]
pub struct Hopfield {
    config: HopfieldConfig,
    store: PatternStore,
    /// Beta as a tensor, where somebody wants a gradient to it.
    learned: Option<Tensor<1>>,
}

impl Hopfield {
    pub(super) fn new(config: HopfieldConfig, dim: usize, device: &Device) -> Result<Self> {
        Ok(Self {
            config,
            store: PatternStore::new(dim, device)?,
            learned: None,
        })
    }

    /// The configuration.
    pub fn config(&self) -> HopfieldConfig {
        self.config
    }

    /// The same memory with beta `[1]` as a part of a graph: answers, energies and their gradients have a gradient to it.
    ///
    /// # Errors
    /// [`attractor_core::Error::Width`] unless it is one number; [`attractor_core::Error::Config`] unless it is finite and above 0;
    /// [`attractor_core::Error::TooLarge`] for stored codes whose products leave single precision at it.
    pub fn with_tracked_beta(mut self, beta: Tensor<1>) -> Result<Self> {
        let score = LearnedScore::Dot { beta: beta.clone() }.now()?;
        if let Score::Dot { beta } = score {
            self.config = HopfieldConfig { beta };
        }
        self.config.validate()?;
        for block in self.store.block_tensors() {
            check::norms("codes", &block, self.largest_norm())?;
        }
        self.learned = Some(beta);
        Ok(self)
    }

    fn keep(&mut self, codes: Tensor<2>, tags: &Tags) -> Result<()> {
        check::shape("codes", &codes, self.store.dim())?;
        check::norms("codes", &codes, self.largest_norm())?;
        self.store.push_tracked_as(codes, tags)
    }

    fn rank(&self, states: Tensor<2>, k: usize) -> Result<Vec<Vec<Ranked>>> {
        Ok(top(&self.store, states, self.score(), k)?.rows().collect())
    }

    fn score(&self) -> Score {
        Score::Dot {
            beta: self.config.beta,
        }
    }

    /// The mergeable read of states `[b, d]`.
    ///
    /// # Errors
    /// An empty memory, a wrong width.
    pub fn partial(&self, states: Tensor<2>) -> Result<Partial> {
        match &self.learned {
            Some(beta) => {
                let score = LearnedScore::Dot { beta: beta.clone() };
                read_learned(&self.store, &self.store, states, score)
            }
            None => read(&self.store, states, self.score()),
        }
    }

    fn energy_of(&self, partial: &Partial, states: Tensor<2>) -> Result<Tensor<1>> {
        let norm = states.square().sum_dim(1).squeeze_dim(1).mul_scalar(0.5);
        // Both may be beyond single precision, and their difference no number then.
        let log = partial.log_sum_exp()?;
        let drop = match &self.learned {
            Some(beta) => log / beta.clone(),
            None => log.div_scalar(self.config.beta),
        };
        Ok(saturated(norm - saturated(drop)))
    }

    fn largest_norm(&self) -> f64 {
        largest_norm(self.config.beta)
    }
}

impl Energy for Hopfield {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        self.energy_of(&self.partial(states.clone())?, states)
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(states.clone() - self.attract(states)?)
    }
}

keeps_codes!(Hopfield);
persists_codes!(Hopfield, HopfieldConfig, "hopfield");

impl MemoryPrior for Hopfield {
    stored_codes!();

    fn name(&self) -> &'static str {
        "hopfield"
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        self.partial(states)?.mean()
    }

    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let partial = self.partial(states.clone())?;
        Ok((partial.mean()?, self.energy_of(&partial, states)?))
    }

    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let (next, energy) = self.attract_with_energy(states.clone())?;
        Ok((states - next, energy))
    }

    fn attract_scale(&self) -> Option<f32> {
        Some(1.0)
    }
}
