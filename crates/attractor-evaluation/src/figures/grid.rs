//! Grids of small images as PNG.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use crate::{Error, Result};

/// A small image with values in `[0, 1]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    channels: usize,
    height: usize,
    width: usize,
    data: Vec<f32>,
}

impl Image {
    /// An image from planes: `data` is `[channels, height, width]`, with 1 (grey) or 3 (red, green,
    /// blue) channels. Values outside `[0, 1]` are clipped when drawn.
    ///
    /// # Errors
    /// [`Error::Size`] if `data` does not have that many entries, or there are other channels.
    pub fn from_planes(
        channels: usize,
        height: usize,
        width: usize,
        data: Vec<f32>,
    ) -> Result<Self> {
        if channels != 1 && channels != 3 {
            return Err(Error::Size {
                what: "image channels",
                expected: "1 or 3".into(),
                found: channels,
            });
        }
        let needed = channels * height * width;
        if needed == 0 || data.len() != needed {
            return Err(Error::Size {
                what: "image",
                expected: format!("[{channels}, {height}, {width}], at least one pixel"),
                found: data.len(),
            });
        }
        Ok(Self {
            channels,
            height,
            width,
            data,
        })
    }

    fn pixel(&self, x: usize, y: usize) -> Rgb<u8> {
        let plane = self.height * self.width;
        let at = y * self.width + x;
        Rgb(std::array::from_fn(|channel| {
            let value = self.data[channel.min(self.channels - 1) * plane + at];
            // NaN becomes black, which the cast of a NaN gives.
            (value.clamp(0.0, 1.0) * 255.0).round() as u8
        }))
    }
}

/// Rows of images of one size, such as stored, cue and recalled.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageGrid {
    rows: Vec<Vec<Image>>,
    /// Row and column of images with a frame; `None` where none was judged.
    marks: Option<Vec<(usize, usize)>>,
    rejected: Vec<(usize, usize)>,
}

/// Pixels between images.
const GAP: usize = 4;
/// Ground, grey enough to show both white and black images.
const GROUND: Rgb<u8> = Rgb([128, 128, 128]);
/// Around images with a mark.
const FRAME: Rgb<u8> = Rgb([40, 200, 90]);

impl ImageGrid {
    /// A grid of at least one image.
    ///
    /// # Errors
    /// [`Error::Size`] if rows differ in length, or images in height or width.
    pub fn new(rows: Vec<Vec<Image>>) -> Result<Self> {
        let columns = rows.first().map_or(0, Vec::len);
        if columns == 0 {
            return Err(Error::Size {
                what: "image grid",
                expected: "at least one image".into(),
                found: 0,
            });
        }
        if let Some(row) = rows.iter().find(|row| row.len() != columns) {
            return Err(Error::Size {
                what: "row of the image grid",
                expected: format!("{columns} images"),
                found: row.len(),
            });
        }
        let (height, width) = (rows[0][0].height, rows[0][0].width);
        for image in rows.iter().flatten() {
            if (image.height, image.width) != (height, width) {
                return Err(Error::Size {
                    what: "image of the grid",
                    expected: format!("{height} x {width} pixels"),
                    found: image.height * image.width,
                });
            }
        }
        Ok(Self {
            rows,
            marks: None,
            rejected: Vec::new(),
        })
    }

    /// Judged: with a green frame around the images that are right, each given by its row and column.
    pub fn with_marks(mut self, marks: Vec<(usize, usize)>) -> Self {
        self.marks = Some(marks);
        self
    }

    /// With images that a memory refused to call recalled, each given by its row and column.
    pub fn with_rejected(mut self, rejected: Vec<(usize, usize)>) -> Self {
        self.rejected = rejected;
        self
    }

    /// Row and column of each image with a frame; `None` where none was judged.
    pub fn marks(&self) -> Option<&[(usize, usize)]> {
        self.marks.as_deref()
    }

    /// Row and column of each image that was rejected.
    pub fn rejected(&self) -> &[(usize, usize)] {
        &self.rejected
    }

    /// The images of the PNG of a grid of `[rows, columns]`, row by row, in their own size; `None` if the
    /// bytes are no such grid.
    pub(crate) fn cut(png: &[u8], [rows, columns]: [usize; 2]) -> Option<Vec<RgbImage>> {
        let canvas = image::load_from_memory_with_format(png, ImageFormat::Png).ok()?;
        let canvas = canvas.into_rgb8();
        let side = |size: u32, count: usize| {
            let inner = (size as usize).checked_sub(GAP)?;
            let whole = count > 0 && inner.is_multiple_of(count);
            (inner / count.max(1))
                .checked_sub(GAP)
                .filter(|side| whole && *side > 0)
        };
        let (width, height) = (side(canvas.width(), columns)?, side(canvas.height(), rows)?);
        let at = |index: usize, size: usize| (GAP + index * (size + GAP)) as u32;
        let mut tiles = Vec::new();
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)))
        {
            let (x, y) = (at(column, width), at(row, height));
            tiles.push(
                image::imageops::crop_imm(&canvas, x, y, width as u32, height as u32).to_image(),
            );
        }
        // Whatever the factor of the magnification was, all of them have it.
        let fits = |factor: &u32| {
            let whole =
                (width as u32).is_multiple_of(*factor) && (height as u32).is_multiple_of(*factor);
            let even = |tile: &RgbImage| {
                let corner = |x: u32, y: u32| tile.get_pixel(x - x % factor, y - y % factor);
                tile.enumerate_pixels()
                    .all(|(x, y, pixel)| pixel == corner(x, y))
            };
            whole && tiles.iter().all(even)
        };
        let factor = (2..=width.min(height) as u32).rev().find(fits).unwrap_or(1);
        let shrunk = |tile: &RgbImage| {
            RgbImage::from_fn(width as u32 / factor, height as u32 / factor, |x, y| {
                *tile.get_pixel(x * factor, y * factor)
            })
        };
        Some(tiles.iter().map(shrunk).collect())
    }

    /// Images per row.
    pub fn columns(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// The grid as PNG, every image magnified by a whole factor without smoothing.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub fn png(&self) -> Result<Vec<u8>> {
        let (height, width) = (self.rows[0][0].height, self.rows[0][0].width);
        let scale = (64 / height.max(width)).max(1);
        let side = |count: usize, size: usize| (count * (size * scale + GAP) + GAP) as u32;
        let mut canvas = RgbImage::from_pixel(
            side(self.columns(), width),
            side(self.rows.len(), height),
            GROUND,
        );
        for (row, images) in self.rows.iter().enumerate() {
            for (column, image) in images.iter().enumerate() {
                let left = GAP + column * (width * scale + GAP);
                let top = GAP + row * (height * scale + GAP);
                if self
                    .marks
                    .iter()
                    .flatten()
                    .any(|mark| *mark == (row, column))
                {
                    let (across, down) = (width * scale + GAP, height * scale + GAP);
                    for y in 0..down {
                        for x in 0..across {
                            let (x, y) = (left - GAP / 2 + x, top - GAP / 2 + y);
                            canvas.put_pixel(x as u32, y as u32, FRAME);
                        }
                    }
                }
                for y in 0..height * scale {
                    for x in 0..width * scale {
                        let pixel = image.pixel(x / scale, y / scale);
                        canvas.put_pixel((left + x) as u32, (top + y) as u32, pixel);
                    }
                }
            }
        }
        let mut bytes = Cursor::new(Vec::new());
        canvas
            .write_to(&mut bytes, ImageFormat::Png)
            .map_err(Error::encode("a PNG"))?;
        Ok(bytes.into_inner())
    }
}
