//! Shifted pictures: every whole number of rows and columns up to 12, and no more than half the image.

use super::Geometry;

/// Farthest, in pixels.
const FARTHEST: usize = 12;

/// How far rows and columns may be shifted.
pub(super) fn reach(geometry: Geometry) -> [usize; 2] {
    [geometry.height, geometry.width].map(|count| FARTHEST.min(count / 2))
}
