//! Labels and ids, one a line.

use std::path::Path;

use super::Problem;

/// One label a line; an empty last line does not count.
pub(super) fn labels(path: &Path, rows: usize) -> Result<Vec<String>, Problem> {
    lines(path, "labels", rows)
}

/// One whole number a line.
pub(super) fn ids(path: &Path, rows: usize) -> Result<Vec<u64>, Problem> {
    let lines = lines(path, "ids", rows)?;
    let parsed = lines.iter().map(|line| id(path, line));
    parsed.collect()
}

/// A whole number of 64 bits.
pub(super) fn id(path: &Path, text: &str) -> Result<u64, Problem> {
    let number = text.trim().parse();
    number.map_err(|_| {
        let found = format!("`{text}`");
        Problem::format(path, "an id, a whole number from 0 on", found)
    })
}

fn lines(path: &Path, what: &'static str, rows: usize) -> Result<Vec<String>, Problem> {
    let text = std::fs::read_to_string(path).map_err(Problem::io(path))?;
    let lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    match lines.len() == rows {
        true => Ok(lines),
        false => Err(Problem::Count {
            path: path.into(),
            what,
            expected: rows,
            found: lines.len(),
        }),
    }
}
