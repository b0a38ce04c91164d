//! One self-contained HTML file about a run, from its folder alone.

mod charts;
mod tables;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::run::{RunInfo, files};
use crate::summary::{Summary, main_metric};
use crate::{Error, Reference, Result, RunFolder, table};

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
    preset: String,
    seeds: usize,
    blocks: usize,
    cues_per_block: usize,
    config_hash: String,
    not_comparable: Vec<String>,
    done: usize,
    cells: usize,
    compute: String,
    info: Vec<RunInfo>,
    hardware: Vec<String>,
    reference: Option<Reference>,
    verdicts: Vec<(&'static str, usize)>,
    main: Vec<tables::MainSection>,
    details: Vec<tables::DetailTable>,
    times: Vec<(String, String)>,
    loss: Vec<charts::Chart>,
    levels: Vec<charts::Chart>,
    energies: Vec<charts::Chart>,
    panels: Vec<PagePanel>,
    config: String,
    style: &'static str,
}

#[derive(Serialize)]
struct PagePanel {
    title: String,
    caption: String,
    rows: Vec<String>,
    image: String,
}

/// Writes `report.html` and the charts in `figures/`, and returns the report's path. Works at any
/// moment of a run, finished or not.
///
/// # Errors
/// Those of reading the folder, [`Error::Io`], [`Error::Render`].
pub fn write(folder: &RunFolder) -> Result<PathBuf> {
    let page = page(folder)?;
    for chart in page.loss.iter().chain(&page.levels).chain(&page.energies) {
        let path = folder.figures().join(format!("{}.svg", chart.file));
        files::write_atomic(&path, chart.svg.as_bytes())?;
    }
    let path = folder.dir().join(FILE);
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
    // The name's ending turns on escaping.
    environment.add_template(FILE, TEMPLATE).map_err(fail)?;
    let template = environment.get_template(FILE).map_err(fail)?;
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
    let main_metric = main_metric(&summary);
    let compute = ledger.iter().fold(0.0, |sum, entry| sum + entry.seconds)
        + training.iter().fold(0.0, |sum, point| sum + point.seconds);
    let mut not_comparable = table::not_comparable(&records);
    if let Some(reason) = &config.not_comparable
        && !not_comparable.contains(reason)
    {
        not_comparable.insert(0, reason.clone());
    }
    Ok(Page {
        title: config.title.clone(),
        description: config.description.clone(),
        source: config.source.clone(),
        dataset: config.dataset.clone(),
        fallback: config.fallback,
        preset: config.preset.to_string(),
        seeds: config.seeds,
        blocks: config.blocks,
        cues_per_block: config.cues_per_block,
        config_hash: folder.config_hash().to_owned(),
        not_comparable,
        done: ledger.len(),
        cells: config.cells().len(),
        compute: duration(compute),
        info: folder.info().to_vec(),
        hardware: folder
            .info()
            .iter()
            .map(|info| info.hardware.to_string())
            .collect(),
        verdicts: main_metric
            .map(|metric| summary.verdicts(metric).into_iter().collect())
            .unwrap_or_default(),
        main: main_metric
            .map(|metric| tables::main(config, &summary, metric))
            .unwrap_or_default(),
        details: tables::details(config, &summary, main_metric),
        times: config
            .systems
            .iter()
            .map(|system| (system.key(), summary.seconds(system)))
            .filter(|(_, seconds)| *seconds > 0.0)
            .map(|(key, seconds)| (key, duration(seconds)))
            .collect(),
        loss: charts::losses(config, &training, reference.as_ref()),
        levels: main_metric
            .map(|metric| charts::levels(config, &summary, metric))
            .unwrap_or_default(),
        energies: charts::energies(config, folder.traces()?),
        panels: panels(folder)?,
        config: toml::to_string_pretty(config).map_err(Error::encode("the configuration"))?,
        reference,
        style: STYLE,
    })
}

fn panels(folder: &RunFolder) -> Result<Vec<PagePanel>> {
    let mut pictures = Vec::new();
    let order = folder.config().cells();
    let mut found = folder.panels()?;
    found.sort_by_key(|panel| order.iter().position(|cell| *cell == panel.cell));
    for panel in found {
        let path = folder.figures().join(&panel.file);
        let png = std::fs::read(&path).map_err(Error::io(&path, "could not read"))?;
        pictures.push(PagePanel {
            title: panel.cell.to_string(),
            caption: panel.caption,
            rows: panel.rows,
            image: STANDARD.encode(png),
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
