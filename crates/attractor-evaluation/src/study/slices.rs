//! A part as its charts and tables see it: places along the abscissa.

use super::{Axis, ResolvedPart};
use crate::summary::Summary;
use crate::{Level, Metric};

/// One place on the abscissa.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// The abscissa.
    pub(crate) x: f64,
    /// Level of the cells there.
    pub(crate) level: Level,
    /// Patterns stored there.
    pub(crate) n_stored: usize,
}

/// The places that share everything but the abscissa: one chart of each metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slice {
    /// What they share, in words; `None` if there is only one slice.
    pub(crate) condition: Option<String>,
    /// The places, in the file's order.
    pub(crate) places: Vec<Place>,
}

impl ResolvedPart {
    /// Its slices.
    pub(crate) fn slices(&self) -> Vec<Slice> {
        let (levels, counts) = (self.cell_levels(), self.cell_counts());
        match self.x {
            Axis::Level => counts
                .iter()
                .map(|&n_stored| Slice {
                    condition: (n_stored > 0).then(|| format!("{n_stored} stored")),
                    places: levels
                        .iter()
                        .map(|&level| Place {
                            x: level.value().unwrap_or_default(),
                            level,
                            n_stored,
                        })
                        .collect(),
                })
                .collect(),
            Axis::NStored => levels
                .iter()
                .map(|&level| Slice {
                    condition: level.value().map(|level| format!("level {level}")),
                    places: counts
                        .iter()
                        .map(|&n_stored| Place {
                            x: n_stored as f64,
                            level,
                            n_stored,
                        })
                        .collect(),
                })
                .collect(),
        }
    }

    /// Its panels, in the file's order; one without a name if there are none.
    pub(crate) fn panels(&self) -> Vec<Option<&str>> {
        let mut panels = Vec::new();
        for series in &self.series {
            let panel = series.panel.as_deref();
            if !panels.contains(&panel) {
                panels.push(panel);
            }
        }
        panels
    }

    /// The metrics that were measured: those of its charts first.
    pub(crate) fn metrics(&self, summary: &Summary) -> Vec<Metric> {
        let measured = summary.metrics_of(&self.name);
        let others = measured
            .iter()
            .filter(|metric| !self.charts.contains(metric));
        let drawn = self
            .charts
            .iter()
            .filter(|metric| measured.contains(metric));
        drawn.chain(others).copied().collect()
    }
}
