//! A set of images of one shape.

use std::ops::Range;

use attractor_core::burn::tensor::{Device, Tensor, TensorData};
use attractor_core::{Error, rng};

use crate::Result;
use crate::report::LoadReport;

mod shape;
mod surround;
#[cfg(test)]
mod tests;
mod window;

use shape::fingerprint;
pub(crate) use shape::whole_rows;
pub use shape::{ImageShape, Split};
use surround::Surround;

/// 8-bit images of one shape with a label each.
///
/// Pixels lie in `[n, c, h, w]` order, one byte each; rows and tensors scale them to `[0, 1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSet {
    /// Name of the data set, such as `cifar10`.
    pub name: String,
    /// Shape of every image.
    pub shape: ImageShape,
    /// One class index per image.
    pub labels: Vec<u32>,
    /// Class names, indexed by label.
    pub classes: Vec<String>,
    /// What each image is called: of a folder or an archive the path below it, such as `cat/1.jpg`. Empty where images
    /// have no names.
    pub names: Vec<String>,
    /// SHA-256 over shape and pixels as 64 hexadecimal digits: two sets with the same fingerprint
    /// give the same rows.
    pub fingerprint: String,
    /// What lay beside the images where they were loaded from; empty for any other set.
    pub report: LoadReport,
    pixels: Vec<u8>,
    /// The wider images of which these are windows.
    surround: Option<Surround>,
}

impl ImageSet {
    /// Builds a set from pixels in `[n, c, h, w]` order.
    ///
    /// # Errors
    /// [`Error::Config`] for an empty shape, [`Error::Width`] if the pixels are no whole number of
    /// images, [`Error::Rows`] if there is not one label for each, [`Error::Index`] for a label
    /// without a class.
    pub fn new(
        name: impl Into<String>,
        shape: ImageShape,
        pixels: Vec<u8>,
        labels: Vec<u32>,
        classes: Vec<String>,
    ) -> Result<Self> {
        let dim = shape.dim();
        if dim == 0 {
            let rule = "channels, height and width must be at least 1";
            return Err(Error::config("ImageSet.shape", rule, shape).into());
        }
        whole_rows("ImageSet.pixels", pixels.len(), dim)?;
        let count = pixels.len() / dim;
        if labels.len() != count {
            let found = labels.len();
            return Err(Error::Rows {
                what: "ImageSet.labels",
                expected: count,
                found,
            }
            .into());
        }
        if let Some(&label) = labels
            .iter()
            .find(|&&label| label as usize >= classes.len())
        {
            let (len, index) = (classes.len(), label as usize);
            return Err(Error::Index {
                what: "ImageSet.labels",
                len,
                index,
            }
            .into());
        }
        let fingerprint = fingerprint(shape, &pixels);
        Ok(Self {
            name: name.into(),
            shape,
            labels,
            classes,
            names: Vec::new(),
            fingerprint,
            report: LoadReport::default(),
            pixels,
            surround: None,
        })
    }

    /// The set with a report of its loading.
    pub(crate) fn reported(self, report: LoadReport) -> Self {
        Self { report, ..self }
    }

    /// The set with a name for each image, such as that of its file.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there is one for each.
    pub fn named(self, names: Vec<String>) -> Result<Self> {
        if names.len() != self.len() {
            return Err(Error::Rows {
                what: "ImageSet.names",
                expected: self.len(),
                found: names.len(),
            }
            .into());
        }
        Ok(Self { names, ..self })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / self.dim().max(1)
    }

    /// The index of every image, in order.
    pub fn all(&self) -> Vec<usize> {
        (0..self.len()).collect()
    }

    /// Whether the set holds no image.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// Values per image: channels x height x width.
    pub fn dim(&self) -> usize {
        self.shape.dim()
    }

    /// All pixels, `[n, c, h, w]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixels of one image, `[c, h, w]`.
    ///
    /// # Errors
    /// [`Error::Index`] for an index outside the set.
    pub fn image(&self, index: usize) -> Result<&[u8]> {
        let dim = self.dim();
        index
            .checked_mul(dim)
            .and_then(|start| self.pixels.get(start..start.checked_add(dim)?))
            .ok_or_else(|| {
                Error::Index {
                    what: "image index",
                    len: self.len(),
                    index,
                }
                .into()
            })
    }

    /// The chosen images as rows of a `[n, c*h*w]` batch, scaled to `[0, 1]` (value / 255).
    ///
    /// # Errors
    /// [`Error::Index`] for an index outside the set.
    pub fn rows(&self, indices: &[usize]) -> Result<Vec<f32>> {
        let mut rows = Vec::with_capacity(indices.len().saturating_mul(self.dim()));
        for &index in indices {
            rows.extend(
                self.image(index)?
                    .iter()
                    .map(|&value| f32::from(value) / 255.0),
            );
        }
        Ok(rows)
    }

    /// [`ImageSet::rows`] as a tensor of shape `[n, c*h*w]`.
    ///
    /// # Errors
    /// [`Error::Index`] for an index outside the set.
    pub fn tensor(&self, indices: &[usize], device: &Device) -> Result<Tensor<2>> {
        let data = TensorData::new(self.rows(indices)?, [indices.len(), self.dim()]);
        Ok(Tensor::from_data(data, device))
    }

    /// The chosen images, in the order given, as a set of their own.
    ///
    /// # Errors
    /// [`Error::Index`] for an index outside the set.
    pub fn select(&self, indices: &[usize]) -> Result<Self> {
        let mut pixels = Vec::with_capacity(indices.len().saturating_mul(self.dim()));
        let mut labels = Vec::with_capacity(indices.len());
        for &index in indices {
            pixels.extend_from_slice(self.image(index)?);
            let missing = Error::Index {
                what: "label index",
                len: self.labels.len(),
                index,
            };
            labels.push(*self.labels.get(index).ok_or(missing)?);
        }
        let (name, classes) = (self.name.clone(), self.classes.clone());
        let mut set = Self::new(name, self.shape, pixels, labels, classes)?;
        // Sets without names have none to choose from.
        let names = indices.iter().filter_map(|&index| self.names.get(index));
        set.names = names.cloned().collect();
        Ok(match &self.surround {
            None => set,
            Some(wide) => set.surrounded(Surround {
                pixels: indices
                    .iter()
                    .flat_map(|&index| wide.image(index))
                    .copied()
                    .collect(),
                ..*wide
            }),
        })
    }

    /// The images of a range as a set of their own.
    ///
    /// # Errors
    /// [`Error::Index`] if the range leaves the set.
    pub fn subset(&self, range: Range<usize>) -> Result<Self> {
        if range.end > self.len() {
            let (len, index) = (self.len(), range.end - 1);
            return Err(Error::Index {
                what: "ImageSet::subset",
                len,
                index,
            }
            .into());
        }
        self.select(&range.collect::<Vec<_>>())
    }

    /// The indices of all images in an order drawn from `seed`: equal on every machine.
    pub fn shuffled_order(&self, seed: u64) -> Vec<usize> {
        rng::permutation(&mut rng::stream(seed, "order"), self.len())
    }
}
