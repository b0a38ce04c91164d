//! One run as a chapter: what was asked, what came out, and how.

use serde::Serialize;

use super::charts::{self, Chart};
use super::pictures::{self, Matrix};
use super::tables::{self, Table};
use super::verdicts::Verdicts;
use super::{PagePanel, curves, panels};
use crate::experiment::ResolvedPart;
use crate::run::{RunInfo, TrainingPoint};
use crate::summary::Summary;
use crate::{Error, Reference, Resolved, Result, RunFolder};

/// Cues to choose from in a report of its own.
const CUES: usize = 3;

/// How much of a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// What a report about several runs has room for; the rest is in the run's own.
    Chapter,
}

#[derive(Serialize)]
pub(super) struct Chapter {
    pub(super) id: String,
    pub(super) title: String,
    description: String,
    source: String,
    pub(super) dataset: String,
    /// All data are stand-ins.
    fallback: bool,
    /// Some are.
    pub(super) stand_in: bool,
    pub(super) done: usize,
    pub(super) cells: usize,
    seeds: usize,
    facts: String,
    shortages: Vec<String>,
    /// What came out, in a sentence for each part that has systems to compare.
    answers: Vec<Answer>,
    pub(super) verdicts: Verdicts,
    pub(super) parts: Vec<PagePart>,
    pub(super) loss: Vec<Chart>,
    pub(super) energies: Vec<Chart>,
    whole: bool,
    info: Vec<RunInfo>,
    hardware: Vec<String>,
    config_hash: String,
    reference: Option<Reference>,
    times: Vec<(String, String)>,
    config: String,
    /// BibTeX.
    citations: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    part: String,
    best: String,
    value: String,
    metric: String,
    systems: usize,
    /// How many of them have that value.
    first: usize,
    /// The condition under which the systems do worst on average, with that average.
    hardest: Option<(String, String)>,
}

/// One figure or table.
#[derive(Serialize)]
pub(super) struct PagePart {
    id: String,
    title: String,
    about: String,
    dataset: String,
    fallback: bool,
    settings: Vec<String>,
    pictures: Option<Matrix>,
    tables: Vec<Table>,
    /// Tables that are folded away.
    folded: usize,
    pub(super) charts: Vec<Chart>,
    panels: Vec<PagePanel>,
}

/// A run as it lies on disk, finished or not.
pub(super) fn of_folder(folder: &RunFolder, extent: Extent) -> Result<Chapter> {
    let config = folder.config();
    let ledger = folder.ledger()?;
    let summary = Summary::new(&folder.records()?);
    let reference = folder.reference()?;
    let training = folder.training()?;
    let cells = config.cells();
    let compute = ledger.iter().fold(0.0, |sum, entry| sum + entry.seconds)
        + training.iter().fold(0.0, |sum, point| sum + point.seconds);
    let whole = extent == Extent::Whole;
    let id = &config.experiment;
    let parts = parts(config, &summary, panels(folder)?, extent)?;
    let tables = parts.iter().zip(&config.parts).flat_map(|(shown, part)| {
        let drawn = shown.tables.iter().filter(|table| table.is_drawn(part));
        drawn.map(|table| (part.title.as_str(), table))
    });
    let verdicts = Verdicts::of(id, tables);
    let curves = |training: &[TrainingPoint]| curves::losses(training, reference.as_ref());
    let seeds = match config.seeds() {
        1 => "1 seed".to_owned(),
        seeds => format!("{seeds} seeds"),
    };
    let facts = [
        format!("preset {}", config.preset),
        seeds,
        format!("{} of {} cells", ledger.len(), cells.len()),
        format!("computed in {}", duration(compute)),
    ];
    Ok(Chapter {
        id: id.clone(),
        title: config.title.clone(),
        description: config.description.clone(),
        source: config.source.clone(),
        dataset: config.dataset(),
        fallback: config.parts.iter().all(|part| part.fallback),
        stand_in: config.fallback(),
        done: ledger.len(),
        cells: cells.len(),
        seeds: config.seeds(),
        facts: facts.join(" · "),
        shortages: config
            .parts
            .iter()
            .flat_map(|part| part.shortages.clone())
            .collect(),
        answers: parts.iter().filter_map(answer).collect(),
        verdicts,
        loss: if whole { curves(&training) } else { Vec::new() },
        energies: match whole {
            true => curves::energies(&cells, folder.traces()?),
            false => Vec::new(),
        },
        parts,
        whole,
        info: folder.info().to_vec(),
        hardware: folder
            .info()
            .iter()
            .map(|info| info.hardware.to_string())
            .collect(),
        config_hash: folder.config_hash().to_owned(),
        times: times(config, &summary),
        config: toml::to_string_pretty(config).map_err(Error::encode("the configuration"))?,
        citations: folder.citations()?.filter(|text| !text.trim().is_empty()),
        reference,
    })
}

/// Figures and tables, each with the pictures of its cells.
fn parts(
    config: &Resolved,
    summary: &Summary,
    mut panels: Vec<PagePanel>,
    extent: Extent,
) -> Result<Vec<PagePart>> {
    let whole = extent == Extent::Whole;
    let mut parts = Vec::new();
    for (index, part) in config.parts.iter().enumerate() {
        let id = format!("{}-{index}", config.experiment);
        let own = panels.extract_if(.., |panel| part.is_about(&panel.panel.cell.task));
        let mut own: Vec<PagePanel> = own.collect();
        let mut tables = tables::of_part(part, summary, &id);
        let order = match tables.iter().find(|table| table.main) {
            Some(main) => main.rows.iter().map(|row| row.series).collect(),
            None => Vec::from_iter(0..part.series.len()),
        };
        let cues = if whole { CUES } else { 1 };
        let pictures = pictures::of_part(&format!("{id}-pictures"), part, &order, &mut own, cues)?;
        if !whole {
            // What was published, and what leads.
            tables.retain(|table| table.is_drawn(part));
            own.clear();
        }
        parts.push(PagePart {
            title: part.title.clone(),
            about: part.about.clone(),
            dataset: part.dataset.clone(),
            fallback: part.fallback,
            settings: settings(part),
            charts: [charts::of_part(part, summary), charts::maps(part, summary)].concat(),
            pictures,
            folded: tables.iter().filter(|table| !table.main).count(),
            tables,
            panels: own,
            id,
        });
    }
    Ok(parts)
}

/// Which system of a part is ahead, and where all have it hard.
fn answer(part: &PagePart) -> Option<Answer> {
    let table = part.tables.iter().find(|table| table.main)?;
    let best = table.rows.first()?;
    let value = best.mean.as_ref()?;
    let columns = table.columns.iter().enumerate();
    let averages = columns.filter_map(|(column, label)| {
        let entries = table
            .rows
            .iter()
            .filter_map(|row| row.entries[column].as_ref());
        let values: Vec<f64> = entries.map(|entry| entry.value.raw).collect();
        (values.len() > 1).then(|| (label, values.iter().sum::<f64>() / values.len() as f64))
    });
    let hardest = averages.min_by(|a, b| match table.falls {
        true => b.1.total_cmp(&a.1),
        false => a.1.total_cmp(&b.1),
    });
    let unit = |text: String| format!("{text} {}", table.unit).trim_end().to_owned();
    Some(Answer {
        part: part.title.clone(),
        best: match table.stores {
            true => format!("{} [{}]", best.system, best.representation),
            false => best.system.clone(),
        },
        value: unit(value.text.clone()),
        metric: table.metric.to_lowercase(),
        systems: table.rows.len(),
        first: {
            let means = table.rows.iter().filter_map(|row| row.mean.as_ref());
            means.filter(|mean| mean.text == value.text).count()
        },
        hardest: hardest.map(|(label, mean)| {
            let label = match table.x_label.as_str() {
                "" => label.clone(),
                x_label => format!("{label} ({x_label})"),
            };
            (label, unit(format!("{mean:.0}")))
        }),
    })
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
