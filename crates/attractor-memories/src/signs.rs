//! Memories of +1 and -1 behind a threshold, so that they store data like all others.

use std::sync::Arc;

use attractor_core::memory::registry::{BoxedMemory, Context};
use attractor_core::model::Signs;
use attractor_core::{Error, Options, Result};

use crate::EncodedMemory;

/// The option, and its default: entries above it are +1, the others -1.
const THRESHOLD: (&str, f64) = ("threshold", 0.5);

/// The options of an entry with that of the threshold.
pub fn with_threshold(mut options: Options) -> Options {
    options.insert(THRESHOLD.0.into(), THRESHOLD.1.into());
    options
}

/// The options without the threshold, and the threshold.
///
/// # Errors
/// [`Error::Config`] naming the memory, unless it is a number.
pub fn threshold(name: &str, options: &Options) -> Result<(Options, f32)> {
    let mut options = options.clone();
    let threshold = match options.remove(THRESHOLD.0) {
        None => THRESHOLD.1,
        Some(toml::Value::Float(threshold)) => threshold,
        Some(toml::Value::Integer(threshold)) => threshold as f64,
        Some(other) => {
            let found = format!("{name}: threshold = {other}");
            let rule = "must fit the memory";
            return Err(Error::config("memory options", rule, found));
        }
    };
    Ok((options, threshold as f32))
}

/// A memory of +1 and -1 behind the threshold.
///
/// # Errors
/// [`Error::Unsupported`] if the context has a representation whose codes are not the data.
pub fn behind(context: &Context, threshold: f32, inner: BoxedMemory) -> Result<BoxedMemory> {
    if !context.model.codes_are_data() {
        return Err(Error::unsupported(
            "a memory of +1 and -1",
            "codes that are the data",
            context.model.name(),
        ));
    }
    let model = Arc::new(Signs::new(inner.dim(), threshold)?);
    Ok(Box::new(EncodedMemory::new(model, inner)?))
}
