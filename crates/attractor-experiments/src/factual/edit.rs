//! Which weights hold a fact: what becomes of it and of the others when it is rewritten.

use attractor::core::rng;
use attractor::evaluation::{Measurement, Metric};
use attractor::factual_recall::transformer::edit::{Along, Edited, Site};
use serde::Deserialize;

use super::Known;
use super::recall::{Training, diverged, units};
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    site: Site,
    along: Along,
    /// Facts that are edited, each in the network as it was trained.
    edits: usize,
    training: Training,
}

/// One width on one line.
pub(super) struct Edit<'a> {
    task: Task<'a>,
    options: Options,
    width: usize,
}

impl<'a> Edit<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let (options, width) = (task.options::<Options>()?, units(task)?);
        options.training.check(task, width)?;
        let facts = options.training.subjects * options.training.relations;
        if options.edits == 0 || options.edits > facts || options.training.answers < 2 {
            return Err(
                task.refuse("expected 1 to all facts as `edits`, and two `answers` or more")
            );
        }
        match options.site == Site::SecondLayer && width == 0 {
            true => Err(task.misplaced("levels", "at least one hidden unit", width)),
            false => Ok(Self {
                task,
                options,
                width,
            }),
        }
    }

    pub(super) fn measure(
        &self,
        known: &mut Known,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let Options {
            site,
            along,
            edits,
            training,
        } = &self.options;
        let seed = self.task.cell.seed;
        let key = format!("{training:?} {} {seed}", self.width);
        if !known.trained.contains_key(&key) {
            let trained = training.train(self.task, self.width, session)?.1;
            known.trained.insert(key.clone(), trained);
        }
        let (facts, trained) = (training.task(seed)?, &known.trained[&key]);
        if diverged(self.task, trained.ending, trained.steps, session) {
            return Ok(vec![Measurement {
                metric: Metric::Diverged,
                value: 100.0,
                n: facts.facts().len(),
            }]);
        }
        let order = rng::permutation(&mut rng::stream(seed, "edits"), facts.facts().len());
        let mut found: Vec<Edited> = Vec::new();
        for (index, &fact) in order.iter().take(*edits).enumerate() {
            let (subject, relation) = (fact / training.relations, fact % training.relations);
            let old = facts.answer(subject, relation)?;
            let answer = training.answers * relation + (old + 1) % training.answers;
            let mut model = trained.model.clone();
            match model.edit(&facts, (subject, relation), answer, *site, *along, seed) {
                Ok(edited) => found.push(edited),
                Err(error) => session.note(&format!("{}: {error}", self.task.cell)),
            }
            session.progress(&self.task.series.name, index + 1, *edits, "facts edited");
            session.check()?;
        }
        let n = found.len();
        let mean = |of: &dyn Fn(&Edited) -> f64| {
            let values = found.iter().map(of).filter(|value| value.is_finite());
            let (sum, count) =
                values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
            (count > 0).then(|| 100.0 * sum / f64::from(count))
        };
        // An edit that no length of the write suffices for has failed.
        let changed = found.iter().filter(|edited| edited.changed).count();
        let changed = 100.0 * changed as f64 / *edits as f64;
        let metrics = [
            (Metric::Edited, Some(changed)),
            (Metric::Kept, mean(&|edited| edited.kept)),
            (Metric::KeptSubject, mean(&|edited| edited.kept_of_subject)),
            (
                Metric::KeptRelation,
                mean(&|edited| edited.kept_of_relation),
            ),
        ];
        let of = |(metric, value): (Metric, Option<f64>)| {
            value.map(|value| Measurement {
                metric,
                value,
                n: n.max(1),
            })
        };
        Ok(metrics.into_iter().filter_map(of).collect())
    }
}
