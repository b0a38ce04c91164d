//! The layers on tensors: for inference, and for training by automatic differentiation.

use attractor_core::rng::Rng;
use burn::module::Module;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Tensor, TensorData, activation};

use super::plan::{Link, Plan};
use crate::host::dropout::mask;
use crate::layers::{ImageShape, entries, to_images, to_rows};
use crate::nn::{BatchNorm, Conv2d, EPSILON, Init, Linear, Named};

/// A layer with its parameters, if it has any.
#[derive(Module, Debug)]
pub(super) struct Stage {
    conv: Option<Named<Conv2d>>,
    linear: Option<Named<Linear>>,
    norm: Option<Named<BatchNorm>>,
    #[module(skip)]
    link: Link,
    #[module(skip)]
    input: ImageShape,
}

impl Stage {
    fn new(link: &Link, input: ImageShape, init: &Init<'_>) -> Self {
        let mut stage = Self {
            conv: None,
            linear: None,
            norm: None,
            link: link.clone(),
            input,
        };
        let channels = input[0];
        match link {
            Link::Conv { path, outputs } => {
                let conv = Conv2d::new(init, path, [channels, *outputs, 3], (1, 1), true);
                stage.conv = Some(Named::new(path, conv));
            }
            Link::Growing { path, outputs } => {
                let conv = Conv2d::growing(init, path, [channels, *outputs]);
                stage.conv = Some(Named::new(path, conv));
            }
            Link::Linear { path, output } => {
                let linear = Linear::new(init, path, entries(input), entries(*output));
                stage.linear = Some(Named::new(path, linear));
            }
            Link::Norm { path } => {
                let norm = BatchNorm::new(channels, init.device);
                stage.norm = Some(Named::new(path, norm));
            }
            Link::Relu | Link::Pool { .. } | Link::Dropout { .. } | Link::Standardise => {}
        }
        stage
    }

    /// All layers of a plan.
    pub(super) fn list(plan: &Plan, init: &Init<'_>) -> Vec<Self> {
        let mut shape = plan.input;
        let stage = |link: &Link| {
            let stage = Self::new(link, shape, init);
            shape = link.output(shape);
            stage
        };
        plan.links.iter().map(stage).collect()
    }

    /// Rows of the output, for inference.
    fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        if let Some(norm) = &self.norm {
            let [channels, ..] = self.input;
            let [scale, shift]: [Tensor<4>; 2] =
                <[_; 2]>::from(norm.affine()).map(|values| values.reshape([1, channels, 1, 1]));
            return to_rows(to_images(rows, self.input) * scale + shift);
        }
        match self.link {
            Link::Dropout { .. } => rows,
            _ => self.fixed(rows),
        }
    }

    /// Rows of the output in training; what is dropped is drawn from `rng`.
    fn forward_train(&mut self, rows: Tensor<2>, rng: &mut Rng) -> Tensor<2> {
        if let Some(norm) = &mut self.norm {
            return to_rows(norm.forward_train(to_images(rows, self.input)));
        }
        let Link::Dropout { share } = self.link else {
            return self.fixed(rows);
        };
        let ([batch, _], [channels, ..]) = (rows.dims(), self.input);
        let factors = TensorData::new(mask(rng, batch * channels, share), [batch, channels, 1, 1]);
        let factors = Tensor::<4>::from_data(factors, &rows.device());
        to_rows(to_images(rows, self.input) * factors)
    }

    /// What is the same in training and in inference.
    fn fixed(&self, rows: Tensor<2>) -> Tensor<2> {
        if let Some(conv) = &self.conv {
            return to_rows(conv.forward(to_images(rows, self.input)));
        }
        if let Some(linear) = &self.linear {
            return linear.forward(rows);
        }
        match self.link {
            Link::Relu => activation::relu(rows),
            Link::Pool { window } => {
                let mut options = MaxPoolOptions::new(window);
                options.ceil_mode = true;
                to_rows(max_pool2d(to_images(rows, self.input), options))
            }
            Link::Standardise => {
                let centred = rows.clone() - rows.mean_dim(1);
                let variance = centred.clone().square().mean_dim(1);
                centred / variance.add_scalar(EPSILON).sqrt()
            }
            // Those with parameters, and dropout, are dealt with above.
            _ => rows,
        }
    }
}

/// Through all layers, for inference.
pub(super) fn forward(stages: &[Stage], rows: Tensor<2>) -> Tensor<2> {
    stages.iter().fold(rows, |rows, stage| stage.forward(rows))
}

/// Through all layers, in training.
pub(super) fn forward_train(stages: &mut [Stage], rows: Tensor<2>, rng: &mut Rng) -> Tensor<2> {
    let stages = stages.iter_mut();
    stages.fold(rows, |rows, stage| stage.forward_train(rows, rng))
}
