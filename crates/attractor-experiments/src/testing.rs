//! A run without folders or terminals, for the tests of protocols.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use attractor::core::Backend;
use attractor::core::burn::tensor::Device;
use attractor::datasets::builtin::{self, BuiltinSize};
use attractor::datasets::{AnnotatedSet, ImageSet, Split};
use attractor::evaluation::experiment::{Experiment, Overrides, Resolved, ResolvedPart};
use attractor::evaluation::figures::ImageGrid;
use attractor::evaluation::run::{Trace, TrainingPoint};
use attractor::evaluation::{Cell, Metric, Preset};

use crate::{Protocol, Result, Session, Task, find};

/// One part of a study with this chart, and what else it says.
pub(crate) fn one_part(chart: &str, rest: &str) -> String {
    format!(
        r#"
[[parts]]
name = "part"
title = "t"
x_label = "x"
charts = ["{chart}"]
{rest}"#
    )
}

/// Values by series and level (or number stored, where there are several).
pub(crate) type Values = BTreeMap<(String, String), f64>;

/// The value of a series at a level (or number stored).
pub(crate) fn at(values: &Values, series: &str, place: &str) -> f64 {
    values[&(series.to_owned(), place.to_owned())]
}

pub(crate) struct Bench {
    study: Experiment,
    session: Silent,
}

impl Bench {
    /// A study of a protocol with these parts, in TOML.
    pub(crate) fn new(protocol: &str, parts: &str) -> Self {
        let text = format!(
            r#"
name = "{protocol}"
title = "t"
description = "d"
source = "s"
protocol = "{protocol}"
{parts}
[presets.smoke]
seeds = 1
[presets.cpu]
seeds = 1
[presets.paper]
seeds = 1
"#
        );
        Self {
            study: Experiment::parse(&text, "test.toml").unwrap(),
            session: Silent::new(),
        }
    }

    fn resolved(&self, preset: Preset) -> Resolved {
        let overrides = Overrides::default();
        self.study
            .resolve(preset, &overrides, &|name| name.starts_with("builtin"))
            .unwrap()
    }

    /// Checks and measures every cell; the values of one metric. Every cell is measured a second time by
    /// a protocol of its own: what came before must not matter.
    pub(crate) fn run(mut self, preset: Preset, metric: Metric) -> Values {
        let resolved = self.resolved(preset);
        let entry = find(&self.study.protocol).unwrap();
        let mut protocol = (entry.new)();
        let mut values = Values::new();
        for cell in resolved.cells() {
            let measured = measure(&mut *protocol, &resolved, &cell, &mut self.session).unwrap();
            let alone = measure(&mut *(entry.new)(), &resolved, &cell, &mut self.session).unwrap();
            assert_eq!(measured, alone, "{cell}");
            assert!(
                measured.iter().all(|m| m.value.is_finite() && m.n > 0),
                "{cell}"
            );
            let place = match cell.level.value() {
                Some(level) => level.to_string(),
                None => cell.n_stored.to_string(),
            };
            if let Some(found) = measured.iter().find(|m| m.metric == metric) {
                values.insert((cell.system.clone(), place), found.value);
            }
        }
        values
    }

    /// Images that the cells of a preset take.
    pub(crate) fn needs(self, preset: Preset) -> Vec<(Split, usize)> {
        let resolved = self.resolved(preset);
        let protocol = (find(&self.study.protocol).unwrap().new)();
        let cells = resolved.cells();
        let of = |cell| {
            let (part, series) = resolved.find(cell).unwrap();
            protocol.needs(Task { part, series, cell }).unwrap()
        };
        cells.iter().flat_map(of).collect()
    }

    /// The first refusal of a check.
    pub(crate) fn refusal(self, preset: Preset) -> String {
        let resolved = self.resolved(preset);
        let protocol = (find(&self.study.protocol).unwrap().new)();
        let cells = resolved.cells();
        let refused = cells.iter().find_map(|cell| {
            let (part, series) = resolved.find(cell).unwrap();
            protocol.check(Task { part, series, cell }).err()
        });
        refused.expect("a refusal").to_string()
    }
}

fn measure(
    protocol: &mut dyn Protocol,
    study: &Resolved,
    cell: &Cell,
    session: &mut Silent,
) -> Result<Vec<attractor::evaluation::Measurement>> {
    let (part, series) = study.find(cell).unwrap();
    let task = Task { part, series, cell };
    protocol.check(task)?;
    protocol.measure(task, session)
}

pub(crate) struct Silent {
    device: Device,
    panels: usize,
}

impl Silent {
    pub(crate) fn new() -> Self {
        Self {
            device: Backend::Flex.open().unwrap(),
            panels: 0,
        }
    }
}

impl Session for Silent {
    fn device(&self) -> &Device {
        &self.device
    }

    fn stopped(&self) -> bool {
        false
    }

    /// Forty images of each split; enough for some of every class where `builtin-many` is asked for.
    fn images(&mut self, dataset: &str, split: Split) -> Result<Arc<ImageSet>> {
        let count = match dataset {
            "builtin-many" => 200,
            _ => 40,
        };
        let size = BuiltinSize {
            train: count,
            test: count,
        };
        Ok(Arc::new(builtin::scenes(split, &size)?))
    }

    fn annotated(&mut self, part: &ResolvedPart, split: Split) -> Result<Arc<AnnotatedSet>> {
        let images = self.images(&part.dataset, split)?;
        Ok(Arc::new(ImageSet::clone(&images).into()))
    }

    fn progress(&mut self, _: &str, done: usize, total: usize, _: &str) {
        assert!(done <= total);
    }

    fn note(&mut self, _: &str) {}

    fn checkpoints(&self) -> Option<PathBuf> {
        None
    }

    fn training(&mut self, _: &TrainingPoint) -> Result<()> {
        Ok(())
    }

    fn panel(&mut self, _: &Cell, _: &str, rows: &[&str], grid: &ImageGrid) -> Result<()> {
        assert!(!rows.is_empty() && grid.columns() > 0);
        self.panels += 1;
        Ok(())
    }

    fn drawing(&mut self, _: &Cell, name: &str, _: &str, svg: &str) -> Result<()> {
        assert!(!name.is_empty() && svg.starts_with("<svg"));
        self.panels += 1;
        Ok(())
    }

    fn trace(&mut self, _: &Trace) -> Result<()> {
        Ok(())
    }
}
