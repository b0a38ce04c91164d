//! Weights in and out: in PyTorch's names and layout, and with the configuration as a checkpoint.

use std::path::Path;

use attractor_core::weights::{Weights, modules};
use attractor_core::{Error, Result};
use burn::config::Config;
use burn::module::Module;
use burn::tensor::Device;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::config::{HopfieldConfig, LookupConfig, PoolingConfig};
use crate::layer::{Hopfield, Lookup, Pooling};

/// Key of a checkpoint's description in the metadata.
const KEY: &str = "attractor_nn";
/// What this version writes.
const VERSION: u64 = 1;
/// Parameters that PyTorch's files lack.
const OWN: &str = "association_core.ln_beta";
/// Input projections below each other, and one by one.
const PACKED: &str = "association_core.in_proj_weight";
const SPLIT: [&str; 3] = [
    "association_core.q_proj_weight",
    "association_core.k_proj_weight",
    "association_core.v_proj_weight",
];

/// A layer with a configuration, whose parameters have names.
pub trait Layer: Module + Sized {
    /// What it is made of.
    type Config: Config + DeserializeOwned;

    /// What a checkpoint calls it.
    const NAME: &'static str;

    /// What it was made of.
    fn layer_config(&self) -> &Self::Config;

    /// The layer with initial parameters.
    ///
    /// # Errors
    /// A configuration that breaks a rule.
    fn from_config(config: &Self::Config, device: &Device) -> Result<Self>;

    /// All parameters in PyTorch's names and layout. Trained temperatures are `association_core.ln_beta`, which the
    /// published layers do not know.
    ///
    /// # Errors
    /// [`Error::Device`] if a parameter cannot be read back.
    fn state_dict(&self) -> Result<Weights> {
        modules::export(self)
    }

    /// The layer with parameters from `weights`, which hold the input projections packed or one by one. Trained
    /// temperatures stay as they are where `weights` have none.
    ///
    /// # Errors
    /// [`Error::Weights`] naming what is missing, what nobody asks for, and the first tensor of another shape with
    /// the rule for its shape.
    fn load_state_dict(self, weights: &Weights, device: &Device) -> Result<Self> {
        let own = self.state_dict()?;
        let mut given = repacked(weights, &own)?;
        for name in own.names().filter(|name| name.ends_with(OWN)) {
            if !given.contains(name) {
                let (shape, values) = own.numbers(name)?;
                given.insert_doubles(name, shape, values);
            }
        }
        given.require(own.names())?;
        for name in given.all_names() {
            if !own.contains(name) {
                let known: Vec<&str> = own.names().collect();
                let known = known.join(", ");
                return Err(given.fail(format!(
                    "found a tensor `{name}` that the layer does not have; it has {known}"
                )));
            }
            let (expected, found) = (own.shape(name)?, given.shape(name)?);
            if expected != found {
                let rule = rule(name);
                return Err(given.fail(format!(
                    "`{name}`: expected shape {expected:?} ({rule}), found {found:?}"
                )));
            }
        }
        modules::import(self, &given, device)
    }

    /// Writes a checkpoint: the parameters with the configuration beside them.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be written.
    fn save(&self, path: &Path) -> Result<()> {
        let mut file = self.state_dict()?;
        file.path = path.into();
        let config = serde_json::to_value(self.layer_config());
        let config = config.map_err(|error| file.fail(error.to_string()))?;
        let description = json!({ "version": VERSION, "layer": Self::NAME, "config": config });
        file.set_metadata(KEY, description.to_string());
        file.write(path)
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file is no checkpoint of this layer, if its configuration has a key that this
    /// version does not know or breaks a rule, or if a parameter is missing or of another shape.
    fn load(path: &Path, device: &Device) -> Result<Self> {
        let file = Weights::read(path)?;
        let text = file.metadata(KEY).ok_or_else(|| {
            file.fail(format!(
                "expected a checkpoint with `{KEY}` in its metadata"
            ))
        })?;
        let misfit = |reason: String| file.fail(format!("metadata `{KEY}`: {reason}"));
        let value: Value = serde_json::from_str(text).map_err(|error| misfit(error.to_string()))?;
        if value["version"] != json!(VERSION) {
            let found = &value["version"];
            return Err(misfit(format!("expected version {VERSION}, found {found}")));
        }
        if value["layer"] != json!(Self::NAME) {
            let found = &value["layer"];
            return Err(misfit(format!(
                "expected the layer \"{}\", found {found}",
                Self::NAME
            )));
        }
        let config: Self::Config = serde_json::from_value(value["config"].clone())
            .map_err(|error| misfit(error.to_string()))?;
        let again = serde_json::to_value(&config).map_err(|error| misfit(error.to_string()))?;
        if let Some(key) = unknown_key(&value["config"], &again) {
            return Err(misfit(format!("unknown key `{key}` in the configuration")));
        }
        let layer = Self::from_config(&config, device);
        let layer = layer.map_err(|error| misfit(error.to_string()))?;
        layer.load_state_dict(&file, device)
    }
}

macro_rules! layer {
    ($layer:ty, $config:ty, $name:literal) => {
        impl Layer for $layer {
            type Config = $config;
            const NAME: &'static str = $name;

            fn layer_config(&self) -> &$config {
                self.config()
            }

            fn from_config(config: &$config, device: &Device) -> Result<Self> {
                config.init(device)
            }
        }
    };
}

layer!(Hopfield, HopfieldConfig, "hopfield");
layer!(Pooling, PoolingConfig, "pooling");
layer!(Lookup, LookupConfig, "lookup");

/// A key of the first object that the second lacks.
fn unknown_key(given: &Value, known: &Value) -> Option<String> {
    let given = given.as_object()?;
    given.iter().find_map(|(key, value)| match known.get(key) {
        None => Some(key.clone()),
        Some(known) => unknown_key(value, known),
    })
}

/// `weights` with input projections as `own` has them, and trained patterns with the batch first.
fn repacked(weights: &Weights, own: &Weights) -> Result<Weights> {
    let mut given = Weights::new();
    given.path.clone_from(&weights.path);
    let all = own.names().chain(weights.names());
    let prefix = all
        .filter_map(|name| Some(&name[..name.find("association_core")?]))
        .next();
    let prefix = prefix.unwrap_or_default();
    let packed = format!("{prefix}{PACKED}");
    let split = SPLIT.map(|name| format!("{prefix}{name}"));
    for name in weights.all_names() {
        let (shape, values) = weights.numbers(name)?;
        let repack = own.contains(&packed) && split.iter().any(|split| split == name);
        let unpack = !own.contains(&packed) && name == packed;
        if repack || unpack {
            continue;
        }
        // Stored with the batch second.
        let swapped = match (own.shape(name), shape) {
            (Ok([1, rows, width]), [a, 1, b]) if a == rows && b == width && *rows > 1 => {
                vec![1, *a, *b]
            }
            _ => shape.to_vec(),
        };
        given.insert_doubles(name, &swapped, values);
    }
    if own.contains(&packed) && !weights.contains(&packed) {
        let parts: Vec<&String> = split.iter().filter(|name| weights.contains(name)).collect();
        let mut rows = 0;
        let mut all = Vec::new();
        let mut width = own.shape(&packed)?[1];
        for name in parts {
            let (shape, values) = weights.numbers(name)?;
            let [own, columns] = shape[..] else {
                return Err(misshapen(weights, name, shape));
            };
            if columns != width && !all.is_empty() {
                return Err(misshapen(weights, name, shape));
            }
            (rows, width) = (rows + own, columns);
            all.extend(values);
        }
        if rows > 0 {
            given.insert_doubles(&packed, &[rows, width], all);
        }
    }
    if !own.contains(&packed) && weights.contains(&packed) {
        let (shape, values) = weights.numbers(&packed)?;
        let mut rest = values.as_slice();
        let width = shape.last().copied().unwrap_or(0);
        let wanted: Vec<&String> = split.iter().filter(|name| own.contains(name)).collect();
        let rows: usize = wanted
            .iter()
            .map(|name| own.shape(name).map_or(0, |s| s[0]))
            .sum();
        if shape.len() != 2 || shape[0] != rows {
            return Err(misshapen(weights, &packed, shape));
        }
        for name in wanted {
            let rows = own.shape(name)?[0];
            let (part, others) = rest.split_at(rows * width);
            given.insert_doubles(name, &[rows, width], part.to_vec());
            rest = others;
        }
    }
    Ok(given)
}

fn misshapen(weights: &Weights, name: &str, found: &[usize]) -> Error {
    weights.fail(format!(
        "`{name}`: expected {}, found shape {found:?}",
        rule(name)
    ))
}

/// What a parameter's shape follows from.
fn rule(name: &str) -> &'static str {
    let ends = |suffix: &str| name.ends_with(suffix);
    match () {
        () if ends("in_proj_weight") => {
            "rows of states and stored patterns, num_heads * hidden_size each, and of values, num_heads * \
             pattern_size, without those of static inputs; columns input_size"
        }
        () if ends("q_proj_weight") => "[num_heads * hidden_size, input_size]",
        () if ends("k_proj_weight") => "[num_heads * hidden_size, stored_pattern_size]",
        () if ends("v_proj_weight") => {
            "[num_heads * pattern_size, pattern_projection_size], of connected values [num_heads * pattern_size, \
             num_heads * hidden_size]"
        }
        () if ends("in_proj_bias") => {
            "num_heads * hidden_size for states and for stored patterns unless static, then num_heads * \
             pattern_size"
        }
        () if ends("out_proj.weight") => "[output_size, num_heads * pattern_size]",
        () if ends("out_proj.bias") => "[output_size]",
        () if ends("bias_k") => "[1, 1, num_heads * hidden_size]",
        () if ends("bias_v") => "[1, 1, num_heads * pattern_size]",
        () if ends("p_norm_weight") || ends("p_norm_bias") => "[hidden_size]",
        () if ends("ln_beta") => "[num_heads]",
        () if name.contains("norm_state_pattern") => "[input_size]",
        () if name.contains("norm_stored_pattern") => "[stored_pattern_size]",
        () if name.contains("norm_pattern_projection") => "[pattern_projection_size]",
        () if ends("pooling_weights") => "[1, quantity, input_size]",
        () if ends("lookup_weights") => "[1, quantity, stored_pattern_size]",
        _ => "[1, quantity, pattern_projection_size]",
    }
}
