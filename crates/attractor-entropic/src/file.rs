//! Memories in files: the configuration in the metadata, counters and ranges as tensors.

use attractor_core::Result;
use attractor_core::weights::Weights;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::input::Scale;
use crate::quantiser::Quantiser;

/// What a file says of a memory beside its arrays.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header<C> {
    pub(crate) config: C,
    /// Objects or pairs.
    pub(crate) registered: u64,
}

/// What a file holds: `header` under the name of the system beside arrays.
pub(crate) fn packed<H: Serialize>(
    system: &str,
    header: &H,
    mut arrays: Weights,
) -> Result<Weights> {
    let header = serde_json::to_string(header).map_err(|error| arrays.fail(error.to_string()))?;
    arrays.set_metadata(system, header);
    Ok(arrays)
}

/// The header of a file that [`packed`] made.
pub(crate) fn header<H: DeserializeOwned>(file: &Weights, system: &str) -> Result<H> {
    let text = file.metadata(system).ok_or_else(|| {
        file.fail(format!(
            "expected the configuration of `{system}`, found none"
        ))
    })?;
    serde_json::from_str(text)
        .map_err(|error| file.fail(format!("the configuration of `{system}`: {error}")))
}

/// Whole numbers of a tensor of `count` entries, none above `most`.
pub(crate) fn whole(file: &Weights, name: &str, count: usize, most: f64) -> Result<Vec<f64>> {
    let (shape, numbers) = file.numbers(name)?;
    if numbers.len() != count {
        return Err(file.fail(format!(
            "`{name}`: expected {count} values, found shape {shape:?}"
        )));
    }
    let fits = |x: &f64| x.fract() == 0.0 && (0.0..=most).contains(x);
    match numbers.iter().find(|x| !fits(x)) {
        None => Ok(numbers),
        Some(bad) => Err(file.fail(format!(
            "`{name}`: expected whole numbers from 0 to {most}, found {bad}"
        ))),
    }
}

impl Scale {
    pub(crate) fn add_to(&self, arrays: &mut Weights, prefix: &str) {
        if let Some(quantiser) = &self.quantiser {
            let columns = [self.domain.columns];
            let mut add = |name: &str, values: &[f64]| {
                arrays.insert_doubles(format!("{prefix}{name}"), &columns, values.to_vec());
            };
            add("minima", quantiser.minima());
            add("maxima", quantiser.maxima());
        }
    }

    /// Puts the ranges of the file into place, if it has any.
    pub(crate) fn restore(&mut self, file: &Weights, prefix: &str) -> Result<()> {
        let names = ["minima", "maxima"].map(|name| format!("{prefix}{name}"));
        if names.iter().all(|name| !file.contains(name)) {
            return Ok(());
        }
        let columns = [self.domain.columns];
        let [minima, maxima] = names.map(|name| file.doubles(&name, &columns));
        let quantiser = Quantiser::new(self.domain.rows, minima?, maxima?);
        self.quantiser = Some(quantiser.map_err(|error| file.fail(error.to_string()))?);
        Ok(())
    }
}
