//! One report about several runs, and a text with the same contents.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::chapter::{self, Extent};
use super::verdicts::Verdicts;
use super::{FILE, Page, render};
use crate::run::files;
use crate::{Error, Result, RunFolder};

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

/// What a report about several runs leads with.
#[derive(Serialize)]
pub(super) struct Contents {
    verdicts: Verdicts,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    title: String,
    /// The run's own report, relative to the page where it lies below.
    link: Option<String>,
    /// Whether it has a chapter.
    chapter: bool,
    dataset: String,
    stand_in: bool,
    state: String,
    /// By class of a verdict.
    counts: Vec<(&'static str, &'static str, usize)>,
}

/// Writes `index.html`, with a chapter for each run, and `index.txt` into `dir`; returns the path of the
/// page.
///
/// # Errors
/// Those of reading the run folders, [`Error::Io`], [`Error::Render`].
pub fn write_index(dir: impl AsRef<Path>, entries: &[Entry]) -> Result<PathBuf> {
    let dir = dir.as_ref();
    std::fs::create_dir_all(dir).map_err(Error::io(dir, "could not create"))?;
    let (mut rows, mut chapters) = (Vec::new(), Vec::new());
    for entry in entries {
        let mut row = Row {
            name: entry.name.clone(),
            title: entry.name.clone(),
            link: None,
            chapter: false,
            dataset: String::new(),
            stand_in: false,
            state: String::new(),
            counts: Vec::new(),
        };
        match &entry.outcome {
            Outcome::Failed(reason) => row.state = format!("failed: {reason}"),
            Outcome::Left => row.state = "not begun".into(),
            Outcome::Run(run) => {
                let chapter = chapter::of_folder(&RunFolder::open(run)?, Extent::Chapter)?;
                row.title = chapter.title.clone();
                row.chapter = true;
                row.dataset = chapter.dataset.clone();
                row.stand_in = chapter.stand_in;
                row.state = format!("{} of {} cells", chapter.done, chapter.cells);
                let groups = chapter.verdicts.groups.iter();
                row.counts = groups
                    .map(|group| (group.class, group.name, group.count))
                    .collect();
                let report = run.join(FILE);
                if report.is_file() {
                    let below = report.strip_prefix(dir).unwrap_or(&report);
                    row.link = Some(below.display().to_string());
                }
                chapters.push(chapter);
            }
        }
        rows.push(row);
    }
    files::write_atomic(&dir.join("index.txt"), text(&rows).as_bytes())?;
    let verdicts = Verdicts::sum("all", chapters.iter().map(|chapter| &chapter.verdicts));
    let contents = Contents { verdicts, rows };
    let page = Page::new(
        "Associative memories, held against their papers".into(),
        Some(contents),
        chapters,
    );
    let path = dir.join("index.html");
    files::write_atomic(&path, render(page)?.as_bytes())?;
    Ok(path)
}

fn text(rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows {
        let Row { name, title, .. } = row;
        out.push_str(&format!("{name}: {title}\n"));
        let note = match row.stand_in {
            true => " (built-in data stand in for some that are not present)",
            false => "",
        };
        if !row.dataset.is_empty() {
            out.push_str(&format!("  data: {}{note}\n", row.dataset));
        }
        out.push_str(&format!("  {}\n", row.state));
        if !row.counts.is_empty() {
            let counts = row
                .counts
                .iter()
                .map(|(_, name, count)| format!("{name} {count}"));
            out.push_str(&format!(
                "  published figures: {}\n",
                counts.collect::<Vec<_>>().join(", ")
            ));
        }
        if let Some(link) = &row.link {
            out.push_str(&format!("  report: {link}\n"));
        }
        out.push('\n');
    }
    out
}
