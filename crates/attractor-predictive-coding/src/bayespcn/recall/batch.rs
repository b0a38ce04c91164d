//! Recall: rows that are noisy as a whole and rows with known entries, in one batch.

use std::collections::BTreeMap;

use attractor_core::{Error, Outcome, Recall, Result, Trace, check};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::readout::read_out;
use crate::bayespcn::inference::clamp::Target;
use crate::bayespcn::inference::objective::{Objective, Point};
use crate::bayespcn::inference::search::{Ascent, Found, search};
use crate::bayespcn::inference::view::{Cached, ClampedWeights, Stored};
use crate::bayespcn::model::BLOCK;
use crate::bayespcn::{BayesPcn, Readout, SearchConfig, SearchPrecision};
use crate::linalg::{Mat, Real};

/// Rows with the same known entries from which a reduction of the weights to those entries pays.
/// It costs as much as some iterations of one row with all entries (a Cholesky factor of `inputs^2`
/// numbers), but rows with their own can no longer share matrix products.
const SHARED_MASK: usize = 16;

/// What a cue is worth.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// Every entry is a hint and none is trusted.
    Noisy,
    /// Entries with `true` are known and come back unchanged; the others are not looked at.
    Entries(Vec<bool>),
}

/// Rows that are searched together.
enum Task<'a> {
    /// Nothing is trusted.
    Noisy(Vec<usize>),
    /// All with the same known entries.
    Alike(&'a [bool], Vec<usize>),
    /// Each with its own.
    Own(Vec<usize>),
}

/// The answer for one row.
struct Answer {
    values: Vec<f64>,
    first: f64,
    last: f64,
    steps: usize,
    outcome: Outcome,
}

impl BayesPcn {
    /// Recalls cues `[b, dim]`, each as `given` says. Energies are negative log joint densities.
    ///
    /// Rows do not influence each other: they share matrix products, which changes results by
    /// rounding only. An empty memory answers from its prior.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`Error::Rows`] and [`Error::Width`] if
    /// `given` does not fit the cues.
    pub fn recall(&self, cues: Tensor<2>, given: &[Given]) -> Result<Recall> {
        let (values, rows) = self.rows("cues", cues)?;
        if given.len() != rows.rows {
            return Err(Error::Rows {
                what: "given",
                expected: rows.rows,
                found: given.len(),
            });
        }
        let tasks = self.tasks(given)?;
        let tasks = tasks.par_iter();
        let answers: Vec<(usize, Answer)> = match self.config.search.precision {
            SearchPrecision::Single => tasks
                .flat_map(|task| self.perform::<f32>(task, given, &rows))
                .collect(),
            SearchPrecision::Double => tasks
                .flat_map(|task| self.perform::<f64>(task, given, &rows))
                .collect(),
        };
        self.collect(values, given, answers)
    }

    fn tasks<'a>(&self, given: &'a [Given]) -> Result<Vec<Task<'a>>> {
        let mut noisy = Vec::new();
        let mut masks: BTreeMap<&[bool], Vec<usize>> = BTreeMap::new();
        for (row, given) in given.iter().enumerate() {
            match given {
                Given::Noisy => noisy.push(row),
                Given::Entries(known) if known.len() != self.config.dim => {
                    return Err(Error::Width {
                        what: "given",
                        expected: self.config.dim,
                        rows: 1,
                        found: known.len(),
                    });
                }
                Given::Entries(known) => masks.entry(known).or_default().push(row),
            }
        }
        let (closed, together) = (
            self.config.readout == Readout::Closed,
            self.config.search.together,
        );
        let size = if together { given.len() } else { BLOCK };
        let (alike, own): (Vec<_>, Vec<_>) = masks
            .into_iter()
            .partition(|(_, rows)| closed && rows.len() >= SHARED_MASK && !together);
        let mut own: Vec<usize> = own.into_iter().flat_map(|(_, rows)| rows).collect();
        own.sort_unstable();
        let noisy = noisy.chunks(size).map(|rows| Task::Noisy(rows.to_vec()));
        let own = own.chunks(size).map(|rows| Task::Own(rows.to_vec()));
        let mut tasks: Vec<Task<'a>> = noisy.chain(own).collect();
        for (known, rows) in alike {
            let blocks = rows.chunks(size);
            tasks.extend(blocks.map(|rows| Task::Alike(known, rows.to_vec())));
        }
        Ok(tasks)
    }

    fn perform<T: Cached>(
        &self,
        task: &Task<'_>,
        given: &[Given],
        rows: &Mat,
    ) -> Vec<(usize, Answer)> {
        let (members, answers) = match task {
            Task::Noisy(members) => (members, self.denoise::<T>(rows.pick(members))),
            Task::Alike(known, members) => {
                let at: Vec<usize> = (0..known.len()).filter(|&at| known[at]).collect();
                let sensory = self.clamped_to::<T>(Some(&at), true);
                let known = members.iter().map(|_| *known);
                let x = rows.pick(members);
                (members, self.fill(x, &known.collect::<Vec<_>>(), &sensory))
            }
            Task::Own(members) => {
                let known = members.iter().map(|&row| match &given[row] {
                    Given::Entries(known) => known.as_slice(),
                    Given::Noisy => &[],
                });
                let x = rows.pick(members);
                (members, self.fill::<T>(x, &known.collect::<Vec<_>>(), &[]))
            }
        };
        members.iter().copied().zip(answers).collect()
    }

    /// `x [b, dim]` in the coordinates of every particle.
    fn targets<T: Real>(&self, sensory: &[ClampedWeights<T>], x: &Mat) -> Vec<Target<T>> {
        let each = sensory.iter().zip(self.weights());
        each.map(|(sensory, weights)| sensory.clamp.target(weights, x, false))
            .collect()
    }

    /// Where a search for `rows` rows starts.
    fn begin<T: Real>(&self, round: usize, rows: usize) -> Vec<Mat<T>> {
        let start = self.start("bayespcn/read", &vec![round as u64; rows]);
        start.iter().map(Mat::cast).collect()
    }

    /// Rounds of hidden values given the sensory ones, from a new start each time, then sensory
    /// values given the hidden ones.
    fn denoise<T: Cached>(&self, x: Mat) -> Vec<Answer> {
        let sensory = self.clamped::<T>();
        let reduced = self.objective(self.views(sensory.iter().map(|sensory| &sensory.map)));
        let whole = self.objective(self.whole_views());
        let (config, rows) = (&self.config, x.rows);
        let mut hidden = Vec::new();
        let mut first = Vec::new();
        let mut steps = vec![0; rows];
        let mut outcomes = Vec::new();
        let mut x = x;
        for round in 0..config.repeats {
            let start = Point {
                hidden: self.begin(round, rows),
                targets: self.targets(sensory, &x),
            };
            let found = search(&reduced, &config.search, Ascent::Adam, start, None);
            if round == 0 {
                first = found.first;
            }
            steps
                .iter_mut()
                .zip(&found.steps)
                .for_each(|(a, b)| *a += b);
            outcomes = found.outcomes;
            let mut point = Point::of(found.hidden.iter().map(Mat::cast).collect(), x);
            read_out(&whole, &config.search, config.readout, &mut point, None);
            hidden = point.hidden;
            x = point.targets.swap_remove(0).values;
        }
        let found = Found::<T> {
            hidden: Vec::new(),
            sensory: None,
            first,
            steps,
            outcomes,
        };
        answers(&whole, &Point::of(hidden, x), found)
    }

    /// One search under the known entries of each row, then the others. Without `sensory`, the
    /// weights are not reduced to the known entries.
    fn fill<T: Cached>(
        &self,
        x: Mat,
        known: &[&[bool]],
        sensory: &[ClampedWeights<T>],
    ) -> Vec<Answer> {
        let searched = self.config.readout == Readout::Searched;
        let maps: Vec<&Stored<T>> = match sensory {
            [] => self.plain().iter().collect(),
            _ => sensory.iter().map(|sensory| &sensory.map).collect(),
        };
        let objective = self.objective(self.views(maps.into_iter()));
        let whole = self.objective(self.whole_views());
        let (config, rows) = (&self.config, x.rows);
        let entries = known.iter().flat_map(|known| known.iter());
        let mask = entries
            .map(|&known| if known { 1.0 } else { 0.0 })
            .collect();
        let mask = Mat::new(rows, x.cols, mask);
        let mut free = mask.clone();
        free.data.iter_mut().for_each(|known| *known = 1.0 - *known);
        let start = Point {
            hidden: self.begin(0, rows),
            targets: match sensory {
                [] if searched => vec![Target::plain(x.cast())],
                [] => vec![Target {
                    mask: Some(mask.cast()),
                    ..Target::plain(x.cast())
                }],
                _ => self.targets(sensory, &x),
            },
        };
        let search_config = SearchConfig {
            max_steps: config.search.max_steps * config.repeats,
            ..config.search
        };
        let with = searched.then(|| free.cast());
        let mut found = search(&objective, &search_config, Ascent::Adam, start, with);
        let hidden = found.hidden.iter().map(Mat::cast).collect();
        let sensory = found.sensory.take().map(|sensory| sensory.cast());
        let mut point = Point::of(hidden, sensory.unwrap_or(x));
        if !searched {
            let readout = config.readout;
            read_out(&whole, &config.search, readout, &mut point, Some(&free));
        }
        answers(&whole, &point, found)
    }

    fn collect(
        &self,
        mut values: Vec<f32>,
        given: &[Given],
        answers: Vec<(usize, Answer)>,
    ) -> Result<Recall> {
        let (dim, rows) = (self.config.dim, given.len());
        let mut recall = Recall {
            outcomes: vec![Outcome::MaxSteps; rows],
            steps: vec![0; rows],
            energy_first: vec![0.0; rows],
            energy_last: vec![0.0; rows],
            trace: Trace::default(),
            ..Recall::single_pass(Tensor::zeros([1, 1], &self.device))
        };
        for (row, answer) in answers {
            for (at, found) in answer.values.iter().enumerate() {
                // Known entries are those of the cue to the last bit.
                let known = matches!(&given[row], Given::Entries(known) if known[at]);
                if !known {
                    values[row * dim + at] = *found as f32;
                }
            }
            recall.outcomes[row] = answer.outcome;
            recall.steps[row] = answer.steps;
            recall.energy_first[row] = -answer.first as f32;
            recall.energy_last[row] = -answer.last as f32;
        }
        recall.state = check::from_host("recall", values, dim, &self.device)?;
        Ok(recall)
    }
}

fn answers<T>(whole: &Objective<'_>, point: &Point, found: Found<T>) -> Vec<Answer> {
    let last = whole.value(point).mixed;
    let x = &point.targets[0].values;
    (0..x.rows)
        .map(|row| Answer {
            values: x.row(row).to_vec(),
            first: found.first[row],
            last: last[row],
            steps: found.steps[row],
            outcome: found.outcomes[row],
        })
        .collect()
}
