//! CLEVR from files: pictures are decoded when they are first wanted, and kept.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use attractor_core::Error;
use attractor_listing::{file_name, files, has_suffix, list};
use rayon::prelude::*;

use super::decode::decode;
use super::layout::{image_folder, read_scenes, scene_file, scene_splits, split_name};
use crate::clevr::picture::View;
use crate::clevr::scene::{Info, Scene};
use crate::clevr::set::ClevrSet;
use crate::report::{self, LoadReport};
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
    /// What lies beside the split's pictures.
    pub report: LoadReport,
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
    /// [`DataError::Absent`] if only other splits have a scene file, naming them, [`DataError::Io`] for
    /// another missing file or folder, [`DataError::Scenes`] for a scene file that
    /// does not parse, [`DataError::Layout`] if there is not one picture for each scene, or none
    /// with that many objects; [`Error::Config`] for an impossible view.
    pub fn open(
        root: &Path,
        split: Split,
        objects: Option<[usize; 2]>,
        view: &View,
    ) -> Result<Self> {
        view.validate()?;
        let (wanted, split) = (split, split_name(split));
        let file = scene_file(root, split);
        let there = scene_splits(root);
        if !file.exists() && !there.is_empty() {
            let expected = format!("the scenes of `{split}` (`train` and `val` are understood)");
            let found = format!("only the scenes of {}", there.join(", "));
            return Err(DataError::absent(&file, wanted, expected, found));
        }
        let read = read_scenes(&file)?;
        let folder = image_folder(root, split);
        let mut report = LoadReport::default();
        let pictures = count_pictures(root, &folder, &mut report)?;
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
            report,
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
        let mut set = ClevrSet::new(crate::clevr::NAME, &self.view, pixels, scenes, None)?;
        set.images.report = self.report.clone();
        Ok(set)
    }

    /// All pictures with their annotations.
    ///
    /// # Errors
    /// As [`ClevrFolder::select`].
    pub fn load(&self) -> Result<ClevrSet> {
        self.select(&(0..self.len()).collect::<Vec<_>>())
    }
}

/// Counts the PNG files of a split's folder; `beside` hears what else is there and which other splits
/// are.
fn count_pictures(root: &Path, folder: &Path, beside: &mut LoadReport) -> Result<usize> {
    let listing = list(folder).map_err(DataError::io(folder, "list"))?;
    let mut count = 0;
    for path in &listing.visible {
        match has_suffix(&file_name(path), &[".png"]) && !path.is_dir() {
            true => count += 1,
            false => beside.other_files.add(&[file_name(path)]),
        }
    }
    for path in &listing.hidden {
        beside.hidden.add(&[file_name(path)]);
    }
    let images = root.join("images");
    let folders = list(&images).map_err(DataError::io(&images, "list"))?;
    for path in folders.visible.iter().filter(|path| path.is_dir()) {
        let name = file_name(path);
        if ![Split::Train, Split::Test]
            .map(split_name)
            .contains(&name.as_str())
        {
            let pictures = files(path, &[".png"]).map_err(DataError::io(path, "list"))?;
            beside.remarks.push(format!(
                "images/{name}/: {} left out; training data are CLEVR's `train`, test data \
                 its `val`",
                report::pictures(pictures.len())
            ));
        }
    }
    Ok(count)
}
