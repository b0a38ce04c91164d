//! The binary entropic register: cells are on or off.
//!
//! # Equations
//! ```text
//! register    R[i, a_i] <- 1
//! recognise   #{i: a_i defined, R[i, a_i] = 0} <= tolerance
//! retrieve    a_i on: the run of cells around it that are on, [lo, hi]; a draw from the triangular
//!             distribution on it with its mode at a_i, rounded. a_i off or undefined: any cell of the column
//!             that is on, each as likely
//! entropy     H = mean over the columns that are not empty of log2 (number of cells on)
//! ```
//!
//! It is the weighted register under a threshold at one count, with another retrieval.
//!
//! # References
//! - L. A. Pineda, G. Fuentes, R. Morales, "An entropic associative memory", Scientific Reports 11, 6948, 2021.
//! - R. Morales et al., "Entropic associative memory for manuscript symbols", PLoS ONE 17, e0272386, 2022.

use attractor_core::rng::Rng;
use attractor_core::{Error, Result};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::Recognition;
use crate::object::{Domain, UNDEFINED, defined};

/// How a [`BinaryRegister`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BinaryConfig {
    /// What objects look like: n columns, m rows.
    pub domain: Domain,
    /// Columns that may mismatch. Default 0.
    pub tolerance: usize,
}

impl BinaryConfig {
    /// No tolerance.
    pub fn new(domain: Domain) -> Self {
        Self {
            domain,
            tolerance: 0,
        }
    }

    /// An empty register.
    ///
    /// # Errors
    /// [`Error::Config`] for a domain without cells, or a tolerance above the number of columns.
    pub fn init(&self) -> Result<BinaryRegister> {
        self.domain.validate()?;
        if self.tolerance > self.domain.columns {
            let rule = "must be at most the number of columns";
            return Err(Error::config(
                "BinaryConfig.tolerance",
                rule,
                self.tolerance,
            ));
        }
        Ok(BinaryRegister {
            config: *self,
            on: vec![false; self.domain.cells()],
        })
    }
}

/// A table of cells that are on or off. See the [module](self).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryRegister {
    config: BinaryConfig,
    on: Vec<bool>,
}

impl BinaryRegister {
    /// The configuration.
    pub fn config(&self) -> &BinaryConfig {
        &self.config
    }

    /// The cells `[n, m]`.
    pub fn cells(&self) -> &[bool] {
        &self.on
    }

    /// Superposes objects `[k, n]`.
    ///
    /// # Errors
    /// As [`Domain::check`]; nothing is stored then.
    pub fn register(&mut self, objects: &[u16]) -> Result<()> {
        let Domain { columns, rows } = self.config.domain;
        self.config.domain.check("objects", objects)?;
        for object in objects.chunks_exact(columns) {
            for (i, level) in defined(object) {
                self.on[i * rows + level] = true;
            }
        }
        Ok(())
    }

    /// Adds what another register holds.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the configurations differ.
    pub fn absorb(&mut self, other: &Self) -> Result<()> {
        if self.config != other.config {
            return Err(Error::Mismatch {
                what: "the register",
                expected: format!("{:?}", self.config),
                part: "the other",
                found: format!("{:?}", other.config),
            });
        }
        for (on, other) in self.on.iter_mut().zip(&other.on) {
            *on |= other;
        }
        Ok(())
    }

    /// Whether the cue is recognised. Its weight is the share of columns whose cell is on.
    ///
    /// # Errors
    /// As [`Domain::check_one`].
    pub fn recognise(&self, cue: &[u16]) -> Result<Recognition> {
        let Domain { columns, rows } = self.config.domain;
        self.config.domain.check_one("cue", cue)?;
        let (mut on, mut mismatches) = (0, 0);
        for (i, level) in defined(cue) {
            match self.on[i * rows + level] {
                true => on += 1,
                false => mismatches += 1,
            }
        }
        Ok(Recognition {
            accepted: mismatches <= self.config.tolerance,
            mismatches,
            weight: f64::from(on) / columns as f64,
        })
    }

    /// An object constructed from the cue, if the cue is recognised. An empty column is undefined.
    ///
    /// # Errors
    /// As [`Domain::check_one`].
    pub fn retrieve(&self, cue: &[u16], rng: &mut Rng) -> Result<Option<Vec<u16>>> {
        if !self.recognise(cue)?.accepted {
            return Ok(None);
        }
        let columns = self.on.chunks_exact(self.config.domain.rows).zip(cue);
        Ok(Some(
            columns.map(|(on, &level)| drawn(on, level, rng)).collect(),
        ))
    }

    /// Entropy in bits.
    pub fn entropy(&self) -> f64 {
        let columns = self.on.chunks_exact(self.config.domain.rows);
        let counts = columns.map(|column| column.iter().filter(|&&on| on).count());
        let logs: Vec<f64> = counts
            .filter(|&count| count > 0)
            .map(|count| (count as f64).log2())
            .collect();
        match logs.is_empty() {
            true => 0.0,
            false => logs.iter().sum::<f64>() / logs.len() as f64,
        }
    }
}

/// The value of one column.
fn drawn(on: &[bool], level: u16, rng: &mut Rng) -> u16 {
    let mode = usize::from(level);
    if level == UNDEFINED || !on[mode] {
        let cells: Vec<usize> = (0..on.len()).filter(|&k| on[k]).collect();
        return match cells.as_slice() {
            [] => UNDEFINED,
            cells => cells[rng.random_range(0..cells.len())] as u16,
        };
    }
    let run = |cells: &mut dyn Iterator<Item = usize>| cells.take_while(|&k| on[k]).last();
    let lo = run(&mut (0..mode).rev()).unwrap_or(mode);
    let hi = run(&mut (mode + 1..on.len())).unwrap_or(mode);
    if lo == hi {
        return level;
    }
    let (lo, mode, hi) = (lo as f64, mode as f64, hi as f64);
    triangular(lo, mode, hi, rng.random::<f64>())
        .round_ties_even()
        .clamp(lo, hi) as u16
}

/// The quantile `u` of the triangular distribution on `[lo, hi]` with this mode.
fn triangular(lo: f64, mode: f64, hi: f64, u: f64) -> f64 {
    match u * (hi - lo) < mode - lo {
        true => lo + (u * (hi - lo) * (mode - lo)).sqrt(),
        false => hi - ((1.0 - u) * (hi - lo) * (hi - mode)).sqrt(),
    }
}
