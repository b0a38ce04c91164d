//! Quarter turns and flips, which bring sites to sites.

use super::Geometry;

/// Those that an image of this shape allows: all eight of a square, four of any other.
pub(super) fn turns(geometry: Geometry) -> std::ops::Range<usize> {
    0..if geometry.height == geometry.width {
        8
    } else {
        4
    }
}
