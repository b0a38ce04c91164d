//! A neural rule for the constraints.

use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Error, Result, rng};
use faer::Mat;
use rand::RngExt;
use rand_distr::StandardNormal;

use super::Subspace;
use crate::input;
use crate::linalg::{apply, norm, orthonormal};

/// Learns `m` constraints from one pattern at a time:
///
/// ```text
/// y = Q x,   Q <- Q - eta_t y (x - Q^T y)^T,   eta_t = rate / (1 + t / horizon) / |x|^2
/// ```
///
/// a stochastic descent on `|Q x|^2` over orthonormal rows, made orthonormal again every few patterns. Each
/// update uses what the two ends of an edge know. The singular value decomposition of [`Subspace::fit`] is
/// exact and is what memories use.
#[derive(Debug, Clone)]
pub struct MinorSubspace {
    /// `Q^T`, as columns.
    columns: Mat<f64>,
    rate: f64,
    horizon: f64,
    seen: usize,
}

/// Patterns between two orthonormalisations.
const EVERY: usize = 16;

impl MinorSubspace {
    /// `constraints` random ones for patterns of `width` entries; `horizon` patterns halve the rate.
    ///
    /// # Errors
    /// [`Error::Config`] for no constraints, more of them than entries, or numbers not above 0.
    pub fn new(
        width: usize,
        constraints: usize,
        rate: f64,
        horizon: f64,
        seed: u64,
    ) -> Result<Self> {
        require_nonzero("constraints", constraints)?;
        require_positive("rate", rate)?;
        require_positive("horizon", horizon)?;
        if constraints > width {
            let rule = "must be at most the entries of a pattern";
            return Err(Error::config("constraints", rule, constraints));
        }
        let mut random = rng::stream(seed, "minor subspace");
        let drawn = Mat::from_fn(width, constraints, |_, _| {
            random.sample::<f64, _>(StandardNormal)
        });
        Ok(Self {
            columns: orthonormal(drawn.as_ref()),
            rate,
            horizon,
            seen: 0,
        })
    }

    /// One update. A pattern of zeros changes nothing.
    ///
    /// # Errors
    /// [`Error::Width`] for a pattern of another width, [`Error::NonFinite`].
    pub fn observe(&mut self, pattern: &[f64]) -> Result<()> {
        input::vector("pattern", pattern, self.columns.nrows())?;
        let length = norm(pattern);
        if length > 0.0 {
            let unit: Vec<f64> = pattern.iter().map(|x| x / length).collect();
            let rate = self.rate / (1.0 + self.seen as f64 / self.horizon);
            let answer = apply(self.columns.as_ref().transpose(), &unit);
            let back = apply(self.columns.as_ref(), &answer);
            for (k, answer) in answer.iter().enumerate() {
                let column = crate::linalg::col_mut(&mut self.columns, k);
                for ((q, x), back) in column.iter_mut().zip(&unit).zip(&back) {
                    *q -= rate * answer * (x - back);
                }
            }
        }
        self.seen += 1;
        if self.seen.is_multiple_of(EVERY) {
            self.columns = orthonormal(self.columns.as_ref());
        }
        Ok(())
    }

    /// The subspace that fulfils what was learned.
    ///
    /// # Errors
    /// As [`Subspace::null_of`].
    pub fn subspace(&self) -> Result<Subspace> {
        Subspace::null_of(orthonormal(self.columns.as_ref()).as_ref().transpose())
    }
}
