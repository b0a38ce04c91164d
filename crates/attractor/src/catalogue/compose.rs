//! How recipes put parts together.

use std::sync::Arc;

use attractor_core::model::Signs;
use attractor_core::observation::{self, Gaussian};
use attractor_core::{Error, Forget, Inference, MemoryPrior, ObservationModel, Result, Stopping};
use attractor_inference::{FixedPointConfig, GradientConfig, Rule, Scaling};
use attractor_memories::{EncodedMemory, VariationalMemory};
use attractor_priors::GaussianMixtureConfig;

use super::{BpOptions, Built, Context, ObservationKind, VariationalOptions};

/// The recipe `variational`.
pub(super) fn any(options: VariationalOptions, context: &Context) -> Result<Built> {
    let kind = |kind: &str| toml::Table::from_iter([("kind".to_owned(), kind.into())]);
    let prior =
        attractor_priors::build(&options.prior, context.model.latent_dim(), &context.device)?;
    let mut inference = options.inference.unwrap_or_else(|| kind("fixed_point"));
    if let Some(iterations) = options.iterations {
        inference.insert("iterations".into(), iterations.into());
    }
    let observation = observation::build(&options.observation.unwrap_or_else(|| kind("gaussian")))?;
    let kind = match observation.masked {
        true => ObservationKind::Masked,
        false => ObservationKind::Gaussian,
    };
    let inference = attractor_inference::build(&inference)?;
    compose(context, kind, observation.model, prior, inference)
}

/// Gradient inference, by default with the reference's weighting in the per-cue form.
pub(super) fn bp(options: BpOptions, context: &Context) -> Result<Built> {
    let BpOptions {
        sigma,
        gamma,
        rate,
        iterations,
        batch_means,
        observation,
        scale,
        degrees,
        cap,
    } = options;
    // The variance that makes the per-cue energy proportional to the reference's objective.
    let variance = gamma * context.model.data_dim() as f32 / 2.0;
    let variance = if batch_means { 1.0 } else { variance };
    let (kind, observation) = observation.build(Some(variance), scale, degrees, cap)?;
    let config = GradientConfig {
        rule: Rule::adam(rate),
        scaling: if batch_means {
            Scaling::BatchMeans { gamma }
        } else {
            Scaling::PerCue
        },
        stopping: Stopping {
            max_steps: iterations,
            tolerance: 1e-4,
            check_every: 10,
        },
        keep_best: !batch_means,
        hold_known: false,
    };
    let prior =
        GaussianMixtureConfig { sigma }.init(context.model.latent_dim(), &context.device)?;
    compose(
        context,
        kind,
        observation,
        Box::new(prior),
        Box::new(config.init()?),
    )
}

pub(super) fn fixed_point(iterations: usize) -> Result<Box<dyn Inference>> {
    let stopping = Stopping {
        max_steps: iterations,
        tolerance: 1e-6,
        check_every: 1,
    };
    Ok(Box::new(FixedPointConfig { stopping }.init()?))
}

/// A variational memory with the Gaussian observation of variance 1.
pub(super) fn variational(
    context: &Context,
    prior: Box<dyn MemoryPrior>,
    inference: Box<dyn Inference>,
) -> Result<Built> {
    compose(
        context,
        ObservationKind::Gaussian,
        Box::new(Gaussian::new(1.0)?),
        prior,
        inference,
    )
}

pub(super) fn compose(
    context: &Context,
    kind: ObservationKind,
    observation: Box<dyn ObservationModel>,
    prior: Box<dyn MemoryPrior>,
    inference: Box<dyn Inference>,
) -> Result<Built> {
    let memory = VariationalMemory::new(context.model.clone(), observation, prior, inference)?;
    Ok(match kind {
        ObservationKind::Masked => Built::Complete(Box::new(memory)),
        _ => Built::Memory(Box::new(memory)),
    })
}

/// A memory of codes behind the context's model.
pub(super) fn encoded(context: &Context, inner: Box<dyn Forget>) -> Result<Built> {
    Ok(Built::Memory(Box::new(EncodedMemory::new(
        context.model.clone(),
        inner,
    )?)))
}

/// A memory of +1 and -1 behind a threshold.
pub(super) fn of_signs(context: &Context, threshold: f32, inner: Box<dyn Forget>) -> Result<Built> {
    if !context.model.codes_are_data() {
        return Err(Error::Unsupported {
            what: "a memory of +1 and -1",
            capability: "codes that are the data",
            part: format!("the model `{}`", context.model.name()),
        });
    }
    let model = Arc::new(Signs::new(inner.dim(), threshold)?);
    Ok(Built::Memory(Box::new(EncodedMemory::new(model, inner)?)))
}
