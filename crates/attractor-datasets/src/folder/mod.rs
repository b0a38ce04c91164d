//! Folders and tar archives of PNG and JPEG images.
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

mod archive;
mod decode;
mod gzip;
mod layout;
mod members;
mod splits;
mod walk;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use attractor_listing::{ARCHIVES, file_name, has_suffix};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::report::{Damaged, LoadReport};
use crate::{DataError, ImageSet, ImageShape, Result, Split};
use layout::Plan;
pub(crate) use members::visit as visit_members;

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
    let mut report = LoadReport::default();
    let metadata = fs::metadata(path).map_err(DataError::io(path, "open"))?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    if metadata.is_dir() {
        let files = walk::images(path, &mut report)?;
        let parts = files.iter().map(|file| file.parts.clone());
        let plan = Plan::new(path, parts, split, &mut report)?;
        let mut builder = Builder::new(path, options, plan.items.len(), report);
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
        let members = archive::list(path, &mut report)?;
        let parts = members.iter().map(|member| member.parts.clone());
        let plan = Plan::new(path, parts, split, &mut report)?;
        let mut builder = Builder::new(path, options, plan.items.len(), report);
        let wanted = plan.items.iter().map(|item| item.source).collect();
        archive::read(path, &members, &wanted, BATCH_BYTES, |batch| {
            builder.extend(batch.par_iter().map(|(source, bytes)| {
                let member = members[*source].parts.join("/");
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
    report: LoadReport,
    /// Source numbers of pictures that are left out, and why.
    damaged: BTreeMap<usize, DataError>,
}

impl<'a> Builder<'a> {
    fn new(path: &'a Path, options: &'a FolderOptions, count: usize, report: LoadReport) -> Self {
        Self {
            path,
            options,
            images: Vec::with_capacity(count),
            report,
            damaged: BTreeMap::new(),
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
            match image {
                Ok(image) => self.images.push((source, image)),
                Err(error) if self.options.skip_damaged => {
                    self.damaged.insert(source, error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes the damaged pictures out of the plan and into the report.
    fn leave_out_damaged(&mut self, plan: &mut Plan) -> Result<()> {
        let mut whole = Vec::with_capacity(plan.items.len());
        for item in plan.items.drain(..) {
            match self.damaged.get(&item.source) {
                None => whole.push(item),
                Some(error) => self.report.damaged.push(Damaged {
                    name: item.name,
                    reason: error.to_string(),
                }),
            }
        }
        plan.items = whole;
        match self.damaged.pop_first() {
            // Not one whole picture.
            Some((_, error)) if plan.items.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    fn finish(mut self, name: String, mut plan: Plan) -> Result<ImageSet> {
        self.leave_out_damaged(&mut plan)?;
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
        let set = ImageSet::new(name, shape, pixels, labels, plan.classes)?;
        Ok(set.reported(self.report))
    }
}
