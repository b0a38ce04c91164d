//! Layers to and from files, with the geometry that their weights do not tell.

use attractor_core::file::Loading;
use attractor_core::weights::{Weights, modules};
use attractor_core::{Activation, Layer, Persist, Restore, Result};
use serde::{Deserialize, Serialize};

use super::{BroadcastConv2d, Conv2d, ImageShape, Linear, UpsampleConv2d};

const WEIGHT: &str = "weight";
const BIAS: &str = "bias";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    activation: Activation,
    /// Shape of the images that go in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<ImageShape>,
    /// Of a convolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    stride: usize,
    padding: usize,
    transposed: bool,
    /// Of a transposed one.
    output_padding: usize,
}

impl Facts {
    fn input(&self, file: &Weights) -> Result<ImageShape> {
        let missing = || file.fail("the configuration: expected the shape `input`, found none");
        self.input.ok_or_else(missing)
    }
}

impl Persist for Linear {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    /// `weight [out, in]` and `bias [out]`.
    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&Facts {
            activation: self.activation(),
            input: None,
            window: None,
        })?;
        file.insert_tensor(WEIGHT, self.weight.clone().transpose())?;
        file.insert_tensor(BIAS, self.bias.clone().squeeze_dim::<1>(0))?;
        Ok(file)
    }
}

impl Restore for Linear {
    const KIND: &'static str = "linear";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let facts: Facts = file.config()?;
        let shape = modules::shape::<2>(file, WEIGHT)?;
        let weight = file.tensor(WEIGHT, shape, loading.device())?;
        let bias = file.tensor(BIAS, [shape[0]], loading.device())?;
        Self::new(weight, bias, facts.activation).map_err(|error| file.refuse(error))
    }
}

impl Persist for Conv2d {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    /// `weight [out, in, kh, kw]`, of a transposed one `[in, out, kh, kw]`, and `bias [out]` if there is one.
    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&Facts {
            activation: self.activation(),
            input: Some(self.input),
            window: Some(Window {
                stride: self.stride,
                padding: self.padding,
                transposed: self.transposed,
                output_padding: if self.transposed { self.rest[0] } else { 0 },
            }),
        })?;
        file.insert_tensor(WEIGHT, self.weight.clone())?;
        if let Some(bias) = &self.bias {
            file.insert_tensor(BIAS, bias.clone())?;
        }
        Ok(file)
    }
}

impl Restore for Conv2d {
    const KIND: &'static str = "conv2d";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let facts: Facts = file.config()?;
        let (input, device) = (facts.input(file)?, loading.device());
        let shape = modules::shape::<4>(file, WEIGHT)?;
        let weight = file.tensor(WEIGHT, shape, device)?;
        let Some(window) = facts.window else {
            return Err(file.fail("the configuration: expected a `window`, found none"));
        };
        let outputs = shape[usize::from(window.transposed)];
        let bias = file.contains(BIAS);
        let bias = bias.then(|| file.tensor(BIAS, [outputs], device));
        let bias = bias.transpose()?;
        let Window {
            stride, padding, ..
        } = window;
        let made = match window.transposed {
            true => {
                let paddings = (padding, window.output_padding);
                Self::transposed(weight, bias, input, stride, paddings, facts.activation)
            }
            false => Self::new(weight, bias, input, stride, padding, facts.activation),
        };
        made.map_err(|error| file.refuse(error))
    }
}

impl Persist for UpsampleConv2d {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    /// `weight [4 out, in, 2, 2]`: the four phases that the 3x3 kernel becomes; and `bias [out]` if there is one.
    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&Facts {
            activation: self.activation(),
            input: Some(self.input),
            window: None,
        })?;
        file.insert_tensor(WEIGHT, self.forward.clone())?;
        if let Some(bias) = &self.bias {
            let outputs = self.output[0];
            file.insert_tensor(BIAS, bias.clone().reshape([outputs]))?;
        }
        Ok(file)
    }
}

impl Restore for UpsampleConv2d {
    const KIND: &'static str = "upsample_conv2d";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let facts: Facts = file.config()?;
        let (input, device) = (facts.input(file)?, loading.device());
        let [phases, ..] = modules::shape::<4>(file, WEIGHT)?;
        let outputs = phases / 4;
        let weight = file.tensor(WEIGHT, [4 * outputs, input[0], 2, 2], device)?;
        let bias = file.contains(BIAS);
        let bias = bias.then(|| file.tensor(BIAS, [outputs], device));
        Ok(Self::of_phases(
            weight,
            bias.transpose()?,
            input,
            facts.activation,
        ))
    }
}

impl Persist for BroadcastConv2d {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    /// `weight [out, code]`: sums of the kernels; `bias [1, out, side, side]`: what coordinates and bias add.
    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&Facts {
            activation: self.activation(),
            input: None,
            window: None,
        })?;
        file.insert_tensor(WEIGHT, self.sums.clone())?;
        file.insert_tensor(BIAS, self.plane.clone())?;
        Ok(file)
    }
}

impl Restore for BroadcastConv2d {
    const KIND: &'static str = "broadcast_conv2d";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let facts: Facts = file.config()?;
        let shape = modules::shape::<2>(file, WEIGHT)?;
        let [_, _, height, width] = modules::shape::<4>(file, BIAS)?;
        let plane = [1, shape[0], height, width];
        Ok(Self {
            sums: file.tensor(WEIGHT, shape, loading.device())?,
            plane: file.tensor(BIAS, plane, loading.device())?,
            activation: facts.activation,
        })
    }
}
