//! One self-contained HTML file about a run, from its folder alone.

mod charts;
mod index;
mod overview;
mod tables;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

pub use self::index::{Entry, Outcome, write_index};
use crate::experiment::ResolvedPart;
use crate::run::{Panel, RunInfo, files};
use crate::summary::Summary;
use crate::{Error, Reference, Resolved, Result, RunFolder, table};

/// File name of the report.
pub const FILE: &str = "report.html";
const TEMPLATE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");

#[derive(Serialize)]
struct Page {
    title: String,
    description: String,
    source: String,
    dataset: String,
    fallback: bool,
    facts: Vec<(&'static str, String)>,
    seeds: usize,
    config_hash: String,
    not_comparable: Vec<String>,
    shortages: Vec<String>,
    done: usize,
    cells: usize,
    info: Vec<RunInfo>,
    hardware: Vec<String>,
    reference: Option<Reference>,
    parts: Vec<PagePart>,
    times: Vec<(String, String)>,
    loss: Vec<charts::Chart>,
    energies: Vec<charts::Chart>,
    /// BibTeX.
    citations: Option<String>,
    config: String,
    style: &'static str,
}

/// One figure or table.
#[derive(Serialize)]
struct PagePart {
    title: String,
    about: String,
    /// The picture that it leads with.
    overview: Option<String>,
    dataset: String,
    fallback: bool,
    settings: Vec<String>,
    main: Vec<tables::MainSection>,
    charts: Vec<charts::Chart>,
    tables: Vec<tables::DetailTable>,
    panels: Vec<PagePanel>,
}

#[derive(Serialize)]
struct PagePanel {
    #[serde(skip)]
    panel: Panel,
    #[serde(skip)]
    bytes: Vec<u8>,
    title: String,
    caption: String,
    rows: Vec<String>,
    /// As an address that holds the whole picture.
    image: String,
}

/// Writes `report.html` and the charts in `figures/`, and returns the report's path. Works at any
/// moment of a run, finished or not.
///
/// # Errors
/// Those of reading the folder, [`Error::Io`], [`Error::Render`].
pub fn write(folder: &RunFolder) -> Result<PathBuf> {
    let page = page(folder)?;
    let parts = page.parts.iter().flat_map(|part| &part.charts);
    let charts = page.loss.iter().chain(&page.energies);
    for chart in charts.chain(parts) {
        let path = folder.figures().join(format!("{}.svg", chart.file));
        files::write_atomic(&path, chart.svg.as_bytes())?;
    }
    let path = folder.dir().join(FILE);
    files::write_atomic(&path, render(FILE, TEMPLATE, page)?.as_bytes())?;
    Ok(path)
}

fn render(name: &'static str, template: &'static str, page: impl Serialize) -> Result<String> {
    let fail = |error: minijinja::Error| Error::Render(format!("{error:#}"));
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.map_err(fail)?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // The name's ending turns on escaping.
    environment.add_template(name, template).map_err(fail)?;
    let template = environment.get_template(name).map_err(fail)?;
    template
        .render(Value::from(minijinja::value::Serde(page)))
        .map_err(fail)
}

fn page(folder: &RunFolder) -> Result<Page> {
    let config = folder.config();
    let records = folder.records()?;
    let ledger = folder.ledger()?;
    let summary = Summary::new(&records);
    let reference = folder.reference()?;
    let training = folder.training()?;
    let cells = config.cells();
    let compute = ledger.iter().fold(0.0, |sum, entry| sum + entry.seconds)
        + training.iter().fold(0.0, |sum, point| sum + point.seconds);
    let mut page = Page {
        title: config.title.clone(),
        description: config.description.clone(),
        source: config.source.clone(),
        dataset: config.dataset(),
        fallback: config.parts.iter().all(|part| part.fallback),
        facts: vec![
            ("Preset", config.preset.to_string()),
            ("Seeds", config.seeds().to_string()),
            ("Cells", format!("{} / {}", ledger.len(), cells.len())),
            ("Compute", duration(compute)),
        ],
        seeds: config.seeds(),
        config_hash: folder.config_hash().to_owned(),
        not_comparable: table::not_comparable(&records),
        shortages: Vec::new(),
        done: ledger.len(),
        cells: cells.len(),
        info: folder.info().to_vec(),
        hardware: folder
            .info()
            .iter()
            .map(|info| info.hardware.to_string())
            .collect(),
        parts: parts(config, &summary, panels(folder)?),
        times: Vec::new(),
        loss: charts::losses(&training, reference.as_ref()),
        energies: charts::energies(&cells, folder.traces()?),
        config: toml::to_string_pretty(config).map_err(Error::encode("the configuration"))?,
        citations: folder.citations()?.filter(|text| !text.trim().is_empty()),
        reference,
        style: STYLE,
    };
    let shortages = config.parts.iter().flat_map(|part| &part.shortages);
    page.shortages.extend(shortages.cloned());
    for (word, count) in summary.verdicts(config) {
        page.facts.push((head(word), count.to_string()));
    }
    page.times = times(config, &summary);
    Ok(page)
}

/// Wall time of every series, over all parts that have it.
fn times(config: &Resolved, summary: &Summary) -> Vec<(String, String)> {
    let mut times: Vec<(String, String)> = Vec::new();
    for series in config.parts.iter().flat_map(|part| &part.series) {
        let seconds = summary.seconds(&series.name, series.representation);
        let key = series.key();
        if seconds > 0.0 && times.iter().all(|(other, _)| *other != key) {
            times.push((key, duration(seconds)));
        }
    }
    times
}

/// Figures and tables, each with the panels of its cells.
fn parts(config: &Resolved, summary: &Summary, mut panels: Vec<PagePanel>) -> Vec<PagePart> {
    let mut part = |part: &ResolvedPart| {
        let own: Vec<PagePanel> = panels
            .extract_if(.., |panel| part.is_about(&panel.panel.cell.task))
            .collect();
        PagePart {
            title: part.title.clone(),
            about: part.about.clone(),
            overview: overview::of_part(part, &own),
            dataset: part.dataset.clone(),
            fallback: part.fallback,
            settings: settings(part),
            main: tables::main(part, summary),
            charts: [charts::of_part(part, summary), charts::maps(part, summary)].concat(),
            tables: tables::details(part, summary),
            panels: own,
        }
    };
    config.parts.iter().map(&mut part).collect()
}

/// Plain options that all series of a part share.
fn settings(part: &ResolvedPart) -> Vec<String> {
    let plain = part.options.iter().filter_map(|(key, value)| {
        let shared = !part
            .series
            .iter()
            .any(|series| series.options.contains_key(key));
        let plain = !value.is_table() && !value.is_array();
        (shared && plain).then(|| match value {
            toml::Value::String(text) => format!("{} {text}", key.replace('_', " ")),
            value => format!("{} {value}", key.replace('_', " ")),
        })
    });
    plain.collect()
}

/// A verdict's word as a heading.
fn head(word: &'static str) -> &'static str {
    match word {
        "match" => "Match",
        "better" => "Better",
        "worse" => "Worse",
        "different" => "Different",
        _ => "Not comparable",
    }
}

fn panels(folder: &RunFolder) -> Result<Vec<PagePanel>> {
    let mut pictures = Vec::new();
    let order = folder.config().cells();
    let mut found = folder.panels()?;
    found.sort_by_key(|panel| order.iter().position(|cell| *cell == panel.cell));
    for panel in found {
        let path = folder.figures().join(&panel.file);
        let bytes = std::fs::read(&path).map_err(Error::io(&path, "could not read"))?;
        let kind = match panel.file.ends_with(".svg") {
            true => "svg+xml",
            false => "png",
        };
        pictures.push(PagePanel {
            title: panel.cell.to_string(),
            caption: panel.caption.clone(),
            rows: panel.rows.clone(),
            image: format!("data:image/{kind};base64,{}", STANDARD.encode(&bytes)),
            panel,
            bytes,
        });
    }
    Ok(pictures)
}

/// `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 03 min`.
fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else if whole < 3600 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
    }
}
