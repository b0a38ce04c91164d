//! What the examples train with.

use std::collections::BTreeMap;

use attractor_core::adam::{AdamStep, DECAY, EPSILON};
use attractor_core::weights::{ModulePath, Weights, modules};
use attractor_core::{Result, check, rng};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData, activation};

/// `x W^T + b`
#[derive(Module, Debug)]
pub(crate) struct Linear {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Linear {
    /// Parameters uniform in `±1/sqrt(inputs)`.
    pub(crate) fn new(
        seed: u64,
        name: &str,
        inputs: usize,
        outputs: usize,
        device: &Device,
    ) -> Self {
        let bound = 1.0 / (inputs as f32).sqrt();
        let mut stream = rng::stream(seed, &format!("init/{name}"));
        let weight = rng::uniform(&mut stream, [outputs, inputs], -bound, bound, device);
        let bias = rng::uniform(&mut stream, [outputs], -bound, bound, device);
        Self {
            weight: Param::from_tensor(weight),
            bias: Param::from_tensor(bias),
        }
    }

    /// `[n, inputs]` to `[n, outputs]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.weight.val().transpose()) + self.bias.val().unsqueeze()
    }
}

/// Mean binary cross-entropy of logits.
pub(crate) fn cross_entropy(logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    let soft = logits.clone().abs().neg().exp().log1p();
    (activation::relu(logits.clone()) - logits * labels + soft).mean()
}

/// How many logits have the sign of their label.
pub(crate) fn accuracy(logits: Tensor<1>, labels: Tensor<1>) -> Result<f64> {
    let (logits, labels) = (
        check::to_host(logits.without_autodiff())?,
        check::to_host(labels)?,
    );
    let pairs = logits.iter().zip(&labels);
    let right = pairs
        .filter(|(logit, label)| (**logit > 0.0) == (**label > 0.5))
        .count();
    Ok(right as f64 / labels.len().max(1) as f64)
}

/// Adam with decoupled decay and gradients clipped by their common norm.
pub(crate) struct AdamW {
    rate: f64,
    decay: f64,
    clip: f64,
    steps: u64,
    moments: BTreeMap<String, (Vec<f32>, Vec<f32>)>,
}

impl AdamW {
    pub(crate) fn new(rate: f64, decay: f64, clip: f64) -> Self {
        Self {
            rate,
            decay,
            clip,
            steps: 0,
            moments: BTreeMap::new(),
        }
    }

    pub(crate) fn step<M: Module>(&mut self, module: M, gradients: &Gradients) -> Result<M> {
        let gradients = modules::export_gradients(&module, gradients)?;
        self.steps += 1;
        let mut square = 0.0;
        for name in gradients.names() {
            let values = gradients.values(name)?.iter();
            square += values.map(|&g| f64::from(g) * f64::from(g)).sum::<f64>();
        }
        let scale = (self.clip / (square.sqrt() + 1e-6)).min(1.0) as f32;
        Ok(module.map(&mut Apply {
            path: ModulePath::default(),
            step: AdamStep::new(self.rate, DECAY, EPSILON, self.steps),
            keep: 1.0 - (self.rate * self.decay) as f32,
            scale,
            gradients: &gradients,
            moments: &mut self.moments,
        }))
    }
}

struct Apply<'a> {
    path: ModulePath,
    step: AdamStep<f32>,
    keep: f32,
    scale: f32,
    gradients: &'a Weights,
    moments: &'a mut BTreeMap<String, (Vec<f32>, Vec<f32>)>,
}

impl ModuleMapper for Apply<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let Ok(gradient) = self.gradients.values(name) else {
            return param;
        };
        let scaled: Vec<f32> = gradient.iter().map(|g| g * self.scale).collect();
        let (first, second) = (self.moments.entry(name.to_owned()))
            .or_insert_with(|| (vec![0.0; scaled.len()], vec![0.0; scaled.len()]));
        let (step, keep) = (self.step, self.keep);
        param.map(|old| {
            let (shape, free) = (old.dims(), old.without_autodiff());
            let device = free.device();
            let mut values = free
                .into_data()
                .try_into_vec::<f32>()
                .expect("single precision");
            values.iter_mut().for_each(|value| *value *= keep);
            step.apply(&mut values, &scaled, first, second);
            let moved: Tensor<D> = Tensor::from_data(TensorData::new(values, shape), &device);
            moved.autodiff().require_grad()
        })
    }
}
