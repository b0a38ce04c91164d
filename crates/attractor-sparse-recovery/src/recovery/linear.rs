//! Linear programs, by the interior-point method of [`clarabel`]: slower than the iterations beside it, and
//! independent of them, to hold them against.

use attractor_core::Result;
use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT::{NonnegativeConeT, ZeroConeT};
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus};
use faer::MatRef;

use crate::input;
use crate::linalg::max_abs;

/// What the solver is asked for, relative and absolute.
const TOLERANCE: f64 = 1e-11;
/// Entries below this part of the largest are the solver's zeros.
const ZERO: f64 = 1e-7;

/// `min cost x` subject to equalities and then inequalities `row x <= right`, by their triplets.
struct Program {
    cost: Vec<f64>,
    entries: Vec<(usize, usize, f64)>,
    right: Vec<f64>,
    equalities: usize,
}

impl Program {
    /// `None` unless the solver is sure, or almost.
    fn solve(self) -> Option<Vec<f64>> {
        let (rows, width) = (self.right.len(), self.cost.len());
        let (mut i, mut j, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (row, column, value) in self.entries.into_iter().filter(|at| at.2 != 0.0) {
            i.push(row);
            j.push(column);
            values.push(value);
        }
        let matrix = CscMatrix::new_from_triplets(rows, width, i, j, values);
        let cones = [
            ZeroConeT(self.equalities),
            NonnegativeConeT(rows - self.equalities),
        ];
        let settings = DefaultSettings {
            verbose: false,
            tol_gap_abs: TOLERANCE,
            tol_gap_rel: TOLERANCE,
            tol_feas: TOLERANCE,
            ..DefaultSettings::default()
        };
        let none = CscMatrix::zeros((width, width));
        let solver = DefaultSolver::new(&none, &self.cost, &matrix, &self.right, &cones, settings);
        let mut solver = solver.ok()?;
        solver.solve();
        let sure = [
            SolverStatus::Solved,
            SolverStatus::AlmostSolved,
            SolverStatus::InsufficientProgress,
        ];
        let solved = sure.contains(&solver.solution.status);
        let x = solver.solution.x;
        (solved && x.iter().all(|x| x.is_finite())).then_some(x)
    }
}

/// A minimiser of `|e|_1 s.t. C e = s`, for constraints `C [m, n]` as rows: with `w >= |e|` the sum of `w`. Only its
/// support and signs are meant to be used. `None` if the program has no solution or the solver fails.
///
/// # Errors
/// [`Error::Width`](attractor_core::Error::Width) unless the syndrome has m numbers;
/// [`Error::NonFinite`](attractor_core::Error::NonFinite).
pub fn basis_pursuit(constraints: MatRef<'_, f64>, syndrome: &[f64]) -> Result<Option<Vec<f64>>> {
    let (m, n) = constraints.shape();
    input::matrix("constraints", constraints)?;
    input::vector("syndrome", syndrome, m)?;
    let scale = max_abs(syndrome);
    if scale == 0.0 {
        return Ok(Some(vec![0.0; n]));
    }
    let equalities = (0..m).flat_map(|i| (0..n).map(move |j| (i, j, constraints[(i, j)])));
    let bounds = (0..n).flat_map(|j| {
        let (first, second) = (m + 2 * j, m + 2 * j + 1);
        [
            (first, j, 1.0),
            (first, n + j, -1.0),
            (second, j, -1.0),
            (second, n + j, -1.0),
        ]
    });
    let mut right: Vec<f64> = syndrome.iter().map(|s| s / scale).collect();
    right.resize(m + 2 * n, 0.0);
    let program = Program {
        cost: (0..2 * n).map(|j| if j < n { 0.0 } else { 1.0 }).collect(),
        entries: equalities.chain(bounds).collect(),
        right,
        equalities: m,
    };
    let Some(solution) = program.solve() else {
        return Ok(None);
    };
    let floor = ZERO * max_abs(&solution[..n]);
    let clear = |x: &f64| if x.abs() > floor { scale * x } else { 0.0 };
    Ok(Some(solution[..n].iter().map(clear).collect()))
}

/// The smallest `max |C^T lambda|` beside a support among all lambda with the signs of `error` on it: below 1
/// exactly where `error` is the only minimiser of its sum of absolute values, if the support's columns are
/// independent. Needs `C [m, n]`; `None` if no lambda has those signs or the solver fails.
///
/// # Errors
/// [`Error::Width`](attractor_core::Error::Width) unless the error has n entries;
/// [`Error::NonFinite`](attractor_core::Error::NonFinite).
pub fn smallest_certificate(constraints: MatRef<'_, f64>, error: &[f64]) -> Result<Option<f64>> {
    let (m, n) = constraints.shape();
    input::matrix("constraints", constraints)?;
    input::vector("error", error, n)?;
    let (support, rest): (Vec<usize>, Vec<usize>) = (0..n).partition(|&j| error[j] != 0.0);
    // Variables: lambda, and the bound.
    let row =
        |row: usize, j: usize, sign: f64| (0..m).map(move |i| (row, i, sign * constraints[(i, j)]));
    let mut entries: Vec<(usize, usize, f64)> = Vec::new();
    let mut right: Vec<f64> = Vec::new();
    for &j in &support {
        entries.extend(row(right.len(), j, 1.0));
        right.push(error[j].signum());
    }
    for &j in &rest {
        for sign in [1.0, -1.0] {
            entries.extend(row(right.len(), j, sign));
            entries.push((right.len(), m, -1.0));
            right.push(0.0);
        }
    }
    let mut cost = vec![0.0; m + 1];
    cost[m] = 1.0;
    let program = Program {
        cost,
        entries,
        right,
        equalities: support.len(),
    };
    // The vertex once more, from the constraints that hold it, in double precision.
    let value = |solution: Vec<f64>| {
        let bound = solution[m];
        vertex(constraints, error, &solution[..m], bound).unwrap_or(bound)
    };
    Ok(program.solve().map(value))
}

/// Distance from its bound at which a constraint counts as active.
const ACTIVE: f64 = 1e-6;

fn vertex(constraints: MatRef<'_, f64>, error: &[f64], lambda: &[f64], bound: f64) -> Option<f64> {
    use crate::linalg::{LeastSquares, apply};
    let m = constraints.nrows();
    let dual = apply(constraints.transpose(), lambda);
    let near = |&j: &usize| error[j] != 0.0 || (dual[j].abs() - bound).abs() < ACTIVE;
    let active: Vec<usize> = (0..error.len()).filter(near).collect();
    let rows = faer::Mat::from_fn(active.len(), m + 1, |i, k| {
        match (k < m, error[active[i]]) {
            (true, _) => constraints[(k, active[i])],
            (false, 0.0) => -dual[active[i]].signum(),
            (false, _) => 0.0,
        }
    });
    let right = active.iter().map(|&j| match error[j] {
        0.0 => 0.0,
        value => value.signum(),
    });
    let solved = LeastSquares::new(rows)?.solve(&right.collect::<Vec<_>>());
    solved.last().copied()
}
