//! Photos that are nearly the same: a recall cannot tell such a pair apart.

use anyhow::Result;
use attractor::core::check;
use attractor::prelude::*;
use rayon::prelude::*;

use crate::album::Album;

/// Sides of the thumbnails that are compared.
const SIDE: usize = 8;
/// Mean square distance of thumbnails of mean 0 and variance 1 below which photos are nearly the same.
const NEAR: f32 = 0.01;

/// Paths of each photo from the `first` on that is nearly an earlier one, with the earliest such.
pub(crate) fn pairs(album: &Album, first: usize) -> Result<Vec<[String; 2]>> {
    let photos = album.photos()?;
    if first >= photos.len() {
        return Ok(Vec::new());
    }
    let values = check::to_host(album.memory.stored_states()?)?;
    let thumbnails: Vec<Vec<f32>> = values
        .par_chunks_exact(album.shape.dim())
        .map(|photo| thumbnail(photo, album))
        .collect();
    let found: Vec<Option<usize>> = (first..photos.len())
        .into_par_iter()
        .map(|at| (0..at).find(|&other| distance(&thumbnails[at], &thumbnails[other]) < NEAR))
        .collect();
    let pairs = (first..).zip(found).filter_map(|(at, other)| {
        other.map(|other| [photos[other].name.clone(), photos[at].name.clone()])
    });
    Ok(pairs.collect())
}

/// Block means of all channels, of mean 0 and variance 1.
fn thumbnail(photo: &[f32], album: &Album) -> Vec<f32> {
    let shape = album.shape;
    let plane = shape.height * shape.width;
    let mut means = Vec::new();
    for channel in photo.chunks_exact(plane) {
        for block in 0..SIDE * SIDE {
            let span = |at: usize, side: usize| at * side / SIDE..(at + 1) * side / SIDE;
            let rows = span(block / SIDE, shape.height);
            let columns = span(block % SIDE, shape.width);
            let count = (rows.len() * columns.len()).max(1) as f32;
            let sum: f32 = rows
                .map(|row| {
                    channel[row * shape.width..][columns.clone()]
                        .iter()
                        .sum::<f32>()
                })
                .sum();
            means.push(sum / count);
        }
    }
    let mean = means.iter().sum::<f32>() / means.len() as f32;
    let variance = means
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f32>()
        / means.len() as f32;
    // A photo of one colour is like any other such: it has no structure to go by.
    let scale = variance.sqrt().max(1e-3);
    means
        .into_iter()
        .map(|value| (value - mean) / scale)
        .collect()
}

fn distance(one: &[f32], other: &[f32]) -> f32 {
    let pairs = one.iter().zip(other);
    pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / one.len() as f32
}
