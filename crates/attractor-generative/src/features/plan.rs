//! The tables of layers.

use crate::layers::{ImageShape, entries};

/// A layer of the networks, with the path of its parameters.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Link {
    /// 3x3 convolution of images of the same size, with bias.
    Conv { path: String, outputs: usize },
    /// Transposed 3x3 convolution to images of twice the size, with bias.
    Growing { path: String, outputs: usize },
    /// Fully connected, with bias.
    Linear { path: String, output: ImageShape },
    /// ReLU.
    Relu,
    /// Batch normalisation of channels.
    Norm { path: String },
    /// Maxima of windows side by side, the last of which may be cut short.
    Pool { window: [usize; 2] },
    /// Dropout of whole channels, of single entries where images have one pixel.
    Dropout { share: f64 },
    /// Rows to mean 0 and variance 1.
    Standardise,
}

impl Link {
    /// Shape of what comes out for an image of shape `input`.
    pub(super) fn output(&self, input: ImageShape) -> ImageShape {
        let [channels, height, width] = input;
        match *self {
            Self::Conv { outputs, .. } => [outputs, height, width],
            Self::Growing { outputs, .. } => [outputs, 2 * height, 2 * width],
            Self::Linear { output, .. } => output,
            Self::Pool {
                window: [down, across],
            } => [channels, height.div_ceil(down), width.div_ceil(across)],
            Self::Relu | Self::Norm { .. } | Self::Dropout { .. } | Self::Standardise => input,
        }
    }
}

/// Layers, and the shape of what the first one sees.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) input: ImageShape,
    pub(super) links: Vec<Link>,
}

impl Plan {
    fn dropout(&mut self, share: f64) {
        // None is no layer: nothing is drawn for it.
        if share > 0.0 {
            self.links.push(Link::Dropout { share });
        }
    }

    fn shape(&self) -> ImageShape {
        let links = self.links.iter();
        links.fold(self.input, |shape, link| link.output(shape))
    }
}

/// Convolutions of each block, and the share that is dropped behind it.
const BLOCKS: [(usize, f64); 5] = [(2, 0.5), (2, 0.45), (3, 0.4), (3, 0.35), (3, 0.3)];
/// Channels of a convolution at least.
const NARROWEST: usize = 4;

/// From images to features.
pub(super) fn encoder(image: ImageShape, code: usize, dropout: f64) -> Plan {
    let mut plan = Plan {
        input: image,
        links: Vec::new(),
    };
    for (at, (convolutions, share)) in BLOCKS.into_iter().enumerate() {
        let last = at + 1 == BLOCKS.len();
        let outputs = match last {
            true => code,
            false => (code >> (BLOCKS.len() - 1 - at)).max(NARROWEST),
        };
        for convolution in 0..convolutions {
            let path = format!("encoder.block{at}.conv{convolution}");
            plan.links.extend([
                Link::Conv {
                    path: path.clone(),
                    outputs,
                },
                Link::Relu,
                Link::Norm {
                    path: format!("{path}.norm"),
                },
            ]);
        }
        let [_, height, width] = plan.shape();
        // What the last block sees of images larger than 32 x 32 is more than a window.
        let window = if last { [height, width] } else { [2, 2] };
        plan.links.push(Link::Pool { window });
        plan.dropout(share * dropout);
    }
    plan.links.push(Link::Standardise);
    plan
}

/// From features to images, before the sigmoid.
pub(super) fn decoder([channels, height, width]: ImageShape, code: usize, dropout: f64) -> Plan {
    let [wide, narrow] = [4, 16].map(|part| (code / part).max(NARROWEST));
    let mut plan = Plan {
        input: [code, 1, 1],
        links: vec![
            Link::Linear {
                path: "decoder.dense".into(),
                output: [wide, height / 4, width / 4],
            },
            Link::Relu,
        ],
    };
    for (at, (outputs, share)) in [(wide, 0.4), (narrow, 0.2)].into_iter().enumerate() {
        let path = format!("decoder.conv{at}");
        plan.links.extend([
            Link::Growing {
                path: path.clone(),
                outputs,
            },
            Link::Relu,
        ]);
        plan.dropout(share * dropout);
        plan.links.push(Link::Norm {
            path: format!("{path}.norm"),
        });
    }
    plan.links.push(Link::Conv {
        path: "decoder.image".into(),
        outputs: channels,
    });
    plan
}

/// From features to unnormalised log probabilities.
pub(super) fn classifier(code: usize, classes: usize, dropout: f64) -> Plan {
    let mut plan = Plan {
        input: [code, 1, 1],
        links: Vec::new(),
    };
    for at in 0..2 {
        plan.links.extend([
            Link::Linear {
                path: format!("classifier.dense{at}"),
                output: [code, 1, 1],
            },
            Link::Relu,
        ]);
        plan.dropout(0.4 * dropout);
    }
    plan.links.push(Link::Linear {
        path: "classifier.class".into(),
        output: [classes, 1, 1],
    });
    plan
}

impl Plan {
    /// Entries of a row that comes out.
    pub(super) fn width(&self) -> usize {
        entries(self.shape())
    }
}
