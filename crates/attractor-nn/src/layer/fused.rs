//! The layer as one node of the graph.

use attractor_core::Result;
use attractor_core::autodiff::AnyTensor;
use burn::module::Param;
use burn::tensor::{DType, Tensor, TensorData};

use super::Shape;
use super::hopfield::{Hopfield, Inputs};
use super::parameters::{Affine, Rows};
use crate::host::{self, Fused, Role};
use crate::read::{self, Dims, Report, Rules};

impl Hopfield {
    /// The layer as one node of the graph where its tensors lie in host memory; none where that is not for it.
    pub(super) fn in_one(
        &self,
        inputs: &Inputs,
        rules: &Rules,
        shape: Shape,
    ) -> Result<Option<(Tensor<3>, Report)>> {
        let config = &self.config;
        let more = config.pattern_projection_as_connected
            || config.normalize_hopfield_space
            || rules.extra > 0;
        let dtype = inputs.state.dtype();
        if more || !read::is_streamed(rules, &inputs.state) {
            return Ok(None);
        }
        let dims = Dims {
            n: shape.sets,
            heads: shape.heads,
            l: shape.states,
            s: shape.stored,
            h: self.sizes.hidden,
            p: self.sizes.pattern,
        };
        let own = self.fused(inputs);
        Ok(Some(match dtype {
            DType::F64 => host::layer::<f64>(own, rules, dims)?,
            _ => host::layer::<f32>(own, rules, dims)?,
        }))
    }

    fn fused(&self, inputs: &Inputs) -> Fused {
        let (core, rows) = (&self.association_core, Rows::new(&self.config, &self.sizes));
        let config = &self.config;
        let values = |affine: &Option<Affine>| {
            let own = affine.as_ref();
            own.map(|own| (own.weight.val(), own.bias.val()))
        };
        let mut weights = Vec::new();
        weights.extend(core.in_proj_weight.as_ref().map(Param::val));
        let mut place = |own: &Option<Param<Tensor<2>>>, first: usize, count: usize| {
            let first = match own {
                None => (0, first),
                Some(own) => {
                    weights.push(own.val());
                    (weights.len() - 1, 0)
                }
            };
            (count > 0).then_some((first.0, first.1, count))
        };
        let roles = [
            Role {
                normalised: config.normalize_state_pattern,
                affine: values(&self.norm_state_pattern),
                weight: place(&core.q_proj_weight, 0, rows.state),
                bias: 0,
            },
            Role {
                normalised: config.normalize_stored_pattern,
                affine: values(&self.norm_stored_pattern),
                weight: place(&core.k_proj_weight, rows.state, rows.stored),
                bias: rows.state,
            },
            Role {
                normalised: config.normalize_pattern_projection,
                affine: values(&self.norm_pattern_projection),
                weight: place(&core.v_proj_weight, rows.state + rows.stored, rows.value),
                bias: rows.state + rows.stored,
            },
        ];
        let all = [&inputs.state, &inputs.stored, &inputs.projection];
        let any = all.map(|input| AnyTensor::from(input.clone()));
        let same = std::array::from_fn(|at| {
            (0..at)
                .find(|&before| any[at].is_same(&any[before]))
                .unwrap_or(at)
        });
        Fused {
            inputs: all.map(Clone::clone),
            same,
            roles,
            weights,
            bias: core.in_proj_bias.as_ref().map(Param::val),
            beta: self.temperatures(&inputs.state),
            out: core
                .out_proj
                .as_ref()
                .map(|own| (own.weight.val(), own.bias.as_ref().map(Param::val))),
        }
    }

    /// `[heads]`, as `like`.
    pub(super) fn temperatures(&self, like: &Tensor<3>) -> Tensor<1> {
        match &self.association_core.ln_beta {
            Some(ln_beta) => ln_beta.val().exp(),
            None => {
                let data = TensorData::new(self.sizes.betas.clone(), [self.sizes.heads]);
                let device = like.device().without_autodiff();
                Tensor::from_data(data, (&device, like.dtype()))
            }
        }
    }
}
