//! Series with a grid, one for every combination of its values.

use std::collections::BTreeMap;

use super::SeriesSpec;

impl SeriesSpec {
    /// Names and options of the series that the grid stands for. `keep` restricts the values of grid
    /// keys; a key whose values are all gone leaves no series.
    pub(super) fn expand(
        &self,
        keep: &BTreeMap<String, Vec<toml::Value>>,
    ) -> Vec<(String, toml::Table)> {
        let mut expanded = vec![(self.name.clone(), toml::Table::new())];
        for (key, values) in &self.grid {
            let kept = |value: &&toml::Value| keep.get(key).is_none_or(|kept| kept.contains(value));
            expanded = expanded
                .iter()
                .flat_map(|(name, options)| {
                    values.iter().filter(kept).map(move |value| {
                        let mut options = options.clone();
                        options.insert(key.clone(), value.clone());
                        (filled(name, &options), options)
                    })
                })
                .collect();
        }
        expanded
    }
}

/// A text with every `{key}` of `options` replaced by its value.
pub(super) fn filled(text: &str, options: &toml::Table) -> String {
    options.iter().fold(text.to_owned(), |text, (key, value)| {
        text.replace(&format!("{{{key}}}"), &plain(value))
    })
}

/// A value as it stands in a name: text without quotation marks.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
