//! Mean and spread over seeds, and verdicts on the mean.

use std::collections::BTreeMap;

use crate::experiment::{Place, ResolvedSeries};
use crate::metrics::Spread;
use crate::{Level, Metric, Record, RecordReference, Representation, Resolved, Verdict};

/// One metric of one row under one condition, over all seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Mean and spread of the value over seeds.
    pub spread: Spread,
    /// Cues per seed.
    pub cues: usize,
    /// The published figure, with the verdict on the mean.
    pub reference: Option<RecordReference>,
    /// Wall time of the cells, summed over seeds.
    pub seconds: f64,
}

impl Aggregate {
    /// Ours minus theirs.
    pub fn difference(&self) -> Option<f64> {
        self.reference
            .as_ref()
            .map(|reference| self.spread.mean - reference.value)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    system: String,
    representation: Representation,
    task: String,
    level: Level,
    n_stored: usize,
    metric: Metric,
}

/// The records of a run, gathered over seeds.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    aggregates: BTreeMap<Key, Aggregate>,
}

impl Summary {
    /// Gathers records.
    pub fn new(records: &[Record]) -> Self {
        let mut groups: BTreeMap<Key, Vec<&Record>> = BTreeMap::new();
        for record in records {
            let key = Key {
                system: record.system.clone(),
                representation: record.representation,
                task: record.task.clone(),
                level: record.level,
                n_stored: record.n_stored,
                metric: record.metric,
            };
            groups.entry(key).or_default().push(record);
        }
        let aggregates = groups
            .into_iter()
            .filter_map(|(key, records)| Some((key.clone(), gather(key.metric, &records)?)))
            .collect();
        Self { aggregates }
    }

    /// One aggregate of the row with that name and representation, if it was measured.
    pub fn of(
        &self,
        row: (&str, Representation),
        task: &str,
        level: Level,
        n_stored: usize,
        metric: Metric,
    ) -> Option<&Aggregate> {
        self.aggregates.get(&Key {
            system: row.0.to_owned(),
            representation: row.1,
            task: task.to_owned(),
            level,
            n_stored,
            metric,
        })
    }

    /// One aggregate of a series at a place, if it was measured.
    pub(crate) fn at(
        &self,
        series: &ResolvedSeries,
        place: &Place,
        metric: Metric,
    ) -> Option<&Aggregate> {
        let row = (series.name.as_str(), series.representation);
        self.of(row, &place.task, place.level, place.n_stored, metric)
    }

    /// The metrics that were measured on tasks, in the order of [`Metric::ALL`].
    pub fn metrics_where(&self, counts: impl Fn(&str) -> bool) -> Vec<Metric> {
        let measured = |metric: &Metric| {
            self.aggregates
                .keys()
                .any(|key| key.metric == *metric && counts(&key.task))
        };
        Metric::ALL.iter().copied().filter(measured).collect()
    }

    /// How many figures of the charts got each verdict, by [`Verdict::word`].
    pub fn verdicts(&self, config: &Resolved) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for (key, aggregate) in &self.aggregates {
            let mut parts = config.parts.iter().filter(|part| part.is_about(&key.task));
            let charted = parts.any(|part| part.charts.contains(&key.metric));
            if let (true, Some(reference)) = (charted, &aggregate.reference) {
                *counts.entry(reference.verdict.word()).or_default() += 1;
            }
        }
        counts
    }

    /// Wall time of a row in seconds, over all its cells.
    pub fn seconds(&self, name: &str, representation: Representation) -> f64 {
        // Every record of a cell carries the cell's time: count each cell once.
        let mut cells: BTreeMap<(&str, Level, usize), f64> = BTreeMap::new();
        for (key, aggregate) in &self.aggregates {
            if key.system == name && key.representation == representation {
                cells.insert((&key.task, key.level, key.n_stored), aggregate.seconds);
            }
        }
        // From 0: the empty sum of floats is minus zero.
        cells.values().fold(0.0, |sum, seconds| sum + seconds)
    }
}

fn gather(metric: Metric, records: &[&Record]) -> Option<Aggregate> {
    let values: Vec<f64> = records.iter().map(|record| record.value).collect();
    let spread = Spread::of(&values)?;
    let first = records.iter().find_map(|record| record.reference.clone());
    // A seed that is not comparable makes the mean not comparable.
    let spoiled = records
        .iter()
        .filter_map(|record| record.reference.clone())
        .find(|reference| matches!(reference.verdict, Verdict::NotComparable(_)));
    let reference = spoiled.or(first).map(|mut reference| {
        if let (Some(tolerance), false) = (
            reference.tolerance,
            matches!(reference.verdict, Verdict::NotComparable(_)),
        ) {
            reference.verdict = Verdict::judge(metric, spread.mean, reference.value, tolerance);
        }
        reference
    });
    Some(Aggregate {
        spread,
        cues: records.iter().map(|record| record.n).min().unwrap_or(0),
        reference,
        seconds: records.iter().fold(0.0, |sum, record| sum + record.seconds),
    })
}

/// A column head: `noise 0.2`, or `clean`.
pub fn condition_label(task: &str, level: Level) -> String {
    if level == Level::NONE {
        task.to_owned()
    } else {
        format!("{task} {level}")
    }
}
