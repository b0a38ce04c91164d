//! The pixels of a set while they are loaded.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::{DataError, ImageShape, Result};

use super::layout::Plan;
use super::{Decoded, FolderOptions, Watch};

/// One row for each image of a plan, filled in any order by any number of threads.
pub(super) struct Rows<'a> {
    path: &'a Path,
    plan: &'a Plan,
    /// (source number, row), sorted.
    order: Vec<(usize, usize)>,
    /// Known from the options, or from the first image, whose row it is.
    shape: Option<(ImageShape, usize)>,
    pixels: Vec<u8>,
    filled: Vec<bool>,
    /// Whether damaged pictures are left out.
    skip: bool,
    damaged: BTreeMap<usize, DataError>,
    progress: Progress<'a>,
}

/// All rows but those of damaged pictures.
pub(super) struct Loaded {
    pub(super) shape: ImageShape,
    pub(super) pixels: Vec<u8>,
    /// Why pictures were left out, by their place in the plan.
    pub(super) damaged: BTreeMap<usize, DataError>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        path: &'a Path,
        options: &FolderOptions,
        plan: &'a Plan,
        watch: &'a Watch<'a>,
    ) -> Self {
        let sources = plan.items.iter().map(|item| item.source);
        let mut order: Vec<(usize, usize)> = sources.zip(0..).collect();
        order.sort_unstable();
        let total = order.len();
        watch(0, total);
        let mut rows = Self {
            path,
            plan,
            order,
            shape: None,
            pixels: Vec::new(),
            filled: vec![false; total],
            skip: options.skip_damaged,
            damaged: BTreeMap::new(),
            progress: Progress {
                watch,
                done: AtomicUsize::new(0),
                total,
            },
        };
        if let Some((height, width)) = options.size {
            rows.set_shape(ImageShape::new(options.colour.channels(), height, width), 0);
        }
        rows
    }

    fn set_shape(&mut self, shape: ImageShape, of_row: usize) {
        self.pixels = vec![0; self.filled.len().saturating_mul(shape.dim())];
        self.shape = Some((shape, of_row));
    }

    /// Decodes a batch in parallel, each image into its row. Of several errors the one of the first
    /// image in the batch is returned, so that it does not depend on the number of threads.
    pub(super) fn fill<T: Sync>(
        &mut self,
        batch: &[T],
        source: impl Fn(&T) -> usize,
        decode: impl Fn(&T) -> Result<Decoded> + Sync,
    ) -> Result<()> {
        let row_of = |item: &T| {
            let at = self
                .order
                .binary_search_by_key(&source(item), |(source, _)| *source);
            at.ok().map(|at| self.order[at].1)
        };
        let mut batch: Vec<(usize, &T)> = batch
            .iter()
            .filter_map(|item| Some((row_of(item)?, item)))
            .collect();
        // Without a size in the options, the first image says what all must have.
        while self.shape.is_none() && !batch.is_empty() {
            let (row, item) = batch.remove(0);
            match decode(item) {
                Ok((shape, image)) => {
                    self.set_shape(shape, row);
                    self.pixels[row * shape.dim()..][..shape.dim()].copy_from_slice(&image);
                    self.filled[row] = true;
                }
                Err(error) if self.skip => drop(self.damaged.insert(row, error)),
                Err(error) => return Err(error),
            }
            self.progress.step();
        }
        let Some((shape, of_row)) = self.shape else {
            return Ok(());
        };
        let mut places: Vec<_> = self
            .pixels
            .chunks_exact_mut(shape.dim())
            .zip(&mut self.filled)
            .map(Some)
            .collect();
        let jobs: Vec<_> = batch
            .into_iter()
            .filter_map(|(row, item)| Some((row, item, places[row].take()?)))
            .collect();
        let (plan, path, progress) = (self.plan, self.path, &self.progress);
        let (skip, damaged) = (self.skip, Mutex::new(&mut self.damaged));
        // Nothing after an error needs to be decoded; what lies before it may hold an earlier one.
        let stop = AtomicUsize::new(usize::MAX);
        let load = |(at, (row, item, (pixels, filled))): (usize, (usize, &T, Place<'_>))| {
            if at > stop.load(Ordering::Relaxed) {
                return None;
            }
            let decoded = match decode(item) {
                Err(error) if skip => {
                    let mut damaged = damaged.lock().unwrap_or_else(PoisonError::into_inner);
                    damaged.insert(row, error);
                    progress.step();
                    return None;
                }
                decoded => decoded,
            };
            let outcome = decoded.and_then(|(found, image)| {
                if found != shape {
                    return Err(DataError::Image {
                        path: path.into(),
                        member: Some(plan.items[row].name.clone()),
                        reason: format!(
                            "expected {shape} as in {}, found {found}; set a size to crop and \
                             resize all images",
                            plan.items[of_row].name
                        ),
                    });
                }
                pixels.copy_from_slice(&image);
                *filled = true;
                Ok(())
            });
            progress.step();
            outcome.err().map(|error| {
                stop.fetch_min(at, Ordering::Relaxed);
                (at, error)
            })
        };
        let first = jobs
            .into_par_iter()
            .enumerate()
            .filter_map(load)
            .min_by_key(|(at, _)| *at);
        first.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// What was loaded. If no picture is whole, the error of the first.
    pub(super) fn finish(mut self) -> Result<Loaded> {
        // The archive changed between its two readings: the only way to miss an image.
        let missing = (0..self.filled.len())
            .find(|row| !self.filled[*row] && !self.damaged.contains_key(row));
        let shape = match (missing, self.shape) {
            (None, Some((shape, _))) if self.damaged.len() < self.filled.len() => shape,
            (row, _) => {
                return Err(match (row, self.damaged.pop_first()) {
                    (None, Some((_, error))) => error,
                    (row, _) => DataError::layout(
                        self.path,
                        &self.plan.items[row.unwrap_or_default()].name,
                        "an archive without that member",
                    ),
                });
            }
        };
        // Close the gaps.
        let dim = shape.dim();
        let whole = (0..self.filled.len()).filter(|row| !self.damaged.contains_key(row));
        let mut count = 0;
        for (place, row) in whole.enumerate() {
            if place != row {
                self.pixels
                    .copy_within(row * dim..(row + 1) * dim, place * dim);
            }
            count = place + 1;
        }
        self.pixels.truncate(count * dim);
        Ok(Loaded {
            shape,
            pixels: self.pixels,
            damaged: self.damaged,
        })
    }
}

/// Where an image goes, and the sign that it is there.
type Place<'a> = (&'a mut [u8], &'a mut bool);

/// Counts the images that are done.
struct Progress<'a> {
    watch: &'a Watch<'a>,
    done: AtomicUsize,
    total: usize,
}

impl Progress<'_> {
    fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.watch)(done, self.total);
    }
}
