//! Names, reading and writing of CLEVR's files.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::clevr::scene::{Scene, SceneFile};
use crate::{DataError, ImageShape, Result, Split};

/// CLEVR's name of a split: `train`, or `val` for [`Split::Test`], because the pictures of the
/// official `test` come without scenes.
pub fn split_name(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Test => "val",
    }
}

/// `CLEVR_<split>_<six digits>.png`
pub fn image_name(split: &str, index: usize) -> String {
    format!("CLEVR_{split}_{index:06}.png")
}

/// The scene file of a split: `scenes/CLEVR_<split>_scenes.json` below `root`.
pub fn scene_file(root: &Path, split: &str) -> PathBuf {
    root.join("scenes")
        .join(format!("CLEVR_{split}_scenes.json"))
}

/// The folder of a split's pictures: `images/<split>` below `root`.
pub fn image_folder(root: &Path, split: &str) -> PathBuf {
    root.join("images").join(split)
}

/// The splits whose scene files lie in `scenes/` below `root`, sorted; none if there is no such folder.
pub fn scene_splits(root: &Path) -> Vec<String> {
    let files = attractor_listing::files(&root.join("scenes"), attractor_listing::JSON);
    let split = |path: &PathBuf| {
        let name = attractor_listing::file_name(path);
        let split = name.strip_prefix("CLEVR_")?.strip_suffix("_scenes.json")?;
        Some(split.to_owned())
    };
    files.unwrap_or_default().iter().filter_map(split).collect()
}

/// Reads a scene file and checks that its entries name pictures of one folder and relate existing
/// objects.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be read, [`DataError::Scenes`] if it is not such a file.
pub fn read_scenes(path: &Path) -> Result<SceneFile> {
    let file = File::open(path).map_err(DataError::io(path, "read"))?;
    let broken = |reason: String| DataError::Scenes {
        path: path.into(),
        reason,
    };
    let read: SceneFile = serde_json::from_reader(BufReader::with_capacity(1 << 20, file))
        .map_err(|error| broken(error.to_string()))?;
    for (number, scene) in read.scenes.iter().enumerate() {
        check(scene).map_err(|reason| broken(format!("scene {number}: {reason}")))?;
    }
    Ok(read)
}

fn check(scene: &Scene) -> Result<(), String> {
    let name = &scene.image_filename;
    let mut parts = Path::new(name).components();
    if !matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    ) {
        return Err(format!(
            "expected a file name without folders, found `{name}`"
        ));
    }
    let count = scene.objects.len();
    let relations = &scene.relationships;
    for lists in [
        &relations.left,
        &relations.right,
        &relations.front,
        &relations.behind,
    ] {
        if lists.len() != count || lists.iter().flatten().any(|&other| other >= count) {
            return Err(format!(
                "expected relationships between {count} objects, found {lists:?}"
            ));
        }
    }
    Ok(())
}

/// Writes a scene file; its folder must exist.
///
/// # Errors
/// [`DataError::Io`].
pub fn write_scenes(path: &Path, scenes: &SceneFile) -> Result<()> {
    let file = File::create(path).map_err(DataError::io(path, "create"))?;
    let mut file = BufWriter::new(file);
    serde_json::to_writer(&mut file, scenes)
        .map_err(|error| DataError::io(path, "write")(error.into()))?;
    file.flush().map_err(DataError::io(path, "write"))
}

/// Writes `[3, h, w]` bytes as a PNG; its folder must exist.
///
/// # Errors
/// [`DataError::Io`], or [`DataError::Image`] if the pixels are not those of a 3-channel image of
/// this shape.
pub fn write_png(path: &Path, shape: ImageShape, pixels: &[u8]) -> Result<()> {
    let wrong = |reason: String| DataError::Image {
        path: path.into(),
        member: None,
        reason,
    };
    let plane = shape.height * shape.width;
    if shape.channels != 3 || pixels.len() != 3 * plane {
        let found = pixels.len();
        return Err(wrong(format!(
            "expected 3 channels of {plane} bytes, found {found} of {shape}"
        )));
    }
    let interleaved: Vec<u8> = (0..plane)
        .flat_map(|at| [pixels[at], pixels[at + plane], pixels[at + 2 * plane]])
        .collect();
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive)
        .write_image(
            &interleaved,
            shape.width as u32,
            shape.height as u32,
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| wrong(error.to_string()))?;
    fs::write(path, bytes).map_err(DataError::io(path, "write"))
}
