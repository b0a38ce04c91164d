//! Vectors as they are read, one after the other.

use std::path::Path;

use super::{Problem, Table};

/// Rows of a table to be, of one width.
pub(super) struct Builder<'a> {
    path: &'a Path,
    dim: Option<usize>,
    values: Vec<f32>,
    rows: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self {
            path,
            dim: None,
            values: Vec::new(),
            rows: 0,
        }
    }

    /// Adds a vector.
    pub(super) fn push(&mut self, vector: impl IntoIterator<Item = f64>) -> Result<(), Problem> {
        let before = self.values.len();
        for (column, value) in vector.into_iter().enumerate() {
            let single = value as f32;
            if !single.is_finite() {
                return Err(Problem::NotFinite {
                    path: self.path.into(),
                    row: self.rows,
                    column,
                    found: value,
                });
            }
            self.values.push(single);
        }
        let found = self.values.len() - before;
        let expected = *self.dim.get_or_insert(found);
        if found != expected {
            return Err(Problem::Width {
                path: self.path.into(),
                row: self.rows,
                expected,
                found,
            });
        }
        self.rows += 1;
        Ok(())
    }

    /// The table, if there is one.
    pub(super) fn finish(self) -> Result<Table, Problem> {
        match self.dim {
            Some(dim) if dim > 0 => Ok(Table {
                dim,
                values: self.values,
                labels: None,
                ids: None,
            }),
            _ => Err(Problem::Empty {
                path: self.path.into(),
            }),
        }
    }
}

/// Vectors `[n, d]`, or one `[d]`, that lie behind one another.
pub(super) fn of_shape(
    path: &Path,
    shape: &[usize],
    values: impl IntoIterator<Item = f64>,
) -> Result<Table, Problem> {
    let width = match *shape {
        [width] | [_, width] => width,
        _ => {
            let found = format!("shape {shape:?}");
            return Err(Problem::format(path, "vectors [n, d], or one [d]", found));
        }
    };
    let rows = shape.iter().product::<usize>().checked_div(width);
    let mut builder = Builder::new(path);
    let mut values = values.into_iter();
    for _ in 0..rows.unwrap_or(0) {
        builder.push(values.by_ref().take(width))?;
    }
    builder.finish()
}
