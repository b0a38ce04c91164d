//! Folders and tar archives of PNG, JPEG and WebP images.
//!
//! A class is a sub-folder; `train/` and `test/` above the classes are recognised, in capital or small
//! letters, and a single folder around everything is ignored:
//!
//! ```text
//! cat/1.jpg, dog/2.png              two classes, no split: both splits are all images
//! train/cat/1.jpg, test/dog/2.png   two classes, two splits
//! photos/train/cat/1.jpg            the same
//! ... and val/cat/3.jpg beside them left out, as are valid/, validation/ and dev/
//! 1.jpg, 2.png                      one class, "images"
//! ```
//!
//! Training and test data never share a picture where a layout tells them apart. What would have to be
//! guessed is refused, with the path in question: anything else beside `train/` and `test/`, splits
//! under other names (`trainA/`, `train2017/`), below the classes, or in the names of files.
//!
//! Images come in the order of their paths, whatever the order on disk or in the archive. An archive
//! gives what unpacking it would give, or an error that names the member. What was left out stands in
//! [`ImageSet::report`].
//!
//! What a picture is, its content says, not its suffix. It is turned upright as its EXIF orientation
//! asks; 16 bits a channel become 8, palettes and CMYK become red, green and blue; of an animation
//! the first frame counts. Bytes that belong to no part of a file (after its end, between the
//! segments of a JPEG) are ignored, as viewers do; a file that is cut off is an error, and so is a picture
//! of more than 2^28 pixels: a small file can claim any size, and would be given the memory for it.
//!
//! Every thread reads, decodes and resizes pictures of its own, of which only the resized one
//! outlives the next. A JPEG much larger than [`FolderOptions::size`] asks is decoded at 1/2, 1/4 or
//! 1/8 of its size, such that brightness and colours still have at least twice the wanted sides. On
//! tests with hard patterns that changes pixels by less than 3 of 255 on average.

mod archive;
mod decode;
mod jpeg;
mod layout;
mod members;
mod resize;
mod rows;
mod splits;
mod walk;

use std::fs;
use std::path::Path;

use attractor_core::failure::reasons;
use attractor_listing::{ARCHIVES, file_name, has_suffix};
use serde::{Deserialize, Serialize};

use crate::report::{Damaged, LoadReport};
use crate::{DataError, ImageSet, ImageShape, Result, Split};
use layout::Plan;
#[cfg(feature = "fetch")]
pub(crate) use members::visit as visit_members;
use rows::Rows;

/// The class of images that lie in no sub-folder.
pub const FLAT_CLASS: &str = "images";

/// Members of an archive are decoded in batches of about this many encoded bytes for each thread, so
/// that memory stays bounded.
const BATCH_BYTES: usize = 8 << 20;

/// Hears how many of how many images are loaded: once before the first, then after each. It is called
/// by the threads that decode; calls may overtake one another.
pub type Watch<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// Colour channels of the loaded images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Three channels: red, green, blue. Transparency is dropped.
    #[default]
    Rgb,
    /// One channel: luminance.
    Grey,
}

impl Colour {
    /// 3 or 1.
    pub fn channels(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Grey => 1,
        }
    }
}

/// How images are brought to one shape.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FolderOptions {
    /// Height and width. An image of another size is cropped around its centre to the same aspect
    /// ratio and resized. `None` keeps the images as they are; all must then have one size.
    pub size: Option<(usize, usize)>,
    /// Colour channels.
    pub colour: Colour,
    /// Leaves pictures out that cannot be read or decoded, and lists them in [`ImageSet::report`].
    /// Otherwise the first of them is an error.
    pub skip_damaged: bool,
}

/// Whether a path looks like an archive that [`load`] reads: `.tar`, `.tar.gz` or `.tgz`.
pub fn is_archive(path: &Path) -> bool {
    has_suffix(&file_name(path), ARCHIVES)
}

/// Loads one split of a folder or an archive. Without `train/` and `test/` folders, both splits are
/// all images.
///
/// # Errors
/// [`DataError::Image`] naming the file or the archive's member that cannot be decoded or has
/// another size than the first, [`DataError::Absent`] if there are only other splits,
/// [`DataError::Layout`] if there is no image, splits would have to be guessed, the archive is cut or
/// the requested size has no pixels, [`DataError::Io`] otherwise.
pub fn load(path: &Path, split: Split, options: &FolderOptions) -> Result<ImageSet> {
    load_watched(path, split, options, &|_, _| ())
}

/// [`load`], telling `watch` how far it is.
///
/// # Errors
/// As [`load`].
pub fn load_watched(
    path: &Path,
    split: Split,
    options: &FolderOptions,
    watch: &Watch<'_>,
) -> Result<ImageSet> {
    options.check(path)?;
    let mut report = LoadReport::default();
    let metadata = fs::metadata(path).map_err(DataError::io(path, "open"))?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let (plan, loaded) = if metadata.is_dir() {
        let files = walk::images(path, &mut report)?;
        let parts = files.iter().map(|file| file.parts.clone());
        let plan = Plan::new(path, parts, split, &mut report)?;
        let mut rows = Rows::new(path, options, &plan, watch);
        let sources: Vec<usize> = plan.items.iter().map(|item| item.source).collect();
        rows.fill(
            &sources,
            |&source| source,
            |&source| {
                let file = &files[source].path;
                let bytes = fs::read(file).map_err(DataError::io(file, "read"))?;
                decode::decode(file, None, &bytes, options)
            },
        )?;
        let loaded = rows.finish()?;
        (plan, loaded)
    } else if is_archive(path) {
        let members = archive::list(path, &mut report)?;
        let parts = members.iter().map(|member| member.parts.clone());
        let plan = Plan::new(path, parts, split, &mut report)?;
        let mut rows = Rows::new(path, options, &plan, watch);
        let wanted = plan.items.iter().map(|item| item.source).collect();
        let batch_bytes = BATCH_BYTES * rayon::current_num_threads();
        archive::read(path, &members, &wanted, batch_bytes, |batch| {
            rows.fill(
                &batch,
                |(source, _)| *source,
                |(source, bytes)| {
                    let member = members[*source].parts.join("/");
                    decode::decode(path, Some(&member), bytes, options)
                },
            )
        })?;
        let loaded = rows.finish()?;
        (plan, loaded)
    } else {
        return Err(DataError::layout(
            path,
            "a folder, .tar, .tar.gz or .tgz",
            "another kind of file",
        ));
    };
    let whole = |row: &usize| !loaded.damaged.contains_key(row);
    let items = (0..plan.items.len())
        .filter(whole)
        .map(|row| &plan.items[row]);
    let labels = items.clone().map(|item| item.label).collect();
    let names = items.map(|item| item.name.clone()).collect();
    for (&row, error) in &loaded.damaged {
        report.damaged.push(Damaged {
            name: plan.items[row].name.clone(),
            reason: reasons(error),
        });
    }
    let set = ImageSet::new(name, loaded.shape, loaded.pixels, labels, plan.classes)?;
    Ok(set.named(names)?.reported(report))
}

/// Loads one picture, such as a cue, exactly as [`load`] loads those of a folder: turned upright, cropped, resized and
/// coloured by the same options. The set holds that picture alone, under the name of its file.
///
/// [`FolderOptions::skip_damaged`] does not count here: there is nothing else.
///
/// # Errors
/// [`DataError::Image`] if it cannot be decoded, [`DataError::Layout`] if the requested size has no pixels,
/// [`DataError::Io`] if there is no such file.
pub fn load_one(path: &Path, options: &FolderOptions) -> Result<ImageSet> {
    let bytes = fs::read(path).map_err(DataError::io(path, "read"))?;
    load_bytes(path, &bytes, options)
}

/// [`load_one`] of the bytes of a file, such as one that came over a network; `path` is what errors call it.
///
/// # Errors
/// As [`load_one`].
pub fn load_bytes(path: &Path, bytes: &[u8], options: &FolderOptions) -> Result<ImageSet> {
    options.check(path)?;
    let (shape, pixels) = decode::decode(path, None, bytes, options)?;
    let name = file_name(path);
    let set = ImageSet::new(&*name, shape, pixels, vec![0], vec![FLAT_CLASS.into()])?;
    set.named(vec![name.to_string()])
}

impl FolderOptions {
    fn check(&self, path: &Path) -> Result<()> {
        if let Some((height, width)) = self.size
            && (height.min(width) == 0 || height.max(width) > MAX_SIDE)
        {
            let found = format!("{height}x{width}");
            return Err(DataError::layout(
                path,
                format!("a target size from 1x1 to {MAX_SIDE}x{MAX_SIDE}"),
                found,
            ));
        }
        Ok(())
    }
}

/// Longest side of a target size.
const MAX_SIDE: usize = 1 << 14;

/// A decoded image: its shape and `[c, h, w]` pixels.
type Decoded = (ImageShape, Vec<u8>);
