//! MONet's settings in an experiment file.

use attractor::generative::monet::MonetObjective;
use attractor::generative::train::{Decay, Optimiser, RmsPropConfig, Schedule};
use attractor::generative::{AdamConfig, MonetConfig, MonetTrainerConfig};
use serde::Deserialize;

use super::super::settings::ModelSpec;
use crate::Result;

/// The table `model.options`; what is absent is as published.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    slots: usize,
    blocks: usize,
    decoder_channels: usize,
    background_deviation: f64,
    foreground_deviation: f64,
    gamma: f64,
    adam: bool,
    /// Steps over which the rate rises.
    warm_up: u64,
    /// Whether the rate then falls along a cosine to [`LAST`] of itself at the training's end.
    cosine: bool,
    /// Weight of the past in the mean of parameters that is the model.
    averaging: Option<f64>,
}

/// Share of the rate at the end of a cosine.
const LAST: f64 = 0.01;

impl Default for Options {
    fn default() -> Self {
        let (size, objective) = (MonetConfig::paper(), MonetObjective::default());
        Self {
            slots: size.slots,
            blocks: size.blocks,
            decoder_channels: size.decoder_channels,
            background_deviation: objective.background_deviation,
            foreground_deviation: objective.foreground_deviation,
            gamma: objective.gamma,
            adam: false,
            warm_up: 0,
            cosine: false,
            averaging: None,
        }
    }
}

/// Size and training in `steps` steps: `features` are the attention network's channels, `code` is
/// that of one slot.
pub(super) fn configure(
    spec: &ModelSpec,
    seed: u64,
    steps: usize,
) -> Result<(MonetConfig, MonetTrainerConfig)> {
    let options: Options = super::options(spec)?;
    let size = MonetConfig {
        attention_width: spec.features,
        blocks: options.blocks,
        decoder_channels: options.decoder_channels,
        slots: options.slots,
        code: spec.code,
    };
    let learning_rate = spec.learning_rate;
    let optimiser = if options.adam {
        Optimiser::Adam(AdamConfig {
            learning_rate,
            ..AdamConfig::default()
        })
    } else {
        Optimiser::RmsProp(RmsPropConfig {
            learning_rate,
            ..RmsPropConfig::default()
        })
    };
    let training = MonetTrainerConfig {
        objective: MonetObjective {
            background_deviation: options.background_deviation,
            foreground_deviation: options.foreground_deviation,
            beta: spec.beta,
            gamma: options.gamma,
        },
        optimiser,
        schedule: Schedule {
            warm_up: options.warm_up,
            decay: if options.cosine {
                Decay::Cosine {
                    steps: steps as u64,
                    last: LAST,
                }
            } else {
                Decay::Constant
            },
        },
        averaging: options.averaging,
        batch_size: spec.batch,
        seed,
    };
    Ok((size, training))
}
