//! Bases of a subspace and of its complement.

use attractor_core::{Error, Result};
use faer::{Mat, MatRef};

use super::{Evidence, Factor, RankRule};
use crate::input;
use crate::linalg::{apply, col, col_mut, joined, norm, product};

/// An affine subspace: `n` orthonormal vectors, the first `rank` of which span it. See the
/// [module](super).
#[derive(Debug, Clone)]
pub struct Subspace {
    vectors: Mat<f64>,
    rank: usize,
    spectrum: Vec<f64>,
    mean: Vec<f64>,
    samples: usize,
    evidence: Evidence,
}

impl Subspace {
    pub(super) fn new(
        vectors: Mat<f64>,
        rank: usize,
        spectrum: Vec<f64>,
        mean: Vec<f64>,
        samples: usize,
    ) -> Self {
        Self {
            vectors,
            rank,
            spectrum,
            mean,
            samples,
            evidence: Evidence::Settled,
        }
    }

    /// The same with what its samples say.
    pub(crate) fn with_evidence(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }

    /// Whether the samples settle the subspace.
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Rows that the spectrum is of: the mean takes one.
    fn rows(&self) -> usize {
        let centred = self.mean.iter().any(|x| *x != 0.0);
        self.samples.saturating_sub(usize::from(centred))
    }

    /// Learns from samples, the columns of `samples [n, N]`.
    ///
    /// # Errors
    /// As [`Factor::add`] and [`Factor::subspace`].
    pub fn fit(samples: &Mat<f64>, centred: bool, rule: RankRule) -> Result<Self> {
        let mut factor = Factor::new(samples.nrows());
        factor.add(samples)?;
        factor.subspace(centred, rule)
    }

    /// The null space of constraints, the rows of `rows [m, n]`, which need not be orthogonal.
    ///
    /// # Errors
    /// As [`Subspace::fit`].
    pub fn null_of(rows: MatRef<'_, f64>) -> Result<Self> {
        let constraints = Self::fit(&rows.transpose().to_owned(), false, RankRule::Exact)?;
        let (n, m) = (constraints.width(), constraints.rank);
        // What spans the constraints goes last.
        let vectors = Mat::from_fn(n, n, |i, j| constraints.vectors[(i, (j + m) % n)]);
        Ok(Self::new(vectors, n - m, Vec::new(), vec![0.0; n], 0))
    }

    /// Entries of a pattern, n.
    pub fn width(&self) -> usize {
        self.vectors.nrows()
    }

    /// Dimension of the subspace, r.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Number of constraints, m = n - r.
    pub fn constraint_count(&self) -> usize {
        self.width() - self.rank
    }

    /// Orthonormal basis `A [n, r]`, as columns.
    pub fn basis(&self) -> MatRef<'_, f64> {
        self.vectors.get(.., ..self.rank)
    }

    /// Orthonormal constraints `Q [m, n]`, as rows.
    pub fn constraints(&self) -> MatRef<'_, f64> {
        self.vectors.get(.., self.rank..).transpose()
    }

    /// What is subtracted from every pattern; 0 for a subspace through 0.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Singular values of the samples, falling; those of index `rank` and above were cut off.
    pub fn spectrum(&self) -> &[f64] {
        &self.spectrum
    }

    /// `sigma_r / sigma_(r+1)`: how clear the cut is; infinite where nothing but zeros was cut off.
    pub fn gap(&self) -> f64 {
        let at = |i: usize| self.spectrum.get(i).copied().unwrap_or(0.0);
        match self.rank.checked_sub(1) {
            Some(last) => at(last) / at(self.rank),
            None => f64::INFINITY,
        }
    }

    /// Root of the mean squared length of what the cut left of the samples: their own noise.
    pub fn noise(&self) -> f64 {
        let cut = self.spectrum.get(self.rank..).unwrap_or_default();
        norm(cut) / (self.samples.max(1) as f64).sqrt()
    }

    /// The same patterns with the spectrum cut elsewhere, without learning anew.
    ///
    /// # Errors
    /// As [`RankRule::validate`]; [`Error::Unsupported`] where there is no spectrum, as after [`Subspace::join`] and
    /// of a [null space](Subspace::null_of).
    pub fn recut(&self, rule: RankRule) -> Result<Self> {
        rule.validate()?;
        if self.spectrum.is_empty() {
            let part = "a subspace that was not learned from samples at once";
            return Err(Error::Unsupported {
                what: "recut",
                capability: "singular values of samples",
                part: part.into(),
            });
        }
        let rank = rule.rank(&self.spectrum, self.samples, self.width());
        Ok(Self {
            rank,
            evidence: Evidence::of(rule, &self.spectrum, rank, self.rows()),
            ..self.clone()
        })
    }

    /// Cues minus the mean, as columns.
    pub(crate) fn centre(&self, cue: &[f64]) -> Vec<f64> {
        cue.iter()
            .zip(&self.mean)
            .map(|(x, mean)| x - mean)
            .collect()
    }

    /// The syndrome `Q (y - mean)`, m numbers: 0 for every point of the subspace.
    ///
    /// # Errors
    /// [`Error::Width`] for a cue of another width, [`Error::NonFinite`].
    pub fn syndrome(&self, cue: &[f64]) -> Result<Vec<f64>> {
        input::vector("cue", cue, self.width())?;
        Ok(self.missed(cue))
    }

    /// The syndrome of a checked cue.
    pub(crate) fn missed(&self, cue: &[f64]) -> Vec<f64> {
        apply(self.constraints(), &self.centre(cue))
    }

    /// The nearest point of the subspace.
    ///
    /// # Errors
    /// As [`Subspace::syndrome`].
    pub fn nearest(&self, cue: &[f64]) -> Result<Vec<f64>> {
        input::vector("cue", cue, self.width())?;
        let within = apply(self.basis().transpose(), &self.centre(cue));
        let near = apply(self.basis(), &within).into_iter().zip(&self.mean);
        Ok(near.map(|(x, mean)| x + mean).collect())
    }

    /// Sine of the largest principal angle between two subspaces; 1 if their dimensions differ.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another width.
    pub fn sine_of_angle(&self, other: &Self) -> Result<f64> {
        self.same_width(other)?;
        if self.rank != other.rank {
            return Ok(1.0);
        }
        let cross = product(self.constraints(), other.basis());
        let largest = cross
            .singular_values()
            .ok()
            .and_then(|values| values.first().copied());
        Ok(largest.unwrap_or(0.0))
    }

    /// Adds one pattern by a reflection of the constraints, in `O(m n)`: afterwards its direction belongs to the
    /// subspace and one constraint less is left. Nothing happens if its residual is at most `tolerance` of its
    /// length. Says whether it was new.
    ///
    /// # Errors
    /// As [`Subspace::syndrome`].
    pub fn absorb(&mut self, pattern: &[f64], tolerance: f64) -> Result<bool> {
        input::vector("pattern", pattern, self.width())?;
        let centred = self.centre(pattern);
        let mut mirror = apply(self.constraints(), &centred);
        let length = norm(&mirror);
        if length <= tolerance * norm(&centred) || mirror.is_empty() {
            return Ok(false);
        }
        // The Householder reflection that takes the residual to the first axis.
        mirror.iter_mut().for_each(|x| *x /= length);
        let sign = if mirror[0] < 0.0 { -1.0 } else { 1.0 };
        mirror[0] += sign;
        let scale = 1.0 / mirror[0].abs();
        let along = apply(self.constraints().transpose(), &mirror);
        for (k, weight) in mirror.iter().enumerate() {
            let column = col_mut(&mut self.vectors, self.rank + k);
            column
                .iter_mut()
                .zip(&along)
                .for_each(|(v, a)| *v -= scale * weight * a);
        }
        self.rank += 1;
        self.samples += 1;
        Ok(true)
    }

    /// Adds what another subspace spans. The means must be the same.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another width or another mean.
    pub fn join(&mut self, other: &Self, tolerance: f64) -> Result<()> {
        self.same_width(other)?;
        let apart: Vec<f64> = other
            .mean
            .iter()
            .zip(&self.mean)
            .map(|(a, b)| a - b)
            .collect();
        if norm(&apart) > tolerance * norm(&self.mean).max(1.0) {
            return Err(Error::Mismatch {
                what: "the union of spans",
                expected: "the same mean".into(),
                part: "the other subspace",
                found: format!("one at a distance of {}", norm(&apart)),
            });
        }
        for column in 0..other.rank {
            let direction: Vec<f64> = col(&other.vectors, column).to_vec();
            let shifted = direction.iter().zip(&self.mean).map(|(x, mean)| x + mean);
            self.absorb(&shifted.collect::<Vec<_>>(), tolerance)?;
        }
        // Both spectra are of other bases.
        self.spectrum.clear();
        if self.evidence == Evidence::Settled {
            self.evidence = other.evidence;
        }
        Ok(())
    }

    fn same_width(&self, other: &Self) -> Result<()> {
        match self.width() == other.width() {
            true => Ok(()),
            false => Err(Error::Mismatch {
                what: "the subspace",
                expected: format!("{} entries", self.width()),
                part: "the other",
                found: format!("{} entries", other.width()),
            }),
        }
    }

    /// The points with these coordinates in the basis, r of each, as columns.
    ///
    /// # Errors
    /// [`Error::Width`] for another number of coordinates.
    pub fn points(&self, coordinates: &[Vec<f64>]) -> Result<Mat<f64>> {
        for own in coordinates {
            input::length("coordinates", self.rank, own.len())?;
        }
        let mut points = product(self.basis(), joined(self.rank, coordinates).as_ref());
        for j in 0..points.ncols() {
            let column = col_mut(&mut points, j);
            column
                .iter_mut()
                .zip(&self.mean)
                .for_each(|(x, mean)| *x += mean);
        }
        Ok(points)
    }
}
