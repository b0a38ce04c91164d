//! The parameters under the names that PyTorch's files have.

use attractor_core::rng;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use crate::config::{HopfieldConfig, Sizes};

/// Standard deviation of initial projections, extra rows and trained patterns: that of the published layers.
const DEVIATION: f32 = 0.02;

/// Scale and shift of a normalisation, `[width]`.
#[derive(Module, Debug)]
pub struct Affine {
    /// Scale.
    pub weight: Param<Tensor<1>>,
    /// Shift.
    pub bias: Param<Tensor<1>>,
}

impl Affine {
    fn new(width: usize, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::ones([width], device)),
            bias: Param::from_tensor(Tensor::zeros([width], device)),
        }
    }
}

/// The output projection, `x W^T + b`.
#[derive(Module, Debug)]
pub struct OutputProjection {
    /// `[output, heads p]`
    pub weight: Param<Tensor<2>>,
    /// `[output]`
    pub bias: Option<Param<Tensor<1>>>,
}

/// Everything behind the normalisations. Which parts there are follows from the configuration.
#[derive(Module, Debug)]
pub struct AssociationCore {
    /// Projections of states, stored patterns and values below each other, those that are not static:
    /// `[heads h + heads h + heads p, input_size]`. Where all inputs have one width and `pattern_size` is not
    /// given; otherwise the next three.
    pub in_proj_weight: Option<Param<Tensor<2>>>,
    /// `[heads h, input_size]`
    pub q_proj_weight: Option<Param<Tensor<2>>>,
    /// `[heads h, stored_pattern_size]`
    pub k_proj_weight: Option<Param<Tensor<2>>>,
    /// `[heads p, pattern_projection_size]`; of connected values `[heads p, heads h]`.
    pub v_proj_weight: Option<Param<Tensor<2>>>,
    /// Biases of the three below each other; the last part even of static values, where nothing reads it.
    pub in_proj_bias: Option<Param<Tensor<1>>>,
    /// Scale of the normalisation in the heads, `[h]`.
    pub p_norm_weight: Option<Param<Tensor<1>>>,
    /// Its shift, `[h]`.
    pub p_norm_bias: Option<Param<Tensor<1>>>,
    /// One more stored pattern for each head, `[1, 1, heads h]`.
    pub bias_k: Option<Param<Tensor<3>>>,
    /// Its value, `[1, 1, heads p]`.
    pub bias_v: Option<Param<Tensor<3>>>,
    /// Logarithms of the inverse temperatures, `[heads]`, where they are trained. Not in PyTorch's files.
    pub ln_beta: Option<Param<Tensor<1>>>,
    /// The output projection.
    pub out_proj: Option<OutputProjection>,
}

/// Draws initial parameters, each from a stream named by its path.
#[derive(Debug)]
pub(crate) struct Init<'a> {
    pub(crate) seed: u64,
    pub(crate) device: &'a Device,
}

impl Init<'_> {
    /// Normal numbers of standard deviation .02.
    pub(crate) fn normal<const D: usize>(&self, name: &str, shape: [usize; D]) -> Param<Tensor<D>> {
        let mut stream = rng::stream(self.seed, &format!("init/{name}"));
        let numbers = rng::normal(&mut stream, shape, self.device);
        Param::from_tensor(numbers.mul_scalar(DEVIATION))
    }

    fn zeros(&self, width: usize) -> Param<Tensor<1>> {
        Param::from_tensor(Tensor::zeros([width], self.device))
    }
}

impl AssociationCore {
    pub(crate) fn new(config: &HopfieldConfig, sizes: &Sizes, init: &Init<'_>) -> Self {
        let rows = Rows::new(config, sizes);
        let split = |name: &str, part: usize, width: usize| {
            (!sizes.packed && part > 0).then(|| init.normal(name, [part, width]))
        };
        let projected = rows.state + rows.stored + rows.value > 0;
        let values = sizes.heads * sizes.pattern;
        let value_width = match config.pattern_projection_as_connected {
            true => sizes.heads * sizes.hidden,
            false => sizes.projection,
        };
        let norm = config.normalize_hopfield_space && config.normalize_hopfield_space_affine;
        let device = init.device;
        let ones = || Param::from_tensor(Tensor::ones([sizes.hidden], device));
        let extra = config.concat_bias_pattern;
        Self {
            in_proj_weight: (sizes.packed && projected)
                .then(|| init.normal("in_proj_weight", [rows.weights(), sizes.state])),
            q_proj_weight: split("q_proj_weight", rows.state, sizes.state),
            k_proj_weight: split("k_proj_weight", rows.stored, sizes.stored),
            v_proj_weight: split("v_proj_weight", rows.value, value_width),
            in_proj_bias: (config.input_bias && projected)
                .then(|| init.zeros(rows.state + rows.stored + values)),
            p_norm_weight: norm.then(ones),
            p_norm_bias: norm.then(|| init.zeros(sizes.hidden)),
            bias_k: extra.then(|| init.normal("bias_k", [1, 1, sizes.heads * sizes.hidden])),
            bias_v: extra.then(|| init.normal("bias_v", [1, 1, values])),
            ln_beta: config.scaling_as_trainable.then(|| {
                let numbers: Vec<f32> = sizes.betas.iter().map(|beta| beta.ln() as f32).collect();
                let data = TensorData::new(numbers, [sizes.heads]);
                Param::from_tensor(Tensor::from_data(data, device))
            }),
            out_proj: (!config.disable_out_projection).then(|| OutputProjection {
                weight: init.normal("out_proj.weight", [sizes.output, values]),
                bias: config.input_bias.then(|| init.zeros(sizes.output)),
            }),
        }
    }
}

/// Rows of the input projections, 0 of those that are static.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) state: usize,
    pub(crate) stored: usize,
    pub(crate) value: usize,
}

impl Rows {
    pub(crate) fn new(config: &HopfieldConfig, sizes: &Sizes) -> Self {
        let part = |is_static: bool, width| if is_static { 0 } else { sizes.heads * width };
        Self {
            state: part(config.state_pattern_as_static, sizes.hidden),
            stored: part(config.stored_pattern_as_static, sizes.hidden),
            value: part(config.pattern_projection_as_static, sizes.pattern),
        }
    }

    pub(crate) fn weights(self) -> usize {
        self.state + self.stored + self.value
    }
}

/// The normalisation of an input, where it has parameters.
pub(crate) fn affine(on: bool, affine: bool, width: usize, device: &Device) -> Option<Affine> {
    (on && affine).then(|| Affine::new(width, device))
}
