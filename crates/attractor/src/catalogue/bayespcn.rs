//! The recipe `bayespcn`.

use attractor_core::{Error, Result};
use attractor_memories::{BayesPcnConfig, EncodedMemory};

use super::{Built, Context};

/// Any field of [`BayesPcnConfig`] but `dim`; `iterations` for those of its search; `masked = true`
/// to be read with the mask of known entries (pixels only).
pub(super) fn build(options: &toml::Table, context: &Context) -> Result<Built> {
    let wrong = |found: String| Error::config("recipe options", "must fit the recipe", found);
    let mut options = options.clone();
    // These belong to whoever trains recipes that learn.
    options.remove("epochs");
    options.remove("learning_rate");
    let masked = match options.remove("masked") {
        None => false,
        Some(toml::Value::Boolean(masked)) => masked,
        Some(other) => return Err(wrong(format!("bayespcn: masked = {other}"))),
    };
    if let Some(iterations) = options.remove("iterations") {
        let search = options
            .entry("search")
            .or_insert_with(|| toml::Table::new().into());
        if let toml::Value::Table(search) = search {
            search.insert("max_steps".into(), iterations);
        }
    }
    if options.contains_key("dim") {
        return Err(wrong("bayespcn: unknown field `dim`".into()));
    }
    let defaults = BayesPcnConfig::new(context.model.latent_dim());
    let mut table =
        toml::Table::try_from(defaults).map_err(|error| wrong(format!("bayespcn: {error}")))?;
    table.extend(options);
    let config: BayesPcnConfig = toml::Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| wrong(format!("bayespcn: {}", error.message())))?;
    let memory = config.init(&context.device)?;
    match (masked, context.model.codes_are_data()) {
        (true, true) => Ok(Built::Complete(Box::new(memory))),
        (true, false) => Err(Error::Unsupported {
            what: "bayespcn with a mask",
            capability: "codes that are the data",
            part: format!("the model `{}`", context.model.name()),
        }),
        (false, true) => Ok(Built::Memory(Box::new(memory))),
        (false, false) => Ok(Built::Memory(Box::new(EncodedMemory::new(
            context.model.clone(),
            Box::new(memory),
        )?))),
    }
}
