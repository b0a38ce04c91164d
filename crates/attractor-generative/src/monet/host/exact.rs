//! The loss once more, in double precision: what the hand-written step is tested against.
//!
//! Written from the formulas of [`crate::monet`] on the named arrays, with automatic
//! differentiation. ReLUs are the only points where the loss has no derivative. Near one of them,
//! rounding decides which side a unit is on, and the gradients of both sides are right; so each ReLU
//! passes what the tested step passed, and [`Exact::doubtful`] tells how far from its kink a unit
//! was whose own sign says otherwise.

use std::collections::{BTreeMap, VecDeque};

use attractor_core::weights::Weights;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Device, Gradients, Tensor, TensorData, activation};

use super::SceneRows;
use crate::layers::{double, halve};
use crate::monet::{MonetConfig, MonetLoss, MonetObjective};

const SIDE: usize = MonetConfig::SIDE;

/// Which units of a ReLU are open, `[n, h, w, channels]`.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) shape: [usize; 4],
    pub(super) open: Vec<bool>,
}

impl Gate {
    /// From the outputs behind the ReLU.
    pub(super) fn of(shape: [usize; 4], outputs: &[f32]) -> Self {
        let open = outputs.iter().map(|value| *value > 0.0).collect();
        Self { shape, open }
    }
}

/// Loss, gradients by name, and how the gates fared.
pub(super) struct Exact {
    pub(super) loss: MonetLoss,
    pub(super) gradients: BTreeMap<String, Vec<f64>>,
    /// For every unit that its gate puts on the wrong side of the kink, the distance from there over
    /// the largest size in its layer.
    pub(super) doubtful: Vec<f64>,
}

/// Parameters as leaves of the graph, each flat, and the gates still to come.
struct Net {
    leaves: BTreeMap<String, (Vec<usize>, Tensor<1>)>,
    gates: VecDeque<Gate>,
    doubtful: Vec<f64>,
    device: Device,
}

impl Net {
    fn constant<const D: usize>(&self, values: &[f64], shape: [usize; D]) -> Tensor<D> {
        let data = TensorData::new(values.to_vec(), shape);
        Tensor::from_data(data, (&self.device, DType::F64)).autodiff()
    }

    fn get<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (shape, leaf) = &self.leaves[name];
        leaf.clone()
            .reshape::<D, _>(<[usize; D]>::try_from(shape.as_slice()).unwrap())
    }

    fn conv(&self, name: &str, x: Tensor<4>, stride: usize, padding: usize) -> Tensor<4> {
        let bias = format!("{name}.bias");
        let bias = self
            .leaves
            .contains_key(&bias)
            .then(|| self.get::<1>(&bias));
        let options = ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1);
        conv2d(x, self.get(&format!("{name}.weight")), bias, options)
    }

    fn linear(&self, name: &str, x: Tensor<2>) -> Tensor<2> {
        let weight: Tensor<2> = self.get(&format!("{name}.weight"));
        let bias: Tensor<1> = self.get(&format!("{name}.bias"));
        x.matmul(weight.transpose()) + bias.unsqueeze()
    }

    /// ReLU by the next gate.
    fn relu(&mut self, x: Tensor<4>) -> Tensor<4> {
        let Gate { shape, open } = self.gates.pop_front().unwrap();
        let [n, h, w, c] = shape;
        assert_eq!(x.dims(), [n, c, h, w], "a gate of another layer");
        let own = x.clone().inner().permute([0, 2, 3, 1]);
        let own: Vec<f64> = own.into_data().try_to_vec().unwrap();
        let size = own
            .iter()
            .fold(0.0_f64, |most, value| most.max(value.abs()));
        let wrong = own
            .iter()
            .zip(&open)
            .filter(|(value, open)| (**value > 0.0) != **open);
        self.doubtful
            .extend(wrong.map(|(value, _)| value.abs() / size));
        let open: Vec<f64> = open.iter().map(|open| f64::from(u8::from(*open))).collect();
        x * self.constant(&open, shape).permute([0, 3, 1, 2])
    }

    /// ReLU of rows.
    fn relu_rows(&mut self, x: Tensor<2>) -> Tensor<2> {
        let [n, width] = x.dims();
        self.relu(x.reshape([n, width, 1, 1])).reshape([n, width])
    }

    /// Convolution, instance normalisation, ReLU.
    fn block(&mut self, name: &str, x: Tensor<4>) -> Tensor<4> {
        let x = self.conv(&format!("{name}.conv"), x, 1, 1);
        let [n, c, h, w] = x.dims();
        let rows = x.reshape([n, c, h * w]);
        let centred = rows.clone() - rows.mean_dim(2);
        let deviation = centred.clone().square().mean_dim(2).add_scalar(1e-5).sqrt();
        let affine = ["weight", "bias"].map(|part| {
            let part: Tensor<1> = self.get(&format!("{name}.norm.{part}"));
            part.reshape([1, c, 1])
        });
        let [scale, shift] = affine;
        self.relu((centred / deviation * scale + shift).reshape([n, c, h, w]))
    }

    /// Logits of `[image; log scope]`.
    fn attention(&mut self, blocks: usize, mut x: Tensor<4>) -> Tensor<4> {
        let mut skips = Vec::new();
        for i in 1..=blocks {
            x = self.block(&format!("netAttn.downblock{i}"), x);
            skips.push(x.clone());
            if i < blocks {
                x = halve(x);
            }
        }
        let shape = x.dims();
        let mut rows = x.reshape([shape[0], shape[1] * shape[2] * shape[3]]);
        for i in [0, 2] {
            let hidden = self.linear(&format!("netAttn.mlp.{i}"), rows);
            rows = self.relu_rows(hidden);
        }
        let last = self.linear("netAttn.mlp.4", rows).reshape(shape);
        x = self.relu(last);
        for (i, skip) in skips.into_iter().rev().enumerate() {
            x = self.block(
                &format!("netAttn.upblock{}", i + 2),
                Tensor::cat(vec![x, skip], 1),
            );
            if i + 1 < blocks {
                x = double(x);
            }
        }
        self.conv("netAttn.output", x, 1, 0)
    }

    /// Means and log-variances, `[slots, 2 * code]`.
    fn encode(&mut self, mut x: Tensor<4>) -> Tensor<2> {
        for i in [0, 2, 4, 6] {
            let y = self.conv(&format!("netCVAE.encoder.{i}"), x, 2, 1);
            x = self.relu(y);
        }
        let [n, c, h, w] = x.dims();
        let hidden = self.linear("netCVAE.encoder.9", x.reshape([n, c * h * w]));
        let hidden = self.relu_rows(hidden);
        self.linear("netCVAE.encoder.11", hidden)
    }

    /// Colours and mask logits `[slots, 4, h, w]` of codes `[slots, code]`, slot by slot as the gates
    /// come.
    fn decode(&mut self, codes: Tensor<2>) -> Tensor<4> {
        let side = MonetConfig::BROADCAST_SIDE;
        // In single precision as everywhere, so that both see the same plane.
        let at = |i: usize| f64::from(2.0 * i as f32 / (side - 1) as f32 - 1.0);
        let columns = (0..side * side).map(|p| at(p % side));
        let rows = (0..side * side).map(|p| at(p / side));
        let plane: Vec<f64> = columns.chain(rows).collect();
        let plane: Tensor<4> = self.constant(&plane, [1, 2, side, side]);
        let [slots, code] = codes.dims();
        let parts = (0..slots).map(|k| {
            let own = codes.clone().narrow(0, k, 1).reshape([1, code, 1, 1]);
            let own = own.expand([1, code, side, side]);
            let mut x = Tensor::cat(vec![own, plane.clone()], 1);
            for i in [0, 2, 4, 6] {
                let y = self.conv(&format!("netCVAE.decoder.{i}"), x, 1, 0);
                x = self.relu(y);
            }
            self.conv("netCVAE.decoder.8", x, 1, 0)
        });
        let parts: Vec<_> = parts.collect();
        Tensor::cat(parts, 0)
    }
}

/// The loss of one image and its gradients, with the gates in the order of the forward pass.
pub(super) fn exact(
    config: &MonetConfig,
    weights: &Weights,
    rows: SceneRows<'_>,
    objective: &MonetObjective,
    gates: Vec<Gate>,
) -> Exact {
    assert_eq!(rows.batch, 1, "one image");
    let device = Device::default();
    let leaves = weights.names().map(|name| {
        let values = weights.values(name).unwrap().iter().copied().map(f64::from);
        let values: Vec<f64> = values.collect();
        let leaf = Tensor::<1>::from_data(values.as_slice(), (&device, DType::F64));
        let shape = weights.shape(name).unwrap().to_vec();
        (name.to_owned(), (shape, leaf.autodiff().require_grad()))
    });
    let mut net = Net {
        leaves: leaves.collect(),
        gates: gates.into(),
        doubtful: Vec::new(),
        device: device.clone(),
    };
    let slots = config.slots;
    let double_rows = |values: &[f32]| values.iter().copied().map(f64::from).collect::<Vec<_>>();
    let image: Tensor<4> = net.constant(&double_rows(rows.images), [1, 3, SIDE, SIDE]);
    let image = image.mul_scalar(2.0).sub_scalar(1.0);

    let mut scope = net.constant(&vec![0.0; SIDE * SIDE], [1, 1, SIDE, SIDE]);
    let mut log_masks = Vec::new();
    for _ in 1..slots {
        let input = Tensor::cat(vec![image.clone(), scope.clone()], 1);
        let logits = net.attention(config.blocks, input);
        log_masks.push(scope.clone() + activation::log_sigmoid(logits.clone()));
        scope = scope + activation::log_sigmoid(logits.neg());
    }
    log_masks.push(scope);
    let log_masks = Tensor::cat(log_masks, 0);

    let images = image.clone().expand([slots, 3, SIDE, SIDE]);
    let heads = net.encode(Tensor::cat(vec![images, log_masks.clone()], 1));
    let mean = heads.clone().narrow(1, 0, config.code);
    let log_variance = heads.narrow(1, config.code, config.code);
    let noise = net.constant(&double_rows(rows.noise), [slots, config.code]);
    let variance = log_variance.clone().exp();
    let codes_loss = (mean.clone().square() + variance.clone() - log_variance).sub_scalar(1.0);
    let codes_loss = codes_loss.sum().mul_scalar(0.5);
    let planes = net.decode(mean + variance.sqrt() * noise);
    assert!(net.gates.is_empty(), "gates are left");

    // Colours in [0, 1] have half the distance.
    let error = planes.clone().narrow(1, 0, 3) - image.expand([slots, 3, SIDE, SIDE]);
    let error = error.square().sum_dim(1).mul_scalar(0.25);
    let deviation = |k: usize| match k {
        0 => objective.background_deviation,
        _ => objective.foreground_deviation,
    };
    let per_slot = |f: &dyn Fn(f64) -> f64| {
        let values: Vec<f64> = (0..slots).map(|k| f(deviation(k))).collect();
        net.constant(&values, [slots, 1, 1, 1])
    };
    let height = |s: f64| -1.5 * (2.0 * std::f64::consts::PI * s * s).ln();
    let densities = per_slot(&height) - error * per_slot(&|s| 0.5 / (s * s));
    let terms = (log_masks.clone() + densities).reshape([slots, SIDE * SIDE]);
    let reconstruction = log_sum_exp(terms).sum().neg();
    let logits = planes.narrow(1, 3, 1).reshape([slots, SIDE * SIDE]);
    let decoded = logits.clone() - log_sum_exp(logits);
    let log_masks = log_masks.reshape([slots, SIDE * SIDE]);
    let masks_loss = (log_masks.clone().exp() * (log_masks - decoded)).sum();
    let total = reconstruction.clone()
        + codes_loss.clone().mul_scalar(objective.beta)
        + masks_loss.clone().mul_scalar(objective.gamma);
    let [total_value, reconstruction, codes, masks] =
        [total.clone(), reconstruction, codes_loss, masks_loss].map(|sum| sum.into_scalar::<f64>());
    let found = total.backward();
    Exact {
        loss: MonetLoss {
            total: total_value,
            reconstruction,
            codes,
            masks,
        },
        gradients: collect(&net, &found),
        doubtful: net.doubtful,
    }
}

/// `log sum_k exp(x_k)` of `[k, n]`, `[1, n]`.
fn log_sum_exp(x: Tensor<2>) -> Tensor<2> {
    let top = x.clone().detach().max_dim(0);
    (x - top.clone()).exp().sum_dim(0).log() + top
}

fn collect(net: &Net, gradients: &Gradients) -> BTreeMap<String, Vec<f64>> {
    let leaves = net.leaves.iter();
    leaves
        .map(|(name, (_, leaf))| {
            let gradient = leaf.grad(gradients).unwrap().into_data();
            (name.clone(), gradient.try_to_vec().unwrap())
        })
        .collect()
}
