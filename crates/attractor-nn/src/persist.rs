//! The memory of a layer to and from files: the layer as in a checkpoint, and what is stored.

use attractor_core::file::{Loaders, Loading};
use attractor_core::kernel::PatternIds;
use attractor_core::weights::{Weights, modules};
use attractor_core::{AssociativeMemory, Persist, Restore, Result};
use burn::tensor::{DType, FloatDType, Tensor};

use crate::checkpoint::Layer;
use crate::config::HopfieldConfig;
use crate::in_precision;
use crate::layer::Hopfield;
use crate::memory::{Decode, LayerMemory, Rows};

/// The section of the layer's parameters, and the key of its configuration.
const LAYER: &str = "layer";
const CONFIG: &str = "config";
const DECODE: &str = "decode";
const LEN: &str = "len";
/// As written, and in the spaces of the heads.
const ROWS: [&str; 4] = ["patterns", "projections", "keys", "values"];

impl Decode {
    fn name(self) -> &'static str {
        match self {
            Self::Patterns => "patterns",
            Self::Output => "output",
        }
    }
}

impl Persist for LayerMemory {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        let config = serde_json::to_string(self.layer.layer_config());
        let config = config.map_err(|error| file.fail(error.to_string()))?;
        file.set_metadata(CONFIG, config);
        file.set_metadata(DECODE, self.decode.name());
        file.insert_section(LAYER, self.layer.state_dict()?);
        file.insert_wholes(LEN, &[1], vec![self.len() as u64]);
        if let Some(rows) = self.rows.clone() {
            let all = [rows.stored, rows.projection, rows.keys, rows.values];
            for (name, rows) in ROWS.into_iter().zip(all) {
                file.insert_tensor(name, rows)?;
            }
            self.ids.write_to(&mut file, ROWS[0])?;
        }
        Ok(file)
    }
}

impl Restore for LayerMemory {
    const KIND: &'static str = "hopfield_layer";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let text = file.metadata(CONFIG).unwrap_or_default();
        let config: HopfieldConfig = serde_json::from_str(text).map_err(|error| {
            file.fail(format!("the configuration of `{}`: {error}", Self::KIND))
        })?;
        require_room(file, &config)?;
        let device = loading.device();
        let made = Hopfield::from_config(&config, device);
        let mut layer = made.map_err(|error| file.refuse(error))?;
        let parameters = file.section(LAYER)?;
        let double = parameters
            .names()
            .next()
            .map(|name| parameters.precision(name));
        if double.transpose()? == Some(DType::F64) {
            let cast = in_precision(layer, FloatDType::F64);
            layer = cast.map_err(|error| file.refuse(error))?;
        }
        let layer = layer.load_state_dict(&parameters, device)?;
        let decode = match file.metadata(DECODE) {
            Some("patterns") => Decode::Patterns,
            Some("output") => Decode::Output,
            found => {
                let found = found.unwrap_or("none");
                let reason =
                    format!("expected `{DECODE}` to be `patterns` or `output`, found `{found}`");
                return Err(file.fail(reason));
            }
        };
        let mut memory = layer.into_memory().with_decode(decode);
        let len = file.wholes(LEN, &[1])?[0] as usize;
        if len > 0 {
            let sizes = memory.layer.sizes().clone();
            let rows = |at: usize| -> Result<Tensor<2>> {
                let name = ROWS[at];
                let [_, width] = modules::shape::<2>(file, name)?;
                let place = (device, file.precision(name)?);
                file.tensor_in(name, [len, width], place)
            };
            for (name, expected) in [(ROWS[0], sizes.stored), (ROWS[1], sizes.projection)] {
                let shape = modules::shape::<2>(file, name)?;
                if shape != [len, expected] {
                    return Err(file.fail(format!(
                        "`{name}`: expected shape [{len}, {expected}], found {shape:?}"
                    )));
                }
            }
            memory.ids = PatternIds::read_from(file, ROWS[0], len)?;
            memory.rows = Some(Rows {
                stored: rows(0)?,
                projection: rows(1)?,
                keys: rows(2)?,
                values: rows(3)?,
            });
        }
        Ok(memory)
    }
}

/// Refuses a layer with more parameters than the file has.
fn require_room(file: &Weights, config: &HopfieldConfig) -> Result<()> {
    let sizes = config.sizes().map_err(|error| file.refuse(error))?;
    let (heads, hidden, pattern) = (sizes.heads, sizes.hidden, sizes.pattern);
    for (kept, sides) in [
        (config.state_pattern_as_static, [heads, hidden, sizes.state]),
        (
            config.stored_pattern_as_static,
            [heads, hidden, sizes.stored],
        ),
        (
            config.pattern_projection_as_static,
            [
                heads,
                pattern,
                sizes.projection.min(heads.saturating_mul(hidden)),
            ],
        ),
        (
            config.disable_out_projection,
            [heads, pattern, sizes.output],
        ),
    ] {
        if !kept {
            file.require_room("parameters", &sides)?;
        }
    }
    Ok(())
}

/// Adds what makes a layer's memory again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders.add_memory::<LayerMemory>();
}
