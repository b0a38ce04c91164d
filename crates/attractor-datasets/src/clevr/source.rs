//! CLEVR from files: pictures are decoded when they are first wanted, and kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use attractor_core::Error;
use rayon::prelude::*;

use super::decode::decode;
use super::files::{image_folder, read_scenes, scene_file, split_name};
use super::scene::{Info, Scene};
use super::set::ClevrSet;
use super::view::View;
use crate::{DataError, Result, Split};

/// One split of a folder in CLEVR's layout:
///
/// ```text
/// images/<split>/CLEVR_<split>_NNNNNN.png
/// scenes/CLEVR_<split>_scenes.json
/// ```
#[derive(Debug)]
pub struct ClevrFolder {
    /// What the scene file says about itself.
    pub info: Info,
    view: View,
    folder: PathBuf,
    scenes: Vec<Scene>,
    decoded: Vec<OnceLock<Vec<u8>>>,
}

impl ClevrFolder {
    /// Reads the annotations of a split and keeps the scenes whose number of objects lies in
    /// `objects` (inclusive; `None` keeps all). No picture is opened yet.
    ///
    /// # Errors
    /// [`DataError::Io`] for a missing file or folder, [`DataError::Scenes`] for a scene file that
    /// does not parse, [`DataError::Layout`] if there is not one picture for each scene, or none
    /// with that many objects; [`Error::Config`] for an impossible view.
    pub fn open(
        root: &Path,
        split: Split,
        objects: Option<[usize; 2]>,
        view: &View,
    ) -> Result<Self> {
        view.validate()?;
        let split = split_name(split);
        let file = scene_file(root, split);
        let read = read_scenes(&file)?;
        let folder = image_folder(root, split);
        let pictures = count_pictures(&folder)?;
        if pictures != read.scenes.len() {
            let (count, file) = (read.scenes.len(), file.display());
            let expected = format!("{count} PNG images, one for each scene of {file}");
            return Err(DataError::layout(&folder, expected, pictures.to_string()));
        }
        let mut scenes = read.scenes;
        if let Some([fewest, most]) = objects {
            scenes.retain(|scene| (fewest..=most).contains(&scene.objects.len()));
            if scenes.is_empty() {
                let expected = format!("scenes of {fewest} to {most} objects");
                return Err(DataError::layout(&file, expected, "none"));
            }
        }
        Ok(Self {
            info: read.info,
            view: *view,
            folder,
            decoded: scenes.iter().map(|_| OnceLock::new()).collect(),
            scenes,
        })
    }

    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.scenes.len()
    }

    /// Whether there is no picture.
    pub fn is_empty(&self) -> bool {
        self.scenes.is_empty()
    }

    /// The annotations.
    pub fn scenes(&self) -> &[Scene] {
        &self.scenes
    }

    /// One picture's window, `[3, h, w]` bytes: decoded at the first call, then from memory.
    ///
    /// # Errors
    /// [`Error::Index`] for an index outside the folder; [`DataError::Io`] or [`DataError::Image`],
    /// naming the file, for a picture that is missing, broken or of another size than the view's
    /// frame.
    pub fn image(&self, index: usize) -> Result<&[u8]> {
        let (Some(scene), Some(slot)) = (self.scenes.get(index), self.decoded.get(index)) else {
            let (what, len) = ("CLEVR picture", self.len());
            return Err(Error::Index { what, len, index }.into());
        };
        if let Some(pixels) = slot.get() {
            return Ok(pixels);
        }
        let pixels = decode(&self.folder.join(&scene.image_filename), &self.view)?;
        // Two threads may decode the same picture at once; both get the same bytes.
        Ok(slot.get_or_init(|| pixels))
    }

    /// The chosen pictures with their annotations, decoded in parallel.
    ///
    /// # Errors
    /// As [`ClevrFolder::image`], for the first picture in the order given.
    pub fn select(&self, indices: &[usize]) -> Result<ClevrSet> {
        let images: Vec<Result<&[u8]>> =
            indices.par_iter().map(|&index| self.image(index)).collect();
        let mut pixels = Vec::with_capacity(indices.len().saturating_mul(self.view.shape().dim()));
        let mut scenes = Vec::with_capacity(indices.len());
        for (image, &index) in images.into_iter().zip(indices) {
            pixels.extend_from_slice(image?);
            scenes.push(self.scenes[index].clone());
        }
        ClevrSet::new(super::NAME, &self.view, pixels, scenes, None)
    }

    /// All pictures with their annotations.
    ///
    /// # Errors
    /// As [`ClevrFolder::select`].
    pub fn load(&self) -> Result<ClevrSet> {
        self.select(&(0..self.len()).collect::<Vec<_>>())
    }
}

fn count_pictures(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(folder).map_err(DataError::io(folder, "list"))? {
        let path = entry.map_err(DataError::io(folder, "list"))?.path();
        count += usize::from(path.extension().is_some_and(|end| end == "png"));
    }
    Ok(count)
}
