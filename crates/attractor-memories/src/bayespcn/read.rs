//! Recall: rows that are noisy as a whole and rows with known entries, in one batch.

use std::collections::BTreeMap;

use attractor_core::{Error, Outcome, Recall, Result, Trace, check};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::clamp::{Clamp, Target};
use super::config::Readout;
use super::energy::{Objective, Point, View};
use super::linalg::Mat;
use super::readout::read_out;
use super::search::{Ascent, Found, search};
use super::{BayesPcn, SearchConfig};

/// Rows of one task. A constant, so that results do not depend on the number of threads.
pub(crate) const BLOCK: usize = 32;

/// What a cue is worth.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// Every entry is a hint and none is trusted.
    Noisy,
    /// Entries with `true` are known and come back unchanged; the others are not looked at.
    Entries(Vec<bool>),
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
    /// Rows do not influence each other: rows with the same known entries share matrix products,
    /// which changes results by rounding only. An empty memory answers from its prior.
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
        let mut groups: BTreeMap<&Given, Vec<usize>> = BTreeMap::new();
        for (row, given) in given.iter().enumerate() {
            if let Given::Entries(known) = given
                && known.len() != self.config.dim
            {
                return Err(Error::Width {
                    what: "given",
                    expected: self.config.dim,
                    rows: 1,
                    found: known.len(),
                });
            }
            groups.entry(given).or_default().push(row);
        }
        let groups: Vec<(&Given, Vec<usize>)> = groups.into_iter().collect();
        let answers: Vec<(usize, Answer)> = groups
            .par_iter()
            .flat_map(|(given, members)| self.group(given, members, &rows))
            .collect();
        self.collect(values, given, answers)
    }

    /// Rows with the same known entries.
    fn group(&self, given: &Given, members: &[usize], rows: &Mat) -> Vec<(usize, Answer)> {
        let own: Vec<Clamp>;
        let clamps = match given {
            Given::Noisy => self.clamps(),
            Given::Entries(known) => {
                let at: Vec<usize> = (0..known.len()).filter(|&at| known[at]).collect();
                own = match self.config.readout {
                    Readout::Closed => self.clamps_for(Some(&at)),
                    Readout::Searched => Vec::new(),
                };
                &own
            }
        };
        let block = match self.config.search.together {
            true => members.len(),
            false => BLOCK,
        };
        let blocks: Vec<&[usize]> = members.chunks(block).collect();
        blocks
            .into_par_iter()
            .flat_map(|block| {
                let x = rows.pick(block);
                let answers = match given {
                    Given::Noisy => self.denoise(x, clamps),
                    Given::Entries(known) => self.fill(x, known, clamps),
                };
                block.iter().copied().zip(answers).collect::<Vec<_>>()
            })
            .collect()
    }

    pub(crate) fn objective<'a>(&'a self, views: Vec<View<'a>>) -> Objective<'a> {
        Objective {
            config: &self.config,
            views,
            density: self.density,
        }
    }

    /// Rounds of hidden values given the sensory ones, from a new start each time, then sensory
    /// values given the hidden ones.
    fn denoise(&self, x: Mat, clamps: &[Clamp]) -> Vec<Answer> {
        let reduced = self.objective(self.views(clamps));
        let whole = self.objective(self.whole_views());
        let (config, rows) = (&self.config, x.rows);
        let mut hidden = Vec::new();
        let mut first = Vec::new();
        let mut steps = vec![0; rows];
        let mut outcomes = Vec::new();
        let mut x = x;
        for round in 0..config.repeats {
            let start = Point {
                hidden: self.start("bayespcn/read", &vec![round as u64; rows]),
                targets: clamps.iter().map(|clamp| clamp.target(&x, false)).collect(),
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
            let mut point = Point::of(found.hidden, x);
            read_out(&whole, &config.search, config.readout, &mut point, None);
            hidden = point.hidden;
            x = point.targets.swap_remove(0).values;
        }
        let point = Point::of(hidden, x);
        let found = Found {
            hidden: Vec::new(),
            sensory: None,
            first,
            steps,
            outcomes,
        };
        answers(&whole, &point, found)
    }

    /// One search under the known entries, then the others.
    fn fill(&self, x: Mat, known: &[bool], clamps: &[Clamp]) -> Vec<Answer> {
        // Without clamps the sensory weights are used as they are.
        let objective = self.objective(self.views(clamps));
        let whole = self.objective(self.whole_views());
        let (config, rows) = (&self.config, x.rows);
        let unknown = known.iter().map(|&known| f64::from(u8::from(!known)));
        let free = Mat::new(rows, x.cols, unknown.collect::<Vec<f64>>().repeat(rows));
        let hidden = self.start("bayespcn/read", &vec![0; rows]);
        let search_config = SearchConfig {
            max_steps: config.search.max_steps * config.repeats,
            ..config.search
        };
        let searched = config.readout == Readout::Searched;
        let start = if searched {
            Point::of(hidden, x.clone())
        } else {
            Point {
                hidden,
                targets: clamps.iter().map(|clamp| clamp.target(&x, false)).collect(),
            }
        };
        let with = searched.then(|| free.clone());
        let mut found = search(&objective, &search_config, Ascent::Adam, start, with);
        let hidden = std::mem::take(&mut found.hidden);
        let mut point = Point::of(hidden, found.sensory.take().unwrap_or(x));
        if !searched {
            read_out(
                &whole,
                &config.search,
                config.readout,
                &mut point,
                Some(&free),
            );
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

impl Point {
    /// Sensory values `x [b, dim]` shared by all particles, not reduced.
    pub(crate) fn of(hidden: Vec<Mat>, x: Mat) -> Self {
        let rest = Mat::zeros(x.rows, 1);
        Self {
            hidden,
            targets: vec![Target { values: x, rest }],
        }
    }
}

fn answers(whole: &Objective<'_>, point: &Point, found: Found) -> Vec<Answer> {
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
