//! Memories by the table of a series.

use attractor::catalogue::{self, Context, Recipe};
use attractor::core::options::fill;
use attractor::core::{AssociativeMemory, Options};

use crate::{Result, Session, Task};

/// A memory that can be built.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    recipe: &'static Recipe,
    options: Options,
}

/// What stands beside the options of a memory, so that a preset can change it for all series. Memories
/// with hidden layers take it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    /// Units of a hidden layer.
    pub(super) hidden: usize,
    /// Iterations of a search at most.
    pub(super) iterations: usize,
    pub(super) seed: u64,
}

impl Memory {
    /// From tables of which later ones go over earlier ones; the key `recipe` says which memory.
    pub(super) fn new(task: Task<'_>, tables: &[&Options], network: Network) -> Result<Self> {
        let mut options = Options::new();
        for &table in tables {
            fill(&mut options, table.clone());
        }
        let Some(toml::Value::String(name)) = options.remove("recipe") else {
            return Err(task.refuse("`memory` must have a `recipe`"));
        };
        let recipe = catalogue::find(&name).map_err(|error| task.refuse(error.to_string()))?;
        if recipe.options().contains_key("hidden") {
            let mut given = Options::new();
            given.insert("hidden".into(), (network.hidden as i64).into());
            given.insert("iterations".into(), (network.iterations as i64).into());
            given.insert("seed".into(), (network.seed as i64).into());
            fill(&mut given, options);
            options = given;
        }
        Ok(Self { recipe, options })
    }

    /// Refuses what cannot be built, whatever the images.
    pub(super) fn check(&self, task: Task<'_>) -> Result<()> {
        let device = attractor::core::Backend::available()
            .first()
            .map(|backend| backend.open())
            .transpose()?;
        let Some(device) = device else { return Ok(()) };
        let mut memory = self
            .recipe
            .build(&self.options, &Context::pixels(1, &device)?)
            .map_err(|error| task.refuse(error.to_string()))?;
        match memory.as_train() {
            None => Ok(()),
            Some(_) => Err(task.refuse(format!("`{}` must be trained first", self.recipe.name))),
        }
    }

    /// An empty memory.
    pub(super) fn init(
        &self,
        dim: usize,
        session: &dyn Session,
    ) -> Result<Box<dyn AssociativeMemory>> {
        let context = Context::pixels(dim, session.device())?;
        Ok(self.recipe.build(&self.options, &context)?)
    }

    /// What decides its content.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.recipe.name, self.options)
    }
}
