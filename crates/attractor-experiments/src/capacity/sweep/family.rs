//! The models of a sweep.

use attractor::core::{AssociativeMemory, Result};
use serde::{Deserialize, Serialize};
use toml::{Table, toml};

use attractor::catalogue::{self, Context, Recipe};

/// A model as the catalogue builds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name in results.
    pub name: String,
    /// Recipe of the catalogue; patterns have entries +1 and -1.
    pub recipe: String,
    /// Its options.
    #[serde(default)]
    pub options: Table,
    /// Empty the memory before each count, because what it learns depends on how patterns are
    /// grouped. Default false: it fills up.
    #[serde(default)]
    pub refill: bool,
}

impl Model {
    /// A model that fills up.
    pub fn new(name: impl Into<String>, recipe: impl Into<String>, options: Table) -> Self {
        Self {
            name: name.into(),
            recipe: recipe.into(),
            options,
            refill: false,
        }
    }

    /// A memory of the catalogue as it is, with a threshold between -1 and +1 where it has one. It is
    /// filled anew for each count: what it learns may depend on how patterns are grouped.
    pub fn of(recipe: &Recipe) -> Self {
        let mut options = Table::new();
        if recipe.options().contains_key("threshold") {
            options.insert("threshold".into(), 0.0.into());
        }
        Self {
            refill: true,
            ..Self::new(&recipe.name, &recipe.name, options)
        }
    }

    pub(super) fn build(&self, context: &Context) -> Result<Box<dyn AssociativeMemory>> {
        catalogue::build(&self.recipe, &self.options, context)
    }
}

/// The dense-memory family on patterns of `dim` signs: discrete networks, then energies over real
/// states.
///
/// Dot products of signs are whole numbers and `-|x - y|^2 / 2 = x.y - D`, so that at beta 1 the
/// continuous models weigh patterns as the exponential network does. The random features have 20000
/// directions and the beta that is 50 where patterns have entries 0 and `1 / sqrt(D)`.
pub fn family(dim: usize) -> Vec<Model> {
    let classical = |name: &str, rule: &str| {
        let options = with(toml! { threshold = 0.0 }, "rule", rule);
        Model::new(name, "classical-hopfield", options)
    };
    let polynomial = |power: i64| {
        let separation = Table::from_iter([("power".to_owned(), power.into())]);
        let separation = Table::from_iter([("polynomial".to_owned(), separation.into())]);
        let options = with(toml! { threshold = 0.0 }, "separation", separation);
        Model::new(format!("polynomial-{power}"), "dense-hopfield", options)
    };
    let prior = |name: &str, prior: Table| {
        let options = Table::from_iter([("prior".to_owned(), prior.into())]);
        Model::new(name, "variational", options)
    };
    let mut models = vec![
        classical("hebb", "hebb"),
        classical("storkey", "storkey"),
        classical("pseudo-inverse", "pseudo_inverse"),
        polynomial(2),
        polynomial(3),
        polynomial(4),
        Model::new(
            "exponential",
            "dense-hopfield",
            toml! { threshold = 0.0 separation = "exponential" },
        ),
        prior("modern", toml! { kind = "hopfield" beta = 1.0 }),
        prior(
            "log-sum-exp",
            toml! { kind = "gaussian_mixture" sigma = 1.0 },
        ),
        prior(
            "sparsemax",
            toml! { kind = "sparse_hopfield" alpha = 2.0 beta = 1.0 },
        ),
        prior(
            "entmax-1.5",
            toml! { kind = "sparse_hopfield" alpha = 1.5 beta = 1.0 },
        ),
        prior("kernelised", toml! { kind = "kernelised" beta = 20.0 }),
        prior(
            "random-features",
            with(
                toml! { kind = "random_features" count = 20000 },
                "beta",
                50.0 / (4.0 * dim as f64),
            ),
        ),
    ];
    for model in &mut models {
        model.refill = model.name == "kernelised";
    }
    models
}

fn with(mut table: Table, key: &str, value: impl Into<toml::Value>) -> Table {
    table.insert(key.to_owned(), value.into());
    table
}
