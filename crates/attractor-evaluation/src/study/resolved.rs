//! A study with everything decided: its lines, figures and cells.

use serde::{Deserialize, Serialize};

use super::{Axis, Form};
use crate::limits::product;
use crate::{Cell, Level, Metric, Preset, Representation};

/// One line of a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedSeries {
    /// Display name.
    pub name: String,
    /// What is stored.
    pub representation: Representation,
    /// Not in the publication.
    #[serde(default)]
    pub ours: bool,
    /// A computed expectation.
    #[serde(default)]
    pub expectation: bool,
    /// The series whose colour it shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// The chart that it is in, where a part has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<String>,
    /// Its own levels, some of the part's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<Vec<f64>>,
    /// Its own numbers of stored patterns, some of the part's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_stored: Option<Vec<usize>>,
    /// Why its figures cannot be held against published ones; absent if they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_comparable: Option<String>,
    /// Everything that the protocol is told.
    #[serde(default)]
    pub options: toml::Table,
}

/// One figure of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedPart {
    /// Name in results.
    pub name: String,
    /// Heading in the report.
    pub title: String,
    /// What it shows.
    pub about: String,
    /// What the protocol measures.
    pub measure: String,
    /// Data set that is really used; `synthetic` where none is needed.
    pub dataset: String,
    /// Whether that is the stand-in.
    pub fallback: bool,
    /// How it is drawn.
    #[serde(default, skip_serializing_if = "Form::is_lines")]
    pub form: Form,
    /// The abscissa.
    pub x: Axis,
    /// Its label.
    pub x_label: String,
    /// Whether it is logarithmic.
    pub log_x: bool,
    /// Metrics to draw.
    pub charts: Vec<Metric>,
    /// Those with a logarithmic ordinate.
    pub log_y: Vec<Metric>,
    /// Levels, possibly none.
    pub levels: Vec<f64>,
    /// Numbers of stored patterns, possibly none.
    pub n_stored: Vec<usize>,
    /// Number of seeds.
    pub seeds: usize,
    /// The lines.
    pub series: Vec<ResolvedSeries>,
}

/// Everything that decides a study's numbers, as written into `run.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedStudy {
    /// Name of the study.
    pub experiment: String,
    /// Title of the report.
    pub title: String,
    /// What is measured and why.
    pub description: String,
    /// Citation.
    pub source: String,
    /// Who measures it.
    pub protocol: String,
    /// The preset it started from.
    pub preset: Preset,
    /// The figures.
    pub parts: Vec<ResolvedPart>,
}

impl ResolvedSeries {
    /// Whether it is measured there.
    pub fn is_at(&self, level: Level, n_stored: usize) -> bool {
        self.is_at_level(level) && self.is_at_count(n_stored)
    }

    fn is_at_level(&self, level: Level) -> bool {
        let levels = self.levels.as_ref();
        levels.is_none_or(|own| level.value().is_none_or(|level| own.contains(&level)))
    }

    fn is_at_count(&self, n_stored: usize) -> bool {
        let counts = self.n_stored.as_ref();
        counts.is_none_or(|own| own.contains(&n_stored))
    }
}

impl ResolvedPart {
    /// The levels of its cells: [`Level::NONE`] alone if it has none.
    pub fn cell_levels(&self) -> Vec<Level> {
        if self.levels.is_empty() {
            return vec![Level::NONE];
        }
        self.levels.iter().map(|level| Level::new(*level)).collect()
    }

    /// The numbers of stored patterns of its cells: 0 alone where something else decides.
    pub fn cell_counts(&self) -> Vec<usize> {
        if self.n_stored.is_empty() {
            return vec![0];
        }
        self.n_stored.clone()
    }
}

impl ResolvedStudy {
    /// Every cell, in a fixed order: part, seed, series, number stored, level. Cells that a protocol
    /// can compute in one go are thus neighbours.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for part in &self.parts {
            for seed in 0..part.seeds as u64 {
                for series in &part.series {
                    for n_stored in part.cell_counts() {
                        for level in part.cell_levels() {
                            if !series.is_at(level, n_stored) {
                                continue;
                            }
                            cells.push(Cell {
                                experiment: self.experiment.clone(),
                                system: series.name.clone(),
                                representation: series.representation,
                                dataset: part.dataset.clone(),
                                task: part.name.clone(),
                                level,
                                n_stored,
                                seed,
                            });
                        }
                    }
                }
            }
        }
        cells
    }

    /// How many cells there are, without making them.
    pub(super) fn count(&self) -> usize {
        let of = |part: &ResolvedPart| {
            let (levels, counts) = (part.cell_levels(), part.cell_counts());
            let places = part.series.iter().map(|series| {
                let levels = levels.iter().filter(|level| series.is_at_level(**level));
                let counts = counts.iter().filter(|count| series.is_at_count(**count));
                product([levels.count(), counts.count()])
            });
            product([part.seeds, places.fold(0, usize::saturating_add)])
        };
        let parts = self.parts.iter().map(of);
        parts.fold(0, usize::saturating_add)
    }

    /// The part and the series that a cell measures.
    pub fn find(&self, cell: &Cell) -> Option<(&ResolvedPart, &ResolvedSeries)> {
        let part = self.parts.iter().find(|part| part.name == cell.task)?;
        let series = part.series.iter().find(|series| {
            series.name == cell.system && series.representation == cell.representation
        })?;
        Some((part, series))
    }

    /// Data sets in use, each once.
    pub fn datasets(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for part in &self.parts {
            if !names.contains(&part.dataset.as_str()) {
                names.push(&part.dataset);
            }
        }
        names
    }

    /// Itself without what does not decide the numbers: prose, looks and reasons.
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
            for series in &mut part.series {
                series.not_comparable = None;
                series.beside = None;
                series.panel = None;
            }
        }
        decisive
    }
}
