//! Pooling: trained states read each set.

use attractor_core::Result;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::hopfield::Inputs;
use super::parameters::Init;
use super::{Answer, Hopfield, Masks, Options};
use crate::config::PoolingConfig;

/// Sets of any size to vectors of one width.
///
/// The `quantity` trained states are what [`Hopfield`] is asked with; the answers stand one after the other,
/// `[n, quantity * output]`, all of the first state first.
#[derive(Module, Debug)]
pub struct Pooling {
    /// The association.
    pub hopfield: Hopfield,
    /// The states, `[1, quantity, input_size]`.
    pub pooling_weights: Param<Tensor<3>>,
    #[module(skip)]
    config: PoolingConfig,
}

impl PoolingConfig {
    /// The layer with initial parameters: those of [`Hopfield`], states of the same distribution.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(&self, device: &Device) -> Result<Pooling> {
        self.validate()?;
        let init = Init {
            seed: self.hopfield.seed,
            device,
        };
        let width = self.hopfield.input_size;
        let states = init.normal("pooling_weights", [1, self.quantity, width]);
        Ok(Pooling {
            hopfield: self.hopfield.init(device)?,
            pooling_weights: states.set_require_grad(self.trainable),
            config: self.clone(),
        })
    }
}

impl Pooling {
    /// What it was made of.
    pub fn config(&self) -> &PoolingConfig {
        &self.config
    }

    /// Sets `[n, s, d]`, which are stored patterns and values at once, to `[n, quantity * output]`.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn forward(&self, sets: Tensor<3>, masks: &Masks) -> Result<Tensor<2>> {
        let options = Options::from(masks.clone());
        Ok(self.forward_with(sets.clone(), sets, &options)?.output)
    }

    /// The same with values `[n, s, d_v]` beside the stored patterns `[n, s, d_k]`, with options, and with what
    /// happened.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn forward_with(
        &self,
        stored: Tensor<3>,
        projection: Tensor<3>,
        options: &Options,
    ) -> Result<Answer<2>> {
        let inputs = Inputs {
            stored,
            state: self.pooling_weights.val(),
            projection,
        };
        let (output, report) = self.hopfield.answer(inputs, options)?;
        let [n, states, width] = output.dims();
        Ok(Answer {
            output: output.reshape([n, states * width]),
            report,
        })
    }

    /// As [`Hopfield::association`], `[n, heads, quantity, s]`.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn association(&self, stored: Tensor<3>, masks: &Masks) -> Result<Tensor<4>> {
        let states = self.pooling_weights.val();
        self.hopfield.association(stored, states, masks)
    }

    /// As [`Hopfield::projected`].
    ///
    /// # Errors
    /// A wrong width.
    pub fn projected(&self, projection: Tensor<3>) -> Result<Tensor<4>> {
        self.hopfield.projected(projection)
    }
}
