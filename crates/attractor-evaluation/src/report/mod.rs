//! One self-contained HTML file about a run, or about several, from their folders alone.
//!
//! A chapter leads with what was asked and what came out: how many published figures are met, which system
//! is ahead. Then come the same cue before every system, the numbers as colours, curves, and how it was
//! computed. The page needs no network; without scripts it loses only sorting, filters and downloads.

mod chapter;
mod charts;
mod curves;
mod history;
mod index;
#[cfg(test)]
mod map_tests;
mod pictures;
mod tables;
#[cfg(test)]
mod tests;
mod verdicts;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use self::chapter::{Chapter, Extent};
pub use self::history::write_history;
pub use self::index::{Entry, Outcome, write_index};
use crate::run::{Panel, files};
use crate::{Error, Result, RunFolder, figures};

/// File name of the report.
pub const FILE: &str = "report.html";
const TEMPLATE: &str = include_str!("report.html");
const MACROS: &str = include_str!("macros.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

#[derive(Serialize)]
struct Page {
    title: String,
    /// What several runs have in common; absent for one.
    index: Option<index::Contents>,
    /// Runs side by side.
    history: Option<Vec<history::Past>>,
    chapters: Vec<Chapter>,
    style: &'static str,
    /// Of charts, which have none of their own on the page.
    sheet: String,
    script: &'static str,
}

impl Page {
    fn new(title: String, index: Option<index::Contents>, chapters: Vec<Chapter>) -> Self {
        Self {
            title,
            index,
            history: None,
            chapters,
            style: STYLE,
            sheet: figures::sheet(),
            script: SCRIPT,
        }
    }
}

/// A picture that is shown by itself.
#[derive(Serialize)]
struct PagePanel {
    #[serde(skip)]
    panel: Panel,
    #[serde(skip)]
    bytes: Vec<u8>,
    title: String,
    caption: String,
    rows: Vec<String>,
    /// A drawing as it stands in the page.
    drawing: Option<String>,
    /// An image, as an address that holds it.
    image: Option<String>,
    file: String,
}

/// Writes `report.html` and the charts in `figures/`, and returns the report's path. Works at any
/// moment of a run, finished or not.
///
/// # Errors
/// Those of reading the folder, [`Error::Io`], [`Error::Render`].
pub fn write(folder: &RunFolder) -> Result<PathBuf> {
    let chapter = chapter::of_folder(folder, Extent::Whole)?;
    let parts = chapter.parts.iter().flat_map(|part| &part.charts);
    let charts = chapter.loss.iter().chain(&chapter.energies);
    for chart in charts.chain(parts) {
        let path = folder.figures().join(format!("{}.svg", chart.file));
        files::write_atomic(&path, chart.svg.as_bytes())?;
    }
    let path = folder.dir().join(FILE);
    let page = Page::new(chapter.title.clone(), None, vec![chapter]);
    files::write_atomic(&path, render(page)?.as_bytes())?;
    Ok(path)
}

fn render(page: Page) -> Result<String> {
    let fail = |error: minijinja::Error| Error::Render(format!("{error:#}"));
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.map_err(fail)?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // The names' endings turn on escaping.
    environment
        .add_template("macros.html", MACROS)
        .map_err(fail)?;
    environment.add_template(FILE, TEMPLATE).map_err(fail)?;
    let template = environment.get_template(FILE).map_err(fail)?;
    template
        .render(Value::from(minijinja::value::Serde(page)))
        .map_err(fail)
}

fn panels(folder: &RunFolder) -> Result<Vec<PagePanel>> {
    let mut pictures = Vec::new();
    let order = folder.config().cells();
    let mut found = folder.panels()?;
    found.sort_by_key(|panel| order.iter().position(|cell| *cell == panel.cell));
    for panel in found {
        let path = folder.figures().join(&panel.file);
        let bytes = std::fs::read(&path).map_err(Error::io(&path, "could not read"))?;
        let drawing = panel
            .file
            .ends_with(".svg")
            .then(|| charts::inline(&String::from_utf8_lossy(&bytes)));
        let image = || format!("data:image/png;base64,{}", STANDARD.encode(&bytes));
        pictures.push(PagePanel {
            title: panel.cell.to_string(),
            caption: panel.caption.clone(),
            rows: panel.rows.clone(),
            image: drawing.is_none().then(image),
            drawing,
            file: panel.file.clone(),
            panel,
            bytes,
        });
    }
    Ok(pictures)
}
