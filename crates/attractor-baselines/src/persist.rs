//! What the files of all learned memories share: a system name, a configuration, stored codes.

use std::path::Path;

use attractor_core::kernel::PatternStore;
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Error, Result};
use burn::tensor::{Device, Tensor};
use serde::{Serialize, de::DeserializeOwned};

const CODES: &str = "codes";

fn fail(weights: &Weights, reason: String) -> Error {
    Error::Weights {
        path: weights.path.clone(),
        reason,
    }
}

/// Puts the name and the configuration into the file.
pub(crate) fn describe_config<C: Serialize>(
    weights: &mut Weights,
    system: &str,
    config: &C,
) -> Result<()> {
    let config = serde_json::to_string(config).map_err(|error| fail(weights, error.to_string()))?;
    weights.set_metadata("system", system);
    weights.set_metadata("config", config);
    Ok(())
}

/// Writes a memory: its weights, the name, the configuration and the stored codes.
pub(crate) fn save<C: Serialize>(
    path: &Path,
    system: &str,
    mut weights: Weights,
    config: &C,
    codes: &PatternStore,
) -> Result<()> {
    describe_config(&mut weights, system, config)?;
    if !codes.is_empty() {
        weights.insert(CODES, &[codes.len(), codes.dim()], codes.to_host()?);
    }
    weights.write(path)
}

/// A memory from its file: made by `init`, given its weights by `import`, then its codes.
pub(crate) fn load<C: DeserializeOwned, M: AssociativeMemory>(
    path: &Path,
    system: &str,
    device: &Device,
    init: impl FnOnce(&C) -> Result<M>,
    import: impl FnOnce(&mut M, &Weights) -> Result<()>,
) -> Result<M> {
    let weights = Weights::read(path)?;
    let mut memory = init(&config(&weights, system)?)?;
    import(&mut memory, &weights)?;
    if let Some(codes) = codes(&weights, memory.dim(), device)? {
        memory.write(codes)?;
    }
    Ok(memory)
}

/// The configuration of a file that holds that system.
pub(crate) fn config<C: DeserializeOwned>(weights: &Weights, system: &str) -> Result<C> {
    match weights.metadata("system") {
        Some(found) if found == system => {}
        found => {
            let found = found.map_or("no system".into(), |found| format!("`{found}`"));
            return Err(fail(
                weights,
                format!("expected the system `{system}`, found {found}"),
            ));
        }
    }
    let text = weights.metadata("config").unwrap_or_default();
    serde_json::from_str(text)
        .map_err(|error| fail(weights, format!("the configuration of `{system}`: {error}")))
}

/// The stored codes `[n, dim]`, if there are any.
fn codes(weights: &Weights, dim: usize, device: &Device) -> Result<Option<Tensor<2>>> {
    if !weights.contains(CODES) {
        return Ok(None);
    }
    match weights.shape(CODES)? {
        &[rows, width] if width == dim && rows > 0 => {
            Ok(Some(weights.tensor(CODES, [rows, width], device)?))
        }
        found => Err(fail(
            weights,
            format!("`{CODES}`: expected [n, {dim}], found {found:?}"),
        )),
    }
}
