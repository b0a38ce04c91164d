//! Files of vectors: NumPy, safetensors, CSV, Parquet. What comes out of each is a [`Table`].

mod builder;
mod csv;
mod npy;
#[cfg_attr(not(feature = "parquet"), path = "without_parquet.rs")]
mod parquet;
mod problem;
mod safetensors;
#[cfg(test)]
mod tests;
mod text;

use std::path::{Path, PathBuf};

use attractor_listing::{file_name, has_suffix};

pub(crate) use npy::write as write_npy;
pub(crate) use problem::Problem;

/// What a file of vectors is called.
pub(crate) const SUFFIXES: &[&str] = &[".npy", ".safetensors", ".csv", ".tsv", ".parquet"];

/// What somebody says of a file of vectors.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Description {
    /// Labels of vectors: a text file with one a line
    #[arg(long, value_name = "FILE", help_heading = "Vectors")]
    pub(crate) labels: Option<PathBuf>,
    /// Ids of vectors: a text file with one whole number a line
    #[arg(long, value_name = "FILE", help_heading = "Vectors")]
    pub(crate) ids: Option<PathBuf>,
    /// Column of CSV or Parquet that holds labels: its name, or its number from 1 [default: `label`, if there is one]
    #[arg(long, value_name = "COLUMN", help_heading = "Vectors")]
    pub(crate) label_column: Option<String>,
    /// Column of CSV or Parquet that holds ids [default: `id`, if there is one]
    #[arg(long, value_name = "COLUMN", help_heading = "Vectors")]
    pub(crate) id_column: Option<String>,
    /// Column of lists (Parquet) or tensor (safetensors) that holds the vectors, where there are several
    #[arg(long, value_name = "NAME", help_heading = "Vectors")]
    pub(crate) column: Option<String>,
    /// Whether the first line of CSV names the columns [default: if one of its fields is no number]
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no, help_heading = "Vectors")]
    pub(crate) header: Option<bool>,
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("expected `yes` or `no`".into()),
    }
}

/// Vectors of one width, with what they are called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) dim: usize,
    /// `[n, dim]`, finite.
    pub(crate) values: Vec<f32>,
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) ids: Option<Vec<u64>>,
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.dim
    }
}

/// Whether a file is one of vectors, by its name.
pub(crate) fn is_vectors(path: &Path) -> bool {
    has_suffix(&file_name(path), SUFFIXES)
}

/// Reads a file; its name says of what kind it is.
pub(crate) fn read(path: &Path, given: &Description) -> Result<Table, Problem> {
    let name = file_name(path);
    let is = |suffix: &str| has_suffix(&name, &[suffix]);
    let mut table = if is(".npy") {
        npy::read(path)?
    } else if is(".safetensors") {
        safetensors::read(path, given)?
    } else if is(".csv") || is(".tsv") {
        csv::read(path, given, if is(".tsv") { b'\t' } else { b',' })?
    } else if is(".parquet") {
        parquet::read(path, given)?
    } else {
        return Err(Problem::Format {
            path: path.into(),
            expected: format!("a file of vectors ({})", SUFFIXES.join(", ")),
            found: "another name".into(),
        });
    };
    if let Some(labels) = &given.labels {
        table.labels = Some(text::labels(labels, table.len())?);
    }
    if let Some(ids) = &given.ids {
        table.ids = Some(text::ids(ids, table.len())?);
    }
    Ok(table)
}
