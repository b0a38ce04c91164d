//! How linear attention learns: plateaus, and when they end.

use attractor::evaluation::figures::{LineChart, Point, Series};
use attractor::evaluation::{Measurement, Metric};
use attractor::factual_recall::dynamics::{Curve, Descent, StageTimes, descend};
use attractor::factual_recall::{Ending, FactTask, FactTaskConfig};
use serde::Deserialize;

use super::Known;
use crate::{Result, Session, Task};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Loss,
    RelationLoss,
    SubjectLoss,
    Accuracy,
    /// Of stage times: what was measured.
    Measured,
    /// Of stage times: what the formula says.
    Predicted,
}

/// What a series says.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    line: Line,
    subjects: usize,
    relations: usize,
    answers: usize,
    noise: Option<usize>,
    descent: Descent,
}

impl Options {
    fn new(task: Task<'_>) -> Result<(Self, StageTimes)> {
        let options: Self = task.options()?;
        let times = StageTimes::predict(&options.config(), options.descent.w0, options.descent.eta);
        let times = times.map_err(|error| task.refuse(error.to_string()))?;
        let Descent {
            steps,
            batch,
            test,
            every,
            ..
        } = options.descent;
        match [steps, batch, test, every].contains(&0) {
            true => Err(task.refuse("expected `steps`, `batch`, `test` and `every` of at least 1")),
            false => Ok((options, times)),
        }
    }

    fn config(&self) -> FactTaskConfig {
        let config = FactTaskConfig::new(self.subjects, self.relations, self.answers);
        FactTaskConfig {
            noise: self.noise.unwrap_or(config.noise),
            ..config
        }
    }

    fn curve<'a>(&self, task: Task<'_>, known: &'a mut Known) -> Result<&'a Curve> {
        let seed = task.cell.seed;
        let key = format!("{:?} {:?} {seed}", self.config(), self.descent);
        if !known.curves.contains_key(&key) {
            let facts = FactTask::structured(self.config())?;
            let curve = descend(&facts, &self.descent, seed)?;
            known.curves.insert(key.clone(), curve);
        }
        Ok(&known.curves[&key])
    }
}

/// One step on one line.
pub(super) struct Stages<'a> {
    task: Task<'a>,
    options: Options,
    times: StageTimes,
    step: usize,
}

impl<'a> Stages<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let (options, times) = Options::new(task)?;
        let level = task.level()?;
        let Descent { steps, every, .. } = options.descent;
        let step = task.counted(level, 0);
        match step.filter(|step| *step <= steps && step.is_multiple_of(every)) {
            Some(step) => Ok(Self {
                task,
                options,
                times,
                step,
            }),
            None => {
                let expected = format!("multiples of {every} up to {steps}");
                Err(task.misplaced("levels", expected, level))
            }
        }
    }

    pub(super) fn measure(
        &self,
        known: &mut Known,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let test = self.options.descent.test;
        let curve = self.options.curve(self.task, known)?;
        let Some(point) = curve.points.iter().find(|point| point.step == self.step) else {
            session.note(&format!("{}: descent diverged before", self.task.cell));
            return Ok(Vec::new());
        };
        let (metric, value) = match self.options.line {
            Line::RelationLoss => (Metric::Loss, point.relation_loss),
            Line::SubjectLoss => (Metric::Loss, point.subject_loss),
            Line::Accuracy => (Metric::Accuracy, 100.0 * point.accuracy),
            Line::Loss | Line::Measured | Line::Predicted => (Metric::Loss, point.loss),
        };
        if self.options.line == Line::Loss && self.step == 0 {
            let svg = self.chart(curve).svg();
            let caption = "Losses while learning, with the predicted ends of two stages";
            session.drawing(self.task.cell, "stages", caption, &svg)?;
        }
        Ok(vec![Measurement {
            metric,
            value,
            n: test,
        }])
    }

    fn chart(&self, curve: &Curve) -> LineChart {
        let line = |name: &str, of: fn(&attractor::factual_recall::dynamics::Point) -> f64| {
            let points = curve.points.iter();
            let points = points.map(|point| Point::new(point.step as f64, of(point)));
            Series::new(name, points.collect())
        };
        let top = curve.points.first().map_or(1.0, |point| point.loss);
        let last = curve.points.last().map_or(0.0, |point| point.step as f64);
        let (block, all) = (
            self.options.answers as f64,
            (self.options.answers * self.options.relations) as f64,
        );
        let plateau = |name: &str, at: f64| {
            Series::reference(name, vec![Point::new(0.0, at), Point::new(last, at)])
        };
        let end = |name: &str, at: f64| {
            Series::reference(name, vec![Point::new(at, 0.0), Point::new(at, top)])
        };
        LineChart {
            title: "Linear attention learns relations, then subjects".into(),
            x_label: "steps".into(),
            y_label: "nats".into(),
            series: vec![
                line("loss", |point| point.loss),
                line("of the relation alone", |point| point.relation_loss),
                line("of the subject alone", |point| point.subject_loss),
                plateau("nothing known, ln(D R)", all.ln()),
                plateau("relation known, ln D", block.ln()),
                end("predicted: relation", self.times.relation),
                end("predicted: subject", self.times.subject),
            ],
            ..LineChart::default()
        }
    }
}

/// One stage on one line.
pub(super) struct Times<'a> {
    task: Task<'a>,
    options: Options,
    times: StageTimes,
    stage: usize,
}

impl<'a> Times<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let (options, times) = Options::new(task)?;
        let level = task.level()?;
        match task.counted(level, 1).filter(|stage| *stage <= 2) {
            Some(stage) => Ok(Self {
                task,
                options,
                times,
                stage,
            }),
            None => Err(task.misplaced("levels", "1 or 2", level)),
        }
    }

    pub(super) fn measure(&self, known: &mut Known) -> Result<Vec<Measurement>> {
        let of = |metric, value| Measurement {
            metric,
            value,
            n: 1,
        };
        if self.options.line == Line::Predicted {
            let time = [self.times.relation, self.times.subject][self.stage - 1];
            return Ok(vec![of(Metric::Steps, time)]);
        }
        let curve = self.options.curve(self.task, known)?;
        let [all, block] = [
            self.options.relations * self.options.answers,
            self.options.answers,
        ];
        let (all, block) = ((all as f64).ln(), (block as f64).ln());
        let level = [0.5 * (all + block), 0.5 * block][self.stage - 1];
        let middle = curve.near(0.5 * (self.times.relation + self.times.subject));
        let mut found: Vec<Measurement> = curve
            .crossing(level)
            .map(|step| of(Metric::Steps, step))
            .into_iter()
            .collect();
        // What it rests on between the two.
        if self.stage == 1
            && curve.ending != Ending::Diverged
            && let Some(middle) = middle
        {
            found.push(of(Metric::Loss, middle.loss));
            found.push(of(Metric::Accuracy, 100.0 * middle.accuracy));
        }
        Ok(found)
    }
}
