//! What a command line changes of an experiment.

use attractor::catalogue;
use attractor::evaluation::Representation;
use attractor::evaluation::experiment::{Experiment, Overrides, SeriesSpec};

use crate::{Error, Result, find};

/// Options by which series name a memory of the catalogue.
const NAMING: [&str; 2] = ["recipe", "model"];

/// The options of a protocol that a command line may change, in words.
///
/// # Errors
/// [`Error::Override`] for names that the protocol of the experiment does not know.
pub fn overrides_of(
    experiment: &Experiment,
    given: impl IntoIterator<Item = (&'static str, toml::Value)>,
) -> Result<Overrides> {
    let known = find(&experiment.protocol)?.overrides;
    let mut overrides = Overrides::default();
    for (name, value) in given {
        let Some((_, path)) = known.iter().find(|(other, _)| *other == name) else {
            return Err(unknown_override(experiment, name, known));
        };
        overrides = overrides.with_option(path, value);
    }
    Ok(overrides)
}

fn unknown_override(experiment: &Experiment, name: &str, known: &[(&str, &str)]) -> Error {
    let own: Vec<String> = known.iter().map(|(name, _)| format!("--{name}")).collect();
    Error::Override {
        experiment: experiment.name.clone(),
        name: name.to_owned(),
        known: match own.is_empty() {
            true => "it has none of its own".to_owned(),
            false => format!("its own are {}", own.join(", ")),
        },
    }
}

/// The systems that are asked for: those of the experiment by their names, and any memory of the catalogue
/// by its recipe or `recipe/representation`, with its default options, marked as not published. Names that
/// are neither stay among the experiment's, which refuses them.
#[must_use]
pub fn with_systems(overrides: Overrides, experiment: &Experiment, names: &[String]) -> Overrides {
    if names.is_empty() {
        return overrides;
    }
    let option = experiment.option_among(&NAMING);
    let (mut listed, mut unlisted) = (Vec::new(), Vec::new());
    for name in names {
        let (recipe, stored) = name.rsplit_once('/').unwrap_or((name, ""));
        let stored = match stored {
            "" => Some(None),
            _ => {
                let all = [
                    Representation::Vae,
                    Representation::Pixel,
                    Representation::Vector,
                ];
                all.into_iter().find(|one| one.name() == stored).map(Some)
            }
        };
        match (experiment.has_system(name), option, stored) {
            (false, Some(option), Some(stored)) if catalogue::find(recipe).is_ok() => {
                unlisted.push(SeriesSpec {
                    representation: stored,
                    ours: true,
                    options: toml::Table::from_iter([(option.to_owned(), recipe.into())]),
                    ..SeriesSpec::named(recipe)
                });
            }
            _ => listed.push(name.clone()),
        }
    }
    Overrides {
        systems: Some(listed),
        unlisted,
        ..overrides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_the_experiments_or_the_catalogues() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../experiments/annabi-cifar10.toml"
        );
        let experiment = Experiment::load(path).unwrap();
        let names = ["GMM/pixel", "nearest/pixel", "knn", "nobody", "knn/nowhere"];
        let names = names.map(str::to_owned);
        let overrides = with_systems(Overrides::default(), &experiment, &names);
        assert_eq!(
            overrides.systems.unwrap(),
            ["GMM/pixel", "nobody", "knn/nowhere"]
        );
        let unlisted: Vec<_> = overrides
            .unlisted
            .iter()
            .map(|series| (series.name.as_str(), series.representation))
            .collect();
        let expected = [("nearest", Some(Representation::Pixel)), ("knn", None)];
        assert_eq!(unlisted, expected);
        assert!(overrides.unlisted.iter().all(|series| series.ours));
        assert_eq!(
            with_systems(Overrides::default(), &experiment, &[]),
            Overrides::default()
        );
    }
}
