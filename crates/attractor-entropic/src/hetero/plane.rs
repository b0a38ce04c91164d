use attractor_core::rng::Rng;
use attractor_core::{Error, Result};

use super::table::Table;
use super::{Relation, Side, gates};
use crate::draw;
use crate::object::{Domain, UNDEFINED, defined};

/// What a cue of one side selects on the other: a weight for each column and level.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    domain: Domain,
    values: Vec<f64>,
}

impl Plane {
    pub(super) fn new(domain: Domain, values: Vec<f64>) -> Self {
        Self { domain, values }
    }

    /// What the functions in it look like.
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// The weights `[columns, rows]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The weights of one column.
    ///
    /// # Errors
    /// [`Error::Index`] for a column that there is not.
    pub fn column(&self, column: usize) -> Result<&[f64]> {
        let len = self.domain.columns;
        match column < len {
            true => Ok(self.of_column(column)),
            false => Err(Error::Index {
                what: "column",
                len,
                index: column,
            }),
        }
    }

    /// The weight of a level.
    ///
    /// # Errors
    /// [`Error::Index`] for a column or a level that there is not.
    pub fn at(&self, column: usize, level: u16) -> Result<f64> {
        let weights = self.column(column)?;
        let weight = weights.get(usize::from(level)).copied();
        weight.ok_or(Error::Index {
            what: "level",
            len: weights.len(),
            index: usize::from(level),
        })
    }

    /// The weights of a column that there is.
    pub(super) fn of_column(&self, column: usize) -> &[f64] {
        &self.values[column * self.domain.rows..(column + 1) * self.domain.rows]
    }

    /// The weight of a cell that there is.
    pub(super) fn cell(&self, column: usize, level: u16) -> f64 {
        self.of_column(column)[usize::from(level)]
    }

    fn columns(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.domain.rows)
    }

    /// Whether no column is empty: its cue is recognised.
    pub fn accepted(&self) -> bool {
        self.columns()
            .all(|column| column.iter().any(|&weight| weight > 0.0))
    }

    /// How many functions lie in it; infinity beyond what a double holds.
    pub fn functions(&self) -> f64 {
        let active = |column: &[f64]| column.iter().filter(|&&weight| weight > 0.0).count();
        self.columns().map(|column| active(column) as f64).product()
    }

    /// A function drawn from it, each column in proportion to its weights; an empty column is undefined.
    pub fn draw(&self, rng: &mut Rng) -> Vec<u16> {
        Urn::new(self).draw(rng)
    }

    /// The weights of an object's cells, 0 where it is undefined.
    ///
    /// # Errors
    /// As [`Domain::check_one`].
    pub fn weights(&self, object: &[u16]) -> Result<Vec<f64>> {
        self.domain.check_one("object", object)?;
        Ok(self.cells_of(object))
    }

    /// The same of an object of this domain.
    pub(super) fn cells_of(&self, object: &[u16]) -> Vec<f64> {
        let mut weights = vec![0.0; object.len()];
        for (column, level) in defined(object) {
            weights[column] = self.of_column(column)[level];
        }
        weights
    }
}

/// A plane to draw from many times: each column's weights summed up.
pub(super) struct Urn {
    rows: usize,
    sums: Vec<f64>,
}

impl Urn {
    pub(super) fn new(plane: &Plane) -> Self {
        let rows = plane.domain.rows;
        let mut sums = plane.values.clone();
        for column in sums.chunks_exact_mut(rows) {
            for level in 1..rows {
                column[level] += column[level - 1];
            }
        }
        Self { rows, sums }
    }

    /// See [`Plane::draw`].
    pub(super) fn draw(&self, rng: &mut Rng) -> Vec<u16> {
        let columns = self.sums.chunks_exact(self.rows);
        columns
            .map(|sums| draw::below(sums, rng).map_or(UNDEFINED, |level| level as u16))
            .collect()
    }
}

impl Relation {
    /// The memory plane that a cue of `side` selects on the other side. `weights` of the cue's columns are
    /// brought to mean 1; a column of weight 0 is left out of the sum, and still has to be met. A cue without a
    /// defined column, or without a weight, selects the empty plane.
    ///
    /// # Errors
    /// As [`Domain::check_one`]; for weights that do not fit or are negative.
    pub fn project(&self, side: Side, cue: &[u16], weights: Option<&[f64]>) -> Result<Plane> {
        let table = self.table(side);
        table.own.check_one("cue", cue)?;
        if let Some(weights) = weights {
            table.own.check_weights("cue weights", weights)?;
        }
        Ok(Plane::new(table.other, self.projected(side, cue, weights)))
    }

    fn projected(&self, side: Side, cue: &[u16], weights: Option<&[f64]>) -> Vec<f64> {
        let table = self.table(side);
        let cells = table.other.cells();
        if defined(cue).next().is_none() {
            return vec![0.0; cells];
        }
        let mut values: Vec<f64> = match weights {
            None => counted(table, cue)
                .into_iter()
                .map(|sum| sum as f64)
                .collect(),
            Some(weights) => {
                // Below the smallest that is not 0, a weight beside the largest is none.
                let most = weights.iter().copied().fold(0.0, f64::max);
                if most == 0.0 {
                    return vec![0.0; cells];
                }
                let total: f64 = weights.iter().map(|weight| weight / most).sum();
                let scale = weights.len() as f64 / total;
                let mut sums = vec![0.0; cells];
                for (column, level) in defined(cue) {
                    add(
                        &mut sums,
                        scale * (weights[column] / most),
                        table.row(column, level),
                    );
                }
                sums
            }
        };
        let bits = self.gate(side, cue);
        for (cell, value) in values.iter_mut().enumerate() {
            if !gates::on(&bits, cell) {
                *value = 0.0;
            }
        }
        values
    }

    /// The cells of the other side that every defined column of the cue meets.
    pub(super) fn gate(&self, side: Side, cue: &[u16]) -> Vec<u64> {
        let rows = self.table(side).own.rows;
        self.derived().gates[side as usize]
            .all(defined(cue).map(|(column, level)| column * rows + level))
    }

    /// Whether a cue of `side` is recognised: no column of its plane is empty. Only bits are looked at.
    ///
    /// # Errors
    /// As [`Domain::check_one`].
    pub fn accepts(&self, side: Side, cue: &[u16]) -> Result<bool> {
        let Table { own, other, .. } = self.table(side);
        own.check_one("cue", cue)?;
        Ok(defined(cue).next().is_some()
            && gates::no_column_empty(&self.gate(side, cue), other.columns, other.rows))
    }
}

/// The sum of a cue's rows.
fn counted(table: &Table, cue: &[u16]) -> Vec<u64> {
    let mut sums = vec![0u32; table.other.cells()];
    // As many rows of 16 bits as 32 bits hold.
    let mut total = vec![0u64; if cue.len() > 1 << 16 { sums.len() } else { 0 }];
    for (at, (column, level)) in defined(cue).enumerate() {
        if at > 0 && at % (1 << 16) == 0 {
            for (total, sum) in total.iter_mut().zip(&mut sums) {
                *total += u64::from(std::mem::take(sum));
            }
        }
        let row = table.row(column, level);
        pulp::Arch::new().dispatch(|| {
            for (sum, &count) in sums.iter_mut().zip(row) {
                *sum += u32::from(count);
            }
        });
    }
    let sums = sums.into_iter().map(u64::from);
    match total.is_empty() {
        true => sums.collect(),
        false => sums.zip(total).map(|(sum, total)| sum + total).collect(),
    }
}

/// `sums += weight row`, in the widest registers that there are; every cell for itself, so that the result
/// does not depend on their width.
pub(super) fn add(sums: &mut [f64], weight: f64, row: &[u16]) {
    pulp::Arch::new().dispatch(|| {
        for (sum, &count) in sums.iter_mut().zip(row) {
            *sum += weight * f64::from(count);
        }
    });
}
