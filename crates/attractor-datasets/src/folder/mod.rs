//! Folders and tar archives of PNG and JPEG images.
//!
//! A class is a sub-folder; `train/` and `test/` above the classes are recognised, and a single
//! folder around everything is ignored:
//!
//! ```text
//! cat/1.jpg, dog/2.png              two classes, no split: both splits are all images
//! train/cat/1.jpg, test/dog/2.png   two classes, two splits
//! photos/train/cat/1.jpg            the same
//! 1.jpg, 2.png                      one class, "images"
//! ```
//!
//! Images come in the order of their paths, whatever the order on disk or in the archive.

mod archive;
mod decode;
mod layout;
mod walk;

use std::fs;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{DataError, ImageSet, ImageShape, Result, Split};
pub(crate) use archive::open as archive_reader;
use layout::Plan;

/// The class of images that lie in no sub-folder.
pub const FLAT_CLASS: &str = "images";

/// Images are decoded in batches of about this many encoded bytes, so that memory stays bounded.
const BATCH_BYTES: usize = 128 << 20;

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
}

/// Whether a path looks like an archive that [`load`] reads: `.tar`, `.tar.gz` or `.tgz`.
pub fn is_archive(path: &Path) -> bool {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    [".tar", ".tar.gz", ".tgz"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Loads one split of a folder or an archive. Without `train/` and `test/` folders, both splits are
/// all images.
///
/// # Errors
/// [`DataError::Image`] naming the file or the archive's member that cannot be decoded or has
/// another size than the first, [`DataError::Layout`] if there is no image or the requested size
/// has no pixels, [`DataError::Io`] otherwise.
pub fn load(path: &Path, split: Split, options: &FolderOptions) -> Result<ImageSet> {
    if let Some((height, width)) = options.size
        && (height.min(width) == 0 || height.max(width) > MAX_SIDE)
    {
        let found = format!("{height}x{width}");
        return Err(DataError::layout(
            path,
            format!("a target size from 1x1 to {MAX_SIDE}x{MAX_SIDE}"),
            found,
        ));
    }
    let metadata = fs::metadata(path).map_err(DataError::io(path, "open"))?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    if metadata.is_dir() {
        let files = walk::images(path)?;
        let plan = Plan::new(path, files.iter().map(|file| file.parts.clone()), split)?;
        let mut builder = Builder::new(path, options, plan.items.len());
        // Each thread reads and decodes its own files.
        builder.extend(plan.items.par_iter().map(|item| {
            let file = &files[item.source].path;
            let bytes = fs::read(file).map_err(DataError::io(file, "read"));
            (
                item.source,
                bytes.and_then(|bytes| decode::decode(file, None, &bytes, options)),
            )
        }))?;
        builder.finish(name, plan)
    } else if is_archive(path) {
        let members = archive::list(path)?;
        let plan = Plan::new(path, members.iter().cloned(), split)?;
        let mut builder = Builder::new(path, options, plan.items.len());
        let wanted = plan.items.iter().map(|item| item.source).collect();
        archive::read(path, &wanted, BATCH_BYTES, |batch| {
            builder.extend(batch.par_iter().map(|(source, bytes)| {
                let member = members[*source].join("/");
                (*source, decode::decode(path, Some(&member), bytes, options))
            }))
        })?;
        builder.finish(name, plan)
    } else {
        Err(DataError::layout(
            path,
            "a folder, .tar, .tar.gz or .tgz",
            "another kind of file",
        ))
    }
}

/// Longest side of a target size.
const MAX_SIDE: usize = 1 << 14;

/// A decoded image: its shape and `[c, h, w]` pixels.
type Decoded = (ImageShape, Vec<u8>);

/// Collects decoded images by source number and checks that they have one shape.
struct Builder<'a> {
    path: &'a Path,
    options: &'a FolderOptions,
    images: Vec<(usize, Decoded)>,
}

impl<'a> Builder<'a> {
    fn new(path: &'a Path, options: &'a FolderOptions, count: usize) -> Self {
        Self {
            path,
            options,
            images: Vec::with_capacity(count),
        }
    }

    /// Decodes in parallel; of several errors the one of the lowest source number is returned, so
    /// that the message does not depend on the thread count.
    fn extend(
        &mut self,
        images: impl IndexedParallelIterator<Item = (usize, Result<Decoded>)>,
    ) -> Result<()> {
        let decoded: Vec<_> = images.collect();
        for (source, image) in decoded {
            self.images.push((source, image?));
        }
        Ok(())
    }

    fn finish(mut self, name: String, plan: Plan) -> Result<ImageSet> {
        self.images.sort_unstable_by_key(|(source, _)| *source);
        let mut images = Vec::with_capacity(plan.items.len());
        for item in &plan.items {
            let found = self
                .images
                .binary_search_by_key(&item.source, |(source, _)| *source);
            // The archive changed between its two readings: the only way to miss an image.
            let index = found.map_err(|_| {
                DataError::layout(self.path, &item.name, "an archive without that member")
            })?;
            images.push((item, &self.images[index].1));
        }
        // A plan without items is refused when it is made.
        let channels = self.options.colour.channels();
        let shape = images
            .first()
            .map_or(ImageShape::new(channels, 1, 1), |(_, image)| image.0);
        let mut pixels = Vec::with_capacity(images.len().saturating_mul(shape.dim()));
        for (item, (found, image)) in images {
            if *found != shape {
                return Err(DataError::Image {
                    path: self.path.into(),
                    member: Some(item.name.clone()),
                    reason: format!(
                        "expected {shape} as in {}, found {found}; set a size to crop and resize \
                         all images",
                        plan.items[0].name
                    ),
                });
            }
            pixels.extend_from_slice(image);
        }
        let labels = plan.items.iter().map(|item| item.label).collect();
        ImageSet::new(name, shape, pixels, labels, plan.classes)
    }
}
