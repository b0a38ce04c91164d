//! What recalled images show, where the data set says what the stored ones do.

use crate::Result;
use attractor::core::burn::tensor::{Device, Tensor, TensorData};
use attractor::core::kernel::{PatternStore, nearest};
use attractor::core::{Segments, check};
use attractor::datasets::{AnnotatedObject, AnnotatedSet, ImageShape};
use attractor::evaluation::segmentation::adjusted_rand_index;

/// Side of the patch around an object, in pixels.
const SIDE: usize = 15;
/// Patches kept: more would not read better, only slower.
const PATCHES: usize = 12_000;

/// Reads an object's attributes off an image by the most similar patch of the training images: the
/// first nearest neighbour of a patch around the object's middle.
#[derive(Debug)]
pub(super) struct Probe {
    patches: PatternStore,
    attributes: Vec<Vec<(String, String)>>,
}

impl Probe {
    /// A probe of the first `count` training images; `None` if they are not annotated.
    pub(super) fn new(train: &AnnotatedSet, count: usize, device: &Device) -> Option<Self> {
        let annotations = train.annotations.as_ref()?;
        let (mut values, mut attributes) = (Vec::new(), Vec::new());
        for (index, objects) in annotations.objects.iter().take(count).enumerate() {
            let image = train.images.rows(&[index]).ok()?;
            for object in objects
                .iter()
                .filter(|object| inside(object, train.images.shape))
            {
                values.extend(patch(&image, train.images.shape, object));
                attributes.push(object.attributes.clone());
            }
            if attributes.len() >= PATCHES {
                break;
            }
        }
        let width = train.images.shape.channels * SIDE * SIDE;
        let mut patches = PatternStore::new(width, device).ok()?;
        patches.push(tensor(values, width, device)).ok()?;
        Some(Self {
            patches,
            attributes,
        })
    }

    /// For each image with objects in sight, the share of their attributes that the probe finds in
    /// `images` (`[n, data_dim]`), in percent. `indices` are the stored images in `set`.
    pub(super) fn shares(
        &self,
        images: &[f32],
        indices: &[usize],
        set: &AnnotatedSet,
        device: &Device,
    ) -> Result<Vec<f64>> {
        let Some(annotations) = &set.annotations else {
            return Ok(Vec::new());
        };
        let shape = set.images.shape;
        let (mut values, mut objects) = (Vec::new(), Vec::new());
        for (row, (image, &index)) in images.chunks_exact(shape.dim()).zip(indices).enumerate() {
            let seen = annotations.objects[index].iter();
            for object in seen.filter(|object| inside(object, shape)) {
                values.extend(patch(image, shape, object));
                objects.push((row, object));
            }
        }
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let width = self.patches.dim();
        let (found, _) = nearest(&self.patches, tensor(values, width, device))?;
        let mut counts = vec![(0_usize, 0_usize); indices.len()];
        for ((row, object), found) in objects.into_iter().zip(found) {
            for (ours, stored) in self.attributes[found].iter().zip(&object.attributes) {
                counts[row].0 += usize::from(ours == stored);
                counts[row].1 += 1;
            }
        }
        let share = |(right, all): (usize, usize)| 100.0 * right as f64 / all as f64;
        Ok(counts
            .into_iter()
            .filter(|count| count.1 > 0)
            .map(share)
            .collect())
    }
}

fn tensor(values: Vec<f32>, width: usize, device: &Device) -> Tensor<2> {
    let shape = [values.len() / width, width];
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Whether an object's middle lies in the image.
fn inside(object: &AnnotatedObject, shape: ImageShape) -> bool {
    let [column, row] = object.position;
    (0.0..shape.width as f32).contains(&column) && (0.0..shape.height as f32).contains(&row)
}

/// The patch around an object, borders repeated beyond the image.
fn patch(image: &[f32], shape: ImageShape, object: &AnnotatedObject) -> Vec<f32> {
    let at = |middle: f32, offset: usize, end: usize| {
        (middle.round() as usize + offset)
            .saturating_sub(SIDE / 2)
            .min(end - 1)
    };
    let [column, row] = object.position;
    let plane = shape.height * shape.width;
    (0..shape.channels * SIDE * SIDE)
        .map(|entry| {
            let (channel, y, x) = (entry / (SIDE * SIDE), entry / SIDE % SIDE, entry % SIDE);
            let pixel = at(row, y, shape.height) * shape.width + at(column, x, shape.width);
            image[channel * plane + pixel]
        })
        .collect()
}

/// Adjusted Rand index over the objects' pixels for each image with masks and at least two objects
/// in sight.
pub(super) fn foreground_ari(
    segments: &Segments,
    indices: &[usize],
    set: &AnnotatedSet,
) -> Result<Vec<f64>> {
    let [_, parts, pixels] = segments.masks.dims();
    let masks = check::to_host(segments.masks.clone())?;
    let mut all = Vec::new();
    for (masks, &index) in masks.chunks_exact(parts * pixels).zip(indices) {
        let Some(truth) = set.mask(index) else {
            continue;
        };
        let strongest = |pixel: usize| {
            (0..parts)
                .max_by(|&a, &b| masks[a * pixels + pixel].total_cmp(&masks[b * pixels + pixel]))
        };
        let (mut ours, mut objects) = (Vec::new(), Vec::new());
        for (pixel, &label) in truth.iter().enumerate().filter(|(_, label)| **label > 0) {
            ours.push(strongest(pixel).unwrap_or(0));
            objects.push(usize::from(label));
        }
        if objects.iter().any(|label| *label != objects[0]) {
            all.push(adjusted_rand_index(&objects, &ours)?);
        }
    }
    Ok(all)
}

/// Rows of pictures: every part's mask, then every part by itself on its share of the image.
pub(super) fn pictures(segments: &Segments, shape: ImageShape) -> Result<Vec<(String, Vec<f32>)>> {
    let [images, parts, pixels] = segments.masks.dims();
    let masks = check::to_host(segments.masks.clone())?;
    let looks = check::to_host(segments.parts.clone())?;
    let row = |part: usize, value: &dyn Fn(usize, usize, usize) -> f32| {
        let mut values = Vec::with_capacity(images * shape.dim());
        for image in 0..images {
            for entry in 0..shape.dim() {
                values.push(value(image * parts + part, entry, entry % pixels));
            }
        }
        values
    };
    let mut rows = Vec::new();
    for part in 0..parts {
        let mask = |at: usize, _: usize, pixel: usize| masks[at * pixels + pixel];
        rows.push((format!("mask {}", part + 1), row(part, &mask)));
    }
    for part in 0..parts {
        let look = |at: usize, entry: usize, _: usize| looks[at * shape.dim() + entry];
        rows.push((format!("part {}", part + 1), row(part, &look)));
    }
    Ok(rows)
}
