//! A page and a text about several runs, with links to their reports.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{FILE, STYLE, head, render};
use crate::run::files;
use crate::summary::Summary;
use crate::{Error, Result, RunFolder};

const TEMPLATE: &str = include_str!("index.html");

/// How an experiment of several ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has a run folder, finished or not.
    Run(PathBuf),
    /// It could not be run, for this reason.
    Failed(String),
    /// It was not its turn yet when the others were stopped.
    Left,
}

/// One experiment of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
}

#[derive(Serialize)]
struct Row {
    name: String,
    title: String,
    /// The report, relative to the index where it lies below.
    link: Option<String>,
    dataset: String,
    fallback: bool,
    state: String,
    verdicts: String,
}

#[derive(Serialize)]
struct Page {
    rows: Vec<Row>,
    style: &'static str,
}

/// Writes `index.html` and `index.txt` into `dir` and returns the path of the page.
///
/// # Errors
/// Those of reading the run folders, [`Error::Io`], [`Error::Render`].
pub fn write_index(dir: impl AsRef<Path>, entries: &[Entry]) -> Result<PathBuf> {
    let dir = dir.as_ref();
    std::fs::create_dir_all(dir).map_err(Error::io(dir, "could not create"))?;
    let rows = entries.iter().map(|entry| row(dir, entry));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    files::write_atomic(&dir.join("index.txt"), text(&rows).as_bytes())?;
    let page = Page { rows, style: STYLE };
    let path = dir.join("index.html");
    files::write_atomic(&path, render("index.html", TEMPLATE, page)?.as_bytes())?;
    Ok(path)
}

fn row(dir: &Path, entry: &Entry) -> Result<Row> {
    let mut row = Row {
        name: entry.name.clone(),
        title: entry.name.clone(),
        link: None,
        dataset: String::new(),
        fallback: false,
        state: String::new(),
        verdicts: String::new(),
    };
    let run = match &entry.outcome {
        Outcome::Run(run) => run,
        Outcome::Failed(reason) => {
            row.state = format!("failed: {reason}");
            return Ok(row);
        }
        Outcome::Left => {
            row.state = "not begun".into();
            return Ok(row);
        }
    };
    let folder = RunFolder::open(run)?;
    let config = folder.config();
    let summary = Summary::new(&folder.records()?);
    let verdicts = summary.verdicts(config);
    let verdicts = verdicts
        .iter()
        .map(|(word, count)| format!("{} {count}", head(word).to_lowercase()));
    row.title = config.title.clone();
    row.dataset = config.dataset();
    row.fallback = config.fallback();
    row.verdicts = verdicts.collect::<Vec<_>>().join(", ");
    row.state = format!(
        "{} of {} cells",
        folder.ledger()?.len(),
        config.cells().len()
    );
    let report = run.join(FILE);
    if report.is_file() {
        let below = report.strip_prefix(dir).unwrap_or(&report);
        row.link = Some(below.display().to_string());
    }
    Ok(row)
}

fn text(rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows {
        let Row { name, title, .. } = row;
        out.push_str(&format!("{name}: {title}\n"));
        let note = match row.fallback {
            true => " (built-in data stand in for some that are not present)",
            false => "",
        };
        if !row.dataset.is_empty() {
            out.push_str(&format!("  data: {}{note}\n", row.dataset));
        }
        out.push_str(&format!("  {}\n", row.state));
        if !row.verdicts.is_empty() {
            out.push_str(&format!("  figures: {}\n", row.verdicts));
        }
        if let Some(link) = &row.link {
            out.push_str(&format!("  report: {link}\n"));
        }
        out.push('\n');
    }
    out
}
