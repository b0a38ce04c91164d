//! Lookup: states read a trained table.

use attractor_core::{Error, Result};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::hopfield::Inputs;
use super::parameters::Init;
use super::{Answer, Hopfield, Masks, Options};
use crate::config::{LookupConfig, Stop};

/// A trained table that states read: the published `HopfieldLayer`.
///
/// The table is projected once, however many states there are.
#[derive(Module, Debug)]
pub struct Lookup {
    /// The association.
    pub hopfield: Hopfield,
    /// Stored patterns, `[1, quantity, stored_pattern_size]`.
    pub lookup_weights: Param<Tensor<3>>,
    /// What is projected to values, `[1, quantity, pattern_projection_size]`; by default the stored patterns.
    pub target_weights: Option<Param<Tensor<3>>>,
    #[module(skip)]
    config: LookupConfig,
}

impl LookupConfig {
    /// The layer with initial parameters: those of [`Hopfield`], a table of the same distribution.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(&self, device: &Device) -> Result<Lookup> {
        self.validate()?;
        let hopfield = self.hopfield.init(device)?;
        let init = Init {
            seed: self.hopfield.seed,
            device,
        };
        let (rows, sizes) = (self.quantity, hopfield.sizes());
        let table = init.normal("lookup_weights", [1, rows, sizes.stored]);
        let targets = self.lookup_weights_as_separated.then(|| {
            let targets = init.normal("target_weights", [1, rows, sizes.projection]);
            targets.set_require_grad(self.lookup_targets_as_trainable)
        });
        Ok(Lookup {
            lookup_weights: table.set_require_grad(self.trainable),
            target_weights: targets,
            hopfield,
            config: self.clone(),
        })
    }
}

impl Lookup {
    /// What it was made of.
    pub fn config(&self) -> &LookupConfig {
        &self.config
    }

    /// The layer with these rows, `[quantity, stored_pattern_size]`, as its table.
    ///
    /// # Errors
    /// Another shape.
    pub fn with_rows(mut self, rows: Tensor<2>) -> Result<Self> {
        let [_, count, width] = self.lookup_weights.val().dims();
        if rows.dims() != [count, width] {
            return Err(Error::Mismatch {
                what: "the table",
                expected: format!("rows of shape {:?}", [count, width]),
                part: "the call",
                found: format!("{:?}", rows.dims()),
            });
        }
        let trained = self.config.trainable;
        self.lookup_weights = self.lookup_weights.map(|old| {
            let rows: Tensor<3> = rows.without_autodiff().unsqueeze();
            match old.is_autodiff() {
                true => rows.autodiff().set_require_grad(trained),
                false => rows,
            }
        });
        Ok(self)
    }

    /// What the states `[n, l, d_q]` read, `[n, l, output]`.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn forward(&self, state: Tensor<3>, masks: &Masks) -> Result<Tensor<3>> {
        let options = Options::from(masks.clone());
        Ok(self.forward_with(state, &options)?.output)
    }

    /// The same with options, and with what happened.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn forward_with(&self, state: Tensor<3>, options: &Options) -> Result<Answer<3>> {
        let [n, l, width] = state.dims();
        // Where states are on their own, all sets are one.
        let joined = options.masks.is_none() && self.hopfield.config().stop == Stop::PerRow;
        let state = match joined {
            true => state.reshape([1, n * l, width]),
            false => state,
        };
        let (output, mut report) = self.hopfield.answer(self.inputs(state), options)?;
        let [.., width] = output.dims();
        if joined {
            report.regroup(n);
        }
        Ok(Answer {
            output: output.reshape([n, l, width]),
            report,
        })
    }

    /// As [`Hopfield::association`], `[n, heads, l, quantity]`.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn association(&self, state: Tensor<3>, masks: &Masks) -> Result<Tensor<4>> {
        let stored = self.lookup_weights.val();
        self.hopfield.association(stored, state, masks)
    }

    /// As [`Hopfield::projected`], of the table: `[1, heads, quantity, p]`.
    ///
    /// # Errors
    /// None: the table has the width it needs.
    pub fn projected(&self) -> Result<Tensor<4>> {
        self.hopfield.projected(self.targets())
    }

    fn targets(&self) -> Tensor<3> {
        match &self.target_weights {
            Some(targets) => targets.val(),
            None => self.lookup_weights.val(),
        }
    }

    fn inputs(&self, state: Tensor<3>) -> Inputs {
        Inputs {
            stored: self.lookup_weights.val(),
            state,
            projection: self.targets(),
        }
    }
}
