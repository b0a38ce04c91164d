//! A set of images of one shape.

use std::ops::Range;

use attractor_core::burn::tensor::{Device, Tensor, TensorData};
use attractor_core::{Error, rng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Result;
use crate::hash::hex;
use crate::image_window::Surround;
use crate::report::LoadReport;

/// Channels, height and width of an image, in the order in which pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// 1 (grey) or 3 (red, green, blue) for every set of this crate.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ImageShape {
    /// A shape from its three numbers.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
        }
    }

    /// Values per image: channels x height x width (saturating).
    pub const fn dim(&self) -> usize {
        self.channels
            .saturating_mul(self.height)
            .saturating_mul(self.width)
    }
}

impl std::fmt::Display for ImageShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// Which half of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// For training.
    Train,
    /// For evaluation.
    Test,
}

impl Split {
    /// `train` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

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
    /// SHA-256 over shape and pixels as 64 hexadecimal digits: two sets with the same fingerprint
    /// give the same rows.
    pub fingerprint: String,
    /// What lay beside the images where they were loaded from; empty for any other set.
    pub report: LoadReport,
    pixels: Vec<u8>,
    /// The wider images of which these are windows.
    pub(crate) surround: Option<Surround>,
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
        let set = Self::new(name, self.shape, pixels, labels, classes)?;
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

/// Checks that `values` is a whole number of rows of `dim` values.
pub(crate) fn whole_rows(what: &'static str, values: usize, dim: usize) -> Result<(), Error> {
    let rows = values.checked_div(dim).unwrap_or_default();
    let found = values - rows * dim;
    if dim > 0 && found == 0 {
        return Ok(());
    }
    Err(Error::Width {
        what,
        expected: dim,
        rows: rows + 1,
        found,
    })
}

pub(crate) fn fingerprint(shape: ImageShape, pixels: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for side in [shape.channels, shape.height, shape.width] {
        hasher.update((side as u64).to_le_bytes());
    }
    hasher.update(pixels);
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ImageSet {
        let pixels = (0..24).collect();
        let classes = vec!["a".into(), "b".into()];
        ImageSet::new(
            "t",
            ImageShape::new(1, 2, 3),
            pixels,
            vec![0, 1, 0, 1],
            classes,
        )
        .unwrap()
    }

    #[test]
    fn rows_are_scaled_and_ordered() {
        let rows = set().rows(&[3, 0]).unwrap();
        assert_eq!(rows.len(), 12);
        assert_eq!(rows[0], 18.0 / 255.0);
        assert_eq!(rows[6..9], [0.0, 1.0 / 255.0, 2.0 / 255.0]);
    }

    #[test]
    fn tensor_has_one_row_per_image() {
        let tensor = set().tensor(&[1, 2], &Device::flex()).unwrap();
        assert_eq!(tensor.dims(), [2, 6]);
        let values = tensor.into_data().try_into_vec::<f32>().unwrap();
        assert_eq!(values, set().rows(&[1, 2]).unwrap());
    }

    #[test]
    fn bad_indices_are_errors() {
        let set = set();
        let message = set.rows(&[4]).unwrap_err().to_string();
        assert_eq!(message, "image index: expected an index below 4, found 4");
        assert!(set.rows(&[usize::MAX]).is_err());
        assert!(set.subset(2..5).is_err());
        assert!(set.subset(0..usize::MAX).is_err());
    }

    #[test]
    fn subset_keeps_labels_and_changes_the_fingerprint() {
        let set = set();
        let half = set.subset(1..3).unwrap();
        assert_eq!(half.labels, [1, 0]);
        assert_eq!(half.pixels(), &set.pixels()[6..18]);
        assert_ne!(half.fingerprint, set.fingerprint);
        assert_eq!(set.subset(0..4).unwrap(), set);
        assert!(set.subset(2..2).unwrap().is_empty());
    }

    #[test]
    fn fingerprint_covers_the_shape() {
        let wide = ImageSet::new(
            "t",
            ImageShape::new(1, 3, 2),
            (0..24).collect(),
            vec![0; 4],
            vec!["a".into()],
        );
        assert_ne!(wide.unwrap().fingerprint, set().fingerprint);
        assert_eq!(set().fingerprint.len(), 64);
    }

    #[test]
    fn inconsistent_parts_are_refused() {
        let build = |pixels, labels: Vec<u32>| {
            ImageSet::new(
                "t",
                ImageShape::new(1, 2, 3),
                vec![0; pixels],
                labels,
                vec!["a".into()],
            )
        };
        assert!(
            build(13, vec![0, 0])
                .unwrap_err()
                .to_string()
                .contains("[n, 6]")
        );
        assert!(
            build(12, vec![0])
                .unwrap_err()
                .to_string()
                .contains("expected 2 rows, found 1")
        );
        assert!(
            build(12, vec![0, 1])
                .unwrap_err()
                .to_string()
                .contains("below 1, found 1")
        );
        let empty = ImageSet::new("t", ImageShape::new(1, 0, 3), vec![], vec![], vec![]);
        assert!(empty.unwrap_err().to_string().contains("1x0x3"));
    }

    #[test]
    fn shuffled_order_is_a_seeded_permutation() {
        let set = set();
        let mut order = set.shuffled_order(5);
        assert_eq!(order, set.shuffled_order(5));
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3]);
    }
}
