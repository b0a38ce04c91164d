//! A part of the picture, blown up to the size of all: a coarse grid of zooms, at every place inside the picture, then
//! halved steps around the best.

use super::placement::Placement;

/// Zooms that are tried first.
pub(super) const ZOOMS: [f32; 4] = [1.15, 1.32, 1.52, 1.75];
/// First steps of the refinement: factor of the zoom, pixels.
const STEPS: (f32, f32) = (1.07, 1.0);
/// How often they are halved.
const HALVINGS: usize = 3;

/// Climbs from a placement; `score` is asked for each neighbour.
pub(super) fn refine<T>(
    mut best: (Placement, f64, T),
    mut score: impl FnMut(Placement) -> (f64, T),
) -> (Placement, f64, T) {
    let (mut factor, mut pixels) = STEPS;
    for _ in 0..HALVINGS {
        let from = best.0;
        let shifted = |rows: f32, columns: f32| Placement {
            shift: [from.shift[0] + rows, from.shift[1] + columns],
            ..from
        };
        let zoomed = |factor: f32| Placement {
            zoom: (from.zoom * factor).max(1.0),
            ..from
        };
        let neighbours = [
            zoomed(factor),
            zoomed(1.0 / factor),
            shifted(pixels, 0.0),
            shifted(-pixels, 0.0),
            shifted(0.0, pixels),
            shifted(0.0, -pixels),
        ];
        for next in neighbours {
            let (value, found) = score(next);
            if value > best.1 {
                best = (next, value, found);
            }
        }
        factor = factor.sqrt();
        pixels /= 2.0;
    }
    best
}
