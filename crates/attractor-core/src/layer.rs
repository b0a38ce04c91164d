//! Decoders as chains of affine layers with element-wise activations.
//!
//! Inference needs three things of a layer: its value, the derivative of its activation, and the
//! adjoint of its linear part. A chain offers them for any depth, so that backpropagation to the
//! code and predictive coding are each written once.

use burn::tensor::{Tensor, activation};

use crate::weights::Weights;
use crate::{Error, Persist, Result, file};

/// Element-wise non-linearity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// f(a) = a
    Identity,
    /// f(a) = max(a, 0), derivative 0 at 0
    Relu,
    /// f(a) = 1 / (1 + exp(-a))
    Sigmoid,
    /// f(a) = tanh(a)
    Tanh,
    /// f(a) = a Phi(a) with the normal distribution function Phi
    Gelu,
}

impl Activation {
    /// f(pre), any shape.
    pub fn apply(self, pre: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Identity => pre,
            Self::Relu => activation::relu(pre),
            Self::Sigmoid => activation::sigmoid(pre),
            Self::Tanh => pre.tanh(),
            Self::Gelu => pre.clone() * normal_distribution(pre),
        }
    }

    /// f(pre) together with f'(pre).
    pub fn differentiate(self, pre: Tensor<2>) -> Prediction {
        if self == Self::Gelu {
            let below = normal_distribution(pre.clone());
            // 1 / sqrt(2 pi).
            let density = pre.clone().square().mul_scalar(-0.5).exp();
            let density = density.mul_scalar(0.398_942_280_401_432_7);
            return Prediction {
                value: pre.clone() * below.clone(),
                slope: Some(below + pre * density),
            };
        }
        let value = self.apply(pre);
        let slope = match self {
            Self::Identity | Self::Gelu => None,
            // A value is not negative: 0 or 1.
            Self::Relu => Some(value.clone().sign()),
            Self::Sigmoid => Some(value.clone() - value.clone().square()),
            Self::Tanh => Some(value.clone().square().neg().add_scalar(1.0)),
        };
        Prediction { value, slope }
    }

    /// The largest |f'| there is.
    pub fn steepest(self) -> f64 {
        match self {
            Self::Identity | Self::Relu | Self::Tanh => 1.0,
            Self::Sigmoid => 0.25,
            // At the square root of 2, rounded up.
            Self::Gelu => 1.129,
        }
    }
}

fn normal_distribution(pre: Tensor<2>) -> Tensor<2> {
    let scaled = pre.mul_scalar(std::f64::consts::FRAC_1_SQRT_2);
    scaled.erf().add_scalar(1.0).mul_scalar(0.5)
}

/// A value f(a), and what pulls a derivative with respect to it back to a.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// f(a).
    pub value: Tensor<2>,
    /// f'(a); absent where it is 1 everywhere.
    pub slope: Option<Tensor<2>>,
}

impl Prediction {
    /// `f'(a) * cotangent`.
    pub fn pull_back(&self, cotangent: Tensor<2>) -> Tensor<2> {
        match &self.slope {
            Some(slope) => cotangent * slope.clone(),
            None => cotangent,
        }
    }
}

/// One layer: `value = f(affine(input))`, on flat rows.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Activation, Backend, Layer, LayerChain, Result, check};
///
/// /// tanh(a x).
/// #[derive(Debug)]
/// struct Gain { dim: usize, by: f32 }
///
/// impl Layer for Gain {
///     fn input_dim(&self) -> usize { self.dim }
///     fn output_dim(&self) -> usize { self.dim }
///     fn affine(&self, input: Tensor<2>) -> Tensor<2> { input.mul_scalar(self.by) }
///     fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> { cotangent.mul_scalar(self.by) }
///     fn activation(&self) -> Activation { Activation::Tanh }
/// }
///
/// let device = Backend::Flex.open()?;
/// let layer = Gain { dim: 1, by: 2.0 };
/// let output = layer.differentiate(Tensor::<2>::from_data([[0.0f32]], &device));
/// let slope = layer.pull_back(&output, Tensor::<2>::from_data([[1.0f32]], &device));
/// assert_eq!(check::to_host(slope)?, [2.0]);
/// // Several make a decoder, which predictive coding can go through.
/// LayerChain::new(vec![Box::new(Gain { dim: 1, by: 2.0 }), Box::new(Gain { dim: 1, by: 0.5 })])?;
/// # Ok::<(), attractor_core::Error>(())
/// ```
pub trait Layer: Send + Sync + std::fmt::Debug {
    /// Entries of an input row.
    fn input_dim(&self) -> usize;

    /// Entries of an output row.
    fn output_dim(&self) -> usize;

    /// The affine part, `[b, input_dim]` to `[b, output_dim]`.
    fn affine(&self, input: Tensor<2>) -> Tensor<2>;

    /// The adjoint of the affine part's linear map, `[b, output_dim]` to `[b, input_dim]`.
    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2>;

    /// The non-linearity f.
    fn activation(&self) -> Activation;

    /// The layer in files, if it has a form there: see [`crate::file`].
    fn as_persist(&self) -> Option<&dyn Persist> {
        None
    }

    /// `f(affine(input))`, `[b, output_dim]`.
    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        self.activation().apply(self.affine(input))
    }

    /// [`Layer::forward`] with the derivative of the activation.
    fn differentiate(&self, input: Tensor<2>) -> Prediction {
        self.activation().differentiate(self.affine(input))
    }

    /// Derivative with respect to the input, given the layer's own output for it: `[b, output_dim]`
    /// to `[b, input_dim]`.
    fn pull_back(&self, output: &Prediction, cotangent: Tensor<2>) -> Tensor<2> {
        self.adjoint(output.pull_back(cotangent))
    }
}

/// Layers applied one after the other; the first takes the code.
#[derive(Debug)]
pub struct LayerChain {
    layers: Vec<Box<dyn Layer>>,
}

impl LayerChain {
    /// A chain of layers whose widths fit.
    ///
    /// # Errors
    /// [`Error::Config`] without layers, [`Error::Mismatch`] if two neighbours disagree.
    pub fn new(layers: Vec<Box<dyn Layer>>) -> Result<Self> {
        if layers.is_empty() {
            return Err(Error::config(
                "LayerChain.layers",
                "must hold at least one layer",
                0,
            ));
        }
        for pair in layers.windows(2) {
            let (output, input) = (pair[0].output_dim(), pair[1].input_dim());
            if output != input {
                return Err(Error::Mismatch {
                    what: "a layer of the chain",
                    expected: format!("{input} inputs"),
                    part: "the layer before it",
                    found: format!("{output} outputs"),
                });
            }
        }
        Ok(Self { layers })
    }

    /// The layers, the one that takes the code first.
    pub fn layers(&self) -> &[Box<dyn Layer>] {
        &self.layers
    }

    /// The chain in a file: each layer in a section of its number, the first 0.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming a layer that has no form in files.
    pub fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.insert_wholes("layers", &[1], vec![self.layers.len() as u64]);
        for (at, layer) in self.layers.iter().enumerate() {
            let name = at.to_string();
            let section = file::section_of("the layer", &name, layer.as_persist())?;
            file.insert_section(&name, section);
        }
        Ok(file)
    }

    /// Whether all layers have a form in files.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming the first that has none.
    pub fn savable(&self) -> Result<()> {
        let layers = self.layers.iter().enumerate();
        let mut each = layers.map(|(at, layer)| {
            file::savable("the layer", &at.to_string(), layer.as_persist()).map(|_| ())
        });
        each.try_for_each(|saved| saved)
    }

    /// The chain of [`LayerChain::pack`].
    ///
    /// # Errors
    /// [`Error::Weights`] naming what does not fit.
    pub fn restore(file: &Weights, loading: &file::Loading<'_>) -> Result<Self> {
        let count = file.wholes("layers", &[1])?[0];
        let layers = (0..count).map(|at| loading.layer(&file.section(&at.to_string())?));
        let layers = layers.collect::<Result<Vec<_>>>()?;
        Self::new(layers).map_err(|error| file.refuse(error))
    }

    /// Entries of an input row.
    pub fn input_dim(&self) -> usize {
        self.layers[0].input_dim()
    }

    /// Entries of an output row.
    pub fn output_dim(&self) -> usize {
        self.layers[self.layers.len() - 1].output_dim()
    }

    /// The output `[b, output_dim]` of `[b, input_dim]`.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        self.layers
            .iter()
            .fold(input, |value, layer| layer.forward(value))
    }

    /// The value of every layer, the last one being the output.
    pub fn activities(&self, input: Tensor<2>) -> Vec<Tensor<2>> {
        let mut value = input;
        self.layers
            .iter()
            .map(|layer| {
                value = layer.forward(value.clone());
                value.clone()
            })
            .collect()
    }

    /// The output, and the derivative with respect to the input of the scalar per row whose
    /// derivative with respect to the output is `cotangent(output)`.
    pub fn pull_back(
        &self,
        input: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        let mut value = input;
        let outputs: Vec<Prediction> = self
            .layers
            .iter()
            .map(|layer| {
                let output = layer.differentiate(value.clone());
                value = output.value.clone();
                output
            })
            .collect();
        let gradient = cotangent(value.clone());
        let layers = self.layers.iter().zip(&outputs).rev();
        let gradient = layers.fold(gradient, |gradient, (layer, output)| {
            layer.pull_back(output, gradient)
        });
        (value, gradient)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device, TensorData};

    use super::*;

    const ALL: [Activation; 5] = [
        Activation::Identity,
        Activation::Relu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Gelu,
    ];

    fn row(values: &[f64]) -> Tensor<2> {
        let data = TensorData::new(values.to_vec(), [1, values.len()]);
        Tensor::from_data(data, (&Device::default(), DType::F64))
    }

    fn host(tensor: Tensor<2>) -> Vec<f64> {
        tensor.into_data().try_into_vec().unwrap()
    }

    #[test]
    fn slopes_are_derivatives() {
        // None at 0, where the rectifier has a kink.
        let at: Vec<f64> = (-40..40).map(|i| f64::from(i) * 0.1 + 0.05).collect();
        let step = 1e-5;
        for f in ALL {
            let shifted = |by: f64| host(f.apply(row(&at).add_scalar(by)));
            let (above, below) = (shifted(step), shifted(-step));
            let found = f.differentiate(row(&at));
            assert_eq!(host(found.value.clone()), host(f.apply(row(&at))), "{f:?}");
            let slopes = host(found.pull_back(row(&vec![1.0; at.len()])));
            let mut steepest = 0f64;
            for (i, slope) in slopes.into_iter().enumerate() {
                let expected = (above[i] - below[i]) / (2.0 * step);
                assert!((slope - expected).abs() < 1e-8, "{f:?} at {}", at[i]);
                steepest = steepest.max(slope.abs());
            }
            assert!(steepest <= f.steepest(), "{f:?}: {steepest}");
            assert!(steepest > 0.99 * f.steepest(), "{f:?}: {steepest}");
        }
    }
}
