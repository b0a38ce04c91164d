//! The firing-rate memory by name.

use std::sync::Arc;

use attractor_core::file::Loaders;
use attractor_core::memory::registry::{
    BuildMemory, Context, MemoryEntry, configure, defaults, iterations,
};
use attractor_core::{Error, Options, Result};
use attractor_memories::EncodedMemory;

use crate::bits::Bits;
use crate::{FiringRate, FiringRateConfig};

const NAME: &str = "firing-rate";

/// Entries above it are active units.
const THRESHOLD: f64 = 0.5;

/// Every firing-rate memory. The options are the fields of the configuration; `iterations` is short for
/// the steps of a read, and `threshold` is the value above which an entry of the data is an active unit.
pub const MEMORIES: &[MemoryEntry] = &[MemoryEntry {
    name: NAME,
    summary: "firing-rate network of sparse bits with excitatory-inhibitory balance; pixels only",
    citation: "S. Betteti, G. Baggio, F. Bullo, S. Zampieri, Neural Computation 37(10), 2025",
    defaults: || {
        let mut options = defaults(FiringRateConfig::new(2));
        options.insert("threshold".into(), THRESHOLD.into());
        options
    },
    build: BuildMemory::OfData(build),
}];

fn build(
    options: &Options,
    context: &Context,
) -> Result<Box<dyn attractor_core::AssociativeMemory>> {
    let mut options = options.clone();
    let steps = iterations(NAME, &mut options)?;
    let threshold = threshold(&mut options)?;
    let dim = context.model.latent_dim();
    let mut config = configure(NAME, FiringRateConfig::new(dim), &options)?;
    if let Some(steps) = steps {
        config.dynamics.duration = steps as f64 * config.dynamics.step;
    }
    if !context.model.codes_are_data() {
        return Err(Error::unsupported(
            "a memory of bits",
            "codes that are the data",
            context.model.name(),
        ));
    }
    let memory = config.init(&context.device)?;
    let model = Bits::new(dim, threshold, memory.levels().threshold())?;
    Ok(Box::new(EncodedMemory::new(
        Arc::new(model),
        Box::new(memory),
    )?))
}

/// Takes the threshold out of the options.
fn threshold(options: &mut Options) -> Result<f64> {
    match options.remove("threshold") {
        None => Ok(THRESHOLD),
        Some(toml::Value::Float(threshold)) => Ok(threshold),
        Some(toml::Value::Integer(threshold)) => Ok(threshold as f64),
        Some(other) => {
            let found = format!("{NAME}: threshold = {other}");
            Err(Error::config(
                "memory options",
                "must fit the memory",
                found,
            ))
        }
    }
}

/// Adds what makes the memory again from a file, and the bits in front of it.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders.add_memory::<FiringRate>().add_model::<Bits>();
}
