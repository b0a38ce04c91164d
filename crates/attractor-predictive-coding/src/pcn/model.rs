//! The memory's state and what it tells about itself.

use std::sync::OnceLock;

use attractor_core::{Result, check};
use burn::tensor::{Device, Tensor};

use super::config::PcnConfig;
use super::network::{Network, PcnParameters, Probes, off_diagonal};
use super::write::AdamMoments;

/// A predictive coding memory. See the [module](super).
#[derive(Debug)]
pub struct Pcn {
    pub(crate) config: PcnConfig,
    pub(crate) device: Device,
    pub(crate) state: State,
    prepared: Prepared,
}

/// Everything that a write changes.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) parameters: PcnParameters,
    pub(crate) moments: AdamMoments,
    pub(crate) probes: Probes,
    /// Patterns written and not removed.
    pub(crate) len: usize,
    /// Passes over the patterns so far: names the random stream of the next one.
    pub(crate) epochs: u64,
    /// Factor of the step size of inference during writing, below 1 after energies rose.
    pub(crate) damping: f64,
    pub(crate) kept: Option<Kept>,
    /// Weights before anything was written, if they were given.
    pub(crate) given: Option<PcnParameters>,
}

/// What a later write starts from.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// `[n, dim]`.
    pub(crate) patterns: Tensor<2>,
    /// Hidden values `[n, n_l]`, the memory layer first.
    pub(crate) codes: Vec<Tensor<2>>,
}

/// Derived from the weights by the first read after a change.
#[derive(Debug, Default)]
struct Prepared {
    norm: OnceLock<f64>,
    gram: OnceLock<Tensor<2>>,
}

impl PcnConfig {
    /// An untrained memory on `device`.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field and its rule; [`attractor_core::Error::Unsupported`] for a precision
    /// that the device lacks.
    pub fn init(self, device: &Device) -> Result<Pcn> {
        Pcn::new(self, device)
    }
}

impl Pcn {
    /// An untrained memory. See [`PcnConfig::init`].
    ///
    /// # Errors
    /// As [`PcnConfig::init`].
    pub fn new(config: PcnConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        config.precision.check(device)?;
        Ok(Self::of(config, None, device))
    }

    /// A memory with given weights that holds no patterns yet.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`]; [`attractor_core::Error::Mismatch`] if number or shapes of the parameters do not fit.
    pub fn with_parameters(
        config: PcnConfig,
        parameters: PcnParameters,
        device: &Device,
    ) -> Result<Self> {
        config.validate()?;
        config.precision.check(device)?;
        parameters.fit(&config)?;
        let dtype = config.precision.float();
        let mut parameters = parameters;
        for parameter in parameters.list_mut() {
            parameter.inplace(|parameter| parameter.without_autodiff().cast(dtype));
        }
        if let Some(recurrent) = &mut parameters.recurrent {
            recurrent.inplace(off_diagonal);
        }
        for parameter in parameters.list() {
            check::batch("PcnParameters", parameter, parameter.dims()[1])?;
        }
        Ok(Self::of(config, Some(parameters), device))
    }

    /// Holds nothing yet. Weights are drawn unless they are given.
    pub(crate) fn of(config: PcnConfig, given: Option<PcnParameters>, device: &Device) -> Self {
        let drawn = || PcnParameters::drawn(&config, device);
        let parameters = given.clone().unwrap_or_else(drawn);
        let network = Network {
            config: &config,
            parameters: &parameters,
        };
        let state = State {
            probes: Probes::new(network),
            parameters,
            moments: AdamMoments::default(),
            len: 0,
            epochs: 0,
            damping: 1.0,
            kept: None,
            given,
        };
        Self::restore(config, device, state)
    }

    pub(crate) fn restore(config: PcnConfig, device: &Device, state: State) -> Self {
        Self {
            config,
            device: device.clone(),
            state,
            prepared: Prepared::default(),
        }
    }

    /// What it was made from.
    pub fn config(&self) -> &PcnConfig {
        &self.config
    }

    /// What it has learned.
    pub fn parameters(&self) -> &PcnParameters {
        &self.state.parameters
    }

    /// Passes over the patterns so far.
    pub fn epochs(&self) -> u64 {
        self.state.epochs
    }

    /// Patterns that are kept, `[n, dim]`, and their hidden values, the memory layer first; none
    /// before the first write and without `keep_patterns`.
    pub fn codes(&self) -> Option<(&Tensor<2>, &[Tensor<2>])> {
        let kept = self.state.kept.as_ref()?;
        Some((&kept.patterns, &kept.codes))
    }

    /// The largest singular value of any layer's weights, times the steepest slope of the activation:
    /// what bounds the step size of inference.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`].
    pub fn spectral_norm(&self) -> Result<f64> {
        if let Some(norm) = self.prepared.norm.get() {
            return Ok(*norm);
        }
        let norm = Probes::converge(self.network())?;
        Ok(*self.prepared.norm.get_or_init(|| norm))
    }

    /// `W^T W` of the data's weights, made once for each state of the weights.
    pub(crate) fn gram(&self) -> Tensor<2> {
        let gram = self.prepared.gram.get_or_init(|| self.network().gram());
        gram.clone()
    }

    pub(crate) fn network(&self) -> Network<'_> {
        Network {
            config: &self.config,
            parameters: &self.state.parameters,
        }
    }

    /// Changes the state, and drops what was derived from the old one. On an error the old state is
    /// put back.
    pub(crate) fn change<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let backup = self.state.clone();
        let result = change(self);
        if result.is_err() {
            self.state = backup;
        }
        self.prepared = Prepared::default();
        result
    }

    /// Rows `[n, dim]` of a batch, checked and in the memory's precision.
    pub(crate) fn rows(&self, what: &'static str, batch: Tensor<2>) -> Result<Tensor<2>> {
        self.columns(what, batch, self.config.dim)
    }

    /// The same for another width.
    pub(crate) fn columns(
        &self,
        what: &'static str,
        batch: Tensor<2>,
        width: usize,
    ) -> Result<Tensor<2>> {
        self.config.precision.rows(what, batch, width)
    }

    /// A mask of known entries, checked against its cues.
    pub(crate) fn mask(&self, cues: &Tensor<2>, known: Tensor<2>) -> Result<Tensor<2>> {
        self.config.precision.mask(known, cues.dims())
    }
}
