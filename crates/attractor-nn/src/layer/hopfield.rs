//! The association, which pooling and lookup use as well.

use std::sync::Arc;

use attractor_core::{Error, Result};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::parameters::{Affine, AssociationCore, Init, affine};
use super::project::linear;
use super::{Answer, Mask, Masks, Options, Shape};
use crate::config::{HopfieldConfig, Sizes};
use crate::read::{self, Dropout, Report, Rules};

/// Association of states with stored patterns, and what the patterns stand for.
///
/// With `q`, `k`, `v` the projections of states, stored patterns and values in each head, every state is updated,
/// `x <- sep(beta x k^T + mask) k`, as often as the configuration says and then reads the values,
/// `sep(beta x k^T + mask) v`; a projection of all heads side by side is the output.
///
/// H. Ramsauer et al., *Hopfield Networks is All You Need*, ICLR 2021, arXiv:2008.02217.
#[derive(Module, Debug)]
pub struct Hopfield {
    /// Normalisation of stored patterns.
    pub norm_stored_pattern: Option<Affine>,
    /// Normalisation of states.
    pub norm_state_pattern: Option<Affine>,
    /// Normalisation of what becomes values.
    pub norm_pattern_projection: Option<Affine>,
    /// Projections, extra rows, temperatures.
    pub association_core: AssociationCore,
    #[module(skip)]
    pub(super) config: HopfieldConfig,
    #[module(skip)]
    pub(super) sizes: Sizes,
}

/// The three inputs of a call; `[n, rows, width]` with batches of one size or of 1.
#[derive(Debug, Clone)]
pub(crate) struct Inputs {
    pub(crate) stored: Tensor<3>,
    pub(crate) state: Tensor<3>,
    pub(crate) projection: Tensor<3>,
}

impl HopfieldConfig {
    /// The layer with initial parameters: normal numbers of standard deviation .02, biases 0.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(&self, device: &Device) -> Result<Hopfield> {
        let sizes = self.sizes()?;
        let init = Init {
            seed: self.seed,
            device,
        };
        Ok(Hopfield {
            norm_stored_pattern: affine(
                self.normalize_stored_pattern,
                self.normalize_stored_pattern_affine,
                sizes.stored,
                device,
            ),
            norm_state_pattern: affine(
                self.normalize_state_pattern,
                self.normalize_state_pattern_affine,
                sizes.state,
                device,
            ),
            norm_pattern_projection: affine(
                self.normalize_pattern_projection,
                self.normalize_pattern_projection_affine,
                sizes.projection,
                device,
            ),
            association_core: AssociationCore::new(self, &sizes, &init),
            config: self.clone(),
            sizes,
        })
    }
}

impl Hopfield {
    /// What it was made of.
    pub fn config(&self) -> &HopfieldConfig {
        &self.config
    }

    pub(crate) fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// The inverse temperature of each head, `[heads]`.
    pub fn beta(&self) -> Tensor<1> {
        let core = &self.association_core;
        match &core.ln_beta {
            Some(ln_beta) => ln_beta.val().exp(),
            None => {
                let data = TensorData::new(self.sizes.betas.clone(), [self.sizes.heads]);
                Tensor::from_data(data, &self.devices()[0])
            }
        }
    }

    /// What the states `[n, l, d_q]` read from the stored patterns `[n, s, d_k]` and their values
    /// `[n, s, d_v]`: `[n, l, output]`.
    ///
    /// # Errors
    /// Shapes that do not fit, and masks.
    pub fn forward(
        &self,
        stored: Tensor<3>,
        state: Tensor<3>,
        projection: Tensor<3>,
        masks: &Masks,
    ) -> Result<Tensor<3>> {
        let options = Options::from(masks.clone());
        Ok(self
            .forward_with(stored, state, projection, &options)?
            .output)
    }

    /// Patterns `[n, l, d]` that are states, stored and values at once.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_self(&self, input: Tensor<3>, masks: &Masks) -> Result<Tensor<3>> {
        self.forward(input.clone(), input.clone(), input, masks)
    }

    /// [`Self::forward`] with options, and with what happened.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_with(
        &self,
        stored: Tensor<3>,
        state: Tensor<3>,
        projection: Tensor<3>,
        options: &Options,
    ) -> Result<Answer<3>> {
        let inputs = Inputs {
            stored,
            state,
            projection,
        };
        let (output, report) = self.answer(inputs, options)?;
        Ok(Answer { output, report })
    }

    /// As [`Self::forward_with`].
    pub(crate) fn answer(&self, inputs: Inputs, options: &Options) -> Result<(Tensor<3>, Report)> {
        let shape = self.check(&inputs)?;
        let mask = options.masks.resolve(shape)?;
        let rules = self.rules(mask, options);
        if let Some((output, report)) = self.in_one(&inputs, &rules, shape)? {
            return Ok((self.activated(output), report));
        }
        let parts = self.parts(inputs, &rules, shape);
        let (read, report) = read::read(parts, &rules)?;
        Ok((self.output(read), report))
    }

    /// The association of the final states, `[n, heads, l, s]` with extra rows last, before dropout: how much of
    /// each stored pattern a state reads.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn association(
        &self,
        stored: Tensor<3>,
        state: Tensor<3>,
        masks: &Masks,
    ) -> Result<Tensor<4>> {
        Ok(self
            .association_with(stored, state, &masks.clone().into())?
            .0)
    }

    /// [`Self::association`] with what happened.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn association_with(
        &self,
        stored: Tensor<3>,
        state: Tensor<3>,
        options: &Options,
    ) -> Result<(Tensor<4>, Report)> {
        let [n, s, _] = stored.dims();
        let projection = Tensor::zeros(
            [n, s, self.sizes.projection],
            (&stored.device(), stored.dtype()),
        );
        let inputs = Inputs {
            stored,
            state,
            projection,
        };
        let shape = self.check(&inputs)?;
        let mask = options.masks.resolve(shape)?;
        let rules = self.rules(mask, options);
        read::association(self.parts(inputs, &rules, shape), &rules)
    }

    /// The values of all heads, `[n, heads, s, p]` with extra rows last, of inputs `[n, s, d_v]`.
    ///
    /// # Errors
    /// A wrong width.
    pub fn projected(&self, projection: Tensor<3>) -> Result<Tensor<4>> {
        width("projection", &projection, self.sizes.projection)?;
        let [n, ..] = projection.dims();
        let values = self.values(projection);
        let values = self.with_rows(values, self.core_bias(false), n, self.sizes.pattern);
        let [n, s, all] = values.dims();
        let Sizes { heads, pattern, .. } = self.sizes;
        let split = values
            .reshape([n, s, all / pattern, pattern])
            .swap_dims(1, 2);
        Ok(split.expand([n, heads, s, pattern]))
    }

    /// The projection of what was read, `[n, l, heads p]`.
    pub(crate) fn output(&self, read: Tensor<3>) -> Tensor<3> {
        self.activated(match &self.association_core.out_proj {
            None => read,
            Some(own) => linear(read, own.weight.val(), own.bias.as_ref().map(Param::val)),
        })
    }

    pub(super) fn activated(&self, output: Tensor<3>) -> Tensor<3> {
        match self.config.association_activation {
            None => output,
            Some(activation) => activation.forward(output),
        }
    }

    pub(super) fn rules(&self, mask: Mask, options: &Options) -> Rules {
        let config = &self.config;
        let seed = options.dropout_seed.filter(|_| config.dropout > 0.0);
        Rules {
            sizes: self.sizes.clone(),
            separation: config.separation,
            stop: config.stop,
            cap: config.update_steps_cap,
            dropout: seed.map(|seed| Dropout {
                rate: config.dropout,
                seed,
            }),
            mask: Arc::new(mask),
            extra: usize::from(config.concat_bias_pattern)
                + usize::from(config.add_zero_association),
            record: options.record,
            keep_states: false,
        }
    }

    fn check(&self, inputs: &Inputs) -> Result<Shape> {
        let Inputs {
            stored,
            state,
            projection,
        } = inputs;
        width("state", state, self.sizes.state)?;
        width("stored", stored, self.sizes.stored)?;
        width("projection", projection, self.sizes.projection)?;
        let ([n, states, _], [m, count, _]) = (state.dims(), stored.dims());
        let [o, values, _] = projection.dims();
        let same = values == count && o == m && (n == m || n == 1 || m == 1);
        if !same {
            return Err(Error::Mismatch {
                what: "the layer",
                expected: "stored patterns [n, s, _], as many values, and states [n, l, _]; either n may be 1"
                    .into(),
                part: "the call",
                found: format!(
                    "stored {:?}, projection {:?}, state {:?}",
                    stored.dims(),
                    projection.dims(),
                    state.dims()
                ),
            });
        }
        Ok(Shape {
            sets: n.max(m),
            states,
            stored: count,
            heads: self.sizes.heads,
        })
    }
}

/// Checks the last axis, and that nothing is missing.
pub(super) fn width(what: &'static str, x: &Tensor<3>, expected: usize) -> Result<()> {
    let [n, rows, found] = x.dims();
    if found != expected {
        return Err(Error::Width {
            what,
            expected,
            rows: n * rows,
            found,
        });
    }
    match n * rows {
        0 => Err(Error::EmptyBatch {
            what,
            width: expected,
        }),
        _ => Ok(()),
    }
}
