//! Whether what was asked for is what was published.

use super::options::{get, is_below, leaves};
use super::{Experiment, Overrides, Part, Preset, Resolved, ResolvedPart};
use crate::Result;

impl Experiment {
    /// Says of each series why its figures cannot be held against published ones, or that they can.
    ///
    /// # Errors
    /// As [`Experiment::resolve`].
    pub fn judge(&self, resolved: &mut Resolved) -> Result<()> {
        let published = self.merge(Preset::Paper, &Overrides::default(), &|_| true)?;
        for part in &mut resolved.parts {
            let original = published.parts.iter().find(|other| other.name == part.name);
            let spec = self.parts.iter().find(|spec| spec.name == part.name);
            let reasons: Vec<Option<String>> = part
                .series
                .iter()
                .map(|series| {
                    let row = (&series.name, series.representation);
                    let same = original.and_then(|original| {
                        let mut all = original.series.iter();
                        let same = all.find(|other| (&other.name, other.representation) == row)?;
                        Some(original.options_of(same))
                    });
                    let own = part.dataset_of_publication(spec);
                    match (same, spec) {
                        _ if part.fallback => {
                            Some(format!("data set {} instead of {own}", part.dataset))
                        }
                        (Some(same), Some(spec)) => {
                            difference(spec, &part.options_of(series), &same)
                        }
                        _ => Some("not a series of preset paper".to_owned()),
                    }
                })
                .collect();
            for (series, reason) in part.series.iter_mut().zip(reasons) {
                series.not_comparable = reason;
            }
        }
        Ok(())
    }
}

impl ResolvedPart {
    fn dataset_of_publication<'a>(&'a self, spec: Option<&'a Part>) -> &'a str {
        let own = spec.and_then(|spec| spec.dataset.as_deref());
        own.unwrap_or(&self.dataset)
    }
}

/// The first option that decides what is measured and is not the published one.
fn difference(spec: &Part, ours: &toml::Table, theirs: &toml::Table) -> Option<String> {
    let set = |key: &&String| get(ours, key).is_some();
    let idle = spec.idle.keys().filter(set).map(|key| &spec.idle[key]);
    let idle: Vec<String> = idle.flatten().chain(&spec.effort).cloned().collect();
    let switches: Vec<String> = spec.idle.keys().cloned().collect();
    let kept = |path: &String| !is_below(path, &idle) && !is_below(path, &switches);
    let (ours, theirs) = (leaves(ours), leaves(theirs));
    let mut paths: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    paths.sort();
    paths.dedup();
    let differs = |path: &&String| kept(path) && ours.get(*path) != theirs.get(*path);
    let path = paths.into_iter().find(differs)?;
    let text = |value: Option<&toml::Value>| value.map_or("none".to_owned(), short);
    let (ours, theirs) = (ours.get(path), theirs.get(path));
    Some(format!("{path} {} instead of {}", text(ours), text(theirs)))
}

fn short(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
