//! Inference algorithms by name. To add one, add a line to [`INFERENCES`].

use attractor_core::file::Loaders;
use attractor_core::options::{Entry, Options, choose, read};
use attractor_core::{Error, Inference, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Amortised, FixedPointConfig, GradientConfig, ModeSearch, PredictiveCodingConfig};

/// A line of [`INFERENCES`].
pub type InferenceEntry = Entry<fn(&Options) -> Result<Box<dyn Inference>>>;

/// Every inference algorithm, by the name it gives itself.
///
/// The options are the fields of its configuration; iterative ones also take `iterations`, short for
/// `stopping.max_steps`.
pub const INFERENCES: &[InferenceEntry] = &[
    Entry {
        name: "amortised",
        summary: "the encoder's answer",
        build: |options| {
            let NoOptions {} = read(WHAT, "amortised", options)?;
            Ok(Box::new(Amortised))
        },
    },
    Entry {
        name: "fixed_point",
        summary: "the prior's own iteration (iterations, stopping)",
        build: |options| {
            let config: FixedPointConfig = iterative("fixed_point", options)?;
            Ok(Box::new(config.init()?))
        },
    },
    Entry {
        name: "gradient",
        summary: "descent through the decoder (rule, scaling, keep_best, hold_known, iterations)",
        build: |options| {
            let config: GradientConfig = iterative("gradient", options)?;
            Ok(Box::new(config.init()?))
        },
    },
    Entry {
        name: "mode_search",
        summary: "the best of the stored codes",
        build: |options| {
            let NoOptions {} = read(WHAT, "mode_search", options)?;
            Ok(Box::new(ModeSearch))
        },
    },
    Entry {
        name: "predictive_coding",
        summary: "errors of every decoder layer (rate, fixed_predictions, keep_best, iterations)",
        build: |options| {
            let config: PredictiveCodingConfig = iterative("predictive_coding", options)?;
            Ok(Box::new(config.init()?))
        },
    },
];

const WHAT: &str = "inference";
const STOPPING: &str = "stopping";
const ITERATIONS: &str = "iterations";

/// The algorithm that a table such as `{ kind = "gradient", rule = { adam = { rate = 0.1 } } }` asks
/// for.
///
/// # Errors
/// [`Error::UnknownName`]; [`Error::Config`] naming the unknown key or the broken rule.
pub fn build(table: &Options) -> Result<Box<dyn Inference>> {
    let (entry, options) = choose(WHAT, INFERENCES, table)?;
    (entry.build)(&options)
}

/// Adds what makes every algorithm again from a file: its options.
pub fn add_loaders(loaders: &mut Loaders) {
    for entry in INFERENCES {
        loaders.add_inference_with(entry.name, |file, _| {
            let built = (entry.build)(&file.options()?);
            built.map_err(|error| file.refuse(error))
        });
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

/// A configuration whose rules of stopping are given in part: what is not given keeps the default
/// of that algorithm, which differs from algorithm to algorithm.
fn iterative<T>(name: &str, options: &Options) -> Result<T>
where
    T: Default + Serialize + DeserializeOwned,
{
    let mut options = options.clone();
    let refuse =
        |found: String| Error::config(WHAT, "must fit the part", format!("{name}: {found}"));
    let defaults = Options::try_from(T::default()).map_err(|error| refuse(error.to_string()))?;
    if let Some(toml::Value::Table(default)) = defaults.get(STOPPING) {
        let mut stopping = default.clone();
        match options.remove(STOPPING) {
            None => {}
            Some(toml::Value::Table(given)) => stopping.extend(given),
            Some(other) => return Err(refuse(format!("`{STOPPING}` is no table: {other}"))),
        }
        if let Some(iterations) = options.remove(ITERATIONS) {
            stopping.insert("max_steps".into(), iterations);
        }
        options.insert(STOPPING.into(), toml::Value::Table(stopping));
    }
    read(WHAT, name, &options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Parts;

    fn message(text: &str) -> String {
        build(&text.parse().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn every_algorithm_builds_under_its_own_name_and_reads() {
        let parts = Parts::linear(1);
        for entry in INFERENCES {
            let table = format!("kind = '{}'", entry.name).parse().unwrap();
            let inference = build(&table).unwrap();
            assert_eq!(inference.name(), entry.name);
            let recall = inference.infer(&parts.problem()).unwrap();
            assert_eq!(recall.len(), crate::testing::ROWS);
        }
    }

    #[test]
    fn every_algorithm_comes_back_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inference");
        let mut loaders = Loaders::new();
        add_loaders(&mut loaders);
        let device = attractor_core::burn::tensor::Device::default();
        let loading = attractor_core::file::Loading::new(&loaders, &device);
        let tables = INFERENCES
            .iter()
            .map(|entry| format!("kind = '{}'", entry.name));
        let others = [
            "kind = 'gradient'\nrule = { line_search = { rate = 0.3 } }\nscaling = 'prior_only'",
            "kind = 'gradient'\nscaling = { batch_means = { gamma = 0.1 } }\nhold_known = true",
            "kind = 'predictive_coding'\nrate = 0.01\nfixed_predictions = true\niterations = 7",
        ];
        for table in tables.chain(others.map(ToOwned::to_owned)) {
            let inference = build(&table.parse().unwrap()).unwrap();
            inference.as_persist().unwrap().save(&path).unwrap();
            let file = attractor_core::file::open(&path).unwrap();
            let back = loading.inference(&file).unwrap();
            assert_eq!(format!("{back:?}"), format!("{inference:?}"));
        }
    }

    #[test]
    fn stopping_is_filled_in_from_the_algorithm() {
        let config: FixedPointConfig = iterative(
            "fixed_point",
            &"stopping = { max_steps = 3 }".parse().unwrap(),
        )
        .unwrap();
        assert_eq!(config.stopping.max_steps, 3);
        assert_eq!(config.stopping.tolerance, 1e-6);
        let config: GradientConfig = iterative(
            "gradient",
            &"iterations = 7\nrule = { line_search = { rate = 1.0 } }"
                .parse()
                .unwrap(),
        )
        .unwrap();
        assert_eq!(
            (config.stopping.max_steps, config.stopping.check_every),
            (7, 10)
        );
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            message("kind = 'newton'")
                .starts_with("unknown inference `newton`; known: amortised, ")
        );
        assert!(
            message("kind = 'mode_search'\niterations = 3").contains("unknown field `iterations`")
        );
        assert!(
            message("kind = 'gradient'\nrate = 0.1").contains("gradient: unknown field `rate`")
        );
        assert!(message("kind = 'fixed_point'\nstopping = 3").contains("`stopping` is no table"));
        assert!(
            message("kind = 'fixed_point'\niterations = 0")
                .contains("max_steps: must be at least 1")
        );
    }
}
