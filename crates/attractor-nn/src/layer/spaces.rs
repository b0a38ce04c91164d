//! From inputs to the spaces of the heads, in tensor operations.

use burn::module::Param;
use burn::tensor::{Bool, Tensor, TensorData};

use super::hopfield::{Hopfield, Inputs};
use super::parameters::{Affine, Rows};
use super::project::{Projection, normalise};
use super::{Mask, Options, Shape};
use crate::read::{Parts, Rules};

impl Hopfield {
    /// Inputs, which have been checked, in the spaces of the heads.
    pub(super) fn parts(&self, inputs: Inputs, rules: &Rules, shape: Shape) -> Parts {
        let Inputs {
            stored,
            state,
            projection,
        } = inputs;
        let [stored, projection] =
            [stored, projection].map(|x| without_padding(x, &rules.mask, shape));
        let (k, v) = (self.patterns(stored), self.values(projection));
        self.assembled(state, k, v)
    }

    /// States, and patterns and values that have been projected, of one set.
    pub(crate) fn cached(&self, state: Tensor<3>, k: Tensor<3>, v: Tensor<3>) -> (Parts, Rules) {
        let rules = self.rules(Mask::default(), &Options::default());
        (self.assembled(state, k, v), rules)
    }

    fn assembled(&self, state: Tensor<3>, k: Tensor<3>, v: Tensor<3>) -> Parts {
        let (sizes, n) = (&self.sizes, k.dims()[0]);
        let beta = self.temperatures(&state);
        Parts {
            q: self.states(state),
            k: self.with_rows(k, self.core_bias(true), n, sizes.hidden),
            v: self.with_rows(v, self.core_bias(false), n, sizes.pattern),
            beta,
        }
    }

    /// Rows of the packed projection: its first and their number.
    fn packed(&self, first: usize, rows: usize) -> Option<Tensor<2>> {
        let weight = self.association_core.in_proj_weight.as_ref()?;
        Some(weight.val().narrow(0, first, rows))
    }

    fn bias(&self, first: usize, rows: usize) -> Option<Tensor<1>> {
        let bias = self.association_core.in_proj_bias.as_ref()?;
        Some(bias.val().narrow(0, first, rows))
    }

    fn states(&self, state: Tensor<3>) -> Tensor<3> {
        let (core, rows) = (&self.association_core, Rows::new(&self.config, &self.sizes));
        let projected = rows.state > 0;
        let own = || match &core.q_proj_weight {
            Some(weight) => Some(weight.val()),
            None => self.packed(0, rows.state),
        };
        let q = Projection {
            normalised: self.config.normalize_state_pattern,
            affine: self.norm_state_pattern.as_ref(),
            weight: projected.then(own).flatten(),
            bias: projected.then(|| self.bias(0, rows.state)).flatten(),
        };
        self.in_space(q.forward(state))
    }

    pub(crate) fn patterns(&self, stored: Tensor<3>) -> Tensor<3> {
        self.in_space(self.projected_patterns(
            stored,
            self.config.normalize_stored_pattern,
            self.norm_stored_pattern.as_ref(),
        ))
    }

    /// `W_k norm(x) + b_k`
    fn projected_patterns(
        &self,
        x: Tensor<3>,
        normalised: bool,
        affine: Option<&Affine>,
    ) -> Tensor<3> {
        let (core, rows) = (&self.association_core, Rows::new(&self.config, &self.sizes));
        let projected = rows.stored > 0;
        let own = || match &core.k_proj_weight {
            Some(weight) => Some(weight.val()),
            None => self.packed(rows.state, rows.stored),
        };
        Projection {
            normalised,
            affine,
            weight: projected.then(own).flatten(),
            bias: projected
                .then(|| self.bias(rows.state, rows.stored))
                .flatten(),
        }
        .forward(x)
    }

    pub(crate) fn values(&self, projection: Tensor<3>) -> Tensor<3> {
        let (core, rows) = (&self.association_core, Rows::new(&self.config, &self.sizes));
        let (normalised, affine) = (
            self.config.normalize_pattern_projection,
            self.norm_pattern_projection.as_ref(),
        );
        let connected = self.config.pattern_projection_as_connected;
        let input = match connected {
            true => self.projected_patterns(projection, normalised, affine),
            false => projection,
        };
        let projected = rows.value > 0;
        let first = rows.state + rows.stored;
        let own = || match &core.v_proj_weight {
            Some(weight) => Some(weight.val()),
            None => self.packed(first, rows.value),
        };
        Projection {
            normalised: normalised && !connected,
            affine: affine.filter(|_| !connected),
            weight: projected.then(own).flatten(),
            bias: projected.then(|| self.bias(first, rows.value)).flatten(),
        }
        .forward(input)
    }

    /// Normalised in each head, if the configuration asks for it.
    fn in_space(&self, x: Tensor<3>) -> Tensor<3> {
        if !self.config.normalize_hopfield_space {
            return x;
        }
        let core = &self.association_core;
        let affine = core.p_norm_weight.as_ref().zip(core.p_norm_bias.as_ref());
        let affine = affine.map(|(weight, bias)| (weight.val(), bias.val()));
        let ([n, rows, all], h) = (x.dims(), self.sizes.hidden);
        normalise(x.reshape([n, rows, all / h, h]), affine).reshape([n, rows, all])
    }

    pub(super) fn core_bias(&self, stored: bool) -> Option<Tensor<3>> {
        let core = &self.association_core;
        let bias = if stored { &core.bias_k } else { &core.bias_v };
        bias.as_ref().map(Param::val)
    }

    /// Extra rows below those of `x`, whose heads are `width` wide.
    pub(super) fn with_rows(
        &self,
        x: Tensor<3>,
        bias: Option<Tensor<3>>,
        n: usize,
        width: usize,
    ) -> Tensor<3> {
        let zero = self.config.add_zero_association;
        if bias.is_none() && !zero {
            return x;
        }
        let [_, s, all] = x.dims();
        // A row of its own for each head ends the sharing of static patterns.
        let heads = self.sizes.heads;
        let x = match bias.is_some() && all != heads * width {
            true => x.repeat_dim(2, heads),
            false => x,
        };
        let all = x.dims()[2];
        let x = x.expand([n, s, all]);
        let place = (&x.device(), x.dtype());
        let mut parts = vec![x.clone()];
        parts.extend(bias.map(|bias| bias.expand([n, 1, all])));
        parts.extend(zero.then(|| Tensor::zeros([n, 1, all], place)));
        Tensor::cat(parts, 1)
    }
}

/// Padding is set to 0, so that whatever stood there has no influence and no gradient.
fn without_padding(x: Tensor<3>, mask: &Mask, shape: Shape) -> Tensor<3> {
    let [n, rows, width] = x.dims();
    match &mask.closed {
        Some(closed) if n == shape.sets => {
            let data = TensorData::new(closed.clone(), [n, rows, 1]);
            let device = x.device().without_autodiff();
            let closed = Tensor::<3, Bool>::from_data(data, &device);
            x.mask_fill(closed.expand([n, rows, width]), 0.0)
        }
        _ => x,
    }
}
