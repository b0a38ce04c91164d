//! The trait of protocols, and their registry.

use attractor::catalogue::{MOST, too_large};
use attractor::core::burn::tensor::Device;
use attractor::datasets::{LoadOptions, Split};
use attractor::evaluation::experiment::{Overrides, ResolvedPart, ResolvedSeries};
use attractor::evaluation::{Cell, Measurement};
use serde::de::DeserializeOwned;

use crate::{
    Error, Result, Session, bayespcn, capacity, drdam, entropic, factual, firing_rate, images, khm,
    pcn, shared, sparse, spiking,
};

/// One cell with what the experiment says about it.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The figure or table.
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
        let options = self.table();
        if let Some((key, found)) = too_large(&options) {
            return Err(self.refuse(format!("`{key}` must be at most {MOST}, found {found}")));
        }
        self.parsed(options)
    }

    /// The same without a limit for counts, for those who have their own.
    pub(crate) fn unlimited<T: DeserializeOwned>(&self) -> Result<T> {
        self.parsed(self.table())
    }

    fn parsed<T: DeserializeOwned>(&self, options: toml::Table) -> Result<T> {
        let parsed = options.try_into();
        parsed.map_err(|error: toml::de::Error| self.refuse(error.message()))
    }

    /// The options of the series, unread.
    pub fn table(&self) -> toml::Table {
        self.part.options_of(self.series)
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

/// How the images of a part are loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Loading {
    /// Data set that models learn from.
    pub train: String,
    /// Data set that is stored and recalled.
    pub test: String,
    /// What the loader is told.
    pub options: LoadOptions,
}

/// A data set as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundSet<'a> {
    /// What it is and where it lies, for a person.
    pub source: &'a str,
    /// Images in it.
    pub images: usize,
}

impl FoundSet<'_> {
    /// The error of a data set with fewer images than are wanted for `what`.
    pub fn refuse(&self, what: &'static str, wanted: usize) -> Error {
        attractor::evaluation::Error::TooFewImages {
            source_name: self.source.to_owned(),
            what,
            wanted,
            found: self.images,
        }
        .into()
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

    /// Builds what a series is made of and drops it again: asked once for each series, with its first
    /// cell, before data are loaded or anything is trained.
    ///
    /// # Errors
    /// What a part of it refuses.
    fn build(&mut self, task: Task<'_>, device: &Device) -> Result<()> {
        let _ = (task, device);
        Ok(())
    }

    /// How the images of a part are loaded, by the part's first cell. `None` for protocols that take the
    /// data sets of parts as they are.
    ///
    /// # Errors
    /// [`Error::Setting`].
    fn loading(&self, task: Task<'_>) -> Result<Option<Loading>> {
        let _ = task;
        Ok(None)
    }

    /// A data set that the cell takes images of besides its part's, and what stands in for it where it is absent.
    ///
    /// # Errors
    /// As [`Protocol::check`].
    fn beside(&self, task: Task<'_>) -> Result<Option<(String, Option<String>)>> {
        let _ = task;
        Ok(None)
    }

    /// Fits the sizes of a part to the images that [`Protocol::loading`] found; says so in the part's
    /// shortages, and returns why figures are not comparable where the options do not show it.
    ///
    /// # Errors
    /// That of [`FoundSet::refuse`].
    fn fit(
        &self,
        part: &mut ResolvedPart,
        asked: &Overrides,
        train: FoundSet<'_>,
        test: FoundSet<'_>,
    ) -> Result<Option<String>> {
        let _ = (part, asked, train, test);
        Ok(None)
    }

    /// Trains what the cells of a part and a seed share, if there is such a thing; whether there is.
    ///
    /// # Errors
    /// Those of training.
    fn prepare(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<bool> {
        let _ = (task, session);
        Ok(false)
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
    /// Key of experiment files.
    pub name: &'static str,
    /// What it measures.
    pub summary: &'static str,
    /// Options that the command line may change: the name there, and the path of the option.
    pub overrides: &'static [(&'static str, &'static str)],
    /// A fresh one.
    pub new: fn() -> Box<dyn Protocol>,
}

/// Every protocol.
pub const PROTOCOLS: &[ProtocolEntry] = &[
    ProtocolEntry {
        name: "bayespcn",
        summary: "recall, forgetting and width of a memory written by Bayes' rule",
        overrides: &[],
        new: || Box::<bayespcn::BayesPcnStudy>::default(),
    },
    ProtocolEntry {
        name: "capacity",
        summary: "recall of random patterns against load",
        overrides: &[],
        new: || Box::new(capacity::Capacity),
    },
    ProtocolEntry {
        name: "drdam",
        summary: "random features beside the memory that keeps its patterns",
        overrides: &[],
        new: || Box::new(drdam::Drdam),
    },
    ProtocolEntry {
        name: "factual-recall",
        summary: "facts in linear and MLP memories, and in a one-layer transformer",
        overrides: &[],
        new: || Box::<factual::FactualRecall>::default(),
    },
    ProtocolEntry {
        name: "firing-rate",
        summary: "firing-rate networks: recall, sign of the homogeneous term, phase maps, trajectories",
        overrides: &[],
        new: || Box::new(firing_rate::FiringRates),
    },
    ProtocolEntry {
        name: "entropic",
        summary: "entropic registers of images, and a relation between two data sets",
        overrides: &[],
        new: || Box::<entropic::Entropic>::default(),
    },
    ProtocolEntry {
        name: "images",
        summary: "systems that recall images from corrupted ones, task by task",
        overrides: images::OVERRIDES,
        new: || Box::<images::Images>::default(),
    },
    ProtocolEntry {
        name: "khm",
        summary: "kernelised Hopfield networks beside the identity map",
        overrides: &[],
        new: || Box::new(khm::Khm::default()),
    },
    ProtocolEntry {
        name: "pcn",
        summary: "recall of images by a predictive coding memory, from noise and parts",
        overrides: &[],
        new: || Box::<pcn::PredictiveCoding>::default(),
    },
    ProtocolEntry {
        name: "shared",
        summary: "every memory on the same patterns and cues: recall, time, bytes",
        overrides: &[],
        new: || Box::<shared::Shared>::default(),
    },
    ProtocolEntry {
        name: "spiking",
        summary: "a hypercube of spiking neurons beside Hopfield networks of the same weights",
        overrides: &[],
        new: || Box::new(spiking::Spiking),
    },
    ProtocolEntry {
        name: "sparse",
        summary: "sparse recovery: transitions, learning, graphs, patches of images",
        overrides: &[],
        new: || Box::new(sparse::SparseRecoveryStudy),
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
