//! What the images of a set show, where that is known.

use crate::clevr::{ClevrSet, View};
use crate::{ImageSet, Result};

/// An object in an image.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotatedObject {
    /// Column and row of its middle, in pixels of the image; it may lie outside.
    pub position: [f32; 2],
    /// Attributes as pairs of name and value, such as `("colour", "red")`: the same names in the
    /// same order for every object of a set.
    pub attributes: Vec<(String, String)>,
}

/// The objects of every image of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotations {
    /// One list per image.
    pub objects: Vec<Vec<AnnotatedObject>>,
    /// `[n, h, w]`: 0 where a pixel shows no object, `i + 1` where it shows object `i`.
    pub masks: Option<Vec<u8>>,
}

/// Images, with annotations if they have any.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotatedSet {
    /// The images.
    pub images: ImageSet,
    /// What they show.
    pub annotations: Option<Annotations>,
}

impl From<ImageSet> for AnnotatedSet {
    fn from(images: ImageSet) -> Self {
        Self {
            images,
            annotations: None,
        }
    }
}

impl AnnotatedSet {
    /// The mask of one image, `[h, w]`; `None` without masks or outside the set.
    pub fn mask(&self, index: usize) -> Option<&[u8]> {
        let plane = self.images.shape.height * self.images.shape.width;
        let start = index.checked_mul(plane)?;
        let masks = self.annotations.as_ref()?.masks.as_deref()?;
        masks.get(start..start.checked_add(plane)?)
    }

    /// The set cut to the first columns of every image ([`ImageSet::crop_columns`]), masks included.
    ///
    /// # Errors
    /// As [`ImageSet::crop_columns`].
    pub(crate) fn crop_columns(self, columns: usize) -> Result<Self> {
        let width = self.images.shape.width;
        let images = self.images.crop_columns(0..columns)?;
        let annotations = self.annotations.map(|annotations| Annotations {
            masks: annotations.masks.map(|masks| {
                masks
                    .chunks_exact(width)
                    .flat_map(|line| &line[..columns])
                    .copied()
                    .collect()
            }),
            ..annotations
        });
        Ok(Self {
            images,
            annotations,
        })
    }

    /// CLEVR's pictures of a view, with the positions of objects brought to it.
    pub(crate) fn from_clevr(set: ClevrSet, view: &View) -> Self {
        let place = |at: i32, corner: usize, window: usize, size: usize| {
            (at as f32 + 0.5 - corner as f32) * size as f32 / window as f32 - 0.5
        };
        let objects = set.scenes.iter().map(|scene| {
            let object = |object: &crate::clevr::Object| AnnotatedObject {
                position: [
                    place(
                        object.pixel_coords.0,
                        view.corner.1,
                        view.window.1,
                        view.size.1,
                    ),
                    place(
                        object.pixel_coords.1,
                        view.corner.0,
                        view.window.0,
                        view.size.0,
                    ),
                ],
                attributes: object.attributes(),
            };
            scene.objects.iter().map(object).collect()
        });
        Self {
            annotations: Some(Annotations {
                objects: objects.collect(),
                masks: set.masks,
            }),
            images: set.images,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clevr::Generator;
    use crate::{DataRoot, LoadOptions, Split, load_annotated};

    #[test]
    fn objects_lie_where_their_masks_are() {
        let options = LoadOptions {
            builtin: crate::BuiltinSize { train: 1, test: 12 },
            objects: Some([3, 3]),
            columns: Some(64),
            ..LoadOptions::default()
        };
        let root = DataRoot::default();
        let set = load_annotated("builtin-clevr", Split::Test, &root, &options).unwrap();
        let (width, height) = (set.images.shape.width, set.images.shape.height);
        assert_eq!((width, height), (64, 64));
        let objects = &set.annotations.as_ref().unwrap().objects;
        let (mut near, mut seen) = (0, 0);
        for (image, objects) in objects.iter().enumerate() {
            let mask = set.mask(image).unwrap();
            assert_eq!((mask.len(), objects.len()), (width * height, 3));
            for (object, label) in objects.iter().zip(1..) {
                let names: Vec<&str> = object.attributes.iter().map(|(n, _)| n.as_str()).collect();
                assert_eq!(names, ["shape", "size", "material", "colour"]);
                let pixels: Vec<usize> = (0..mask.len())
                    .filter(|&pixel| mask[pixel] == label)
                    .collect();
                // Cut off at the right edge.
                if pixels.len() < 10 || pixels.iter().any(|pixel| pixel % width == width - 1) {
                    continue;
                }
                let mean = |of: fn(usize, usize) -> usize| {
                    let sum: usize = pixels.iter().map(|&pixel| of(pixel, width)).sum();
                    sum as f32 / pixels.len() as f32
                };
                let [column, row] = object.position;
                let distance = (mean(|p, w| p % w) - column).hypot(mean(|p, w| p / w) - row);
                seen += 1;
                // Objects hide parts of each other.
                near += usize::from(distance < 3.0);
            }
        }
        assert!(seen > 20 && near * 10 >= seen * 8, "{near} of {seen}");
        assert!(set.mask(12).is_none());
    }

    #[test]
    fn plain_images_have_no_annotations() {
        let root = DataRoot::default();
        let options = LoadOptions {
            builtin: crate::BuiltinSize { train: 1, test: 2 },
            ..LoadOptions::default()
        };
        let set = load_annotated("builtin", Split::Test, &root, &options).unwrap();
        assert!(set.annotations.is_none() && set.mask(0).is_none());
        let whole = Generator::default().generate(Split::Test, 1).unwrap();
        assert!(
            AnnotatedSet::from_clevr(whole, &View::PAPER)
                .mask(0)
                .is_some()
        );
    }
}
