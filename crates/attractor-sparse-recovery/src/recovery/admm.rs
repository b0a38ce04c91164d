//! Basis pursuit by the alternating direction method of multipliers.
//!
//! ```text
//! minimise |z|_1  subject to  Q z = s:
//!     x = Pi(z - u),   x' = a x + (1 - a) z,   z = soft(x' + u, t),   u = u + x' - z
//! ```
//!
//! `Pi(v) = P v + e0` is the projection onto the affine set, `e0 = Q^T s` its shortest point, and `P = I - Q^T Q` or
//! `A A^T`, whichever factor is smaller; words are scaled so that the largest entry of `e0` is 1. [`Pace`] says what
//! a and t are. With noise the set is `|Q z - s| <= eta`, whose projection moves `v` by
//! `max(0, 1 - eta / |D|)` of `D = v - P v - e0`. `u / t` converges to the dual `Q^T lambda`.
//!
//! # Reference
//! - S. Boyd et al., "Distributed optimization and statistical learning via the alternating direction method of
//!   multipliers", Foundations and Trends in Machine Learning 3(1), 2011, section 6.2.

use attractor_core::error::{require_non_negative, require_positive};
use attractor_core::{Error, Result};
use faer::Mat;

pub use super::projector::Projector;
use super::real::Real;
use crate::input;
use crate::linalg::{col, col_mut, max_abs};

/// How iterations move: what they converge to does not depend on it.
///
/// Much over-relaxation holds up the end: once the signs are settled, errors shrink by
/// `sqrt(a (2 - a) c^2 + (1 - a)^2)` per iteration, c the cosine of the angle between the constraints and the
/// support, which is least at a = 1. At a = 1.7, a common choice, no angle makes it smaller than 0.7.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// a, between 0 and 2.
    pub relaxation: f64,
    /// t in units of `mean|e0|`.
    pub threshold: f64,
}

impl Pace {
    /// Much over-relaxed, with a high threshold.
    pub const RELAXED: Self = Self {
        relaxation: 1.7,
        threshold: 3.0,
    };

    fn validate(&self) -> Result<()> {
        require_positive("Pace.threshold", self.threshold)?;
        match self.relaxation > 0.0 && self.relaxation < 2.0 {
            true => Ok(()),
            false => Err(Error::config(
                "Pace.relaxation",
                "must be between 0 and 2",
                self.relaxation,
            )),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            relaxation: 1.2,
            threshold: 1.0,
        }
    }
}

/// One problem of a [`Block`].
#[derive(Debug, Clone)]
pub struct Problem {
    /// Shortest point of the affine set, n entries.
    pub shortest: Vec<f64>,
    /// Allowed residual, in the same units; 0 for none.
    pub eta: f64,
    /// A unit vector within the range of the projector along which the set does not extend; `shortest` is a
    /// multiple of it then.
    pub without: Option<Vec<f64>>,
}

impl Problem {
    fn validate(&self, n: usize) -> Result<()> {
        input::vector("Problem.shortest", &self.shortest, n)?;
        require_non_negative("Problem.eta", self.eta)?;
        if let Some(without) = &self.without {
            input::vector("Problem.without", without, n)?;
        }
        match max_abs(&self.shortest) > 0.0 {
            true => Ok(()),
            false => Err(Error::config("Problem.shortest", "must not be 0", 0)),
        }
    }
}

/// Problems that share a projector and iterate together.
#[derive(Debug, Clone)]
pub struct Block<'a, T: Real = f64> {
    projector: &'a Projector<T>,
    relaxation: T,
    /// What problem stands in which column; those that are finished go behind the `active` others.
    order: Vec<usize>,
    active: usize,
    offset: Mat<T>,
    without: Option<Mat<T>>,
    x: Mat<T>,
    z: Mat<T>,
    u: Mat<T>,
    v: Mat<T>,
    inner: Mat<T>,
    eta: Vec<T>,
    threshold: Vec<T>,
    scale: Vec<f64>,
    change: Vec<f64>,
}

impl<'a, T: Real> Block<'a, T> {
    /// Starts at `z = u = 0`.
    ///
    /// # Errors
    /// [`Error::Width`] for vectors that are not of the projector's width, [`Error::NonFinite`];
    /// [`Error::Config`] for a shortest point of 0, which is the answer already, and a residual below 0.
    pub fn new(projector: &'a Projector<T>, problems: &[Problem]) -> Result<Self> {
        Self::paced(projector, problems, Pace::default())
    }

    /// The same at another pace.
    ///
    /// # Errors
    /// As [`Block::new`]; [`Error::Config`] for a pace at which nothing converges.
    pub fn paced(projector: &'a Projector<T>, problems: &[Problem], pace: Pace) -> Result<Self> {
        let (n, count) = (projector.width(), problems.len());
        pace.validate()?;
        problems.iter().try_for_each(|own| own.validate(n))?;
        let scale: Vec<f64> = problems.iter().map(|own| max_abs(&own.shortest)).collect();
        let mean = |own: &Problem| crate::linalg::l1(&own.shortest) / n as f64;
        let scales = || problems.iter().zip(&scale);
        let directions = problems.iter().any(|own| own.without.is_some());
        Ok(Self {
            projector,
            relaxation: T::of(pace.relaxation),
            order: (0..count).collect(),
            active: count,
            offset: Mat::from_fn(n, count, |i, j| T::of(problems[j].shortest[i] / scale[j])),
            without: directions.then(|| {
                Mat::from_fn(n, count, |i, j| {
                    T::of(problems[j].without.as_ref().map_or(0.0, |d| d[i]))
                })
            }),
            x: Mat::zeros(n, count),
            z: Mat::zeros(n, count),
            u: Mat::zeros(n, count),
            v: Mat::zeros(n, count),
            inner: Mat::zeros(projector.factor.ncols(), count),
            eta: scales()
                .map(|(own, scale)| T::of(own.eta / scale))
                .collect(),
            threshold: scales()
                .map(|(own, scale)| T::of(pace.threshold * mean(own) / scale))
                .collect(),
            change: vec![f64::INFINITY; count],
            scale,
        })
    }

    /// Continues a problem from an error, in its own units, and an estimate of `Q^T lambda`.
    ///
    /// # Errors
    /// [`Error::Index`] for a problem that there is not; [`Error::Width`], [`Error::NonFinite`].
    pub fn warm(&mut self, problem: usize, error: &[f64], dual: &[f64]) -> Result<()> {
        let column = self.column(problem)?;
        input::vector("error", error, self.projector.width())?;
        input::vector("dual", dual, self.projector.width())?;
        let (scale, t) = (self.scale[column], self.threshold[column]);
        let z = col_mut(&mut self.z, column);
        z.iter_mut()
            .zip(error)
            .for_each(|(z, e)| *z = T::of(e / scale));
        let u = col_mut(&mut self.u, column);
        u.iter_mut()
            .zip(dual)
            .for_each(|(u, d)| *u = T::of(d * t.wide()));
        Ok(())
    }

    fn column(&self, problem: usize) -> Result<usize> {
        let found = self.order.iter().position(|&own| own == problem);
        found.ok_or(Error::Index {
            what: "problem",
            len: self.order.len(),
            index: problem,
        })
    }

    /// Problems that still iterate.
    pub fn active(&self) -> Vec<usize> {
        self.order[..self.active].to_vec()
    }

    /// One iteration of every active problem.
    pub fn step(&mut self) {
        let count = self.active;
        for j in 0..count {
            let (z, u) = (col(&self.z, j), col(&self.u, j));
            let v = col_mut(&mut self.v, j);
            for ((v, &z), &u) in v.iter_mut().zip(z).zip(u) {
                *v = T::blend(T::of(1.0), z, T::of(-1.0), u);
            }
        }
        self.projector
            .apply(&self.v, &mut self.x, &mut self.inner, count);
        for j in 0..count {
            self.complete_projection(j);
            let (x, t) = (col(&self.x, j), self.threshold[j]);
            let u = col_mut(&mut self.u, j);
            let z = col_mut(&mut self.z, j);
            let (mut apart, mut moved, mut largest) = (0.0f64, 0.0f64, 0.0f64);
            for ((&x, z), u) in x.iter().zip(z).zip(u) {
                let (next, dual) = T::step([x, *z, *u], self.relaxation, t);
                apart = apart.max((x.wide() - next.wide()).abs());
                moved = moved.max((next.wide() - z.wide()).abs());
                largest = largest.max(next.wide().abs());
                (*z, *u) = (next, dual);
            }
            self.change[j] = apart.max(moved) / largest.max(1e-3);
        }
    }

    /// From `P v` to the projection onto the set.
    fn complete_projection(&mut self, j: usize) {
        let offset = col(&self.offset, j);
        let x = col_mut(&mut self.x, j);
        if let Some(without) = &self.without {
            let direction = col(without, j);
            let along: f64 = x
                .iter()
                .zip(direction)
                .map(|(x, d)| x.wide() * d.wide())
                .sum();
            let along = T::of(-along);
            for (x, &d) in x.iter_mut().zip(direction) {
                *x = T::blend(T::of(1.0), *x, along, d);
            }
        }
        let eta = self.eta[j].wide();
        if eta == 0.0 {
            for (x, &e) in x.iter_mut().zip(offset) {
                *x = T::blend(T::of(1.0), *x, T::of(1.0), e);
            }
            return;
        }
        let v = col(&self.v, j);
        let missed = |x: T, v: T, e: T| v.wide() - x.wide() - e.wide();
        let each = || x.iter().zip(v).zip(offset);
        let square: f64 = each().map(|((&x, &v), &e)| missed(x, v, e).powi(2)).sum();
        let part = (1.0 - eta / square.sqrt().max(f64::MIN_POSITIVE)).max(0.0);
        for ((x, &v), &e) in x.iter_mut().zip(v).zip(offset) {
            *x = T::of(v.wide() - part * missed(*x, v, e));
        }
    }

    /// Largest difference of `x`, `z` and the `z` before, relative to `z`.
    ///
    /// # Errors
    /// [`Error::Index`] for a problem that there is not.
    pub fn change(&self, problem: usize) -> Result<f64> {
        Ok(self.change[self.column(problem)?])
    }

    /// Takes a problem out; it no longer changes.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn freeze(&mut self, problem: usize) -> Result<()> {
        let column = self.column(problem)?;
        if column >= self.active {
            return Ok(());
        }
        self.active -= 1;
        let last = self.active;
        self.order.swap(column, last);
        self.eta.swap(column, last);
        self.threshold.swap(column, last);
        self.scale.swap(column, last);
        self.change.swap(column, last);
        let directions = self.without.iter_mut();
        let state = [&mut self.x, &mut self.z, &mut self.u, &mut self.offset];
        for mat in state.into_iter().chain(directions) {
            for i in 0..mat.nrows() {
                let kept = mat[(i, column)];
                mat[(i, column)] = mat[(i, last)];
                mat[(i, last)] = kept;
            }
        }
        Ok(())
    }

    fn read(&self, mat: &Mat<T>, problem: usize, factor: f64) -> Result<Vec<f64>> {
        let column = col(mat, self.column(problem)?);
        Ok(column.iter().map(|x| x.wide() * factor).collect())
    }

    /// The sparse iterate, scaled.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn z(&self, problem: usize) -> Result<Vec<f64>> {
        self.read(&self.z, problem, 1.0)
    }

    /// The iterate that fulfils the constraints, scaled.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn x(&self, problem: usize) -> Result<Vec<f64>> {
        self.read(&self.x, problem, 1.0)
    }

    /// What words were divided by.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn scale(&self, problem: usize) -> Result<f64> {
        Ok(self.scale[self.column(problem)?])
    }

    /// The soft threshold.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn threshold(&self, problem: usize) -> Result<f64> {
        Ok(self.threshold[self.column(problem)?].wide())
    }

    /// The error that fulfils the constraints, in the units of the cue.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn error(&self, problem: usize) -> Result<Vec<f64>> {
        self.read(&self.x, problem, self.scale(problem)?)
    }

    /// The estimate of `Q^T lambda`.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn dual(&self, problem: usize) -> Result<Vec<f64>> {
        self.read(&self.u, problem, 1.0 / self.threshold(problem)?)
    }
}
