//! The hash of a configuration.

use sha2::{Digest, Sha256};

use super::options::{get, set};
use super::{Form, Resolved};

impl Resolved {
    /// Itself without what does not decide the numbers: prose, looks, reasons, and of files all but
    /// whether there are any (their content is among the hashes of the run's data).
    pub(crate) fn decisive(&self) -> Self {
        let mut decisive = self.clone();
        decisive.title.clear();
        decisive.description.clear();
        decisive.source.clear();
        for part in &mut decisive.parts {
            part.title.clear();
            part.about.clear();
            part.x_label.clear();
            part.charts.clear();
            part.log_y.clear();
            part.log_x = false;
            part.form = Form::default();
            part.map = None;
            part.shortages.clear();
            part.unlisted.clear();
            for path in &part.files {
                let tables = part.series.iter_mut().map(|series| &mut series.options);
                for table in tables.chain([&mut part.options]) {
                    if get(table, path).is_some() {
                        set(table, path, "a file".into());
                    }
                }
            }
            for series in &mut part.series {
                series.not_comparable = None;
                series.beside = None;
                series.panel = None;
            }
        }
        decisive
    }

    /// SHA-256 (hexadecimal) of everything that decides the numbers.
    pub fn config_hash(&self) -> String {
        // Serialising plain data into a JSON value cannot fail; `Null` would merely hash the same
        // for every run and refuse none.
        let value = serde_json::to_value(self.decisive()).unwrap_or_default();
        let mut text = String::new();
        canonical(&value, &mut text);
        Sha256::digest(text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// JSON with sorted keys and no blanks, whatever map type the build's features select.
fn canonical(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                out.push_str(&serde_json::Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(&map[key], out);
                out.push(',');
            }
            out.push('}');
        }
        serde_json::Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}
