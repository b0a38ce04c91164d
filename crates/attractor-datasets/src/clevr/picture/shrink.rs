//! From cells to pixels where a pixel has several cells: a tent as wide as two pixels.

use super::encode::byte;
use super::view::Rays;
use crate::clevr::light::{ANY, Hit, World};

/// Bytes of the pixels from sRGB values of the cells, plane by plane. `fine` is the number of cells
/// in a pixel, downwards and across, both even.
pub(crate) fn pixels(values: &[f32], rays: &Rays, fine: (usize, usize)) -> Vec<u8> {
    let (rows, columns) = (rays.rows / fine.0, rays.columns / fine.1);
    let (down, across) = (tent(fine.0), tent(fine.1));
    let mut pixels = Vec::with_capacity(3 * rows * columns);
    let mut narrow = vec![0.0; rays.rows * columns];
    for plane in values.chunks_exact(rays.rows * rays.columns) {
        let lines = plane.chunks_exact(rays.columns);
        for (line, narrow) in lines.zip(narrow.chunks_exact_mut(columns)) {
            for (column, value) in narrow.iter_mut().enumerate() {
                *value = weighted(&across, column, rays.columns, |cell| line[cell]);
            }
        }
        for row in 0..rows {
            for column in 0..columns {
                let cell = |cell: usize| narrow[cell * columns + column];
                pixels.push(byte(weighted(&down, row, rays.rows, cell)));
            }
        }
    }
    pixels
}

/// Weights of the `2 fine` cells around the middle of a pixel.
fn tent(fine: usize) -> Vec<f32> {
    let rising = (0..fine).map(|cell| (cell as f32 + 0.5) / fine as f32);
    rising.clone().chain(rising.rev()).collect()
}

/// The weighted mean around a pixel; cells beyond the border are left out.
fn weighted(weights: &[f32], pixel: usize, cells: usize, value: impl Fn(usize) -> f32) -> f32 {
    let fine = weights.len() / 2;
    // The tent begins half a pixel before its own.
    let (start, before) = (fine * pixel, fine / 2);
    if start >= before && start - before + weights.len() <= cells {
        // Inside, the weights add up to the width of a pixel.
        let first = start - before;
        let terms = weights.iter().enumerate();
        let sum: f32 = terms.map(|(tap, weight)| weight * value(first + tap)).sum();
        return sum / fine as f32;
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for (tap, weight) in weights.iter().enumerate() {
        if let Some(cell) = (start + tap).checked_sub(before)
            && cell < cells
        {
            sum += weight * value(cell);
            total += weight;
        }
    }
    sum / total
}

/// What the middles of the pixels show, where four cells meet.
pub(crate) fn mask(world: &World, rays: &Rays, seen: &[u8], fine: (usize, usize)) -> Vec<u8> {
    let (rows, columns) = (rays.rows / fine.0, rays.columns / fine.1);
    let mut mask = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        for column in 0..columns {
            let (down, across) = (row * fine.0 + fine.0 / 2, column * fine.1 + fine.1 / 2);
            let below = down * rays.columns + across;
            let above = below - rays.columns;
            let own = seen[below];
            if [below - 1, above, above - 1]
                .iter()
                .all(|&cell| seen[cell] == own)
            {
                mask.push(own);
                continue;
            }
            let direction = rays.through(down as f32, across as f32);
            mask.push(match world.trace(rays.origin, direction, ANY) {
                Hit::Solid(index, _) => (index + 1) as u8,
                _ => 0,
            });
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tents_of_a_row_add_up_to_one_in_every_cell() {
        for fine in [2, 4, 6] {
            let weights = tent(fine);
            for cell in 0..fine {
                // A cell lies in its own pixel's tent and in one of a neighbour's.
                let own = cell + fine / 2;
                let other = if own >= fine { own - fine } else { own + fine };
                assert!((weights[own] + weights[other] - 1.0).abs() < 1e-6);
            }
        }
        assert_eq!(tent(2), [0.25, 0.75, 0.75, 0.25]);
    }

    #[test]
    fn a_constant_stays_constant_at_the_border() {
        let weights = tent(4);
        for pixel in 0..3 {
            assert!((weighted(&weights, pixel, 12, |_| 0.3) - 0.3).abs() < 1e-6);
        }
    }
}
