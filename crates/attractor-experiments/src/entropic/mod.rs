//! Entropic memories on images: registers of one data set, and a relation between two.
//!
//! | measure | level | what it is |
//! | --- | --- | --- |
//! | `register` | share of the filling corpus in percent, or rows (`axis = "rows"`) | objects retrieved from unseen images, named by the class head |
//! | `recognition` | share of the filling corpus in percent | pairs of unseen images, half of them of the same class |
//! | `recall` | share of the filling corpus in percent | the other side recalled from unseen images, by one method, from one side |
//!
//! On each side a [`attractor::generative::ClassAutoencoder`] is trained on images that are neither stored nor
//! asked; its features are quantised between the percentiles of the filling corpus. Item k of every list is of class
//! `k mod C`, so that each share of the corpus holds all classes alike. The first class of `dataset` goes with
//! the first of `right_classes`, and so on.
//!
//! Precision is the share of right answers among all answers (of accepted pairs: of the same class), recall the share
//! among all cues (among all pairs of the same class).
//!
//! # References
//! R. Morales, L. A. Pineda, "Entropic hetero-associative memory", arXiv 2411.02438, 2024; "Imagery in the entropic
//! associative memory", Scientific Reports 13, 9553, 2023.

mod half;
mod options;
mod picture;
mod recall;
mod register;
#[cfg(test)]
mod tests;

use attractor::datasets::Split;
use attractor::evaluation::{Measurement, Metric};

use crate::{Protocol, Result, Session, Task};
use half::Halves;
use options::{Options, Settings};

const MEASURES: &[&str] = &["register", "recognition", "recall"];

/// The protocol. See the [module](self). Networks are kept for later cells that ask for the same ones.
#[derive(Debug, Default)]
pub struct Entropic {
    halves: Halves,
}

impl Protocol for Entropic {
    fn check(&self, task: Task<'_>) -> Result<()> {
        Settings::new(task).map(drop)
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        let settings = Settings::new(task)?;
        Ok(vec![
            (Split::Train, settings.options.train + settings.pairs),
            (Split::Test, settings.options.test),
        ])
    }

    fn beside(&self, task: Task<'_>) -> Result<Option<(String, Option<String>)>> {
        let Options {
            right,
            right_fallback,
            ..
        } = Settings::new(task)?.options;
        Ok(right.map(|right| (right, right_fallback)))
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let settings = Settings::new(task)?;
        match task.part.measure.as_str() {
            "register" => register::measure(&settings, task, session, &mut self.halves),
            "recognition" => recall::recognition(&settings, task, session, &mut self.halves),
            _ => recall::measure(&settings, task, session, &mut self.halves),
        }
    }
}

/// Counts of what was asked, answered, and answered rightly, as measurements.
fn shares(asked: usize, answered: usize, right: usize) -> Vec<Measurement> {
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    // Where nothing is answered nothing is answered wrongly.
    let precision = match answered {
        0 => 100.0,
        _ => percent(right, answered),
    };
    vec![
        measured(Metric::Precision, precision, asked),
        measured(Metric::Recall, percent(right, asked), asked),
        measured(Metric::Answered, percent(answered, asked), asked),
    ]
}

fn measured(metric: Metric, value: f64, n: usize) -> Measurement {
    Measurement { metric, value, n }
}
