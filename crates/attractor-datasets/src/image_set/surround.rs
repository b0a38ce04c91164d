//! What lies around the images of a set.

use super::shape::ImageShape;

/// The wide images of a cropped set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Surround {
    /// Shape of the wide images.
    pub(super) shape: ImageShape,
    /// Column of the wide images where the set's images begin.
    pub(super) left: usize,
    /// `[n, c, h, w]` of the wide images.
    pub(super) pixels: Vec<u8>,
}

impl Surround {
    /// Pixels of wide image `index`; empty outside the set.
    pub(super) fn image(&self, index: usize) -> &[u8] {
        let dim = self.shape.dim();
        let start = index.saturating_mul(dim);
        self.pixels
            .get(start..start.saturating_add(dim))
            .unwrap_or_default()
    }
}
