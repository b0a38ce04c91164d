//! The trait of protocols, and their registry.

use attractor::catalogue::{MOST, too_large};
use attractor::datasets::Split;
use attractor::evaluation::study::{ResolvedPart, ResolvedSeries};
use attractor::evaluation::{Cell, Measurement};
use serde::de::DeserializeOwned;

use crate::{Error, Result, Session, bayespcn, capacity, drdam, khm, pcn};

/// One cell with what the study says about it.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The figure.
    pub part: &'a ResolvedPart,
    /// The line.
    pub series: &'a ResolvedSeries,
    /// The place on the abscissa, and the seed.
    pub cell: &'a Cell,
}

impl Task<'_> {
    /// The options of the series, all of part, preset and grid included.
    ///
    /// # Errors
    /// [`Error::Options`] for missing, unknown and mistyped keys, and for counts above [`MOST`].
    pub fn options<T: DeserializeOwned>(&self) -> Result<T> {
        if let Some((key, found)) = too_large(&self.series.options) {
            return Err(self.refuse(format!("`{key}` must be at most {MOST}, found {found}")));
        }
        let parsed = self.series.options.clone().try_into();
        parsed.map_err(|error: toml::de::Error| self.refuse(error.message()))
    }

    /// An error about the options of the series.
    pub fn refuse(&self, message: impl Into<String>) -> Error {
        Error::Options {
            part: self.part.name.clone(),
            series: self.series.name.clone(),
            message: message.into(),
        }
    }

    /// An error about the place on an axis.
    pub fn misplaced(
        &self,
        what: &'static str,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> Error {
        Error::Cell {
            part: self.part.name.clone(),
            what,
            expected: expected.into(),
            found: found.to_string(),
        }
    }

    /// The level, for measures that need one.
    ///
    /// # Errors
    /// [`Error::Cell`] if the part has none.
    pub fn level(&self) -> Result<f64> {
        let level = self.cell.level.value();
        level.ok_or_else(|| self.misplaced("levels", "at least one", "none"))
    }

    /// A level as a count of at least `least`, where it is one: whole, and at most [`MOST`].
    pub fn counted(&self, level: f64, least: usize) -> Option<usize> {
        let whole = level.fract() == 0.0 && level >= least as f64 && level <= MOST as f64;
        whole.then_some(level as usize)
    }

    /// The number of stored patterns, for measures that need one.
    ///
    /// # Errors
    /// [`Error::Cell`] if the part has none.
    pub fn n_stored(&self) -> Result<usize> {
        match self.cell.n_stored {
            0 => Err(self.misplaced("n_stored", "at least one", "none")),
            stored => Ok(stored),
        }
    }

    /// Refuses a part of the cell's data set with fewer images than the cell takes.
    ///
    /// # Errors
    /// [`Error::Cell`] naming the data set, with the images wanted and found.
    pub fn check_images(&self, split: Split, wanted: usize, found: usize) -> Result<()> {
        if wanted <= found {
            return Ok(());
        }
        let (dataset, split) = (&self.part.dataset, split.name());
        let expected = format!("at most the {found} images of data set `{dataset}`, {split}");
        Err(self.misplaced("images", expected, wanted))
    }

    /// The error for a `measure` that the protocol lacks.
    pub fn unknown(&self, known: &[&str]) -> Error {
        Error::UnknownMeasure {
            part: self.part.name.clone(),
            name: self.part.measure.clone(),
            known: known.join(", "),
        }
    }
}

/// What a cell costs, roughly.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Work {
    /// Floating-point operations.
    pub flops: f64,
    /// Peak memory in bytes.
    pub bytes: f64,
}

/// Turns cells into numbers. One value serves all cells of a run in order, so that it may keep what
/// neighbours share; a cell's numbers must not depend on which cells came before.
pub trait Protocol {
    /// Refuses what cannot be measured, before anything is computed.
    ///
    /// # Errors
    /// [`Error::Options`], [`Error::UnknownMeasure`], [`Error::Cell`].
    fn check(&self, task: Task<'_>) -> Result<()>;

    /// How many images of which parts of its data set the cell takes. Cells that check well and whose
    /// data set has as many can be measured.
    ///
    /// # Errors
    /// As [`Protocol::check`].
    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        let _ = task;
        Ok(Vec::new())
    }

    /// What the cell will cost, where that is known.
    fn work(&self, task: Task<'_>) -> Option<Work> {
        let _ = task;
        None
    }

    /// Measures one cell.
    ///
    /// # Errors
    /// Whatever keeps the cell from being measured; [`Error::Stopped`] if the session said so.
    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>>;
}

/// A line of the registry.
pub struct ProtocolEntry {
    /// Key of study files.
    pub name: &'static str,
    /// What it measures.
    pub summary: &'static str,
    /// A fresh one.
    pub new: fn() -> Box<dyn Protocol>,
}

/// Every protocol.
pub const PROTOCOLS: &[ProtocolEntry] = &[
    ProtocolEntry {
        name: "bayespcn",
        summary: "recall, forgetting and width of a memory written by Bayes' rule",
        new: || Box::<bayespcn::BayesPcnStudy>::default(),
    },
    ProtocolEntry {
        name: "capacity",
        summary: "recall of random patterns against load",
        new: || Box::new(capacity::Capacity),
    },
    ProtocolEntry {
        name: "drdam",
        summary: "random features beside the memory that keeps its patterns",
        new: || Box::new(drdam::Drdam),
    },
    ProtocolEntry {
        name: "khm",
        summary: "kernelised Hopfield networks beside the identity map",
        new: || Box::new(khm::Khm::default()),
    },
    ProtocolEntry {
        name: "pcn",
        summary: "recall of images by a predictive coding memory, from noise and parts",
        new: || Box::<pcn::PredictiveCoding>::default(),
    },
];

/// The protocol of that name.
///
/// # Errors
/// [`Error::UnknownProtocol`] listing those there are.
pub fn find(name: &str) -> Result<&'static ProtocolEntry> {
    let found = PROTOCOLS.iter().find(|entry| entry.name == name);
    found.ok_or_else(|| Error::UnknownProtocol {
        name: name.to_owned(),
        known: PROTOCOLS
            .iter()
            .map(|entry| entry.name)
            .collect::<Vec<_>>()
            .join(", "),
    })
}
