//! A whole experiment in one call, without a folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use attractor::core::Backend;
use attractor::core::burn::tensor::Device;
use attractor::datasets::{AnnotatedSet, DataRoot, ImageSet, Split, load_annotated};
use attractor::evaluation::experiment::{Experiment, Overrides, Preset, ResolvedPart};
use attractor::evaluation::figures::ImageGrid;
use attractor::evaluation::run::{Trace, TrainingPoint};
use attractor::evaluation::{Cell, Observer, Record};

use crate::plan::Data;
use crate::{Draft, Result, Session};

/// Runs an experiment on the default CPU backend and keeps nothing but its records, with the published
/// figures and verdicts. `observer` hears of every cell. For run folders, with which a run survives being
/// killed, see [`Draft`] and [`attractor::evaluation::run_cells`].
///
/// # Errors
/// Whatever keeps a cell from being measured: the first ends the run.
pub fn records(
    experiment: &Experiment,
    preset: Preset,
    overrides: &Overrides,
    root: &DataRoot,
    observer: &mut dyn Observer,
) -> Result<Vec<Record>> {
    let backend = Backend::Flex;
    let device = backend.open()?;
    let draft = Draft::new(experiment, preset, overrides, root)?;
    let plan = draft.load(&device, &|name, split, options| {
        load_annotated(name, split, root, &options)
    })?;
    let reference = experiment.reference()?;
    let (config, mut measure, data) = plan.split();
    let mut session = Quiet { device, data };
    let cells = config.cells();
    observer.begin(cells.len(), 0);
    let mut records = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        observer.started(index, cell);
        let clock = Instant::now();
        let measured = measure.cell(cell, &mut session)?;
        let seconds = clock.elapsed().as_secs_f64();
        let reason = config.not_comparable(cell);
        let judged = |measurement| {
            let mut record = Record::new(cell, measurement, backend.name(), seconds);
            let table = reference.as_ref();
            let judge = |table: &attractor::evaluation::Reference| {
                table.judge(cell, measurement, reason.as_deref())
            };
            record.reference = table.and_then(judge);
            record
        };
        let own: Vec<Record> = measured.into_iter().map(judged).collect();
        observer.finished(index, cell, &own, seconds);
        records.extend(own);
    }
    Ok(records)
}

/// A session that shows and keeps nothing.
struct Quiet {
    device: Device,
    data: Data,
}

impl Session for Quiet {
    fn device(&self) -> &Device {
        &self.device
    }

    fn stopped(&self) -> bool {
        false
    }

    fn images(&mut self, dataset: &str, split: Split) -> Result<Arc<ImageSet>> {
        self.data.images(dataset, split)
    }

    fn annotated(&mut self, part: &ResolvedPart, split: Split) -> Result<Arc<AnnotatedSet>> {
        self.data.annotated(&part.name, split)
    }

    fn progress(&mut self, _: &str, _: usize, _: usize, _: &str) {}

    fn note(&mut self, _: &str) {}

    fn checkpoints(&self) -> Option<PathBuf> {
        None
    }

    fn training(&mut self, _: &TrainingPoint) -> Result<()> {
        Ok(())
    }

    fn panel(&mut self, _: &Cell, _: &str, _: &[&str], _: &ImageGrid) -> Result<()> {
        Ok(())
    }

    fn drawing(&mut self, _: &Cell, _: &str, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn trace(&mut self, _: &Trace) -> Result<()> {
        Ok(())
    }
}
