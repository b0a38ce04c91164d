//! The rules of a study file.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

use super::{Axis, Form, Part, Study, StudyOverrides};
use crate::limits::{self, product};
use crate::{Level, Preset, Result};

impl Study {
    /// Checks every rule, naming the first key that breaks one.
    pub(super) fn validate(&self) -> Result<()> {
        for (key, text) in [
            ("name", &self.name),
            ("title", &self.title),
            ("source", &self.source),
            ("protocol", &self.protocol),
        ] {
            self.not_blank(key, text)?;
        }
        if self.parts.is_empty() {
            return Err(self.broken("parts", "must hold at least one part", "none"));
        }
        self.once("parts", self.parts.iter().map(|part| &part.name))?;
        for (index, part) in self.parts.iter().enumerate() {
            self.validate_part(&format!("parts[{index}]"), part)?;
        }
        for preset in Preset::ALL {
            let Some(spec) = self.presets.get(&preset) else {
                let rule = "is missing: smoke, cpu and paper are needed";
                return Err(self.broken(format!("presets.{preset}"), rule, "nothing"));
            };
            for name in spec.parts.keys() {
                self.known_part(&format!("presets.{preset}.parts"), name)?;
            }
            self.resolve(preset, &StudyOverrides::default(), &|_| true)?;
        }
        Ok(())
    }

    fn validate_part(&self, at: &str, part: &Part) -> Result<()> {
        self.not_blank(&format!("{at}.name"), &part.name)?;
        self.not_blank(&format!("{at}.title"), &part.title)?;
        self.not_blank(&format!("{at}.measure"), &part.measure)?;
        self.not_blank(&format!("{at}.x_label"), &part.x_label)?;
        if part.dataset.is_none() && !part.fallback_dataset.is_empty() {
            let key = format!("{at}.fallback_dataset");
            return Err(self.broken(key, "needs a `dataset` to stand in for", "none"));
        }
        if part.charts.is_empty() {
            return Err(self.broken(
                format!("{at}.charts"),
                "must name at least one metric",
                "none",
            ));
        }
        self.once(&format!("{at}.charts"), &part.charts)?;
        if let Some(metric) = part.log_y.iter().find(|m| !part.charts.contains(m)) {
            let rule = "must be a metric of `charts`";
            return Err(self.broken(format!("{at}.log_y"), rule, metric));
        }
        if part.form == Form::Bars && (part.log_x || !part.log_y.is_empty()) {
            let rule = "must be `lines` where an axis is logarithmic";
            return Err(self.broken(format!("{at}.form"), rule, "bars"));
        }
        if let Some(key) = part
            .effort
            .iter()
            .find(|key| !part.options.contains_key(*key))
        {
            let rule = "must name options of the part";
            return Err(self.broken(format!("{at}.effort"), rule, key));
        }
        if part.series.is_empty() {
            return Err(self.broken(format!("{at}.series"), "must hold at least one", "none"));
        }
        for (index, series) in part.series.iter().enumerate() {
            let at = format!("{at}.series[{index}]");
            self.not_blank(&format!("{at}.name"), &series.name)?;
            let stray = |key: &str, found: &dyn Display| {
                let rule = format!("must be one of the part's {key}");
                Err(self.broken(format!("{at}.{key}"), rule, found))
            };
            let mut levels = series.levels.iter().flatten();
            if let Some(level) = levels.find(|level| !part.levels.contains(level)) {
                return stray("levels", level);
            }
            let mut counts = series.n_stored.iter().flatten();
            if let Some(count) = counts.find(|count| !part.n_stored.contains(count)) {
                return stray("n_stored", count);
            }
            let combinations = product(series.grid.values().map(Vec::len));
            if combinations > limits::SERIES {
                let rule = format!("must stand for at most {} series", limits::SERIES);
                return Err(self.broken(format!("{at}.grid"), rule, combinations));
            }
            for (key, values) in &series.grid {
                let key = format!("{at}.grid.{key}");
                if values.is_empty() {
                    return Err(self.broken(key, "must hold at least one value", "none"));
                }
            }
        }
        Ok(())
    }

    /// Checks the axes of a part once everything is merged.
    pub(super) fn validate_axes(
        &self,
        at: &str,
        x: Axis,
        levels: &[f64],
        n_stored: &[usize],
    ) -> Result<()> {
        let key = format!("{at}.levels");
        if let Some(level) = levels.iter().find(|level| !level.is_finite()) {
            return Err(self.broken(key, "must be finite", level));
        }
        let numbers: Vec<Level> = levels.iter().map(|level| Level::new(*level)).collect();
        self.once(&key, &numbers)?;
        let key = format!("{at}.n_stored");
        if n_stored.contains(&0) {
            return Err(self.broken(key, "must be at least 1", 0));
        }
        if let Some(count) = n_stored.iter().find(|count| **count > limits::ITEMS) {
            return Err(self.broken(key, format!("must be at most {}", limits::ITEMS), count));
        }
        self.once(&key, n_stored)?;
        let (key, empty) = match x {
            Axis::Level => ("levels", levels.is_empty()),
            Axis::NStored => ("n_stored", n_stored.is_empty()),
        };
        if empty {
            let rule = "must hold at least one number, as the abscissa";
            return Err(self.broken(format!("{at}.{key}"), rule, "none"));
        }
        Ok(())
    }

    pub(super) fn known_part(&self, key: &str, name: &str) -> Result<()> {
        if self.parts.iter().any(|part| part.name == name) {
            return Ok(());
        }
        let known: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        let rule = format!("must be one of {}", known.join(", "));
        Err(self.broken(key, rule, name))
    }

    pub(super) fn once<'a, T: Display + Eq + Hash + 'a>(
        &self,
        key: &str,
        items: impl IntoIterator<Item = &'a T>,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        for item in items {
            if !seen.insert(item) {
                return Err(self.broken(key, "must not repeat", item));
            }
        }
        Ok(())
    }

    fn not_blank(&self, key: &str, text: &str) -> Result<()> {
        if text.trim().is_empty() {
            return Err(self.broken(key, "must not be empty", "\"\""));
        }
        Ok(())
    }
}
