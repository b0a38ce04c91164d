//! What to cite: works by name, as BibTeX.
//!
//! ```
//! use attractor::catalogue::cite;
//!
//! let works = cite::of("classical-hopfield");
//! assert_eq!(works.len(), 3);
//! assert!(works[0].bibtex.starts_with("@article{hopfield1982,"));
//! assert!(works[0].bibtex.contains("title = {Neural Networks and Physical Systems"));
//! assert!(cite::of("elephant").is_empty());
//! ```
//!
//! The works are entries of `works.bib`, each kept once; `cites.toml` says which belong to which name.

use std::sync::LazyLock;

use attractor_core::options::Options;
use serde::Deserialize;

/// A work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Work {
    /// Its key, such as `hopfield1982`.
    pub key: String,
    /// The whole entry, without a line break at the end.
    pub bibtex: String,
}

/// A name for which there are works to cite.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cited {
    /// What the name is of: `recipe`, `prior`, `observation`, `representation`, `layer`, `protocol` or `dataset`.
    pub what: String,
    /// The name.
    pub name: String,
    /// Keys of the works.
    pub keys: Vec<String>,
}

/// Kinds of names that are looked for in the options of a series, by the key of their table.
const PARTS: [&str; 2] = ["prior", "observation"];

static WORKS: LazyLock<Vec<Work>> = LazyLock::new(|| {
    let text = include_str!("works.bib");
    let entries = text.split("\n@").map(|entry| {
        let entry = entry.trim().trim_start_matches('@');
        let key = entry.split_once('{').map_or("", |(_, rest)| rest);
        let key = key.split(',').next().unwrap_or_default();
        Work {
            key: key.trim().to_owned(),
            bibtex: format!("@{entry}"),
        }
    });
    entries.collect()
});

static CITED: LazyLock<Vec<Cited>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Tables(toml::map::Map<String, toml::Value>);
    let Tables(tables) = toml::from_str(include_str!("cites.toml"))
        .expect("the file is a table, as the tests of this module see");
    let tables = tables.into_iter().flat_map(|(what, names)| {
        let names: toml::map::Map<String, toml::Value> = names
            .try_into()
            .expect("a table of names, as the tests of this module see");
        names.into_iter().map(move |(name, keys)| Cited {
            what: what.clone(),
            name,
            keys: keys
                .try_into()
                .expect("a list of keys, as the tests of this module see"),
        })
    });
    tables.collect()
});

/// Every name for which there are works to cite.
pub fn all() -> &'static [Cited] {
    &CITED
}

/// The works to cite for a name, in the order of the file: none if the name is not known.
pub fn of(name: &str) -> Vec<&'static Work> {
    works(all().iter().filter(|cited| cited.name == name))
}

/// The works to cite for something known by its kind and its name.
pub fn of_kind(what: &str, name: &str) -> Vec<&'static Work> {
    works(named(what, name))
}

fn named<'a>(what: &'a str, name: &'a str) -> impl Iterator<Item = &'static Cited> + use<'a> {
    all()
        .iter()
        .filter(move |cited| cited.what == what && cited.name == name)
}

/// The works to cite for what the options of a series ask for, at any depth: recipes, and parts by their `kind`.
pub fn of_options(options: &Options) -> Vec<&'static Work> {
    let mut found = Vec::new();
    collect(options, &mut found);
    works(found.into_iter())
}

fn collect(options: &Options, found: &mut Vec<&'static Cited>) {
    for (key, value) in options {
        match value {
            toml::Value::String(name) if key == "recipe" => found.extend(named("recipe", name)),
            toml::Value::Table(table) => {
                let kind = table.get("kind").and_then(toml::Value::as_str);
                if let Some(kind) = kind.filter(|_| PARTS.contains(&key.as_str())) {
                    found.extend(named(key, kind));
                }
                collect(table, found);
            }
            _ => {}
        }
    }
}

fn works(cited: impl Iterator<Item = &'static Cited>) -> Vec<&'static Work> {
    let keys: Vec<&String> = cited.flat_map(|cited| &cited.keys).collect();
    let wanted = WORKS.iter().filter(|work| keys.contains(&&work.key));
    wanted.collect()
}

/// Works as one BibTeX file, each once, in the order of their keys, an empty line between two.
pub fn bibtex<'a>(works: impl IntoIterator<Item = &'a Work>) -> String {
    let mut works: Vec<&Work> = works.into_iter().collect();
    works.sort_by(|a, b| a.key.cmp(&b.key));
    works.dedup();
    let entries: Vec<&str> = works.iter().map(|work| work.bibtex.as_str()).collect();
    entries.join("\n\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::RECIPES;

    /// Every entry has a key of its own, balanced braces, an author, a title and a year, and somebody cites it.
    #[test]
    fn entries_are_whole_and_used() {
        let used: BTreeSet<&String> = all().iter().flat_map(|cited| &cited.keys).collect();
        let mut keys = BTreeSet::new();
        for Work { key, bibtex } in WORKS.iter() {
            assert!(keys.insert(key), "{key} twice");
            let count = |what: &str| bibtex.matches(what).count();
            assert_eq!(count("{"), count("}"), "{bibtex}");
            assert!(bibtex.ends_with("\n}"), "{bibtex}");
            for field in ["author", "title", "year"] {
                assert_eq!(count(&format!("\n  {field} = {{")), 1, "{key}: {field}");
            }
            assert!(used.contains(key), "{key}: cited by nothing");
        }
        let sorted: Vec<&String> = keys.iter().copied().collect();
        let order: Vec<&String> = WORKS.iter().map(|work| &work.key).collect();
        assert_eq!(order, sorted);
        for key in used {
            assert!(keys.contains(key), "{key} has no entry");
        }
    }

    /// The one line of a recipe names the same works: each has one of its authors and its year there, or it names
    /// no work at all.
    #[test]
    fn recipes_cite_what_their_line_says() {
        let own = ["this project", "the control", "the textbook baseline"];
        for recipe in RECIPES.iter() {
            let works = of_kind("recipe", &recipe.name);
            assert!(!works.is_empty(), "{}", recipe.name);
            if own.contains(&recipe.citation.as_str()) {
                continue;
            }
            for Work { key, bibtex } in works {
                let field = |name: &str| {
                    let start = format!("\n  {name} = {{");
                    let (_, rest) = bibtex.split_once(&start)?;
                    rest.split_once("},\n").map(|(text, _)| text)
                };
                let (author, year) = (field("author").unwrap(), field("year").unwrap());
                let first = author.split(',').next().unwrap();
                let line = &recipe.citation;
                assert!(line.contains(first), "{}: {key}: {line}", recipe.name);
                assert!(line.contains(year), "{}: {key}: {line}", recipe.name);
                if let Some(eprint) = field("eprint")
                    && line.contains("arXiv")
                    && recipe.citation.matches(';').count() == 0
                {
                    assert!(line.contains(eprint), "{}: {key}: {line}", recipe.name);
                }
            }
        }
        for cited in all().iter().filter(|cited| cited.what == "recipe") {
            assert!(RECIPES.iter().any(|recipe| recipe.name == cited.name));
        }
        for cited in all().iter().filter(|cited| cited.what == "prior") {
            let mut priors = attractor_priors::PRIORS.iter();
            assert!(priors.any(|prior| prior.name == cited.name));
        }
    }

    #[test]
    fn options_are_searched_at_any_depth() {
        let keys = |text: &str| -> Vec<String> {
            let works = of_options(&text.parse().unwrap());
            works.into_iter().map(|work| work.key.clone()).collect()
        };
        assert_eq!(keys("recipe = 'gmm'"), ["annabi2022"]);
        assert_eq!(
            keys("memory = { recipe = 'variational', prior = { kind = 'kernelised' } }"),
            ["annabi2022", "hu2024", "wu2024"]
        );
        assert_eq!(keys("recipe = 3\nprior = { kind = 'elephant' }"), [""; 0]);
        let twice = of("gmm").into_iter().chain(of("pc-gmm"));
        assert_eq!(
            bibtex(twice).matches("@inproceedings{annabi2022,").count(),
            1
        );
    }
}
