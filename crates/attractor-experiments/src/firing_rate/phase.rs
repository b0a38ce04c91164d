//! Stability over slope and threshold of the activation function.

use attractor::evaluation::figures::{Colours, HeatMap, Marks};
use attractor::evaluation::{Measurement, Metric};
use attractor::firing_rate::{Currents, Patterns, PhaseCell, Shape, phase_map};
use serde::Deserialize;

use super::Cell;
use super::design::Network;
use super::patterns::{Drawn, Source};
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Of this, the shape and the currents.
    #[serde(default)]
    network: Network,
    #[serde(default)]
    patterns: Drawn,
    /// First and last slope rho.
    slopes: [f64; 2],
    /// First and last threshold I*.
    thresholds: [f64; 2],
}

/// One map.
#[derive(Debug)]
pub(super) struct Phase {
    settings: Settings,
    cells: usize,
    stored: usize,
}

/// More cells along an axis than anyone looks at.
const MOST: usize = 500;

impl Phase {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let settings: Settings = task.options()?;
        settings.patterns.check(task)?;
        let level = task.level()?;
        let cells = task.counted(level, 2).filter(|&cells| cells <= MOST);
        let Some(cells) = cells else {
            return Err(task.misplaced(
                "levels",
                format!("a whole number from 2 to {MOST}"),
                level,
            ));
        };
        let rising = |[first, last]: [f64; 2]| first < last && last.is_finite();
        let Settings {
            slopes, thresholds, ..
        } = settings;
        if !(rising(slopes) && slopes[0] > 0.0 && rising(thresholds)) {
            return Err(task.refuse("expected rising `slopes` above 0 and rising `thresholds`"));
        }
        let stored = match settings.patterns.source {
            Source::Ideal => 0,
            Source::Images => return Err(task.refuse("expected patterns that are no images")),
            _ => task.n_stored()?,
        };
        Ok(Self {
            settings,
            cells,
            stored,
        })
    }
}

fn line([first, last]: [f64; 2], count: usize) -> Vec<f64> {
    let step = (last - first) / (count - 1) as f64;
    (0..count).map(|k| first + step * k as f64).collect()
}

impl Cell for Phase {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let Settings {
            network,
            patterns,
            slopes,
            thresholds,
        } = &self.settings;
        let bits = patterns.draw(task, None, self.stored)?;
        let patterns = Patterns::from_rows("patterns", &bits.rows, bits.dim)?;
        let currents = Currents {
            low: network.low,
            high: network.high,
        };
        let (y, x) = (line(*slopes, self.cells), line(*thresholds, self.cells));
        let map = phase_map(&patterns, &currents, network.shape, &y, &x)?;
        session.check()?;
        let marked = |name: &str, told: fn(&PhaseCell) -> bool| Marks {
            name: name.to_owned(),
            cells: (0..map.len())
                .filter(|&at| map[at].as_ref().is_some_and(told))
                .map(|at| (at % self.cells, at / self.cells))
                .collect(),
        };
        let stable = |cell: &PhaseCell| cell.certificates.stable();
        let unstable = |cell: &PhaseCell| cell.certificates.unstable();
        let value = |cell: &Option<PhaseCell>| cell.map_or(f64::NAN, |cell| cell.abscissa);
        let shape = match network.shape {
            Shape::Sigmoid => "sigmoid",
            Shape::RectifiedTanh => "rectified tanh",
        };
        let heat = HeatMap {
            title: format!("Stability of memories: {shape}, I0 = {}", network.low),
            x_label: "threshold I*".into(),
            y_label: "slope rho".into(),
            value_label: "abscissa, 1 / tau".into(),
            x,
            y,
            values: map.iter().map(value).collect(),
            range: Some((-1.0, 1.0)),
            colours: Colours::Diverging,
            curves: Vec::new(),
            marks: vec![
                marked("certified stable", stable),
                marked("certified unstable", unstable),
            ],
        };
        let caption = "The largest spectral abscissa of all memories: below 0 they are stable. \
                       Dots and crosses are cells that the constants alone certify.";
        session.drawing(task.cell, "phase map", caption, &heat.svg())?;
        let n = map.iter().flatten().count();
        let count = |metric, told: fn(&PhaseCell) -> bool| Measurement {
            metric,
            value: map.iter().flatten().filter(|cell| told(cell)).count() as f64,
            n: n.max(1),
        };
        Ok(vec![
            count(Metric::StableCells, PhaseCell::stable),
            count(Metric::CertifiedStable, stable),
            count(Metric::CertifiedUnstable, unstable),
            count(Metric::Undecided, |cell| {
                !cell.certificates.stable() && !cell.certificates.unstable()
            }),
            count(Metric::Contradictions, PhaseCell::contradicts),
        ])
    }
}
