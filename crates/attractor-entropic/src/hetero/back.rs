//! The way back: how far the plane of a candidate lies from the cue.

use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::{Relation, Side, plane, sums};
use crate::object::{UNDEFINED, defined};

/// What an empty column of the plane back counts for. It cannot occur for a candidate from the cue's plane: both
/// gates ask for the same cells, so that the cue lies in the plane of each candidate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyBack {
    /// The candidate is infinitely far.
    #[default]
    Infinite,
    /// Nothing, as in the published program, where the emptiest plane is the closest.
    Zero,
}

/// A cue and how candidates are held against it.
pub(super) struct Back<'a> {
    relation: &'a Relation,
    side: Side,
    cue: &'a [u16],
    /// By column of the cue; they sum to 1 over the defined ones.
    weights: Vec<f64>,
    empty: EmptyBack,
}

/// The plane of one candidate, before the gate: what its neighbours are reckoned from.
pub(super) struct Reach {
    /// `[n, m]` on the cue's side.
    sums: Vec<f64>,
    /// How many of the candidate's columns a cell fails to meet.
    misses: Vec<u32>,
}

impl<'a> Back<'a> {
    /// # Errors
    /// [`Error::Config`] if no defined column of the cue has a weight.
    pub(super) fn new(
        relation: &'a Relation,
        (side, cue): (Side, &'a [u16]),
        weights: Option<&[f64]>,
        empty: EmptyBack,
    ) -> Result<Self> {
        let weight = |i: usize| match cue[i] {
            UNDEFINED => 0.0,
            _ => weights.map_or(1.0, |weights| weights[i]),
        };
        let weights: Vec<f64> = (0..cue.len()).map(weight).collect();
        let most = weights.iter().copied().fold(0.0, f64::max);
        if most == 0.0 {
            let rule = "must have a defined column with a weight";
            return Err(Error::config("cue", rule, "none"));
        }
        let total: f64 = weights.iter().map(|weight| weight / most).sum();
        let weights = weights.iter().map(|weight| weight / most / total).collect();
        Ok(Self {
            relation,
            side,
            cue,
            weights,
            empty,
        })
    }

    /// D of a candidate whose columns have weights `given`.
    pub(super) fn distance(&self, candidate: &[u16], given: &[f64]) -> f64 {
        let table = self.relation.table(self.side.other());
        let mut sums = vec![0.0; table.other.cells()];
        for (j, level) in defined(candidate) {
            plane::add(&mut sums, given[j], table.row(j, level));
        }
        self.gated(candidate, &mut sums)
    }

    /// The same of many candidates, to the last bit, where a column's level has the same `weight` in all of them.
    pub(super) fn distances(
        &self,
        weight: impl Fn(usize, usize) -> f64,
        candidates: &[Vec<u16>],
    ) -> Vec<f64> {
        let table = self.relation.table(self.side.other());
        let mut sums = sums::weighted(table, weight, candidates);
        let each = sums.chunks_exact_mut(table.other.cells()).zip(candidates);
        each.map(|(sums, candidate)| self.gated(candidate, sums))
            .collect()
    }

    /// D of a candidate with these sums of its rows, from which cells that it does not meet are taken out.
    fn gated(&self, candidate: &[u16], sums: &mut [f64]) -> f64 {
        let bits = self.relation.gate(self.side.other(), candidate);
        for (sums, word) in sums.chunks_mut(64).zip(&bits) {
            for (cell, sum) in sums.iter_mut().enumerate() {
                *sum = if word >> cell & 1 == 1 { *sum } else { 0.0 };
            }
        }
        self.measure(|cell| sums[cell])
    }

    /// Mean squared distance of the plane with these cells from the cue.
    fn measure(&self, at: impl Fn(usize) -> f64) -> f64 {
        let rows = self.relation.table(self.side).own.rows;
        let mut distance = 0.0;
        for (i, level) in defined(self.cue) {
            let (mut far, mut mass) = (0.0, 0.0);
            for k in 0..rows {
                let value = at(i * rows + k);
                let away = k as f64 - level as f64;
                far += away * away * value;
                mass += value;
            }
            distance += match (mass > 0.0, self.empty) {
                (true, _) => self.weights[i] * (far / mass),
                (false, EmptyBack::Infinite) => return f64::INFINITY,
                (false, EmptyBack::Zero) => 0.0,
            };
        }
        distance
    }

    /// What the neighbours of a candidate are reckoned from.
    pub(super) fn reach(&self, candidate: &[u16], given: &[f64]) -> Reach {
        let table = self.relation.table(self.side.other());
        let cells = table.other.cells();
        let mut reach = Reach {
            sums: vec![0.0; cells],
            misses: vec![0; cells],
        };
        for (j, level) in defined(candidate) {
            let row = table.row(j, level);
            plane::add(&mut reach.sums, given[j], row);
            for (i, block) in row.chunks_exact(table.other.rows).enumerate() {
                let least = self.least(i, j);
                let misses = &mut reach.misses[i * table.other.rows..];
                for (missed, &count) in misses.iter_mut().zip(block) {
                    *missed += u32::from(u32::from(count) < least);
                }
            }
        }
        reach
    }

    /// D of the neighbour whose column `j` has another level and weight: `old` and `new` are (level, weight).
    pub(super) fn neighbour(
        &self,
        reach: &Reach,
        j: usize,
        old: (usize, f64),
        new: (usize, f64),
    ) -> f64 {
        let table = self.relation.table(self.side.other());
        let rows = table.other.rows;
        let (from, to) = (table.row(j, old.0), table.row(j, new.0));
        self.measure(|cell| {
            let least = self.least(cell / rows, j);
            let (from, to) = (from[cell], to[cell]);
            let missed = reach.misses[cell] + u32::from(u32::from(to) < least)
                - u32::from(u32::from(from) < least);
            match missed {
                0 => reach.sums[cell] - old.1 * f64::from(from) + new.1 * f64::from(to),
                _ => 0.0,
            }
        })
    }

    /// Least count of a cell of the block of column `i` of the cue and `j` of the candidate.
    fn least(&self, i: usize, j: usize) -> u32 {
        let p = self.relation.config.right.columns;
        let thresholds = &self.relation.derived().thresholds;
        match self.side {
            Side::Left => thresholds[i * p + j],
            Side::Right => thresholds[j * p + i],
        }
    }
}

impl Relation {
    /// D: how far the plane of a `candidate` of the other side lies from a cue of `side`, in squared levels.
    /// `given` are the weights of the candidate's columns in the cue's plane, `weights` those of the cue's
    /// columns; 1 by default. Infinite, under [`EmptyBack::Infinite`], if the plane back misses a column.
    ///
    /// # Errors
    /// As [`crate::Domain::check_one`]; for weights that do not fit or are negative; [`Error::Config`] if no
    /// defined column of the cue has a weight.
    pub fn back_distance(
        &self,
        (side, cue, weights): (Side, &[u16], Option<&[f64]>),
        (candidate, given): (&[u16], Option<&[f64]>),
        empty: EmptyBack,
    ) -> Result<f64> {
        let table = self.table(side);
        table.own.check_one("cue", cue)?;
        table.other.check_one("candidate", candidate)?;
        if let Some(weights) = weights {
            table.own.check_weights("cue weights", weights)?;
        }
        if let Some(given) = given {
            table.other.check_weights("candidate weights", given)?;
        }
        let back = Back::new(self, (side, cue), weights, empty)?;
        let ones = vec![1.0; candidate.len()];
        Ok(back.distance(candidate, given.unwrap_or(&ones)))
    }
}
