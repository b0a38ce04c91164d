use std::sync::OnceLock;

use attractor_core::{Error, Result};

use super::gates::Gates;
use super::table::Table;
use super::{RelationConfig, Side};
use crate::object::defined;

/// A table of counters over pairs, in both layouts. See the [module](super).
#[derive(Debug, Clone)]
pub struct Relation {
    pub(super) config: RelationConfig,
    /// By side: whose columns and levels come first.
    pub(super) tables: [Table; 2],
    /// By block, `[n, p]`.
    pub(super) sums: Vec<u64>,
    pub(super) active: Vec<u32>,
    pub(super) registered: u64,
    /// What iota lets through. With iota 0 it is kept up to date; otherwise a registration moves every
    /// threshold, and it is worked out again when somebody asks.
    pub(super) derived: OnceLock<Derived>,
    pub(super) mean: OnceLock<f64>,
}

#[derive(Debug, Clone)]
pub(super) struct Derived {
    /// Least count of a cell that belongs to the relation, by block `[n, p]`.
    pub(super) thresholds: Vec<u32>,
    pub(super) gates: [Gates; 2],
}

impl Relation {
    pub(super) fn new(config: RelationConfig) -> Self {
        let blocks = config.left.columns * config.right.columns;
        Self {
            tables: [
                Table::new(config.left, config.right),
                Table::new(config.right, config.left),
            ],
            sums: vec![0; blocks],
            active: vec![0; blocks],
            registered: 0,
            derived: OnceLock::new(),
            mean: OnceLock::new(),
            config,
        }
    }

    /// A relation of these counters `[n, m, p, q]`.
    pub(super) fn of(config: RelationConfig, left: Table, registered: u64) -> Self {
        let (n, p) = (config.left.columns, config.right.columns);
        let (mut sums, mut active) = (vec![0; n * p], vec![0; n * p]);
        for (at, row) in left.counts.chunks_exact(config.right.cells()).enumerate() {
            let i = at / config.left.rows;
            for (j, block) in row.chunks_exact(config.right.rows).enumerate() {
                sums[i * p + j] += block.iter().copied().map(u64::from).sum::<u64>();
                active[i * p + j] += block.iter().filter(|&&count| count > 0).count() as u32;
            }
        }
        let right = left.transposed();
        Self {
            config,
            tables: [left, right],
            sums,
            active,
            registered,
            derived: OnceLock::new(),
            mean: OnceLock::new(),
        }
    }

    /// A relation of counters `[n, p, m, q]`, after `registered` pairs.
    ///
    /// # Errors
    /// Those of the configuration; [`Error::Width`]; [`Error::Config`] for a counter above the saturation.
    pub fn with_counts(config: RelationConfig, counts: &[u16], registered: u64) -> Result<Self> {
        config.validate()?;
        let mut left = Table::new(config.left, config.right);
        if counts.len() != left.counts.len() {
            return Err(Error::Width {
                what: "counts",
                expected: left.counts.len(),
                rows: 1,
                found: counts.len(),
            });
        }
        if let Some(most) = counts.iter().find(|&&count| count > config.saturation) {
            let rule = "must be at most the saturation";
            return Err(Error::config("counts", rule, most));
        }
        for (at, count) in left.counts.iter_mut().enumerate() {
            *count = counts[place(&config, at)];
        }
        Ok(Self::of(config, left, registered))
    }

    /// The counters R `[n, p, m, q]`.
    pub fn counts(&self) -> Vec<u16> {
        let mut counts = vec![0; self.tables[0].counts.len()];
        for (at, &count) in self.tables[0].counts.iter().enumerate() {
            counts[place(&self.config, at)] = count;
        }
        counts
    }

    /// The iota-relation `[n, p, m, q]`.
    pub fn relation(&self) -> Vec<u16> {
        let block = self.config.left.rows * self.config.right.rows;
        let thresholds = &self.derived().thresholds;
        let mut counts = self.counts();
        for (cells, &least) in counts.chunks_exact_mut(block).zip(thresholds) {
            for count in cells.iter_mut().filter(|count| u32::from(**count) < least) {
                *count = 0;
            }
        }
        counts
    }

    /// The configuration.
    pub fn config(&self) -> &RelationConfig {
        &self.config
    }

    /// The same counters under other `iota`, `kappa` and `xi`.
    ///
    /// # Errors
    /// Those of the configuration; nothing changes then.
    pub fn set_tolerances(&mut self, iota: f64, kappa: f64, xi: usize) -> Result<()> {
        let config = RelationConfig {
            iota,
            kappa,
            xi,
            ..self.config
        };
        config.validate()?;
        if iota != self.config.iota {
            self.derived.take();
        }
        self.config = config;
        Ok(())
    }

    /// Pairs that were registered, less those taken back.
    pub fn registered(&self) -> u64 {
        self.registered
    }

    /// Bytes of the counters, bits and statistics. It does not grow with what is registered.
    pub fn bytes(&self) -> usize {
        let tables = self.tables.iter().map(|table| size_of_val(&*table.counts));
        let derived = self.derived();
        let gates = derived.gates.iter().map(Gates::bytes);
        tables.sum::<usize>()
            + gates.sum::<usize>()
            + size_of_val(&*derived.thresholds)
            + size_of_val(&*self.sums)
            + size_of_val(&*self.active)
    }

    /// Superposes pairs of `left` `[k, n]` and `right` `[k, p]`, each with weight 1. An undefined column
    /// meets nothing.
    ///
    /// # Errors
    /// As [`crate::Domain::check`]; [`Error::Rows`]. Nothing is stored then.
    pub fn register(&mut self, left: &[u16], right: &[u16]) -> Result<()> {
        self.check_pairs(left, right)?;
        let (n, p) = (self.config.left.columns, self.config.right.columns);
        for (a, b) in left.chunks_exact(n).zip(right.chunks_exact(p)) {
            self.superpose(a, b, |_, _| 1);
        }
        Ok(())
    }

    /// The same with weights u `[k, n]` and v `[k, p]` of the columns: cell (i, j) grows by
    /// `floor(sqrt(u_i v_j))`.
    ///
    /// # Errors
    /// As [`Self::register`]; for weights that do not fit or are negative.
    pub fn register_weighted(
        &mut self,
        [left, right]: [&[u16]; 2],
        [u, v]: [&[f64]; 2],
    ) -> Result<()> {
        self.check_pairs(left, right)?;
        let (n, p) = (self.config.left.columns, self.config.right.columns);
        for (what, weights, levels, domain) in [
            ("left weights", u, left, self.config.left),
            ("right weights", v, right, self.config.right),
        ] {
            if weights.len() != levels.len() {
                return Err(Error::Rows {
                    what,
                    expected: levels.len() / domain.columns,
                    found: weights.len() / domain.columns,
                });
            }
            for row in weights.chunks_exact(domain.columns) {
                domain.check_weights(what, row)?;
            }
        }
        let pairs = left.chunks_exact(n).zip(right.chunks_exact(p));
        let weights = u.chunks_exact(n).zip(v.chunks_exact(p));
        for ((a, b), (u, v)) in pairs.zip(weights) {
            self.superpose(a, b, |i, j| weight(u[i], v[j]));
        }
        Ok(())
    }

    pub(super) fn check_pairs(&self, left: &[u16], right: &[u16]) -> Result<usize> {
        let expected = self.config.left.check("left objects", left)?;
        let found = self.config.right.check("right objects", right)?;
        match expected == found {
            true => Ok(found),
            false => Err(Error::Rows {
                what: "right objects",
                expected,
                found,
            }),
        }
    }

    #[inline]
    fn superpose(&mut self, a: &[u16], b: &[u16], weight: impl Fn(usize, usize) -> u32) {
        if self.config.iota > 0.0 {
            self.derived.take();
        } else {
            self.derived();
        }
        let Self {
            config,
            tables: [left, right],
            sums,
            active,
            derived,
            ..
        } = self;
        let mut gates = derived.get_mut().map(|derived| &mut derived.gates);
        let (p, cap) = (config.right.columns, u32::from(config.saturation));
        let grown = |old: u16, by: u32| u32::from(old).saturating_add(by).min(cap) as u16;
        let right_cells: Vec<(usize, usize)> = defined(b)
            .map(|(j, l)| (j, j * config.right.rows + l))
            .collect();
        let left_cells: Vec<(usize, usize)> = defined(a)
            .map(|(i, k)| (i, i * config.left.rows + k))
            .collect();
        // Each layout row by row, as it lies in memory.
        for &(i, own) in &left_cells {
            let row = left.at_mut(own);
            let (sums, active) = (&mut sums[i * p..][..p], &mut active[i * p..][..p]);
            match right_cells.len() == p {
                true => (0..p).for_each(|j| sums[j] += u64::from(weight(i, j))),
                false => right_cells
                    .iter()
                    .for_each(|&(j, _)| sums[j] += u64::from(weight(i, j))),
            }
            for &(j, cell) in &right_cells {
                let (old, by) = (row[cell], weight(i, j));
                let new = grown(old, by);
                row[cell] = new;
                // What rarely happens: a full counter, a new cell.
                if u32::from(new - old) != by {
                    sums[j] -= u64::from(by - u32::from(new - old));
                }
                if old == 0 && new > 0 {
                    active[j] += 1;
                    if let Some([left, right]) = &mut gates {
                        left.set(own, cell);
                        right.set(cell, own);
                    }
                }
            }
        }
        for &(j, own) in &right_cells {
            let row = right.at_mut(own);
            for &(i, cell) in &left_cells {
                row[cell] = grown(row[cell], weight(i, j));
            }
        }
        self.registered += 1;
        self.mean.take();
    }

    /// Takes one pair of weight 1 back: the relation is then as if it had never been registered.
    ///
    /// # Errors
    /// [`Error::Config`] if it was not registered as often as that, or a counter has reached the saturation
    /// and no longer tells. Nothing changes then.
    pub fn unregister(&mut self, left: &[u16], right: &[u16]) -> Result<()> {
        let (config, p) = (self.config, self.config.right.columns);
        config.left.check_one("left object", left)?;
        config.right.check_one("right object", right)?;
        let place = |j: usize, l: usize| j * config.right.rows + l;
        for (i, k) in defined(left) {
            let row = self.tables[0].row(i, k);
            for (j, l) in defined(right) {
                let count = row[place(j, l)];
                let rule = match count {
                    0 => "must have been registered",
                    _ if count == config.saturation => "must have no saturated counter",
                    _ => continue,
                };
                let found = format!("a count of {count} at columns {i} and {j}");
                return Err(Error::config("pair", rule, found));
            }
        }
        if config.iota > 0.0 {
            self.derived.take();
        }
        for (i, k) in defined(left) {
            let (start, own) = (self.tables[0].start(i, k), i * config.left.rows + k);
            for (j, l) in defined(right) {
                let count = &mut self.tables[0].counts[start + place(j, l)];
                *count -= 1;
                let count = *count;
                let mirror = self.tables[1].start(j, l) + own;
                self.tables[1].counts[mirror] = count;
                self.sums[i * p + j] -= 1;
                if count > 0 {
                    continue;
                }
                self.active[i * p + j] -= 1;
                if let Some(derived) = self.derived.get_mut() {
                    derived.gates[0].clear(own, place(j, l));
                    derived.gates[1].clear(place(j, l), own);
                }
            }
        }
        self.registered = self.registered.saturating_sub(1);
        self.mean.take();
        Ok(())
    }

    /// Adds what another relation of the same configuration holds.
    ///
    /// # Errors
    /// [`Error::Mismatch`]; nothing changes then.
    pub fn absorb(&mut self, other: &Self) -> Result<()> {
        if self.config != other.config {
            return Err(Error::Mismatch {
                what: "the relation",
                expected: format!("{:?}", self.config),
                part: "the other",
                found: format!("{:?}", other.config),
            });
        }
        let mut left = self.tables[0].clone();
        for (count, more) in left.counts.iter_mut().zip(&other.tables[0].counts) {
            *count = count.saturating_add(*more).min(self.config.saturation);
        }
        *self = Self::of(self.config, left, self.registered + other.registered);
        Ok(())
    }

    /// The table whose own side is `side`.
    pub(super) fn table(&self, side: Side) -> &Table {
        &self.tables[side as usize]
    }
}

/// By counters, tolerances and number of registrations.
impl PartialEq for Relation {
    fn eq(&self, other: &Self) -> bool {
        self.config == other.config
            && self.registered == other.registered
            && self.tables == other.tables
            && self.sums == other.sums
            && self.active == other.active
    }
}

/// `floor(sqrt(u v))`.
pub(super) fn weight(u: f64, v: f64) -> u32 {
    // The conversion saturates.
    (u * v).sqrt().floor() as u32
}

/// Where a counter of the left layout `[n, m, p, q]` stands in `[n, p, m, q]`.
fn place(config: &RelationConfig, at: usize) -> usize {
    let (p, m, q) = (config.right.columns, config.left.rows, config.right.rows);
    let (l, rest) = (at % q, at / q);
    let (j, rest) = (rest % p, rest / p);
    let (k, i) = (rest % m, rest / m);
    ((i * p + j) * m + k) * q + l
}
