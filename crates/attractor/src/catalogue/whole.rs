//! Recipes whose options are the fields of the memory's own configuration.

use attractor_core::{Error, Result};
use attractor_memories::EncodedMemory;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Built, Completing, Context};

pub(super) fn wrong(recipe: &str, found: impl std::fmt::Display) -> Error {
    let found = format!("{recipe}: {found}");
    Error::config("recipe options", "must fit the recipe", found)
}

/// Options without those that belong to whoever trains recipes that learn, and whether the memory is
/// to be read with the mask of known entries (`masked = true`).
pub(super) fn split(recipe: &str, options: &toml::Table) -> Result<(toml::Table, bool)> {
    let mut options = options.clone();
    options.remove("epochs");
    options.remove("learning_rate");
    match options.remove("masked") {
        None => Ok((options, false)),
        Some(toml::Value::Boolean(masked)) => Ok((options, masked)),
        Some(other) => Err(wrong(recipe, format!("masked = {other}"))),
    }
}

/// A configuration given in part: tables are filled in from the defaults at every depth. `dim` is not
/// an option: it follows from the data.
pub(super) fn over<T>(recipe: &str, defaults: T, options: toml::Table) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    if options.contains_key("dim") {
        return Err(wrong(recipe, "unknown field `dim`"));
    }
    let mut table = toml::Table::try_from(defaults).map_err(|error| wrong(recipe, error))?;
    merge(&mut table, options);
    toml::Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| wrong(recipe, error.message()))
}

fn merge(defaults: &mut toml::Table, options: toml::Table) {
    for (key, value) in options {
        match (defaults.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(given))
                if !other(inner, &given) =>
            {
                merge(inner, given);
            }
            (_, value) => {
                defaults.insert(key, value);
            }
        }
    }
}

/// Whether two tables are different alternatives, such as `{ sgd = .. }` and `{ adam = .. }`.
fn other(a: &toml::Table, b: &toml::Table) -> bool {
    a.len() == 1 && b.len() == 1 && a.keys().ne(b.keys())
}

/// The memory as the catalogue hands it out: behind the model if its codes are not the data.
pub(super) fn built<M: Completing + 'static>(
    with_mask: &'static str,
    memory: M,
    masked: bool,
    context: &Context,
) -> Result<Built> {
    match (masked, context.model.codes_are_data()) {
        (true, true) => Ok(Built::Complete(Box::new(memory))),
        (true, false) => Err(Error::Unsupported {
            what: with_mask,
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
