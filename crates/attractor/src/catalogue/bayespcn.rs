//! The recipe `bayespcn`.

use attractor_core::Result;
use attractor_memories::BayesPcnConfig;

use super::whole::{built, over, split};
use super::{Built, Context};

/// Any field of [`BayesPcnConfig`] but `dim`; `iterations` for those of its search; `masked = true`
/// to be read with the mask of known entries (pixels only).
pub(super) fn build(options: &toml::Table, context: &Context) -> Result<Built> {
    let (mut options, masked) = split("bayespcn", options)?;
    if let Some(iterations) = options.remove("iterations") {
        let search = options
            .entry("search")
            .or_insert_with(|| toml::Table::new().into());
        if let toml::Value::Table(search) = search {
            search.insert("max_steps".into(), iterations);
        }
    }
    let defaults = BayesPcnConfig::new(context.model.latent_dim());
    let config: BayesPcnConfig = over("bayespcn", defaults, options)?;
    let memory = config.init(&context.device)?;
    built("bayespcn with a mask", memory, masked, context)
}
