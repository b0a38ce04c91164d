//! Any memory from a name and a table of options.
//!
//! ```
//! use attractor::catalogue::{self, Context};
//! use attractor::prelude::*;
//!
//! # fn main() -> Result<(), attractor::core::Error> {
//! let context = Context::pixels(3072, &Backend::Flex.open()?)?;
//! let memory = catalogue::build("gmm", &"prior = { sigma = 0.2 }".parse().unwrap(), &context)?;
//! # let _ = memory;
//! # Ok(())
//! # }
//! ```
//!
//! Any combination of prior, inference and observation model is `variational`, whose parts are looked up
//! in the registries of their crates; a new part needs nothing here:
//!
//! ```
//! # use attractor::catalogue::{self, Context};
//! # use attractor::prelude::*;
//! # fn main() -> Result<(), attractor::core::Error> {
//! # let context = Context::pixels(6, &Backend::Flex.open()?)?;
//! let options = r#"
//!     prior = { kind = "hopfield", beta = 4.0 }
//!     inference = { kind = "gradient", rule = { line_search = { rate = 1.0 } } }
//!     observation = { kind = "laplace", scale = 0.2 }
//! "#;
//! let memory = catalogue::build("variational", &options.parse().unwrap(), &context)?;
//! # let _ = memory;
//! # Ok(())
//! # }
//! ```
//!
//! What a memory can do beyond writing and reading is asked of it: see
//! [`attractor_core::AssociativeMemory::as_complete`] and its sisters.
//!
//! The catalogue is the lists of the crates one after the other ([`LISTS`]) and the named points of the
//! grid in `points.toml`. A new memory is an entry in the list of its crate; one of a crate elsewhere is
//! added by [`register`], and is then in every experiment file of that program.

pub mod cite;
mod limits;
mod variational;

use std::sync::{LazyLock, PoisonError, RwLock};

use attractor_core::memory::registry::{BoxedMemory, BuildMemory, MemoryEntry};
use attractor_core::options::fill;
use attractor_core::{Error, Options, Result};
use attractor_memories::EncodedMemory;
use serde::Deserialize;

pub use attractor_core::memory::registry::Context;
pub use limits::{MOST, too_large};
pub use variational::VariationalOptions;

/// The lists that the catalogue joins, in order.
pub const LISTS: &[&[MemoryEntry]] = &[
    &[variational::VARIATIONAL],
    attractor_memories::MEMORIES,
    #[cfg(feature = "baselines")]
    attractor_baselines::MEMORIES,
    #[cfg(feature = "predictive-coding")]
    attractor_predictive_coding::MEMORIES,
    #[cfg(feature = "firing-rate")]
    attractor_firing_rate::MEMORIES,
    #[cfg(feature = "spiking")]
    attractor_spiking::MEMORIES,
    #[cfg(feature = "entropic")]
    attractor_entropic::MEMORIES,
    #[cfg(feature = "sparse-recovery")]
    attractor_sparse_recovery::MEMORIES,
    #[cfg(feature = "factual-recall")]
    attractor_factual_recall::MEMORIES,
];

/// A memory of the catalogue.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Key in experiment files.
    pub name: String,
    /// One line for people.
    pub summary: String,
    /// Where it is from.
    pub citation: String,
    /// What this name says, over the defaults of the entry.
    options: Options,
    entry: MemoryEntry,
}

impl Recipe {
    /// Every option with its default.
    pub fn options(&self) -> Options {
        let mut options = (self.entry.defaults)();
        fill(&mut options, self.options.clone());
        options
    }

    /// An empty memory; one that learns still has its first weights.
    ///
    /// # Errors
    /// [`Error::Config`] for unknown or wrong options, [`Error::Unsupported`] if the context lacks what
    /// the memory needs.
    pub fn build(&self, options: &Options, context: &Context) -> Result<BoxedMemory> {
        if let Some((key, found)) = too_large(options) {
            let found = format!("{}: `{key}` = {found}", self.name);
            return Err(Error::config(
                "memory options",
                "must be at most 10000000",
                found,
            ));
        }
        let mut filled = self.options.clone();
        fill(&mut filled, options.clone());
        match self.entry.build {
            BuildMemory::OfData(build) => build(&filled, context),
            BuildMemory::OfCodes(build) => {
                let model = &context.model;
                let memory = build(&filled, model.latent_dim(), &context.device)?;
                Ok(match model.codes_are_data() {
                    true => memory,
                    false => Box::new(EncodedMemory::new(model.clone(), memory)?),
                })
            }
        }
    }
}

/// A named point as `points.toml` has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    summary: String,
    citation: String,
    options: Options,
}

impl From<MemoryEntry> for Recipe {
    fn from(entry: MemoryEntry) -> Self {
        Self {
            name: entry.name.into(),
            summary: entry.summary.into(),
            citation: entry.citation.into(),
            options: Options::new(),
            entry,
        }
    }
}

static RECIPES: LazyLock<Vec<Recipe>> = LazyLock::new(|| {
    let points: toml::map::Map<String, toml::Value> = include_str!("points.toml")
        .parse()
        .expect("the points are a table, as the tests of this module see");
    let named = points.into_iter().map(|(name, point)| {
        let point: Point = point
            .try_into()
            .expect("a point has a summary, a citation and options, as the tests see");
        Recipe {
            name,
            summary: point.summary,
            citation: point.citation,
            options: point.options,
            entry: variational::VARIATIONAL,
        }
    });
    let entries = LISTS.iter().copied().flatten().copied();
    let mut recipes: Vec<Recipe> = entries.map(Recipe::from).collect();
    // Beside the entry whose points they are.
    recipes.splice(1..1, named);
    recipes
});

/// Those of other crates. They live as long as the program, so that a recipe can be held without a lock.
static REGISTERED: RwLock<Vec<&'static Recipe>> = RwLock::new(Vec::new());

/// Every memory: the catalogue's own, then those registered, in the order they came.
pub fn recipes() -> Vec<&'static Recipe> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    RECIPES.iter().chain(registered.iter().copied()).collect()
}

/// Adds memories of a crate elsewhere, for the rest of the program: [`find`] and [`build`] know them, and
/// with them experiment files and sweeps. All of them or none.
///
/// # Errors
/// [`Error::Config`] for a name that is taken.
pub fn register(entries: &[MemoryEntry]) -> Result<()> {
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let mut added: Vec<&'static Recipe> = Vec::new();
    for &entry in entries {
        let mut taken = RECIPES.iter().chain(registered.iter().copied());
        let mut own = added.iter().copied();
        if taken.any(|recipe| recipe.name == entry.name)
            || own.any(|recipe: &Recipe| recipe.name == entry.name)
        {
            return Err(Error::config(
                "a memory to register",
                "must have a name that is not taken",
                entry.name,
            ));
        }
        added.push(Box::leak(Box::new(entry.into())));
    }
    registered.extend(added);
    Ok(())
}

/// The memory of that name.
///
/// # Errors
/// [`Error::UnknownName`] listing those there are.
pub fn find(name: &str) -> Result<&'static Recipe> {
    let recipes = recipes();
    let found = recipes.iter().copied().find(|recipe| recipe.name == name);
    found.ok_or_else(|| {
        let known: Vec<&str> = recipes.iter().map(|recipe| recipe.name.as_str()).collect();
        Error::UnknownName {
            what: "recipe",
            name: name.into(),
            known: known.join(", "),
        }
    })
}

/// Builds a memory.
///
/// # Errors
/// Those of [`find`] and [`Recipe::build`].
pub fn build(recipe: &str, options: &Options, context: &Context) -> Result<BoxedMemory> {
    find(recipe)?.build(options, context)
}

#[cfg(test)]
mod tests;
