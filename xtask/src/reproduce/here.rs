//! The run as a protocol sees it: data that are loaded, a terminal, a run folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use attractor::core::burn::tensor::Device;
use attractor::datasets::{AnnotatedSet, ImageSet, Split};
use attractor::evaluation::experiment::ResolvedPart;
use attractor::evaluation::figures::ImageGrid;
use attractor::evaluation::run::{Trace, TrainingPoint};
use attractor::evaluation::{Cell, RunWriter};
use attractor_experiments::{Data, Error, Session};

use super::observer::TrainingView;

/// The run as a protocol sees it.
pub(super) struct Here<'a> {
    device: &'a Device,
    stop: &'a AtomicBool,
    data: &'a Data,
    view: &'a mut TrainingView,
    /// What the view shows at the moment.
    underway: Option<String>,
    writer: &'a mut RunWriter,
    begun: Instant,
}

impl<'a> Here<'a> {
    pub(super) fn new(
        device: &'a Device,
        stop: &'a AtomicBool,
        data: &'a Data,
        view: &'a mut TrainingView,
        writer: &'a mut RunWriter,
    ) -> Self {
        Self {
            device,
            stop,
            data,
            view,
            underway: None,
            writer,
            begun: Instant::now(),
        }
    }

    /// Takes the progress bar away.
    pub(super) fn rest(&mut self) {
        if self.underway.take().is_some() {
            self.view.end();
        }
    }
}

impl Session for Here<'_> {
    fn device(&self) -> &Device {
        self.device
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn images(&mut self, dataset: &str, split: Split) -> Result<Arc<ImageSet>, Error> {
        self.data.images(dataset, split)
    }

    fn annotated(&mut self, part: &ResolvedPart, split: Split) -> Result<Arc<AnnotatedSet>, Error> {
        self.data.annotated(&part.name, split)
    }

    fn progress(&mut self, what: &str, done: usize, total: usize, note: &str) {
        if self.underway.as_deref() != Some(what) {
            self.rest();
            self.view.begin(what, total);
            self.underway = Some(what.to_owned());
        }
        self.view.step(what, done, note);
    }

    fn note(&mut self, line: &str) {
        self.view.note(line);
    }

    fn clock(&self) -> Option<f64> {
        Some(self.begun.elapsed().as_secs_f64())
    }

    fn checkpoints(&self) -> Option<PathBuf> {
        Some(self.writer.folder().checkpoints())
    }

    fn training(&mut self, point: &TrainingPoint) -> Result<(), Error> {
        Ok(self.writer.add_training(point)?)
    }

    fn panel(
        &mut self,
        cell: &Cell,
        caption: &str,
        rows: &[&str],
        grid: &ImageGrid,
    ) -> Result<(), Error> {
        Ok(self.writer.add_panel(cell, caption, rows, grid)?)
    }

    fn drawing(&mut self, cell: &Cell, name: &str, caption: &str, svg: &str) -> Result<(), Error> {
        Ok(self.writer.add_drawing(cell, name, caption, svg)?)
    }

    fn trace(&mut self, trace: &Trace) -> Result<(), Error> {
        Ok(self.writer.add_trace(trace)?)
    }
}
