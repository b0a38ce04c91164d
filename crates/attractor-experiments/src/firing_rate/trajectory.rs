//! One cue on its way to an equilibrium.

use attractor::evaluation::figures::{Content, Point, Series, Strip, Timeline};
use attractor::evaluation::{Measurement, Metric};
use attractor::firing_rate::{Integrator, Trajectory, sets};
use serde::Deserialize;

use super::Cell;
use super::design::Network;
use super::patterns::{Drawn, Source};
use crate::{Result, Session, Task};
use attractor::core::AssociativeMemory;

/// What a series says.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    network: Network,
    #[serde(default)]
    patterns: Drawn,
    /// Time shown, in units of tau.
    until: f64,
}

/// Moments and units shown.
const MOMENTS: usize = 201;
const UNITS: usize = 120;
/// Other memories shown by name.
const OTHERS: usize = 4;

/// The cue of the pattern with the most active units, which an exciting network is the first to lose.
#[derive(Debug)]
pub(super) struct Path {
    settings: Settings,
    stored: usize,
    keep: f64,
}

impl Path {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let settings: Settings = task.options()?;
        let drawn = &settings.patterns;
        drawn.check(task)?;
        let keep = task.level()?;
        if !(0.0..=1.0).contains(&keep) {
            return Err(task.misplaced("levels", "a share from 0 to 1", keep));
        }
        if !(settings.until > 0.0 && settings.until <= 1e4) {
            return Err(task.refuse("expected `until` above 0 and at most 10000"));
        }
        settings
            .network
            .config(drawn.units, drawn.activity, drawn.activity)
            .validate()?;
        let stored = match drawn.source {
            Source::Ideal => 0,
            Source::Images => return Err(task.refuse("expected patterns that are no images")),
            _ => task.n_stored()?,
        };
        Ok(Self {
            settings,
            stored,
            keep,
        })
    }
}

impl Cell for Path {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let Settings {
            network,
            patterns,
            until,
        } = &self.settings;
        let bits = patterns.draw(task, None, self.stored)?;
        let count = |k: usize| bits.rows[k * bits.dim..][..bits.dim].iter().sum::<f32>();
        // Of equally active ones the first.
        let ranked = (0..bits.len()).rev();
        let cued = ranked
            .max_by(|&a, &b| count(a).total_cmp(&count(b)))
            .unwrap_or(0);
        let pattern = &bits.rows[cued * bits.dim..][..bits.dim];
        let cue = sets::silenced(pattern, bits.dim, self.keep, task.cell.seed)?;
        let config = network.config(bits.dim, patterns.activity, patterns.activity);
        let mut memory = config.init(session.device())?;
        memory.write(bits.tensor(&bits.rows, session.device())?)?;
        let network = memory.network()?;
        let start: Vec<f64> = cue.iter().copied().map(f64::from).collect();
        let last = (MOMENTS - 1) as f64;
        let times: Vec<f64> = (0..MOMENTS).map(|k| until * k as f64 / last).collect();
        let step = (until / last).min(0.01);
        let path = network.trajectory(&start, None, (Integrator::RungeKutta, step), &times)?;
        session.check()?;
        let energies: Vec<f64> = path
            .states
            .iter()
            .map(|x| network.energy(x, None))
            .collect();
        let overlaps: Vec<Vec<f64>> = path.states.iter().map(|x| network.overlaps(x)).collect();
        let strips = vec![
            rates(&path, pattern, bits.dim),
            curves(
                "overlap",
                overlap_lines(&times, &overlaps, cued),
                Some((0.0, 1.05)),
            ),
            curves(
                "energy",
                vec![Series::new("energy", points(&times, &energies))],
                None,
            ),
        ];
        let timeline = Timeline {
            title: format!(
                "{}: a cue with {:.0} % of its active units",
                task.series.name,
                100.0 * self.keep
            ),
            x_label: "time, tau".into(),
            range: (0.0, *until),
            strips,
        };
        let caption = "Rates of some units, those active in the cued memory above; the mean rate of the active \
                       units of each memory; the energy.";
        session.drawing(task.cell, "trajectory", caption, &timeline.svg())?;
        let end = path.states.last().map_or(&start, |state| state);
        let answer = network.bits(end).into_iter();
        let wrong = answer
            .zip(pattern)
            .filter(|(a, b)| *a != (**b == 1.0))
            .count();
        let drop = energies
            .first()
            .zip(energies.last())
            .map_or(0.0, |(first, last)| first - last);
        let rise = energies
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .fold(0.0, f64::max);
        let of = |metric, value| Measurement {
            metric,
            value,
            n: 1,
        };
        let own = overlaps.last().map_or(0.0, |overlaps| overlaps[cued]);
        Ok(vec![
            of(Metric::Overlap, own),
            of(Metric::BitError, 100.0 * wrong as f64 / bits.dim as f64),
            of(Metric::EnergyDrop, drop),
            of(Metric::EnergyRise, rise),
        ])
    }
}

fn points(times: &[f64], values: &[f64]) -> Vec<Point> {
    let pairs = times.iter().zip(values);
    pairs.map(|(&x, &y)| Point::new(x, y)).collect()
}

/// Rates over time, a row for a unit: active units of the pattern first, of both kinds evenly.
fn rates(path: &Trajectory, pattern: &[f32], dim: usize) -> Strip {
    let (active, silent): (Vec<usize>, Vec<usize>) = (0..dim).partition(|&i| pattern[i] == 1.0);
    let some = |units: &[usize], count: usize| -> Vec<usize> {
        let count = count.min(units.len());
        (0..count).map(|k| units[k * units.len() / count]).collect()
    };
    let units = [some(&active, UNITS / 3), some(&silent, UNITS - UNITS / 3)].concat();
    let row = |&i: &usize| path.states.iter().map(move |state| state[i]);
    Strip {
        label: "units".into(),
        height: 150.0,
        content: Content::Matrix {
            columns: path.states.len(),
            values: units.iter().flat_map(row).collect(),
            range: Some((0.0, 1.0)),
        },
    }
}

fn overlap_lines(times: &[f64], overlaps: &[Vec<f64>], cued: usize) -> Vec<Series> {
    let count = overlaps.first().map_or(0, Vec::len);
    let of = |k: usize| -> Vec<f64> { overlaps.iter().map(|all| all[k]).collect() };
    let mut lines = vec![Series::new("cued memory", points(times, &of(cued)))];
    for k in (0..count).filter(|&k| k != cued).take(OTHERS) {
        let name = format!("memory {}", k + 1);
        lines.push(Series::reference(name, points(times, &of(k))));
    }
    lines
}

fn curves(label: &str, series: Vec<Series>, range: Option<(f64, f64)>) -> Strip {
    Strip {
        label: label.into(),
        height: 110.0,
        content: Content::Lines { series, range },
    }
}
