//! Associations, values and gradients of a run, in the order of the file.

use anyhow::{Context, Result};
use attractor::core::burn::module::Param;
use attractor::core::check::to_host_doubles;
use attractor::core::weights::modules;

use super::Golden;
use super::case::{Case, Run};
use super::settings::Layer;

/// A name, our numbers and the file's.
pub(super) type Compared = (String, Vec<f64>, Vec<f64>);

impl Case<'_> {
    pub(super) fn weights_and_values(
        &self,
        golden: &Golden,
        run: &Run,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let find = |what: &str| {
            let own = run.leaves.iter().find(|(name, _)| *name == what);
            own.or_else(|| run.leaves.first())
                .map(|(_, leaf)| leaf.clone().without_autodiff())
        };
        let part = |what: &str| find(what).context("inputs");
        let masks = self.masks(golden)?;
        let (association, values) = match &run.layer {
            Layer::Hopfield(layer) => (
                layer.association(part("stored")?, part("state")?, &masks)?,
                layer.projected(part("projection")?)?,
            ),
            Layer::Pooling(layer) => (
                layer.association(part("stored")?, &masks)?,
                layer.projected(part("projection")?)?,
            ),
            Layer::Lookup(layer) => (
                layer.association(part("state")?, &masks)?,
                layer.projected()?,
            ),
        };
        let ([n, ..], [_, heads, s, p]) = (association.dims(), values.dims());
        let values = values.expand([n, heads, s, p]);
        Ok((
            to_host_doubles(&association.without_autodiff())?,
            to_host_doubles(&values.without_autodiff())?,
        ))
    }

    /// Every gradient of the file beside ours, by its key.
    pub(super) fn gradients(&self, run: &Run) -> Result<Vec<Compared>> {
        let own = match &run.layer {
            Layer::Hopfield(layer) => modules::export_gradients(layer, &run.gradients)?,
            Layer::Pooling(layer) => modules::export_gradients(layer, &run.gradients)?,
            Layer::Lookup(layer) => modules::export_gradients(layer, &run.gradients)?,
        };
        let prefix = self.key("gradient/");
        let corrected = self.key("gradient_corrected/");
        let mut found = Vec::new();
        for key in self.file.all_names() {
            let name = key
                .strip_prefix(&prefix)
                .or_else(|| key.strip_prefix(&corrected));
            let Some(name) = name else { continue };
            let expected = self.file.numbers(&key)?.1;
            let leaf = run.leaves.iter().find(|(leaf, _)| *leaf == name);
            let ours = if let Some((_, leaf)) = leaf {
                let gradient = leaf.grad(&run.gradients);
                gradient
                    .map(|gradient| to_host_doubles(&gradient))
                    .transpose()?
            } else if name == "beta" {
                let core = &run.layer.hopfield().association_core;
                let ln_beta = core.ln_beta.as_ref().map(Param::val);
                let ln_beta = ln_beta.context("temperatures are trained")?;
                let gradient = ln_beta.grad(&run.gradients);
                let gradient = gradient.context("a gradient of the temperatures")?;
                let beta = to_host_doubles(&ln_beta.without_autodiff().exp())?;
                let gradient = to_host_doubles(&gradient)?;
                Some(
                    gradient
                        .iter()
                        .zip(&beta)
                        .map(|(g, beta)| g / beta)
                        .collect(),
                )
            } else if own.contains(name) {
                Some(own.numbers(name)?.1)
            } else {
                None
            };
            // Nobody reads it: 0.
            let ours = ours.unwrap_or_else(|| vec![0.0; expected.len()]);
            found.push((key.clone(), ours, expected));
        }
        Ok(found)
    }
}
