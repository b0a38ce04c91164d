//! What a protocol may use of the run that it is part of.

use std::path::PathBuf;
use std::sync::Arc;

use attractor::core::burn::tensor::Device;
use attractor::datasets::{AnnotatedSet, ImageSet, Split};
use attractor::evaluation::Cell;
use attractor::evaluation::experiment::ResolvedPart;
use attractor::evaluation::figures::ImageGrid;
use attractor::evaluation::run::{Trace, TrainingPoint};

use crate::{Error, Result};

/// The run around a cell. Programs implement it.
pub trait Session {
    /// The device to compute on.
    fn device(&self) -> &Device;

    /// Whether the run was asked to stop: long work then ends early with [`Error::Stopped`].
    fn stopped(&self) -> bool;

    /// A part of a data set.
    ///
    /// # Errors
    /// [`Error::Data`].
    fn images(&mut self, dataset: &str, split: Split) -> Result<Arc<ImageSet>>;

    /// A split of the images of a part whose protocol says how to load them.
    ///
    /// # Errors
    /// [`Error::Data`].
    fn annotated(&mut self, part: &ResolvedPart, split: Split) -> Result<Arc<AnnotatedSet>>;

    /// `done` of `total` steps of `what` are done; `note` says what they reached.
    fn progress(&mut self, what: &str, done: usize, total: usize, note: &str);

    /// A line worth keeping, such as the end of an epoch.
    fn note(&mut self, line: &str);

    /// Folder of unfinished trainings, which a later run continues; `None` if none are kept.
    fn checkpoints(&self) -> Option<PathBuf>;

    /// One epoch of something that learns, for the report's training curves.
    ///
    /// # Errors
    /// [`Error::Evaluation`].
    fn training(&mut self, point: &TrainingPoint) -> Result<()>;

    /// A picture of a cell.
    ///
    /// # Errors
    /// [`Error::Evaluation`].
    fn panel(&mut self, cell: &Cell, caption: &str, rows: &[&str], grid: &ImageGrid) -> Result<()>;

    /// A drawing of a cell, as SVG. A cell may have several, by name.
    ///
    /// # Errors
    /// [`Error::Evaluation`].
    fn drawing(&mut self, cell: &Cell, name: &str, caption: &str, svg: &str) -> Result<()>;

    /// Energies along the iterations of a cell.
    ///
    /// # Errors
    /// [`Error::Evaluation`].
    fn trace(&mut self, trace: &Trace) -> Result<()>;

    /// Seconds since some moment, for protocols that measure times; `None` where no clock is kept, and then
    /// no times are measured.
    fn clock(&self) -> Option<f64> {
        None
    }

    /// [`Error::Stopped`] if the run was asked to stop.
    ///
    /// # Errors
    /// That.
    fn check(&self) -> Result<()> {
        match self.stopped() {
            true => Err(Error::Stopped),
            false => Ok(()),
        }
    }
}
