//! Pictures together with what they show.

use attractor_core::Error;

use super::picture::View;
use super::scene::Scene;
use crate::image_set::whole_rows;
use crate::{ImageSet, Result};

/// Pictures, their annotations and, for rendered ones, the objects' outlines.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClevrSet {
    /// The pictures; the label of each is its number of objects.
    pub images: ImageSet,
    /// One annotation for each picture.
    pub scenes: Vec<Scene>,
    /// `[n, h, w]`: 0 where a pixel's middle shows the ground, `i + 1` where it shows object `i`.
    /// `None` for pictures that were read from files.
    pub masks: Option<Vec<u8>>,
}

impl ClevrSet {
    /// A set from `[n, 3, h, w]` pixels.
    ///
    /// # Errors
    /// [`Error::Width`] or [`Error::Rows`] unless there is one picture and, if given, one mask for
    /// each scene.
    pub fn new(
        name: &str,
        view: &View,
        pixels: Vec<u8>,
        scenes: Vec<Scene>,
        masks: Option<Vec<u8>>,
    ) -> Result<Self> {
        let plane = view.size.0.saturating_mul(view.size.1);
        if let Some(masks) = &masks {
            whole_rows("ClevrSet.masks", masks.len(), plane)?;
            if masks.len() != plane * scenes.len() {
                return Err(Error::Rows {
                    what: "ClevrSet.masks",
                    expected: scenes.len(),
                    found: masks.len() / plane,
                }
                .into());
            }
        }
        let labels: Vec<u32> = scenes.iter().map(|s| s.objects.len() as u32).collect();
        let most = labels.iter().copied().max().unwrap_or(0).max(10);
        let classes = (0..=most).map(|count| format!("{count} objects")).collect();
        Ok(Self {
            images: ImageSet::new(name, view.shape(), pixels, labels, classes)?,
            scenes,
            masks,
        })
    }

    /// The mask of one picture, `[h, w]`; `None` without masks or outside the set.
    pub fn mask(&self, index: usize) -> Option<&[u8]> {
        let plane = self.images.shape.height * self.images.shape.width;
        let start = index.checked_mul(plane)?;
        self.masks.as_deref()?.get(start..start.checked_add(plane)?)
    }
}
