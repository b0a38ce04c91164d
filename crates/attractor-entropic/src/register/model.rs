use attractor_core::{Error, Result};

use super::RegisterConfig;
use crate::Recognition;
use crate::draw;
use crate::object::{Domain, UNDEFINED, defined};

/// A table of counters with its statistics. See the [module](super).
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    pub(super) config: RegisterConfig,
    /// `[n, m]`.
    pub(super) counts: Vec<u32>,
    /// How often each column was undefined.
    pub(super) undefined: Vec<u64>,
    pub(super) sums: Vec<u64>,
    pub(super) active: Vec<u32>,
    pub(super) registered: u64,
}

impl Register {
    pub(super) fn new(config: RegisterConfig) -> Self {
        let Domain { columns, .. } = config.domain;
        Self {
            counts: vec![0; config.domain.cells()],
            undefined: vec![0; columns],
            sums: vec![0; columns],
            active: vec![0; columns],
            registered: 0,
            config,
        }
    }

    /// A register with these counters `[n, m]`, after `registered` objects without undefined columns.
    ///
    /// # Errors
    /// Those of the configuration; [`Error::Width`]; [`Error::Config`] for a counter above the saturation.
    pub fn with_counts(config: RegisterConfig, counts: Vec<u32>, registered: u64) -> Result<Self> {
        config.validate()?;
        if counts.len() != config.domain.cells() {
            return Err(Error::Width {
                what: "counts",
                expected: config.domain.cells(),
                rows: 1,
                found: counts.len(),
            });
        }
        if let Some(most) = counts.iter().find(|&&count| count > config.saturation) {
            let rule = "must be at most the saturation";
            return Err(Error::config("counts", rule, most));
        }
        let mut register = Self::new(config);
        for (i, row) in counts.chunks_exact(config.domain.rows).enumerate() {
            register.sums[i] = row.iter().copied().map(u64::from).sum();
            register.active[i] = row.iter().filter(|&&count| count > 0).count() as u32;
        }
        register.counts = counts;
        register.registered = registered;
        Ok(register)
    }

    /// The configuration.
    pub fn config(&self) -> &RegisterConfig {
        &self.config
    }

    /// The same counters under other `iota`, `kappa` and `xi`.
    ///
    /// # Errors
    /// Those of the configuration; nothing changes then.
    pub fn set_tolerances(&mut self, iota: f64, kappa: f64, xi: usize) -> Result<()> {
        let config = RegisterConfig {
            iota,
            kappa,
            xi,
            ..self.config
        };
        config.validate()?;
        self.config = config;
        Ok(())
    }

    /// The counters R `[n, m]`.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// How often each column was undefined, `[n]`.
    pub fn undefined(&self) -> &[u64] {
        &self.undefined
    }

    /// Sums of the columns S `[n]`.
    pub fn sums(&self) -> &[u64] {
        &self.sums
    }

    /// Objects that were registered, less those taken back.
    pub fn registered(&self) -> u64 {
        self.registered
    }

    /// Superposes objects `[k, n]`, one after the other.
    ///
    /// # Errors
    /// As [`Domain::check`]; nothing is stored then.
    pub fn register(&mut self, objects: &[u16]) -> Result<()> {
        self.config.domain.check("objects", objects)?;
        for object in objects.chunks_exact(self.config.domain.columns) {
            for (i, &level) in object.iter().enumerate() {
                match level {
                    UNDEFINED => self.undefined[i] += 1,
                    level => self.count(i, usize::from(level)),
                }
            }
            self.registered += 1;
        }
        Ok(())
    }

    fn count(&mut self, i: usize, level: usize) {
        if self
            .config
            .capacity
            .is_some_and(|most| self.sums[i] >= most)
            && !self.give_way(i, level)
        {
            return;
        }
        let cell = &mut self.counts[i * self.config.domain.rows + level];
        if *cell < self.config.saturation {
            self.active[i] += u32::from(*cell == 0);
            *cell += 1;
            self.sums[i] += 1;
        }
    }

    /// Takes one object back: the register is then as if it had never been registered.
    ///
    /// # Errors
    /// [`Error::Config`] if it was not registered as often as that, or a counter has reached the saturation
    /// and no longer tells; [`Error::Unsupported`] if the register has a capacity, since others gave way.
    /// Nothing changes then.
    pub fn unregister(&mut self, object: &[u16]) -> Result<()> {
        let Domain { rows, .. } = self.config.domain;
        self.config.domain.check_one("object", object)?;
        if self.config.capacity.is_some() {
            let capability = "a register without a capacity";
            return Err(Error::unsupported("unregister", capability, "register"));
        }
        for (i, &level) in object.iter().enumerate() {
            let (count, most) = match level {
                UNDEFINED => (self.undefined[i], u64::MAX),
                level => (
                    self.counts[i * rows + usize::from(level)].into(),
                    self.config.saturation.into(),
                ),
            };
            let rule = match count {
                0 => "must have been registered",
                _ if count == most => "must have no saturated counter",
                _ => continue,
            };
            let found = format!("a count of {count} at column {i}");
            return Err(Error::config("object", rule, found));
        }
        for (i, &level) in object.iter().enumerate() {
            match level {
                UNDEFINED => self.undefined[i] -= 1,
                level => self.discount(i, usize::from(level)),
            }
        }
        self.registered = self.registered.saturating_sub(1);
        Ok(())
    }

    pub(super) fn discount(&mut self, i: usize, level: usize) {
        let cell = &mut self.counts[i * self.config.domain.rows + level];
        *cell -= 1;
        self.sums[i] -= 1;
        self.active[i] -= u32::from(*cell == 0);
    }

    /// Adds what another register of the same configuration holds.
    ///
    /// # Errors
    /// [`Error::Mismatch`]; [`Error::Unsupported`] with a capacity. Nothing changes then.
    pub fn absorb(&mut self, other: &Self) -> Result<()> {
        if self.config != other.config {
            return Err(Error::Mismatch {
                what: "the register",
                expected: format!("{:?}", self.config),
                part: "the other",
                found: format!("{:?}", other.config),
            });
        }
        if self.config.capacity.is_some() {
            let capability = "a register without a capacity";
            return Err(Error::unsupported("merge", capability, "register"));
        }
        let pairs = self.counts.iter().zip(&other.counts);
        let sum = |(a, b): (&u32, &u32)| a.saturating_add(*b).min(self.config.saturation);
        let counts = pairs.map(sum).collect();
        let registered = self.registered + other.registered;
        let mut merged = Self::with_counts(self.config, counts, registered)?;
        let undefined = self.undefined.iter().zip(&other.undefined);
        merged.undefined = undefined.map(|(a, b)| a + b).collect();
        *self = merged;
        Ok(())
    }

    /// Mean count of the active cells of each column, mu_i `[n]`.
    pub fn means(&self) -> Vec<f64> {
        let columns = self.sums.iter().zip(&self.active);
        columns
            .map(|(&sum, &active)| sum as f64 / f64::from(active.max(1)))
            .collect()
    }

    /// Mean of [`Self::means`], mu.
    pub fn mean(&self) -> f64 {
        self.means().iter().sum::<f64>() / self.config.domain.columns as f64
    }

    /// Whether a cell belongs to the iota-relation.
    pub(super) fn keeps(&self, i: usize, level: usize) -> bool {
        let count = self.counts[i * self.config.domain.rows + level];
        let mean = self.sums[i] as f64 / f64::from(self.active[i].max(1));
        count > 0 && f64::from(count) >= self.config.iota * mean
    }

    /// The iota-relation `[n, m]`.
    pub fn relation(&self) -> Vec<u32> {
        let Domain { rows, .. } = self.config.domain;
        let cells = self.counts.iter().enumerate();
        cells
            .map(|(at, &count)| match self.keeps(at / rows, at % rows) {
                true => count,
                false => 0,
            })
            .collect()
    }

    /// Entropy of each column in bits `[n]`.
    pub fn entropies(&self) -> Vec<f64> {
        let columns = self.counts.chunks_exact(self.config.domain.rows);
        columns
            .map(|column| draw::entropy(column.iter().copied().map(u64::from)))
            .collect()
    }

    /// Entropy of the memory in bits: the mean over columns, from 0 to log2 m.
    pub fn entropy(&self) -> f64 {
        self.entropies().iter().sum::<f64>() / self.config.domain.columns as f64
    }

    /// The count of the cell of each column that the cue names; 0 where it is undefined.
    ///
    /// # Errors
    /// As [`Domain::check_one`].
    pub fn cell_weights(&self, cue: &[u16]) -> Result<Vec<u32>> {
        self.config.domain.check_one("cue", cue)?;
        let mut weights = vec![0; cue.len()];
        for (i, level) in defined(cue) {
            weights[i] = self.counts[i * self.config.domain.rows + level];
        }
        Ok(weights)
    }

    /// Whether the cue is recognised, with its mismatches and its weight rho.
    ///
    /// # Errors
    /// As [`Domain::check_one`].
    pub fn recognise(&self, cue: &[u16]) -> Result<Recognition> {
        let total: u64 = self.cell_weights(cue)?.iter().copied().map(u64::from).sum();
        let missing = defined(cue).filter(|&(i, level)| !self.keeps(i, level));
        let (mismatches, n) = (missing.count(), cue.len() as f64);
        let familiar =
            self.config.kappa == 0.0 || self.config.kappa * self.mean() * n <= total as f64;
        Ok(Recognition {
            accepted: mismatches <= self.config.xi && familiar,
            mismatches,
            weight: total as f64 / n,
        })
    }
}
