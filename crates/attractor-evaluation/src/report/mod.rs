//! One self-contained HTML file about a run, from its folder alone.

mod charts;
mod index;
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
use crate::run::{RunInfo, files};
use crate::study::ResolvedStudy;
use crate::summary::{Summary, main_metric};
use crate::{Error, Reference, Resolved, Result, RunConfig, RunFolder, table};

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
    main: Vec<tables::MainSection>,
    details: Vec<tables::DetailTable>,
    parts: Vec<PagePart>,
    times: Vec<(String, String)>,
    loss: Vec<charts::Chart>,
    levels: Vec<charts::Chart>,
    energies: Vec<charts::Chart>,
    panels: Vec<PagePanel>,
    config: String,
    style: &'static str,
}

/// One figure of a study.
#[derive(Serialize)]
struct PagePart {
    title: String,
    about: String,
    dataset: String,
    fallback: bool,
    charts: Vec<charts::Chart>,
    tables: Vec<tables::DetailTable>,
    panels: Vec<PagePanel>,
}

#[derive(Serialize)]
struct PagePanel {
    #[serde(skip)]
    task: String,
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
    let parts = page.parts.iter().flat_map(|part| &part.charts);
    let charts = page.loss.iter().chain(&page.levels).chain(&page.energies);
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
    let mut not_comparable = table::not_comparable(&records);
    let mut page = Page {
        title: config.title().to_owned(),
        description: config.description().to_owned(),
        source: config.source().to_owned(),
        dataset: config.dataset(),
        fallback: false,
        facts: vec![
            ("Preset", config.preset().to_string()),
            ("Seeds", config.seeds().to_string()),
        ],
        seeds: config.seeds(),
        config_hash: folder.config_hash().to_owned(),
        not_comparable: Vec::new(),
        shortages: Vec::new(),
        done: ledger.len(),
        cells: cells.len(),
        info: folder.info().to_vec(),
        hardware: folder
            .info()
            .iter()
            .map(|info| info.hardware.to_string())
            .collect(),
        main: Vec::new(),
        details: Vec::new(),
        parts: Vec::new(),
        times: Vec::new(),
        loss: Vec::new(),
        levels: Vec::new(),
        energies: charts::energies(&cells, folder.traces()?),
        panels: panels(folder)?,
        config: toml::to_string_pretty(config).map_err(Error::encode("the configuration"))?,
        reference: None,
        style: STYLE,
    };
    let counted = match config {
        RunConfig::Retrieval(config) => {
            if let Some(reason) = &config.not_comparable
                && !not_comparable.contains(reason)
            {
                not_comparable.insert(0, reason.clone());
            }
            page.fallback = config.fallback;
            page.shortages.clone_from(&config.shortages);
            let (train, test) = (config.train_images, config.test_images);
            page.facts.push(("Training images", train.to_string()));
            page.facts.push(("Test images", test.to_string()));
            let cues = format!("{} x {}", config.blocks, config.cues_per_block);
            page.facts.push(("Cues per cell", cues));
            retrieval(&mut page, config, &summary);
            let kind = Some(config.model.kind.as_str());
            page.loss = charts::losses(kind, &training, reference.as_ref());
            main_metric(&summary)
        }
        RunConfig::Study(config) => {
            study(&mut page, config, &summary);
            page.loss = charts::losses(None, &training, None);
            None
        }
    };
    page.not_comparable = not_comparable;
    page.facts
        .push(("Cells", format!("{} / {}", ledger.len(), cells.len())));
    page.facts.push(("Compute", duration(compute)));
    for (word, count) in summary.verdicts(counted) {
        page.facts.push((head(word), count.to_string()));
    }
    page.reference = reference;
    Ok(page)
}

/// Tables and charts of a retrieval table.
fn retrieval(page: &mut Page, config: &Resolved, summary: &Summary) {
    let main_metric = main_metric(summary);
    if let Some(metric) = main_metric {
        page.main = tables::main(config, summary, metric);
        page.levels = charts::levels(config, summary, metric);
    }
    page.details = tables::details(config, summary, main_metric);
    page.times = config
        .systems
        .iter()
        .map(|system| {
            let seconds = summary.seconds(&system.name, system.representation);
            (system.key(), seconds)
        })
        .filter(|(_, seconds)| *seconds > 0.0)
        .map(|(key, seconds)| (key, duration(seconds)))
        .collect();
}

/// Figures of a study, each with the panels of its cells.
fn study(page: &mut Page, config: &ResolvedStudy, summary: &Summary) {
    for part in &config.parts {
        let own = |panel: &mut PagePanel| panel.task == part.name;
        page.parts.push(PagePart {
            title: part.title.clone(),
            about: part.about.clone(),
            dataset: part.dataset.clone(),
            fallback: part.fallback,
            charts: charts::of_part(part, summary),
            tables: tables::of_part(part, summary),
            panels: page.panels.extract_if(.., own).collect(),
        });
    }
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
        let png = std::fs::read(&path).map_err(Error::io(&path, "could not read"))?;
        pictures.push(PagePanel {
            task: panel.cell.task.clone(),
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
