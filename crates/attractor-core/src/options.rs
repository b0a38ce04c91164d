//! Parts by name: what a registry of priors, inference algorithms or observation models is made of.
//!
//! A part is asked for by a table such as `{ kind = "gaussian_mixture", sigma = 0.2 }`: `kind` is a
//! name in a list of [`Entry`], the rest are the part's options. Unknown names and unknown keys are
//! errors.

use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Options by key.
pub type Options = toml::Table;

/// The key that names the part.
pub const KIND: &str = "kind";

/// One line of a registry; `B` is the function that builds the part.
#[derive(Debug, Clone, Copy)]
pub struct Entry<B> {
    /// Value of `kind` in experiment files.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Builds the part from its options, without `kind`.
    pub build: B,
}

/// Splits a table into the entry that its `kind` names and the options that are left.
///
/// # Errors
/// [`Error::Config`] without a `kind` that is text; [`Error::UnknownName`] with the known names.
pub fn choose<'a, B>(
    what: &'static str,
    entries: &'a [Entry<B>],
    table: &Options,
) -> Result<(&'a Entry<B>, Options)> {
    let mut rest = table.clone();
    let kind = match rest.remove(KIND) {
        Some(toml::Value::String(kind)) => kind,
        other => {
            let found = other.map_or("no `kind`".to_owned(), |value| value.to_string());
            return Err(Error::config(what, "must have a `kind` in quotes", found));
        }
    };
    match entries.iter().find(|entry| entry.name == kind) {
        Some(entry) => Ok((entry, rest)),
        None => Err(Error::UnknownName {
            what,
            name: kind,
            known: entries
                .iter()
                .map(|entry| entry.name)
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// Reads options into a configuration.
///
/// # Errors
/// [`Error::Config`] naming the part `name` and the unknown key or the wrong value.
pub fn read<T: DeserializeOwned>(what: &'static str, name: &str, options: &Options) -> Result<T> {
    toml::Value::Table(options.clone())
        .try_into()
        .map_err(|error: toml::de::Error| {
            let found = format!("{name}: {}", error.message());
            Error::config(what, "must fit the part", found)
        })
}

/// Puts `options` over `defaults`, table by table at every depth. A table that names another part (by
/// [`KIND`]), or another alternative of an enumeration (each one key that holds a table, and not the
/// same), replaces the default whole.
pub fn fill(defaults: &mut Options, options: Options) {
    for (key, value) in options {
        match (defaults.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(given))
                if !is_another(inner, &given) =>
            {
                fill(inner, given);
            }
            (_, value) => {
                defaults.insert(key, value);
            }
        }
    }
}

fn is_another(default: &Options, given: &Options) -> bool {
    if let Some(kind) = given.get(KIND) {
        return default.get(KIND) != Some(kind);
    }
    let alternative =
        |table: &Options| table.len() == 1 && table.values().any(toml::Value::is_table);
    alternative(default) && alternative(given) && default.keys().ne(given.keys())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: &[Entry<u8>] = &[
        Entry {
            name: "one",
            summary: "1",
            build: 1,
        },
        Entry {
            name: "two",
            summary: "2",
            build: 2,
        },
    ];

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        sigma: f32,
    }

    fn table(text: &str) -> Options {
        text.parse().unwrap()
    }

    #[test]
    fn kinds_are_found_and_mistakes_named() {
        let (entry, rest) = choose("number", ENTRIES, &table("kind = 'two'\nsigma = 2")).unwrap();
        assert_eq!((entry.build, rest.len()), (2, 1));
        let message = |text: &str| {
            choose("number", ENTRIES, &table(text))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message("kind = 'tow'"),
            "unknown number `tow`; known: one, two"
        );
        assert_eq!(
            message(""),
            "number: must have a `kind` in quotes, found no `kind`"
        );
        assert_eq!(
            message("kind = 3"),
            "number: must have a `kind` in quotes, found 3"
        );
    }

    #[test]
    fn options_are_put_over_defaults() {
        let filled = |options: &str| {
            let mut defaults =
                table("n = 1\nprior = { kind = 'a', sigma = 2 }\nrule = { adam = { rate = 3 } }");
            fill(&mut defaults, table(options));
            defaults
        };
        let prior = |options: &str| filled(options)["prior"].as_table().unwrap().clone();
        assert_eq!(
            prior("prior = { sigma = 5 }"),
            table("kind = 'a'\nsigma = 5")
        );
        assert_eq!(
            prior("prior = { kind = 'a' }"),
            table("kind = 'a'\nsigma = 2")
        );
        assert_eq!(prior("prior = { kind = 'b' }"), table("kind = 'b'"));
        let rule = |options: &str| filled(options)["rule"].as_table().unwrap().clone();
        assert_eq!(rule("rule = { sgd = {} }"), table("sgd = {}"));
        let adam = "adam = { beta = 1, rate = 3 }";
        assert_eq!(rule("rule = { adam = { beta = 1 } }"), table(adam));
    }

    #[test]
    fn keys_are_checked() {
        let config: Config = read("number", "two", &table("sigma = 2.5")).unwrap();
        assert_eq!(config.sigma, 2.5);
        let message = |text: &str| {
            read::<Config>("number", "two", &table(text))
                .unwrap_err()
                .to_string()
        };
        let unknown = message("sigma = 2.5\nsigmar = 1");
        assert!(unknown.contains("two: unknown field `sigmar`"), "{unknown}");
        let wrong = message("sigma = 'wide'");
        assert!(wrong.contains("two: invalid type"), "{wrong}");
    }
}
