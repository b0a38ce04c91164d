//! The coordinates of an optimisation: entries of W, or W on the span of the codes.

use attractor_core::{Error, Result};
use faer::{Mat, Side};

/// Directions of the Gram matrix below this share of the largest are rounding.
const RANK_TOLERANCE: f64 = 1e-12;

/// Codes and first map in the coordinates of the optimisation.
///
/// On the span, `X = C^(1/2) Q` with the Gram matrix C and `Q = C^(-1/2) X` `[M, d]`, the orthonormal
/// basis that lies nearest to the codes and does not depend on their order; W is `B Q` plus what the
/// first map does outside the span, which no gradient ever touches. The gradient with respect to B is
/// the gradient with respect to W seen from the basis, so gradient descent takes the same steps in
/// both. Adam does not: it takes equal steps along all axes, which is why the basis is not that of
/// the eigenvectors, where that would raise the faintest directions of the codes most.
pub(super) struct Problem {
    /// Codes as columns `[r, M]`, r the number of coordinates.
    pub(super) codes: Mat<f64>,
    /// First map `[D, r]`.
    pub(super) start: Mat<f64>,
    /// Q and the first map outside the span `[D, d]`.
    outside: Option<(Mat<f64>, Mat<f64>)>,
}

impl Problem {
    /// From codes as columns `[d, M]` and a map `[D, d]`: on the entries of the map.
    pub(super) fn entries(codes: Mat<f64>, start: Mat<f64>) -> Self {
        Self {
            codes,
            start,
            outside: None,
        }
    }

    /// The same on the span of the codes, by their Gram matrix.
    pub(super) fn span(codes: &Mat<f64>, start: Mat<f64>) -> Result<Self> {
        let gram = codes.transpose() * codes;
        let decomposition = gram.self_adjoint_eigen(Side::Lower).map_err(|error| {
            Error::config(
                "codes",
                "must have a Gram matrix with eigenvectors",
                format!("{error:?}"),
            )
        })?;
        let values: Vec<f64> = decomposition.S().column_vector().iter().copied().collect();
        let vectors = decomposition.U();
        let count = codes.ncols();
        let largest = values.iter().copied().fold(0.0, f64::max);
        // Powers of the Gram matrix on its range.
        let power = |exponent: f64| {
            let scaled = Mat::from_fn(count, count, |k, i| match values[i] {
                value if value > RANK_TOLERANCE * largest => vectors[(k, i)] * value.powf(exponent),
                _ => 0.0,
            });
            &scaled * vectors.transpose()
        };
        let inside = power(0.5);
        let basis = power(-0.5) * codes.transpose();
        let first = &start * basis.transpose();
        let outside = start - &first * &basis;
        Ok(Self {
            codes: inside,
            start: first,
            outside: Some((basis, outside)),
        })
    }

    /// Squared norm of the map outside the span.
    pub(super) fn outside_norm(&self) -> f64 {
        match &self.outside {
            Some((_, outside)) => outside.squared_norm_l2(),
            None => 0.0,
        }
    }

    /// The map `[D, d]`, its part outside the span times `scale`.
    pub(super) fn map(&self, inside: &Mat<f64>, scale: f64) -> Mat<f64> {
        match &self.outside {
            Some((basis, outside)) => inside * basis + outside * faer::Scale(scale),
            None => inside.clone(),
        }
    }
}
