//! Sets whose images are windows of wider ones.
//!
//! A pattern and its horizontally shifted cue are two windows of one wider image, so that a shift
//! brings in what really lies beside the pattern. [`ImageSet::crop_columns`] narrows the images and
//! remembers what it cut off; [`ImageSet::shifted_rows`] looks at it again.

use std::ops::Range;

use attractor_core::Error;

use super::shape::{ImageShape, fingerprint};
use super::surround::Surround;
use crate::{ImageSet, Result};

impl ImageSet {
    /// The set with every image cut to a range of its columns. What is cut off stays available to
    /// [`ImageSet::shifted_rows`]; the fingerprint covers it too.
    ///
    /// # Errors
    /// [`Error::Config`] for a range that is empty or leaves the image.
    pub fn crop_columns(&self, columns: Range<usize>) -> Result<Self> {
        let width = self.shape.width;
        if columns.start >= columns.end || columns.end > width {
            let rule = "must be a range of at least one column inside the image";
            let found = format!("{} to {} of {}", columns.start, columns.end, self.shape);
            return Err(Error::config("ImageSet::crop_columns", rule, found).into());
        }
        let surround = match &self.surround {
            Some(wider) => Surround {
                left: wider.left + columns.start,
                ..wider.clone()
            },
            None => Surround {
                shape: self.shape,
                left: columns.start,
                pixels: self.pixels().to_vec(),
            },
        };
        let shape = ImageShape {
            width: columns.len(),
            ..self.shape
        };
        let mut pixels = Vec::with_capacity(self.pixels().len() / width * columns.len());
        for line in self.pixels().chunks_exact(width) {
            pixels.extend_from_slice(&line[columns.clone()]);
        }
        let (labels, classes) = (self.labels.clone(), self.classes.clone());
        let narrow = Self::new(self.name.clone(), shape, pixels, labels, classes)?;
        let mut narrow = narrow.reported(self.report.clone());
        narrow.names.clone_from(&self.names);
        Ok(narrow.surrounded(surround))
    }

    /// Columns that lie to the left and to the right of the images.
    pub fn columns_beside(&self) -> (usize, usize) {
        self.surround.as_ref().map_or((0, 0), |wide| {
            let right = wide.shape.width - wide.left - self.shape.width;
            (wide.left, right)
        })
    }

    /// [`ImageSet::rows`] of the windows that lie `columns` further to the right (to the left if
    /// negative): `[n, c*h*w]`, scaled to `[0, 1]`.
    ///
    /// # Errors
    /// [`Error::Config`] if fewer columns lie on that side, [`Error::Index`] for an index outside
    /// the set.
    pub fn shifted_rows(&self, indices: &[usize], columns: isize) -> Result<Vec<f32>> {
        self.check_shift(columns)?;
        let Some(wide) = &self.surround else {
            return self.rows(indices);
        };
        let start = wide.left.saturating_add_signed(columns);
        let window = start..start + self.shape.width;
        let mut rows = Vec::with_capacity(indices.len().saturating_mul(self.dim()));
        for &index in indices {
            self.image(index)?;
            for line in wide.image(index).chunks_exact(wide.shape.width) {
                rows.extend(line[window.clone()].iter().map(|&v| f32::from(v) / 255.0));
            }
        }
        Ok(rows)
    }

    /// Checks that the images can be shifted by `columns`.
    fn check_shift(&self, columns: isize) -> Result<()> {
        let (left, right) = self.columns_beside();
        let (room, side) = if columns < 0 {
            (left, "left")
        } else {
            (right, "right")
        };
        if columns.unsigned_abs() <= room {
            return Ok(());
        }
        let rule = "must be no more than the columns that were cropped off on that side";
        let found = format!(
            "{columns}, with {room} to the {side} of images of {}",
            self.shape
        );
        Err(Error::config("shift in columns", rule, found).into())
    }

    /// Puts wide images around the set's.
    pub(super) fn surrounded(mut self, surround: Surround) -> Self {
        let wide = fingerprint(surround.shape, &surround.pixels);
        let both = format!("{} {wide} {}", self.fingerprint, surround.left);
        self.fingerprint = fingerprint(self.shape, both.as_bytes());
        self.surround = Some(surround);
        self
    }
}
