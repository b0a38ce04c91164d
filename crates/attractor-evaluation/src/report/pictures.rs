//! What a part leads with: the same cue before every system, under every corruption.

use std::collections::HashMap;
use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ImageEncoder, RgbImage, imageops};
use serde::Serialize;

use super::PagePanel;
use crate::experiment::{Place, ResolvedPart, ResolvedSeries};
use crate::figures::ImageGrid;
use crate::{Error, Result};

/// Rows that a panel needs to be compared.
const CUE: &str = "cue";
const RECALLED: &str = "recalled";
/// Images side by side in a sprite.
const ACROSS: usize = 32;

/// The pictures of a part. Every image is in the sprite once, however often it is shown.
#[derive(Serialize)]
pub(super) struct Matrix {
    pub(super) id: String,
    columns: Vec<String>,
    /// What the columns are, where they are numbers.
    x_label: String,
    rows: Vec<Row>,
    /// Number of cues to choose from.
    cues: usize,
    judged: bool,
    rejects: bool,
    /// PNG of all images, as an address that holds it.
    sprite: String,
    across: usize,
    /// Height of an image over its width.
    aspect: f64,
}

#[derive(Serialize)]
struct Row {
    name: String,
    stores: &'static str,
    /// Given, rather than recalled by a system.
    given: bool,
    cells: Vec<Option<Cell>>,
}

#[derive(Serialize)]
struct Cell {
    /// Number of the image in the sprite, for each cue.
    at: Vec<usize>,
    /// `right`, `wrong`, `rejected`, or nothing, for each cue.
    is: Vec<&'static str>,
    /// The rows of its panel, each with its images: what a click shows.
    panel: Vec<(String, Vec<usize>)>,
}

/// Images by their content.
#[derive(Default)]
struct Sprite {
    images: Vec<RgbImage>,
    known: HashMap<RgbImage, usize>,
}

impl Sprite {
    fn add(&mut self, image: &RgbImage) -> usize {
        *self.known.entry(image.clone()).or_insert_with(|| {
            self.images.push(image.clone());
            self.images.len() - 1
        })
    }

    fn png(&self) -> Result<Vec<u8>> {
        let (width, height) = self.images.first().map_or((1, 1), RgbImage::dimensions);
        let rows = self.images.len().div_ceil(ACROSS).max(1);
        let across = self.images.len().clamp(1, ACROSS) as u32;
        let mut all = RgbImage::new(across * width, rows as u32 * height);
        for (index, image) in self.images.iter().enumerate() {
            let (x, y) = ((index % ACROSS) as i64, (index / ACROSS) as i64);
            imageops::replace(&mut all, image, x * i64::from(width), y * i64::from(height));
        }
        let mut bytes = Cursor::new(Vec::new());
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive)
            .write_image(
                &all,
                all.width(),
                all.height(),
                image::ExtendedColorType::Rgb8,
            )
            .map_err(Error::encode("a PNG"))?;
        Ok(bytes.into_inner())
    }
}

/// One panel, its images cut out.
struct Cut<'a> {
    panel: &'a PagePanel,
    tiles: Vec<RgbImage>,
}

impl Cut<'_> {
    fn row(&self, name: &str) -> Option<usize> {
        self.panel.panel.rows.iter().position(|row| row == name)
    }

    fn row_images(&self, row: usize, cues: usize) -> impl Iterator<Item = &RgbImage> {
        let columns = self.panel.panel.columns;
        self.tiles[row * columns..].iter().take(columns.min(cues))
    }
}

/// The matrix of the first `cues` cues of those panels that show stored images, cues and recalled ones,
/// systems in the given order; `None` without any. Panels that it shows are taken out of `panels`.
pub(super) fn of_part(
    id: &str,
    part: &ResolvedPart,
    order: &[usize],
    panels: &mut Vec<PagePanel>,
    cues: usize,
) -> Result<Option<Matrix>> {
    let fits = |panel: &PagePanel| {
        let has = |name: &str| panel.panel.rows.iter().any(|row| row == name);
        panel.panel.cell.seed == 0 && panel.panel.columns > 0 && has(CUE) && has(RECALLED)
    };
    let own: Vec<PagePanel> = panels.extract_if(.., |panel| fits(panel)).collect();
    let mut cuts = Vec::new();
    for panel in &own {
        let shape = [panel.panel.rows.len(), panel.panel.columns];
        let Some(tiles) = ImageGrid::cut(&panel.bytes, shape) else {
            continue;
        };
        let like = cuts
            .first()
            .is_none_or(|first: &Cut| first.tiles[0].dimensions() == tiles[0].dimensions());
        if like {
            cuts.push(Cut { panel, tiles });
        }
    }
    let Some(first) = cuts.first() else {
        return Ok(None);
    };
    let (width, height) = first.tiles[0].dimensions();
    let slices = part.slices();
    let mut places: Vec<(String, &Place)> = Vec::new();
    for slice in &slices {
        for place in &slice.places {
            let shown = cuts.iter().any(|cut| is_at(cut, place));
            let label = match (&slice.condition, slices.len()) {
                (Some(condition), 2..) => format!("{} {condition}", place.label),
                _ => place.label.clone(),
            };
            if shown {
                places.push((label, place));
            }
        }
    }
    let mut sprite = Sprite::default();
    let mut rows = Vec::new();
    // What is stored stands in the first row of a panel.
    let stored = first.panel.panel.rows[0].clone();
    for name in [stored.as_str(), CUE] {
        let cells = places.iter().map(|(_, place)| {
            let cut = cuts.iter().find(|cut| is_at(cut, place))?;
            let row = cut.row(name)?;
            Some(Cell {
                at: cut
                    .row_images(row, cues)
                    .map(|image| sprite.add(image))
                    .collect(),
                is: Vec::new(),
                panel: Vec::new(),
            })
        });
        rows.push(Row {
            name: name.to_owned(),
            stores: "",
            given: true,
            cells: cells.collect(),
        });
    }
    let several = part
        .series
        .iter()
        .any(|s| s.representation != part.series[0].representation);
    for series in order.iter().filter_map(|index| part.series.get(*index)) {
        let cells = places.iter().map(|(_, place)| {
            let cut = cuts
                .iter()
                .find(|cut| is_at(cut, place) && is_of(cut, series))?;
            cell(cut, cues, &mut sprite)
        });
        let cells: Vec<Option<Cell>> = cells.collect();
        if cells.iter().any(Option::is_some) {
            rows.push(Row {
                name: series.name.trim_end_matches(" (ours)").to_owned(),
                stores: if several {
                    series.representation.name()
                } else {
                    ""
                },
                given: false,
                cells,
            });
        }
    }
    let all = || rows.iter().flat_map(|row| row.cells.iter().flatten());
    Ok(Some(Matrix {
        id: id.to_owned(),
        x_label: part.x_label.clone(),
        cues: all().map(|cell| cell.at.len()).max().unwrap_or(0),
        judged: all().any(|cell| cell.is.iter().any(|is| !is.is_empty())),
        rejects: all().any(|cell| cell.is.contains(&"rejected")),
        columns: places.into_iter().map(|(label, _)| label).collect(),
        sprite: format!("data:image/png;base64,{}", STANDARD.encode(sprite.png()?)),
        across: sprite.images.len().clamp(1, ACROSS),
        aspect: f64::from(height) / f64::from(width),
        rows,
    }))
}

fn cell(cut: &Cut, cues: usize, sprite: &mut Sprite) -> Option<Cell> {
    let panel = &cut.panel.panel;
    let recalled = cut.row(RECALLED)?;
    let shown = panel.columns.min(cues);
    let is = |column: usize| {
        let place = (recalled, column);
        let judged = panel.judged || !panel.marks.is_empty();
        match () {
            () if panel.rejected.contains(&place) => "rejected",
            () if panel.marks.contains(&place) => "right",
            () if judged => "wrong",
            () => "",
        }
    };
    // One cue alone is in the matrix already.
    let mut panel_rows = Vec::new();
    if cues > 1 {
        for (row, name) in panel.rows.iter().enumerate() {
            let images = cut.row_images(row, cues).map(|image| sprite.add(image));
            panel_rows.push((name.clone(), images.collect()));
        }
    }
    Some(Cell {
        at: cut
            .row_images(recalled, cues)
            .map(|image| sprite.add(image))
            .collect(),
        is: (0..shown).map(is).collect(),
        panel: panel_rows,
    })
}

fn is_at(cut: &Cut, place: &Place) -> bool {
    let cell = &cut.panel.panel.cell;
    cell.task == place.task && cell.level == place.level && cell.n_stored == place.n_stored
}

fn is_of(cut: &Cut, series: &ResolvedSeries) -> bool {
    let cell = &cut.panel.panel.cell;
    cell.system == series.name && cell.representation == series.representation
}
