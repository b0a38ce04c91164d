//! How images meet between the stages of the attention network, and the adjoints.

use crate::host::image::Image;

/// `[image; plane]` as four channels.
pub(super) fn join(to: &mut Image, image: &[f32], plane: &[f32]) {
    let width = to.width;
    for y in 0..to.height {
        let colours = image[y * width * 3..].chunks_exact(3);
        let pixels = to.row_mut(y).chunks_exact_mut(4);
        for ((pixel, colour), value) in pixels.zip(colours).zip(&plane[y * width..]) {
            pixel[..3].copy_from_slice(colour);
            pixel[3] = *value;
        }
    }
}

/// Every second pixel of every second row.
pub(super) fn halve(from: &Image, to: &mut Image) {
    let channels = from.channels;
    for y in 0..to.height {
        let pairs = from.row(2 * y).chunks_exact(2 * channels);
        for (to, pair) in to.row_mut(y).chunks_exact_mut(channels).zip(pairs) {
            to.copy_from_slice(&pair[..channels]);
        }
    }
}

/// The adjoint of [`halve`], added.
pub(super) fn add_halved(d_to: &Image, d_from: &mut Image) {
    let channels = d_to.channels;
    for y in 0..d_to.height {
        let pairs = d_from.row_mut(2 * y).chunks_exact_mut(2 * channels);
        for (d, pair) in d_to.row(y).chunks_exact(channels).zip(pairs) {
            for (sum, d) in pair.iter_mut().zip(d) {
                *sum += d;
            }
        }
    }
}

/// `[below enlarged scale times; skip]` as channels, half of them each.
pub(super) fn concatenate(to: &mut Image, (below, scale): (&[f32], usize), skip: &[f32]) {
    let (width, half) = (to.width, to.channels / 2);
    let coarse = width / scale;
    for y in 0..to.height {
        let below = &below[(y / scale) * coarse * half..];
        let skip = &skip[y * width * half..];
        for (x, pixel) in to.row_mut(y).chunks_exact_mut(2 * half).enumerate() {
            pixel[..half].copy_from_slice(&below[x / scale * half..][..half]);
            pixel[half..].copy_from_slice(&skip[x * half..][..half]);
        }
    }
}

/// The adjoint of [`concatenate`].
pub(super) fn split(from: &Image, (below, scale): (&mut [f32], usize), skip: &mut [f32]) {
    let (width, half) = (from.width, from.channels / 2);
    let coarse = width / scale;
    below.fill(0.0);
    for y in 0..from.height {
        let below = &mut below[(y / scale) * coarse * half..];
        let skip = &mut skip[y * width * half..];
        for (x, pixel) in from.row(y).chunks_exact(2 * half).enumerate() {
            skip[x * half..][..half].copy_from_slice(&pixel[half..]);
            let below = &mut below[x / scale * half..][..half];
            for (sum, d) in below.iter_mut().zip(pixel) {
                *sum += d;
            }
        }
    }
}
