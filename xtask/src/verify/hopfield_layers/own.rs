//! What the authors' code does not have: sparse separations, and the gradient at a fixed point.

use anyhow::Result;
use attractor::core::burn::module::{Module, Param};
use attractor::core::burn::tensor::{Bool, DType, Gradients, Tensor, TensorData};
use attractor::core::check::to_host_doubles;
use attractor::nn::{Grad, Hopfield, HopfieldConfig, Masks, Separation};

use super::{EXACT, File, Golden, NAME};

/// Every state goes on until it no longer moves at all.
const STILL: f64 = 1e-30;

pub(super) fn check(golden: &mut Golden, file: &File, name: &str) -> Result<()> {
    let part = |what: &str| -> Result<Tensor<3>> {
        let key = format!("{name}/{what}");
        let data = TensorData::new(file.numbers(&key)?.1, file.dims::<3>(&key)?);
        let device = golden.device.clone().autodiff();
        Ok(Tensor::from_data(data, (&device, DType::F64)).require_grad())
    };
    let key = format!("{name}/key_padding_mask");
    let (shape, numbers) = file.numbers(&key)?;
    let &[n, s] = shape else {
        anyhow::bail!("`{key}`: expected 2 axes, found shape {shape:?}");
    };
    let padding: Vec<bool> = numbers.into_iter().map(|x| x != 0.0).collect();
    let padding = TensorData::new(padding, [n, s]);
    let inputs = Inputs {
        stored: part("stored")?,
        state: part("state")?,
        projection: part("projection")?,
        weights: part("loss_weights")?.detach(),
        masks: Masks::none().key_padding(Tensor::<2, Bool>::from_data(padding, &golden.device)),
        beta: file.numbers(&format!("{name}/beta"))?.1[0],
    };
    for (label, separation) in [
        ("sparsemax", Separation::Sparsemax),
        ("entmax15", Separation::Entmax15),
    ] {
        for named in file.matching(&format!("{name}/{label}/output_steps#"))? {
            let steps = named.count(0);
            let layer = inputs.layer(golden, |config| {
                config
                    .with_separation(separation)
                    .with_update_steps_max(Some(steps).into())
                    .with_gradient(Some(Grad::Unrolled))
            })?;
            let (output, association, gradients) = inputs.run(&layer)?;
            let prefix = format!("{name}/{label}");
            let key = format!("{prefix}/association_steps{steps}");
            compare(golden, file, &key, &association)?;
            compare(golden, file, &named.key, &output)?;
            inputs.compare_gradients(golden, file, &prefix, &layer, &gradients)?;
        }
    }
    let layer = inputs.layer(golden, |config| config.with_update_steps_cap(100_000))?;
    let (output, association, gradients) = inputs.run(&layer)?;
    let prefix = format!("{name}/fixed_point");
    compare(golden, file, &format!("{prefix}/output"), &output)?;
    compare(golden, file, &format!("{prefix}/association"), &association)?;
    // A fixed point is what its association makes of the stored patterns.
    let stored = inputs.stored.clone().without_autodiff();
    let state = association.squeeze_dim::<3>(1).matmul(stored);
    compare(golden, file, &format!("{prefix}/state"), &state)?;
    inputs.compare_gradients(golden, file, &prefix, &layer, &gradients)
}

struct Inputs {
    stored: Tensor<3>,
    state: Tensor<3>,
    projection: Tensor<3>,
    weights: Tensor<3>,
    masks: Masks,
    beta: f64,
}

impl Inputs {
    /// Retrieval, in 64 bit and with a temperature on the graph.
    fn layer(
        &self,
        golden: &Golden,
        change: impl Fn(HopfieldConfig) -> HopfieldConfig,
    ) -> Result<Hopfield> {
        let width = |x: &Tensor<3>| x.dims()[2];
        let config = HopfieldConfig::retrieval(width(&self.state), self.beta)
            .with_pattern_projection_size(Some(width(&self.projection)))
            .with_pattern_size(Some(width(&self.projection)))
            .with_update_steps_eps(STILL.into())
            .with_scaling_as_trainable(true);
        let mut layer = change(config).init(&golden.device)?.train();
        let device = golden.device.clone().autodiff();
        let ln_beta = Tensor::<1>::from_data([self.beta.ln()], (&device, DType::F64));
        layer.association_core.ln_beta = Some(Param::from_tensor(ln_beta.require_grad()));
        Ok(layer)
    }

    fn run(&self, layer: &Hopfield) -> Result<(Tensor<3>, Tensor<4>, Gradients)> {
        let parts = [&self.stored, &self.state, &self.projection].map(Tensor::clone);
        let [stored, state, projection] = parts;
        let association = layer.association(stored.clone(), state.clone(), &self.masks)?;
        let output = layer.forward(stored, state, projection, &self.masks)?;
        let gradients = (output.clone() * self.weights.clone()).sum().backward();
        let free = output.without_autodiff();
        Ok((free, association.without_autodiff(), gradients))
    }

    fn compare_gradients(
        &self,
        golden: &mut Golden,
        file: &File,
        prefix: &str,
        layer: &Hopfield,
        gradients: &Gradients,
    ) -> Result<()> {
        for (what, leaf) in [
            ("stored", &self.stored),
            ("state", &self.state),
            ("projection", &self.projection),
        ] {
            let key = format!("{prefix}/gradient/{what}");
            let gradient = leaf.grad(gradients);
            let gradient = gradient.unwrap_or_else(|| leaf.clone().without_autodiff() * 0.0);
            match file.contains(&key) {
                true => compare(golden, file, &key, &gradient)?,
                false => {
                    // The start of a fixed point has none.
                    let ours = to_host_doubles(&gradient)?;
                    let zeros = vec![0.0; ours.len()];
                    golden.compare_values(NAME, &key, &ours, &zeros, 0.0)?;
                }
            }
        }
        let ln_beta = layer.association_core.ln_beta.as_ref().map(|own| own.val());
        let gradient = ln_beta.and_then(|own| own.grad(gradients));
        let gradient = gradient.ok_or_else(|| anyhow::anyhow!("no gradient of the temperature"))?;
        compare(
            golden,
            file,
            &format!("{prefix}/gradient/beta"),
            &(gradient / self.beta),
        )
    }
}

fn compare<const D: usize>(
    golden: &mut Golden,
    file: &File,
    key: &str,
    ours: &Tensor<D>,
) -> Result<()> {
    let (ours, expected) = (to_host_doubles(ours)?, file.numbers(key)?.1);
    golden.compare_values(NAME, key, &ours, &expected, EXACT)
}
