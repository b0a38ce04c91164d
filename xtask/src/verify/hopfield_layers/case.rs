//! One case: a layer with the weights of the file, in 64 bit with the stopping rule of the published code, and in
//! both precisions through the loops that train.

use anyhow::{Context, Result};
use attractor::core::burn::module::{Module, Param};
use attractor::core::burn::tensor::{Bool, DType, FloatDType, Gradients, Tensor, TensorData};
use attractor::core::check::to_host_doubles;
use attractor::core::weights::Weights;
use attractor::nn::{
    Answer, Grad, HopfieldConfig, Layer as _, Masks, Options, PerHead, Report, Stop, in_precision,
};

use super::settings::{Layer, Settings};
use super::{EXACT, File, Golden, NAME, ROUNDED, ROUNDED_GRADIENT, SINGLE_GRADIENT, SINGLE_OUTPUT};

/// An update that moves a state by less is none.
const STILL: f64 = 1e-30;

pub(super) fn check(golden: &mut Golden, file: &File, name: &str, text: &str) -> Result<()> {
    let settings: Settings =
        serde_json::from_str(text).with_context(|| format!("metadata `{name}`"))?;
    let case = Case {
        file,
        name,
        settings,
    };
    let counts = case.counts()?;
    let reference = case.published(golden)?;
    for dtype in [DType::F64, DType::F32] {
        case.streamed(golden, dtype, &counts, &reference)?;
    }
    Ok(())
}

/// Output and gradients in 64 bit by tensor operations, which have been compared with the file.
struct Reference {
    output: Vec<f64>,
    gradients: Vec<(String, Vec<f64>)>,
}

pub(super) struct Case<'a> {
    pub(super) file: &'a File,
    name: &'a str,
    settings: Settings,
}

/// What a run of a layer gave, and the leaves that get gradients.
pub(super) struct Run {
    pub(super) layer: Layer,
    pub(super) leaves: Vec<(&'static str, Tensor<3>)>,
    output: Vec<f64>,
    report: Report,
    pub(super) gradients: Gradients,
}

impl Case<'_> {
    pub(super) fn key(&self, what: &str) -> String {
        format!("{}/{what}", self.name)
    }

    /// The key of a result, which may have an uncorrected sister.
    fn result(&self, what: &str) -> String {
        let plain = self.key(what);
        match self.file.contains(&plain) {
            true => plain,
            false => format!("{plain}_corrected"),
        }
    }

    fn numbers(&self, what: &str) -> Result<Vec<f64>> {
        Ok(self.file.numbers(&self.result(what))?.1)
    }

    fn counts(&self) -> Result<Vec<usize>> {
        Ok(self
            .numbers("update_steps")?
            .into_iter()
            .map(|count| count as usize)
            .collect())
    }

    /// An input as a leaf of the graph.
    fn input(&self, golden: &Golden, what: &str, dtype: DType) -> Result<Option<Tensor<3>>> {
        let key = self.key(&format!("inputs/{what}"));
        if !self.file.contains(&key) {
            return Ok(None);
        }
        let shape = self.file.dims::<3>(&key)?;
        let data = TensorData::new(self.file.numbers(&key)?.1, shape);
        let device = golden.device.clone().autodiff();
        Ok(Some(
            Tensor::from_data(data, (&device, dtype)).require_grad(),
        ))
    }

    pub(super) fn masks(&self, golden: &Golden) -> Result<Masks> {
        let mut masks = Masks::none();
        let booleans =
            |numbers: Vec<f64>| numbers.into_iter().map(|x| x != 0.0).collect::<Vec<_>>();
        let key = self.key("key_padding_mask");
        if self.file.contains(&key) {
            let (shape, numbers) = self.file.numbers(&key)?;
            let &[n, s] = shape else {
                anyhow::bail!("`{key}`: expected 2 axes, found shape {shape:?}");
            };
            let data = TensorData::new(booleans(numbers), [n, s]);
            masks = masks.key_padding(Tensor::<2, Bool>::from_data(data, &golden.device));
        }
        let key = self.key("association_mask");
        if self.file.contains(&key) {
            let (shape, numbers) = self.file.numbers(&key)?;
            let shape = match *shape {
                [l, s] => [1, l, s],
                [n, l, s] => [n, l, s],
                _ => anyhow::bail!("`{key}`: expected 2 or 3 axes, found shape {shape:?}"),
            };
            // What is added is stored as single precision, what is ignored as whole numbers.
            masks = match self.file.is_float(&key) {
                true => masks.bias_per_head(Tensor::from_data(
                    TensorData::new(numbers, shape),
                    (&golden.device, DType::F64),
                )),
                false => masks.association_per_head(Tensor::<3, Bool>::from_data(
                    TensorData::new(booleans(numbers), shape),
                    &golden.device,
                )),
            };
        }
        Ok(masks)
    }

    /// The layer with the weights of the file on the graph.
    fn layer(
        &self,
        golden: &Golden,
        dtype: DType,
        widths: [usize; 3],
        change: impl Fn(HopfieldConfig) -> Result<HopfieldConfig>,
    ) -> Result<Layer> {
        let betas = self.file.numbers(&self.key("beta"))?.1;
        let config = change(self.settings.hopfield(widths, betas.clone())?)?;
        let layer = self
            .settings
            .layer(config.with_scaling_as_trainable(true), &golden.device)?;
        let weights = self.weights()?;
        let device = &golden.device;
        let precision = FloatDType::from(dtype);
        let mut layer = match layer {
            Layer::Hopfield(layer) => {
                let layer = layer.load_state_dict(&weights, device)?;
                Layer::Hopfield(in_precision(layer.train(), precision)?)
            }
            Layer::Pooling(layer) => {
                let layer = layer.load_state_dict(&weights, device)?;
                Layer::Pooling(in_precision(layer.train(), precision)?)
            }
            Layer::Lookup(layer) => {
                let layer = layer.load_state_dict(&weights, device)?;
                Layer::Lookup(in_precision(layer.train(), precision)?)
            }
        };
        // In the precision of the run; a parameter starts in single precision.
        let logarithms: Vec<f64> = betas.iter().map(|beta| beta.ln()).collect();
        let data = TensorData::new(logarithms, [betas.len()]);
        let device = golden.device.clone().autodiff();
        let ln_beta = Tensor::<1>::from_data(data, (&device, dtype)).require_grad();
        layer.hopfield_mut().association_core.ln_beta = Some(Param::from_tensor(ln_beta));
        Ok(layer)
    }

    fn weights(&self) -> Result<Weights> {
        let prefix = self.key("weights/");
        let names = self.file.all_names();
        let pairs: Vec<(String, String)> = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), name.strip_prefix(&prefix)?.to_owned())))
            .collect();
        Ok(self.file.weights_below(&prefix).renamed(&pairs)?)
    }

    fn run(
        &self,
        golden: &Golden,
        dtype: DType,
        record: bool,
        change: impl Fn(HopfieldConfig) -> Result<HopfieldConfig>,
    ) -> Result<Run> {
        let mut leaves = Vec::new();
        for what in ["input", "stored", "state", "projection"] {
            leaves.extend(self.input(golden, what, dtype)?.map(|leaf| (what, leaf)));
        }
        let find = |what: &str| {
            let own = leaves.iter().find(|(name, _)| *name == what);
            own.or_else(|| leaves.first()).map(|(_, leaf)| leaf.clone())
        };
        let part = |what: &str| find(what).with_context(|| format!("{}: no inputs", self.name));
        let (stored, state, projection) = (part("stored")?, part("state")?, part("projection")?);
        let widths = [&state, &stored, &projection].map(|x| x.dims()[2]);
        let layer = self.layer(golden, dtype, widths, change)?;
        let options = Options {
            masks: self.masks(golden)?,
            record,
            ..Options::default()
        };
        let (output, report): (Tensor<3>, Report) = match &layer {
            Layer::Hopfield(layer) => {
                let Answer { output, report, .. } =
                    layer.forward_with(stored, state, projection, &options)?;
                (output, report)
            }
            Layer::Lookup(layer) => {
                let Answer { output, report, .. } = layer.forward_with(state, &options)?;
                (output, report)
            }
            Layer::Pooling(layer) => {
                let Answer { output, report, .. } =
                    layer.forward_with(stored, projection, &options)?;
                (output.unsqueeze_dim(1), report)
            }
        };
        let weights = self.loss_weights(&output, dtype)?;
        let gradients = (output.clone() * weights).sum().backward();
        Ok(Run {
            output: to_host_doubles(&self.as_returned(output.without_autodiff()))?,
            layer,
            leaves,
            report,
            gradients,
        })
    }

    /// Whether their output has the batch second.
    fn is_swapped(&self) -> bool {
        !self.settings.batch_first && self.settings.module != "pooling"
    }

    fn as_returned(&self, output: Tensor<3>) -> Tensor<3> {
        match self.is_swapped() {
            true => output.swap_dims(0, 1),
            false => output,
        }
    }

    /// What the loss multiplies our output by.
    fn loss_weights(&self, output: &Tensor<3>, dtype: DType) -> Result<Tensor<3>> {
        let (_, numbers) = self.file.numbers(&self.key("loss_weights"))?;
        let [n, l, width] = output.dims();
        let place = (&output.device().without_autodiff(), dtype);
        let tensor =
            |shape: [usize; 3]| Tensor::<3>::from_data(TensorData::new(numbers, shape), place);
        Ok(match (self.settings.batch_first, self.is_swapped()) {
            (true, _) => tensor([n, l, width]),
            (false, true) => tensor([l, n, width]).swap_dims(0, 1),
            (false, false) => {
                // Flattened along the wrong axis there: states, then sets.
                let states = self.report_states()?;
                let own = tensor([states, n, width / states]).swap_dims(0, 1);
                own.reshape([n, l, width])
            }
        })
    }

    fn report_states(&self) -> Result<usize> {
        let shape = self.file.shape(&self.result("association"))?;
        Ok(shape[2])
    }

    /// Whether the file has its normalisations less precisely than its numbers are: scales that are neither 1 nor 0
    /// were 1 plus a number of single precision, in 64 bit, and are stored in single precision.
    fn is_rounded(&self) -> Result<bool> {
        let prefix = self.key("weights/");
        let names = self.file.all_names();
        let own = names
            .iter()
            .filter(|name| name.starts_with(&prefix) && name.contains("norm"));
        for name in own {
            let numbers = self.file.numbers(name)?.1;
            if numbers.iter().any(|&x| x != 0.0 && x != 1.0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// In 64 bit, stopping as the published code does.
    fn published(&self, golden: &mut Golden) -> Result<Reference> {
        let run = self.run(golden, DType::F64, true, |config| {
            let config = self.settings.published_stop(config)?;
            let config = config.with_gradient(Some(Grad::Unrolled));
            Ok(config.with_update_steps_cap(100_000))
        })?;
        let rounded = self.is_rounded()?;
        let tolerance = if rounded { ROUNDED } else { EXACT };
        let [sets, heads, states] = run.report.shape;
        let per_head = |head: usize| {
            let first = move |set: usize| (set * heads + head) * states;
            let rows = (0..sets).flat_map(move |set| first(set)..first(set) + states);
            rows.map(|row| run.report.steps[row] as f64)
                .fold(0.0, f64::max)
        };
        let steps: Vec<f64> = (0..heads).map(per_head).collect();
        let (association, projected) = self.weights_and_values(golden, &run)?;
        let (changes, energies) = (run.report.changes.concat(), run.report.energies.concat());
        for (what, ours, tolerance) in [
            ("output", &run.output, tolerance),
            ("update_steps", &steps, 0.0),
            ("changes", &changes, tolerance),
            ("own_energy", &energies, tolerance),
            ("association", &association, tolerance),
            ("projected", &projected, tolerance),
        ] {
            let key = self.result(what);
            // Not every case has all of them.
            if matches!(what, "changes" | "projected") && !self.file.contains(&key) {
                continue;
            }
            let expected = self.file.numbers(&key)?.1;
            golden.compare_values(NAME, &key, ours, &expected, tolerance)?;
        }
        let gradients = self.gradients(&run)?;
        let largest = largest(gradients.iter().map(|(.., expected)| expected));
        for (key, ours, expected) in &gradients {
            let by = apart(ours, expected) / largest;
            match rounded {
                false => golden.compare_values(NAME, key, ours, expected, EXACT)?,
                true => {
                    golden.compare_values(NAME, key, &[by], &[0.0], ROUNDED_GRADIENT)?;
                }
            }
        }
        let own = gradients.into_iter();
        Ok(Reference {
            output: run.output,
            gradients: own.map(|(key, ours, _)| (key, ours)).collect(),
        })
    }

    /// Through the loops of host memory: every state for itself, as many updates as the file says.
    fn streamed(
        &self,
        golden: &mut Golden,
        dtype: DType,
        counts: &[usize],
        reference: &Reference,
    ) -> Result<()> {
        let run = self.run(golden, dtype, false, |config| {
            let counts = counts.iter().map(|&count| Some(count)).collect();
            Ok(config
                .with_update_steps_max(PerHead::Each(counts))
                .with_update_steps_eps(PerHead::All(STILL))
                .with_update_steps_cap(100_000)
                .with_stop(Stop::PerRow))
        })?;
        let (name, output, gradient) = match dtype {
            DType::F64 => ("f64", EXACT, EXACT),
            _ => ("f32", SINGLE_OUTPUT, SINGLE_GRADIENT),
        };
        let expected = &reference.output;
        let by = apart(&run.output, expected) / length(expected);
        let check = format!("{}, loops in {name}", self.key("output"));
        golden.compare_values(NAME, &check, &[by], &[0.0], output)?;
        let largest = largest(reference.gradients.iter().map(|(_, own)| own));
        let ours = self.gradients(&run)?;
        let pairs = ours.iter().zip(&reference.gradients);
        let by = pairs.map(|((_, ours, _), (_, expected))| apart(ours, expected) / largest);
        let by = by.fold(0.0, f64::max);
        let check = format!("{}, loops in {name}", self.key("gradient"));
        golden.compare_values(NAME, &check, &[by], &[0.0], gradient)
    }
}

fn length(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    let differences = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    differences.sum::<f64>().sqrt()
}

/// The largest length of several vectors.
fn largest<'a>(all: impl Iterator<Item = &'a Vec<f64>>) -> f64 {
    all.map(|own| length(own)).fold(f64::MIN_POSITIVE, f64::max)
}
