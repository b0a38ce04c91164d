//! The pixels of a set while they are loaded.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    progress: Progress<'a>,
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
        if self.shape.is_none() && !batch.is_empty() {
            let (row, item) = batch.remove(0);
            let (shape, image) = decode(item)?;
            self.set_shape(shape, row);
            self.pixels[row * shape.dim()..][..shape.dim()].copy_from_slice(&image);
            self.filled[row] = true;
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
        // Nothing after an error needs to be decoded; what lies before it may hold an earlier one.
        let stop = AtomicUsize::new(usize::MAX);
        let load = |(at, (row, item, (pixels, filled))): (usize, (usize, &T, Place<'_>))| {
            if at > stop.load(Ordering::Relaxed) {
                return None;
            }
            let outcome = decode(item).and_then(|(found, image)| {
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

    /// The shape and all pixels.
    pub(super) fn finish(self) -> Result<(ImageShape, Vec<u8>)> {
        // The archive changed between its two readings: the only way to miss an image.
        let missing = self.filled.iter().position(|&filled| !filled);
        match (missing, self.shape) {
            (None, Some((shape, _))) => Ok((shape, self.pixels)),
            (row, _) => Err(DataError::layout(
                self.path,
                &self.plan.items[row.unwrap_or_default()].name,
                "an archive without that member",
            )),
        }
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
