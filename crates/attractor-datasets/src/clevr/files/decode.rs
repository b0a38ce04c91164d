//! One stored picture to the bytes of a view.

use std::fs;
use std::path::Path;

use image::ImageFormat;
use image::imageops::{self, FilterType};

use crate::clevr::picture::View;
use crate::{DataError, Result};

/// Decodes a PNG, cuts the view's window out and shrinks it to the view's size: a linear filter
/// whose support grows with the shrinking, as in PIL and torchvision with antialiasing. `[3, h, w]`
/// bytes.
pub(crate) fn decode(path: &Path, view: &View) -> Result<Vec<u8>> {
    let broken = |reason: String| DataError::Image {
        path: path.into(),
        member: None,
        reason,
    };
    let bytes = fs::read(path).map_err(DataError::io(path, "read"))?;
    let image = image::load_from_memory_with_format(&bytes, ImageFormat::Png)
        .map_err(|error| {
            broken(format!(
                "expected a whole PNG, found {} bytes: {error}",
                bytes.len()
            ))
        })?
        .into_rgb8();
    let (rows, columns) = (image.height() as usize, image.width() as usize);
    if (rows, columns) != view.frame {
        let (height, width) = view.frame;
        return Err(broken(format!(
            "expected {width} x {height} pixels, found {columns} x {rows}"
        )));
    }
    // A validated view lies inside the picture, whose sides are u32.
    let window = imageops::crop_imm(
        &image,
        view.corner.1 as u32,
        view.corner.0 as u32,
        view.window.1 as u32,
        view.window.0 as u32,
    )
    .to_image();
    let (height, width) = (view.size.0 as u32, view.size.1 as u32);
    let sized = if view.size == view.window {
        window
    } else {
        imageops::resize(&window, width, height, FilterType::Triangle)
    };
    let interleaved = sized.into_raw();
    Ok((0..3)
        .flat_map(|channel| interleaved[channel..].iter().step_by(3).copied())
        .collect())
}
