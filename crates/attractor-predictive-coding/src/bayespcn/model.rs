//! The memory's state and what it tells about itself.

use attractor_core::{Error, Result, check, rng};
use burn::tensor::{Device, Tensor};

use super::config::{BayesPcnConfig, SearchConfig, SearchStart};
use super::inference::density::Density;
use super::inference::objective::Objective;
use super::inference::view::{Cached, Caches, ClampedWeights, Stored, StoredParticle, View};
use super::posterior::{MatrixNormal, Particle};
use crate::linalg::{Mat, Real, log_sum_exp};

/// Rows of one task. A constant, so that results do not depend on the number of threads.
pub(crate) const BLOCK: usize = 128;

/// A predictive coding network whose weights are a posterior distribution. See the
/// [module](super).
#[derive(Debug)]
pub struct BayesPcn {
    pub(crate) config: BayesPcnConfig,
    pub(crate) device: Device,
    pub(crate) state: State,
    /// How reads treat the uncertainty of the weights.
    pub(crate) density: Density,
    /// Made by the first read after a change.
    caches: Caches,
}

/// Everything that a write changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) particles: Vec<Particle>,
    /// Normalised.
    pub(crate) log_weights: Vec<f64>,
    /// Patterns written and not removed.
    pub(crate) len: usize,
    /// Patterns ever written: names the random stream of the next write.
    pub(crate) written: u64,
    /// Resamplings so far.
    pub(crate) generation: u64,
    pub(crate) records: Vec<Record>,
}

/// What it takes to remove a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) pattern: Vec<f32>,
    /// Hidden values of each particle, all layers in one row.
    pub(crate) hidden: Vec<Vec<f64>>,
    /// Whether nothing was forgotten since.
    pub(crate) exact: bool,
    /// Resamplings before it was written.
    pub(crate) generation: u64,
}

impl BayesPcnConfig {
    /// An empty memory. Its answers are put on `device`; the work is done on the host.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn init(self, device: &Device) -> Result<BayesPcn> {
        BayesPcn::new(self, device)
    }
}

impl BayesPcn {
    /// An empty memory. See [`BayesPcnConfig::init`].
    ///
    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn new(config: BayesPcnConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        let particles = (0..config.particles as u64)
            .map(|index| Particle::drawn(&config, index))
            .collect();
        Ok(Self::of(config, device, particles))
    }

    /// An empty memory with given priors: one list for each particle, by layer, the sensory layer
    /// (`[inputs, dim]`) first. The top layer has one input, the constant 1.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Mismatch`] if number or shapes do not fit the configuration.
    pub fn with_priors(
        config: BayesPcnConfig,
        priors: Vec<Vec<MatrixNormal>>,
        device: &Device,
    ) -> Result<Self> {
        config.validate()?;
        let expected: Vec<_> = (0..config.layers)
            .map(|layer| config.shape(layer))
            .collect();
        let shapes = |prior: &Vec<MatrixNormal>| -> Vec<(usize, usize)> {
            let layers = prior.iter();
            layers
                .map(|layer| (layer.inputs(), layer.outputs()))
                .collect()
        };
        let misfit = priors.iter().map(shapes).find(|found| found != &expected);
        if let Some(found) = misfit {
            return Err(Error::Mismatch {
                what: "BayesPcnConfig",
                expected: format!("layers of shapes {expected:?}"),
                part: "a prior",
                found: format!("{found:?}"),
            });
        }
        if priors.len() != config.particles {
            return Err(Error::Mismatch {
                what: "BayesPcnConfig",
                expected: format!("{} particles", config.particles),
                part: "the list of priors",
                found: priors.len().to_string(),
            });
        }
        let particles = priors.into_iter().map(Particle::given).collect();
        Ok(Self::of(config, device, particles))
    }

    pub(crate) fn of(config: BayesPcnConfig, device: &Device, particles: Vec<Particle>) -> Self {
        let log_weights = vec![-(particles.len() as f64).ln(); particles.len()];
        Self::restore(
            config,
            device,
            State {
                particles,
                log_weights,
                len: 0,
                written: 0,
                generation: 0,
                records: Vec::new(),
            },
        )
    }

    pub(crate) fn restore(config: BayesPcnConfig, device: &Device, state: State) -> Self {
        Self {
            config,
            device: device.clone(),
            state,
            density: Density::Rows,
            caches: Caches::default(),
        }
    }

    /// What it was made from.
    pub fn config(&self) -> &BayesPcnConfig {
        &self.config
    }

    /// Searches for hidden values in another way from now on. What is stored stays as it is.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field and its rule; nothing changes then.
    pub fn set_search(&mut self, search: SearchConfig) -> Result<()> {
        let config = BayesPcnConfig {
            search,
            ..self.config
        };
        config.validate()?;
        self.config = config;
        Ok(())
    }

    /// Normalised log importance weights of the particles.
    pub fn log_weights(&self) -> &[f64] {
        &self.state.log_weights
    }

    /// `1 / sum_k w_k^2`: the number of particles that count.
    pub fn effective_particles(&self) -> f64 {
        let squares = self.state.log_weights.iter().map(|w| 2.0 * w);
        (-log_sum_exp(squares)).exp()
    }

    /// Posteriors of one particle's layers, the sensory layer first.
    ///
    /// # Errors
    /// [`Error::Index`] if there is no such particle.
    pub fn posterior(&self, particle: usize) -> Result<&[MatrixNormal]> {
        let particles = &self.state.particles;
        let found = particles.get(particle).ok_or(Error::Index {
            what: "particle",
            len: particles.len(),
            index: particle,
        })?;
        Ok(&found.layers)
    }

    /// Changes the state, and drops what was derived from the old one. On an error the old state
    /// is put back.
    pub(crate) fn change<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let backup = self.state.clone();
        let result = self.change_or_leave(change);
        if result.is_err() {
            self.state = backup;
        }
        result
    }

    /// The same for a change that leaves the state as it is on an error, without a copy of it.
    pub(crate) fn change_or_leave<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.caches = Caches::default();
        change(self)
    }

    /// Every particle's sensory weights for clamped rows.
    pub(crate) fn clamped<T: Cached>(&self) -> &[ClampedWeights<T>] {
        T::derived(&self.caches)
            .clamped
            .get_or_init(|| self.clamped_to(None, true))
    }

    /// The same when only some entries are known; `both` if several rows will use them at once.
    pub(crate) fn clamped_to<T: Real>(
        &self,
        known: Option<&[usize]>,
        both: bool,
    ) -> Vec<ClampedWeights<T>> {
        let weights = self.weights();
        weights
            .map(|weights| ClampedWeights::new(weights, known, both))
            .collect()
    }

    /// Every particle's sensory weights as they are.
    pub(crate) fn plain<T: Cached>(&self) -> &[Stored<T>] {
        let make = |weights| Stored::map(weights, false, true);
        T::derived(&self.caches)
            .plain
            .get_or_init(|| self.weights().map(make).collect())
    }

    /// Means of the sensory weights, by particle.
    pub(crate) fn weights(&self) -> impl Iterator<Item = &Mat> {
        let particles = self.state.particles.iter();
        particles.map(|particle| &particle.layers[0].mean)
    }

    /// Every particle with its weight, through the given sensory weights.
    pub(crate) fn views<'a, T: Cached>(
        &'a self,
        sensory: impl Iterator<Item = &'a Stored<T>>,
    ) -> Vec<View<'a, T>> {
        let networks = T::derived(&self.caches).networks.get_or_init(|| {
            let particles = self.state.particles.iter();
            particles
                .map(|particle| StoredParticle::new(&particle.layers, true))
                .collect()
        });
        let all = networks.iter().zip(sensory).zip(&self.state.log_weights);
        all.map(|((network, sensory), &log_weight)| network.view(sensory, log_weight))
            .collect()
    }

    /// Every particle with its weight, exactly as it is.
    pub(crate) fn whole_views(&self) -> Vec<View<'_>> {
        let weights = self.state.particles.iter().zip(&self.state.log_weights);
        weights
            .map(|(particle, &log_weight)| View::whole(&particle.layers, log_weight))
            .collect()
    }

    /// What a search climbs.
    pub(crate) fn objective<'a, T>(&'a self, views: Vec<View<'a, T>>) -> Objective<'a, T> {
        Objective {
            config: &self.config,
            views,
            density: self.density,
        }
    }

    /// Hidden values `[b, hidden]` by layer where a search starts; `index` names the draw of each
    /// row.
    pub(crate) fn start(&self, purpose: &str, index: &[u64]) -> Vec<Mat> {
        let BayesPcnConfig {
            hidden,
            layers,
            start,
            seed,
            ..
        } = self.config;
        let (rows, scale) = (index.len(), (hidden as f64).sqrt().recip());
        if start == SearchStart::Fixed {
            return vec![Mat::filled(rows, hidden, scale); layers - 1];
        }
        let mut values = vec![Mat::zeros(rows, hidden); layers - 1];
        for (row, &index) in index.iter().enumerate() {
            let mut stream = rng::indexed_stream(seed, purpose, index);
            for layer in &mut values {
                let drawn = rng::normal_vec(&mut stream, hidden);
                for (value, drawn) in layer.row_mut(row).iter_mut().zip(drawn) {
                    let drawn = f64::from(drawn);
                    *value = scale
                        * if start == SearchStart::Random {
                            drawn
                        } else {
                            drawn.abs()
                        };
                }
            }
        }
        values
    }

    /// Rows `[n, dim]` of a tensor, checked.
    pub(crate) fn rows(&self, what: &'static str, batch: Tensor<2>) -> Result<(Vec<f32>, Mat)> {
        check::shape(what, &batch, self.config.dim)?;
        let values = check::to_host(batch)?;
        check::finite(what, &values, self.config.dim)?;
        let rows = values.len() / self.config.dim;
        let wide = values.iter().copied().map(f64::from).collect();
        Ok((values, Mat::new(rows, self.config.dim, wide)))
    }
}
