//! Cues that fall into memories, drawn.

use attractor::core::AssociativeMemory;
use attractor::core::check::from_host;
use attractor::evaluation::figures::{Content, Event, LineChart, Point, Series, Strip, Timeline};
use attractor::evaluation::{Measurement, Metric};
use attractor::spiking::network::engine::Engine;
use attractor::spiking::{CubeNetwork, CubeRun};
use serde::Deserialize;

use super::options::{Kind, Rule, System, cues, patterns};
use crate::{Result, Session, Task};

/// Patterns whose overlaps are drawn.
const LINES: usize = 5;
/// Units whose spikes are drawn.
const UNITS: usize = 30;
/// Points of a line in a tau.
const FINE: usize = 10;
/// Cues between two memories.
const PATHS: usize = 8;

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    rule: Rule,
    units: usize,
    load: f64,
    /// Length of the drawing in tau.
    duration: f64,
}

#[derive(Debug)]
pub(super) struct Trajectory {
    system: System,
    units: usize,
    stored: usize,
    flips: f64,
    duration: f64,
}

impl Trajectory {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let stored = task.counted((options.load * options.units as f64).round(), 2);
        let flips = task.level()?;
        let Some(stored) = stored.filter(|_| options.units >= 2) else {
            return Err(task.refuse("expected `units` and `load` that make at least two patterns"));
        };
        if !(0.0..=0.5).contains(&flips) || !(1.0..=1000.0).contains(&options.duration) {
            return Err(
                task.refuse("expected levels from 0 to 0.5 and a `duration` from 1 to 1000")
            );
        }
        let system = System::new(Kind::Spiking, options.rule);
        system.check(task)?;
        Ok(Self {
            system,
            units: options.units,
            stored,
            flips,
            duration: options.duration,
        })
    }

    pub(super) fn measure(
        &self,
        task: Task<'_>,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let (units, seed) = (self.units, task.cell.seed);
        let stored = patterns(seed, 0, self.stored, units);
        let config = self.system.config(units);
        let mut memory = config.init(session.device())?;
        memory.write(from_host(
            "patterns",
            stored.clone(),
            units,
            session.device(),
        )?)?;
        let network = memory.network()?;
        let rows: Vec<&[f32]> = stored.chunks_exact(units).collect();

        let cue = cues(rows[0], units, (self.flips, 1.0), seed, 0);
        let start = config.schedule.start(&signs(&cue));
        let mut run = CubeRun::new(network, &start)?;
        let mut lines = vec![Vec::new(); rows.len().min(LINES)];
        let (mut events, mut rates) = (Vec::new(), Vec::new());
        for step in 0..=(self.duration * FINE as f64) as usize {
            let time = step as f64 / FINE as f64;
            for spike in run.run(time) {
                events.extend(event(rows[0], spike.neuron, spike.time));
            }
            for (line, pattern) in lines.iter_mut().zip(&rows) {
                line.push(Point::new(time, share(&run, pattern)));
            }
            rates.push(run.rates());
        }
        let names = |index| match index {
            0 => "the memory of the cue".to_owned(),
            other => format!("another memory, {other}"),
        };
        let series = lines.iter().enumerate().map(|(index, points)| Series {
            name: names(index),
            points: points.clone(),
            reference: false,
            colour_of: None,
        });
        let strip = |label: &str, height, content| Strip {
            label: label.into(),
            height,
            content,
        };
        let shown = units.min(UNITS);
        let timeline = Timeline {
            title: "A cue falls into its memory".into(),
            x_label: "time in units of tau".into(),
            range: (0.0, self.duration),
            strips: vec![
                strip(
                    "overlap",
                    150.0,
                    Content::Lines {
                        series: series.collect(),
                        range: Some((-0.5, 1.05)),
                    },
                ),
                strip(
                    "spikes",
                    150.0,
                    Content::Events {
                        rows: 2 * shown,
                        events,
                    },
                ),
                strip(
                    "filtered spikes",
                    150.0,
                    Content::Matrix {
                        columns: rates.len(),
                        values: matrix(rows[0], &rates),
                        range: None,
                    },
                ),
            ],
        };
        let percent = (100.0 * self.flips).round();
        let caption = format!(
            "{units} units, {} memories, {percent} % of the cue's units turned round. Above, overlap of the activity with \
             memories; in the middle, spikes, and below, filtered spikes: upper rows the neurons of the \
             memory's side of {shown} units, lower rows those of the other side, which fade.",
            self.stored
        );
        session.drawing(task.cell, "spikes", &caption, &timeline.svg())?;
        let paths = self.paths(network, &rows, &config.schedule)?;
        let caption = "Cues between two memories: overlap of the activity with either over time, from a start that has some \
                       of its units from each. Paths end in a corner.";
        session.drawing(task.cell, "paths", caption, &paths)?;
        run.run(25.0f64.max(self.duration));
        Ok(vec![Measurement {
            metric: Metric::Overlap,
            value: share(&run, rows[0]),
            n: 1,
        }])
    }

    /// Overlaps with the first two patterns, from cues that have more and more units of the second.
    fn paths(
        &self,
        network: &CubeNetwork,
        rows: &[&[f32]],
        schedule: &attractor::spiking::Schedule,
    ) -> Result<String> {
        let mut series = Vec::new();
        for path in 0..PATHS {
            let from_second = (path * self.units).div_ceil(PATHS - 1);
            let cue: Vec<f32> = (0..self.units)
                // Units in an order that mixes those of the two.
                .map(|k| {
                    if (k * 7919) % self.units < from_second {
                        rows[1][k]
                    } else {
                        rows[0][k]
                    }
                })
                .collect();
            let mut run = CubeRun::new(network, &schedule.start(&signs(&cue)))?;
            let points = (0..=2 * FINE * 6).map(|step| {
                run.run(step as f64 / FINE as f64);
                Point::new(share(&run, rows[0]), share(&run, rows[1]))
            });
            let percent = 100 * from_second / self.units;
            series.push(Series {
                name: format!("{percent} % of the second"),
                points: points.collect(),
                reference: false,
                colour_of: None,
            });
        }
        let chart = LineChart {
            title: "Paths into two memories".into(),
            x_label: "overlap with the first".into(),
            y_label: "overlap with the second".into(),
            series,
            y_range: Some((-0.3, 1.05)),
            ..LineChart::default()
        };
        Ok(chart.svg())
    }
}

fn signs(cue: &[f32]) -> Vec<i8> {
    cue.iter().map(|&sign| sign as i8).collect()
}

/// `m.xi / R`: 1 where all activity is on the sides of the pattern.
fn share(run: &CubeRun<'_>, pattern: &[f32]) -> f64 {
    let signed = run.signed();
    let products = signed.iter().zip(pattern).map(|(m, &x)| m * f64::from(x));
    products.sum::<f64>() / run.total()
}

/// Filtered spikes `[2 units, times]` in the rows of [`event`].
fn matrix(pattern: &[f32], rates: &[Vec<f64>]) -> Vec<f64> {
    let shown = pattern.len().min(UNITS);
    let row = |row: usize| {
        let unit = row % shown;
        let wrong = (row >= shown) != (pattern[unit] < 0.0);
        rates
            .iter()
            .map(move |rates| rates[2 * unit + usize::from(wrong)])
    };
    (0..2 * shown).flat_map(row).collect()
}

/// A spike of a unit that is drawn: upper rows for the side of the pattern, lower ones for the other.
fn event(pattern: &[f32], neuron: usize, at: f64) -> Option<Event> {
    let (unit, sign) = (
        neuron / 2,
        if neuron.is_multiple_of(2) { 1.0 } else { -1.0 },
    );
    let shown = pattern.len().min(UNITS);
    let wrong = usize::from(pattern[unit] != sign);
    (unit < shown).then_some(Event {
        at,
        row: unit + wrong * shown,
        colour: wrong,
    })
}
