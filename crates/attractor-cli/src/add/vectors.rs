//! Vectors into a memory.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use attractor::core::{Identify, KeepsPatterns, check};
use attractor::prelude::*;
use attractor_listing::file_name;

use super::Args;
use crate::Settings;
use crate::embeddings::Vectors;
use crate::memory::{Memory, entries};
use crate::out::say;
use crate::vectors::{self, Problem, Table};

/// What became of the vectors.
#[derive(Debug, Default, serde::Serialize)]
struct Outcome {
    added: usize,
    known: usize,
    stored: usize,
    /// Numbers in each.
    width: usize,
}

pub(super) fn add(
    there: Option<Vectors>,
    files: &[PathBuf],
    args: &Args,
    settings: &Settings,
) -> Result<ExitCode> {
    let given = &args.description;
    if files.len() > 1 && (given.labels.is_some() || given.ids.is_some()) {
        bail!(
            "expected one file of vectors with --labels or --ids, found {}",
            files.len()
        );
    }
    // All are read before anything is stored: one that is wrong leaves the memory as it was.
    let mut tables = Vec::new();
    for file in files {
        tables.push((file, vectors::read(file, given)?));
    }
    let mut known = match (there, tables.first()) {
        (Some(known), _) => known,
        (None, Some((_, first))) => Vectors::new(first.dim, args.distance.into())?,
        (None, None) => bail!("expected a file of vectors, found none"),
    };
    let mut outcome = Outcome {
        width: known.memory.dim(),
        ..Outcome::default()
    };
    let mut seen = Seen::of(&known)?;
    for (file, table) in tables {
        store(&mut known, &mut seen, file, table, &mut outcome)?;
    }
    outcome.stored = known.memory.len();
    if outcome.added > 0 {
        known.changed();
        Memory::Vectors(Box::new(known)).save(&settings.memory)?;
    }
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&outcome)?);
    } else if !settings.quiet {
        say!(
            "{} added, {} were there: {} vectors of {} numbers in {}",
            outcome.added,
            outcome.known,
            outcome.stored,
            outcome.width,
            settings.memory.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What is stored: labels with their numbers, and ids.
struct Seen {
    content: HashSet<u64>,
    ids: HashSet<u64>,
}

impl Seen {
    fn of(vectors: &Vectors) -> Result<Self> {
        let mut seen = Self {
            content: HashSet::new(),
            ids: HashSet::new(),
        };
        if vectors.memory.is_empty() {
            return Ok(seen);
        }
        let values = vectors.memory.patterns().to_host()?;
        let rows = values.chunks_exact(vectors.memory.dim());
        for (entry, row) in entries(&vectors.memory)?.iter().zip(rows) {
            seen.content.insert(content(&entry.name, row));
            seen.ids.insert(entry.id);
        }
        Ok(seen)
    }
}

/// A label with numbers, bit by bit.
fn content(label: &str, row: &[f32]) -> u64 {
    let mut hasher = DefaultHasher::new();
    label.hash(&mut hasher);
    row.iter()
        .for_each(|value| value.to_bits().hash(&mut hasher));
    hasher.finish()
}

fn store(
    vectors: &mut Vectors,
    seen: &mut Seen,
    file: &Path,
    table: Table,
    outcome: &mut Outcome,
) -> Result<()> {
    let dim = vectors.memory.dim();
    if table.dim != dim {
        return Err(Problem::Width {
            path: file.into(),
            row: 0,
            expected: dim,
            found: table.dim,
        }
        .into());
    }
    let name = file_name(file);
    let (mut rows, mut labels, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (at, row) in table.values.chunks_exact(dim).enumerate() {
        let label = match &table.labels {
            Some(labels) => labels[at].clone(),
            None => format!("{name}#{at}"),
        };
        if !seen.content.insert(content(&label, row)) {
            outcome.known += 1;
            continue;
        }
        if let Some(given) = &table.ids {
            let id = given[at];
            ensure!(
                seen.ids.insert(id),
                "{}: expected ids that are new to the memory, found {id} for vector {at} (from 0), which another vector has",
                file.display()
            );
            ids.push(id);
        }
        rows.extend_from_slice(row);
        labels.push(label);
    }
    if labels.is_empty() {
        return Ok(());
    }
    outcome.added += labels.len();
    let tags = match table.ids {
        Some(_) => Tags::ids(ids).with_labels(labels),
        None => Tags::labels(labels),
    };
    let rows = check::from_host("vectors", rows, dim, &vectors.device)?;
    vectors.memory.write_as(rows, &tags)?;
    // Those that count up are taken as well.
    let ids = vectors.memory.pattern_ids()?;
    seen.ids.extend(ids.as_slice());
    Ok(())
}
