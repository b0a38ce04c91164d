//! The authors' constructor arguments as a configuration of ours.

use anyhow::{Context, Result};
use attractor::core::burn::tensor::Device;
use attractor::nn::{
    Hopfield, HopfieldConfig, Lookup, LookupConfig, PerHead, Pooling, PoolingConfig, Stop,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The metadata of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) module: String,
    config: Map<String, Value>,
    /// As the authors were given it; the file has one per head as a tensor.
    #[serde(rename = "beta")]
    _beta: Value,
    update_steps_max: Value,
    update_steps_eps: Value,
    pub(super) batch_first: bool,
}

/// One of the three layers.
#[derive(Debug, Clone)]
pub(super) enum Layer {
    Hopfield(Hopfield),
    Pooling(Pooling),
    Lookup(Lookup),
}

impl Layer {
    pub(super) fn hopfield_mut(&mut self) -> &mut Hopfield {
        match self {
            Self::Hopfield(layer) => layer,
            Self::Pooling(layer) => &mut layer.hopfield,
            Self::Lookup(layer) => &mut layer.hopfield,
        }
    }

    pub(super) fn hopfield(&self) -> &Hopfield {
        match self {
            Self::Hopfield(layer) => layer,
            Self::Pooling(layer) => &layer.hopfield,
            Self::Lookup(layer) => &layer.hopfield,
        }
    }
}

/// What a number of updates is: none given, or a negative one, is without limit.
fn limit(value: &Value) -> Option<usize> {
    value.as_u64().map(|max| max as usize)
}

impl Settings {
    /// How the published code stops.
    pub(super) fn published_stop(&self, config: HopfieldConfig) -> Result<HopfieldConfig> {
        let max = match &self.update_steps_max {
            Value::Array(each) => PerHead::Each(each.iter().map(limit).collect()),
            one => PerHead::All(limit(one)),
        };
        let eps = serde_json::from_value(self.update_steps_eps.clone())?;
        Ok(config
            .with_update_steps_max(max)
            .with_update_steps_eps(eps)
            .with_stop(Stop::PerHead))
    }

    /// The association for inputs of these widths: of states, stored patterns and values.
    pub(super) fn hopfield(&self, widths: [usize; 3], betas: Vec<f64>) -> Result<HopfieldConfig> {
        let [state, stored, projection] = widths;
        let mut config = HopfieldConfig::new(state).with_scaling(Some(PerHead::Each(betas)));
        if !self.config.contains_key("input_size") {
            // Nothing is projected, and nothing says how wide it is.
            config = config
                .with_stored_pattern_size(Some(stored))
                .with_pattern_projection_size(Some(projection))
                .with_hidden_size(Some(state))
                .with_pattern_size(Some(projection));
        }
        let mut value = serde_json::to_value(&config)?;
        let own = value
            .as_object_mut()
            .context("a configuration is an object")?;
        for (key, given) in &self.config {
            match own.get_mut(key) {
                Some(place) => *place = given.clone(),
                None => anyhow::ensure!(
                    OUTSIDE.contains(&key.as_str()),
                    "no argument `{key}` of a layer is known"
                ),
            }
        }
        Ok(serde_json::from_value(value)?)
    }

    fn count(&self) -> usize {
        let quantity = self.config.get("quantity").and_then(Value::as_u64);
        quantity.map_or(1, |quantity| quantity as usize)
    }

    fn flag(&self, key: &str, default: bool) -> bool {
        self.config
            .get(key)
            .and_then(Value::as_bool)
            .unwrap_or(default)
    }

    pub(super) fn layer(&self, hopfield: HopfieldConfig, device: &Device) -> Result<Layer> {
        Ok(match self.module.as_str() {
            "hopfield" => Layer::Hopfield(hopfield.init(device)?),
            "pooling" => {
                let config = PoolingConfig::new(hopfield)
                    .with_quantity(self.count())
                    .with_trainable(self.flag("trainable", true));
                Layer::Pooling(config.init(device)?)
            }
            "lookup" => {
                let config = LookupConfig::new(hopfield, self.count())
                    .with_trainable(self.flag("trainable", true))
                    .with_lookup_weights_as_separated(
                        self.flag("lookup_weights_as_separated", false),
                    )
                    .with_lookup_targets_as_trainable(
                        self.flag("lookup_targets_as_trainable", true),
                    );
                Layer::Lookup(config.init(device)?)
            }
            other => anyhow::bail!("no layer `{other}` is known"),
        })
    }
}

/// Arguments that are not those of the association.
const OUTSIDE: [&str; 5] = [
    "batch_first",
    "quantity",
    "trainable",
    "lookup_weights_as_separated",
    "lookup_targets_as_trainable",
];
