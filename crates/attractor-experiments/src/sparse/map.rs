//! The phase transition over constraints and errors, as a picture with the theoretical curve on it.

use attractor::evaluation::figures::{HeatMap, Point, Series};
use attractor::evaluation::{Measurement, Metric};
use attractor::sparse_recovery::curve::transition;
use attractor::sparse_recovery::ensembles::{self, Ensemble, Errors};
use attractor::sparse_recovery::linalg::columns;
use attractor::sparse_recovery::recovery::{Settings, Solver, recover};
use serde::Deserialize;

use super::{Cell, RECALLED, missed};
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    n: usize,
    ensemble: Ensemble,
    errors: Errors,
    /// Columns: shares of entries that are constraints, evenly from 0 to 1.
    columns: usize,
    /// Rows: errors per constraint, evenly from 0 to 1.
    rows: usize,
    /// Words of each point.
    words: usize,
    #[serde(default = "most")]
    max_iterations: usize,
}

fn most() -> usize {
    1000
}

/// The whole map.
pub(super) struct Map {
    options: Options,
}

impl Map {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let Options {
            n,
            columns,
            rows,
            words,
            max_iterations,
            ..
        } = options;
        if n < 4 || columns < 2 || rows < 2 || words == 0 || max_iterations == 0 {
            return Err(task.refuse(
                "expected `n` of at least 4, `columns` and `rows` of at least 2, `words` and \
                 `max_iterations` of at least 1",
            ));
        }
        Ok(Self { options })
    }

    /// Share of words recalled.
    fn share(&self, constraints: usize, count: usize, seed: u64) -> Result<f64> {
        let Options {
            n,
            ensemble,
            errors,
            words,
            max_iterations,
            ..
        } = self.options;
        let own = ensembles::subspace(ensemble, n, n - constraints, seed)?;
        let mut all = Vec::with_capacity(words);
        for index in 0..words as u64 {
            all.push(ensembles::words(&own, count, errors, seed, index)?);
        }
        let cues: Vec<Vec<f64>> = all.iter().map(|word| word.cue.clone()).collect();
        let settings = Settings {
            max_iterations,
            ..Settings::default()
        };
        let found = recover(&own, &columns(n, &cues)?, &Solver::Admm, &settings)?;
        let right = found.iter().zip(&all);
        let right = right.filter(|(found, word)| missed(&found.error, &word.error) < RECALLED);
        Ok(right.count() as f64 / words as f64)
    }
}

/// Middles of `count` equal parts of 0 to 1.
fn middles(count: usize) -> Vec<f64> {
    (0..count)
        .map(|i| (i as f64 + 0.5) / count as f64)
        .collect()
}

impl Cell for Map {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let n = self.options.n as f64;
        let (x, y) = (middles(self.options.columns), middles(self.options.rows));
        let mut values = vec![0.0; x.len() * y.len()];
        let (mut on_its_side, mut apart) = (0usize, Vec::new());
        for (column, delta) in x.iter().enumerate() {
            let constraints = ((delta * n).round() as usize).clamp(1, self.options.n - 1);
            let predicted = transition(constraints as f64 / n)?.rho;
            let mut shares = Vec::new();
            for (row, rho) in y.iter().enumerate() {
                session.check()?;
                let count = ((rho * constraints as f64).round() as usize).max(1);
                let seed = task.cell.seed * 1_000_003 + (column * y.len() + row) as u64;
                let share = self.share(constraints, count, seed)?;
                values[row * x.len() + column] = share;
                shares.push((count as f64 / constraints as f64, share));
                let below = (count as f64) < predicted * constraints as f64;
                on_its_side += usize::from((share > 0.5) == below);
            }
            apart.extend(half(&shares).map(|half| (half - predicted) / predicted));
            session.progress("columns of the map", column + 1, x.len(), "");
        }
        let points: Vec<Point> = (1..200)
            .map(|i| f64::from(i) / 200.0)
            .filter_map(|delta| Some((delta, transition(delta).ok()?.rho)))
            .map(|(x, y)| Point::new(x, y))
            .collect();
        let map = HeatMap {
            title: format!("Recalled by basis pursuit, n = {}", self.options.n),
            x_label: "constraints per entry, m / n".into(),
            y_label: "errors per constraint, t / m".into(),
            value_label: "share".into(),
            x,
            y,
            values: values.clone(),
            range: Some((0.0, 1.0)),
            curves: vec![Series::reference("theory", points)],
            ..HeatMap::default()
        };
        let caption = format!("{}: share of words recalled", task.series.name);
        session.drawing(task.cell, "phase map", &caption, &map.svg())?;
        let cells = values.len();
        let mut measured = vec![Measurement {
            metric: Metric::Share,
            value: 100.0 * on_its_side as f64 / cells as f64,
            n: cells,
        }];
        if !apart.is_empty() {
            let square: f64 = apart.iter().map(|d: &f64| d * d).sum();
            measured.push(Measurement {
                metric: Metric::RelativeError,
                value: (square / apart.len() as f64).sqrt(),
                n: apart.len(),
            });
        }
        Ok(measured)
    }
}

/// Errors per constraint at which a falling share crosses one half.
fn half(shares: &[(f64, f64)]) -> Option<f64> {
    shares.windows(2).find_map(|pair| {
        let ((a, high), (b, low)) = (pair[0], pair[1]);
        (high >= 0.5 && low < 0.5).then(|| a + (b - a) * (high - 0.5) / (high - low))
    })
}
