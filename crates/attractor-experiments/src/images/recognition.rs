//! Does a memory know what it does not know: cues of stored images against cues of others, damaged alike.

use attractor::core::{Outcome, Recall};
use attractor::evaluation::figures::{LineChart, Point, Series};
use attractor::evaluation::{Cell, Measurement, Metric};

use crate::{Result, Session};

/// Share of stored cues that may be rejected.
const FALSE_REJECTION: f64 = 0.01;

/// Familiarities of a cell's cues, and how many a memory rejected by itself.
#[derive(Debug, Default)]
pub(super) struct Recognition {
    stored: Vec<f64>,
    novel: Vec<f64>,
    rejected: [usize; 2],
}

impl Recognition {
    /// Adds what a read of cues gave, whether of stored images or of others.
    pub(super) fn push(&mut self, novel: bool, familiarity: &[f32], recall: &Recall) {
        let values = familiarity.iter().map(|value| f64::from(*value));
        match novel {
            true => self.novel.extend(values),
            false => self.stored.extend(values),
        }
        let rejected = recall.outcomes.iter().filter(|o| **o == Outcome::Rejected);
        self.rejected[usize::from(novel)] += rejected.count();
    }

    /// Right and false acceptance at every threshold, from the strictest on.
    fn curve(&self) -> Vec<(f64, f64)> {
        let mut all: Vec<(f64, bool)> = Vec::new();
        all.extend(self.stored.iter().map(|value| (*value, true)));
        all.extend(self.novel.iter().map(|value| (*value, false)));
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut right, mut wrong) = (0.0, 0.0);
        let mut curve = vec![(0.0, 0.0)];
        // Equal familiarities cannot be told apart.
        for tied in all.chunk_by(|a, b| a.0 == b.0) {
            let own = tied.iter().filter(|(_, stored)| *stored).count();
            right += own as f64 / self.stored.len() as f64;
            wrong += (tied.len() - own) as f64 / self.novel.len() as f64;
            curve.push((wrong, right));
        }
        curve
    }

    /// The metrics of the cell; none if nothing was pushed.
    pub(super) fn finish(&self, can_reject: bool) -> Vec<Measurement> {
        let (stored, novel) = (self.stored.len(), self.novel.len());
        if stored == 0 || novel == 0 {
            return Vec::new();
        }
        let curve = self.curve();
        let area = |pair: &[(f64, f64)]| {
            let [(x, y), (next, above)] = pair else {
                return 0.0;
            };
            (next - x) * (y + above) / 2.0
        };
        let area: f64 = curve.windows(2).map(area).sum();
        let enough = |(_, right): &&(f64, f64)| *right >= 1.0 - FALSE_REJECTION - 1e-12;
        let wrong = curve.iter().find(enough).map_or(1.0, |(wrong, _)| *wrong);
        let percent = |metric, share: f64, n| Measurement {
            metric,
            value: 100.0 * share,
            n,
        };
        let mut measured = vec![
            percent(Metric::FalseAcceptance, wrong, novel),
            percent(Metric::RocArea, area, stored + novel),
        ];
        if can_reject {
            let [of_stored, of_novel] = self.rejected;
            let lost = of_stored as f64 / stored as f64;
            let caught = of_novel as f64 / novel as f64;
            measured.push(percent(Metric::FalseRejection, lost, stored));
            measured.push(percent(Metric::Rejected, caught, novel));
        }
        measured
    }

    /// Draws the curve.
    pub(super) fn show(&self, cell: &Cell, session: &mut dyn Session) -> Result<()> {
        if self.stored.is_empty() || self.novel.is_empty() {
            return Ok(());
        }
        let points = self.curve().into_iter();
        let points = points.map(|(wrong, right)| Point::new(100.0 * wrong, 100.0 * right));
        let chance = vec![Point::new(0.0, 0.0), Point::new(100.0, 100.0)];
        let chart = LineChart {
            title: "Stored cues against others".into(),
            x_label: "others accepted (%)".into(),
            y_label: "stored cues accepted (%)".into(),
            series: vec![
                Series::new(cell.system.clone(), points.collect()),
                Series::reference("chance".to_owned(), chance),
            ],
            y_range: Some((0.0, 100.0)),
            x_ticks: (0..=5).map(|k| 20.0 * f64::from(k)).collect(),
            ..LineChart::default()
        };
        let caption = format!(
            "Accepted shares at every threshold; {} cues of stored images, {} of others.",
            self.stored.len(),
            self.novel.len()
        );
        session.drawing(cell, "roc", &caption, &chart.svg())
    }
}

#[cfg(test)]
mod tests {
    use attractor::core::burn::tensor::Tensor;

    use super::*;

    fn of(stored: &[f32], novel: &[f32]) -> Recognition {
        let device = attractor::core::Backend::Flex.open().unwrap();
        let mut found = Recognition::default();
        let recall = |rows: usize| Recall::single_pass(Tensor::zeros([rows, 1], &device));
        found.push(false, stored, &recall(stored.len()));
        let mut read = recall(novel.len());
        read.outcomes[0] = Outcome::Rejected;
        found.push(true, novel, &read);
        found
    }

    fn value(measured: &[Measurement], metric: Metric) -> f64 {
        measured.iter().find(|m| m.metric == metric).unwrap().value
    }

    /// Areas and shares counted by hand.
    #[test]
    fn curves_are_counted() {
        let measured = of(&[3.0, 4.0, 5.0, 1.0], &[2.0, 0.0]).finish(true);
        // Of eight pairs, the novel 2 is above the stored 1 alone.
        assert!((value(&measured, Metric::RocArea) - 87.5).abs() < 1e-9);
        // All stored ones pass at 1, and so does the 2.
        assert!((value(&measured, Metric::FalseAcceptance) - 50.0).abs() < 1e-9);
        assert!((value(&measured, Metric::Rejected) - 50.0).abs() < 1e-9);
        assert_eq!(value(&measured, Metric::FalseRejection), 0.0);
        // Ties count half.
        let measured = of(&[1.0, 1.0], &[1.0]).finish(false);
        assert!((value(&measured, Metric::RocArea) - 50.0).abs() < 1e-9);
        assert_eq!(measured.len(), 2);
        assert!(Recognition::default().finish(true).is_empty());
    }
}
