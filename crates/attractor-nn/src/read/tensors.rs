//! The read in tensor operations, on any device and in any precision.

use attractor_core::{Outcome, Result, check};
use burn::tensor::{Bool, Device, Tensor, TensorData};

use super::separation::{CLOSED, separate};
use super::{Dims, Parts, Report, Rules, Solve, floor, is_implicit, outcome};
use crate::config::{Grad, Separation, Stop};
use crate::energy::psi;
use crate::layer::Mask;

/// Parts with an axis of heads, `[n, heads, rows, width]`; axes of 1 are shared.
pub(super) struct Heads {
    pub(super) q: Tensor<4>,
    pub(super) k: Tensor<4>,
    pub(super) v: Tensor<4>,
    /// `[1, heads, 1, 1]`
    pub(super) beta: Tensor<4>,
    /// Of the shape of the scores, or of fewer sets, heads or states.
    pub(super) closed: Option<Tensor<4, Bool>>,
    pub(super) added: Option<Tensor<4>>,
    pub(super) separation: Separation,
}

impl Heads {
    fn new(parts: Parts, rules: &Rules, dims: Dims) -> Self {
        let split = |x: Tensor<3>, width: usize| -> Tensor<4> {
            let [n, rows, all] = x.dims();
            x.reshape([n, rows, all / width, width]).swap_dims(1, 2)
        };
        let device = parts.q.device();
        let (closed, added) = on_device(&rules.mask, rules.extra, dims, &parts.q, &device);
        let q = split(parts.q, dims.h);
        Self {
            q: q.expand([dims.n, dims.heads, dims.l, dims.h]),
            k: split(parts.k, dims.h),
            v: split(parts.v, dims.p),
            beta: parts.beta.reshape([1, dims.heads, 1, 1]),
            closed,
            added,
            separation: rules.separation,
        }
    }

    /// The same outside the graph.
    fn detached(&self) -> Self {
        Self {
            q: self.q.clone().without_autodiff(),
            k: self.k.clone().without_autodiff(),
            v: self.v.clone().without_autodiff(),
            beta: self.beta.clone().without_autodiff(),
            closed: self.closed.clone(),
            added: self.added.clone(),
            separation: self.separation,
        }
    }

    fn scores(&self, x: Tensor<4>) -> Tensor<4> {
        let z = matmul(x * self.beta.clone(), self.k.clone().swap_dims(2, 3));
        let z = match &self.added {
            Some(added) => z + added.clone(),
            None => z,
        };
        match &self.closed {
            Some(closed) => z
                .clone()
                .mask_fill(closed.clone().expand(z.shape()), CLOSED),
            None => z,
        }
    }

    /// The association of states.
    pub(super) fn associate(&self, x: Tensor<4>) -> Tensor<4> {
        let p = separate(self.scores(x), self.separation);
        match &self.closed {
            Some(closed) => p.clone().mask_fill(closed.clone().expand(p.shape()), 0.0),
            None => p,
        }
    }

    fn update(&self, x: Tensor<4>) -> Tensor<4> {
        matmul(self.associate(x), self.k.clone())
    }

    /// `-psi(z) / beta + |x|^2 / 2` for each row; infinite where everything is closed.
    fn energies(&self, x: &Tensor<4>) -> Result<Vec<f64>> {
        let [.., states, width] = x.dims();
        let z = self.scores(x.clone());
        let [.., stored] = z.dims();
        let (z, x) = (check::to_host_doubles(&z)?, check::to_host_doubles(x)?);
        let beta = check::to_host_doubles(&self.beta)?;
        let rows = z.chunks(stored).zip(x.chunks(width)).enumerate();
        let rows = rows.map(|(row, (z, x))| {
            let beta = beta[row / states % beta.len()];
            let open = z
                .iter()
                .map(|&z| if z <= CLOSED { f64::NEG_INFINITY } else { z });
            psi(&open.collect::<Vec<_>>(), self.separation) / -beta
                + x.iter().map(|x| x * x).sum::<f64>() / 2.0
        });
        Ok(rows.collect())
    }
}

/// Products of matrices whose outer axes may be 1.
pub(super) fn matmul(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    a.matmul(b)
}

/// Masks with an axis of heads and columns for the extra rows.
fn on_device(
    mask: &Mask,
    extra: usize,
    dims: Dims,
    like: &Tensor<3>,
    device: &Device,
) -> (Option<Tensor<4, Bool>>, Option<Tensor<4>>) {
    let device = &device.clone().without_autodiff();
    let stored = dims.s - extra;
    let mut closed = mask.closed.as_ref().map(|columns| {
        let rows = columns.chunks(stored);
        let wide = rows.flat_map(|row| row.iter().copied().chain((0..extra).map(|_| false)));
        let data = TensorData::new(wide.collect::<Vec<_>>(), [dims.n, 1, 1, dims.s]);
        Tensor::<4, Bool>::from_data(data, device)
    });
    let Some(pairs) = &mask.pairs else {
        return (closed, None);
    };
    let wide = |at: fn(f64) -> f64| -> Vec<f64> {
        let rows = pairs.added.chunks(stored);
        rows.flat_map(|row| row.iter().map(|&x| at(x)).chain((0..extra).map(|_| 0.0)))
            .collect()
    };
    let shape = match pairs.per_head {
        true => [dims.n, dims.heads, dims.l, dims.s],
        false => [1, 1, dims.l, dims.s],
    };
    let finite = wide(|x| if x == f64::NEG_INFINITY { 0.0 } else { x });
    let added = finite.iter().any(|&x| x != 0.0).then(|| {
        let data = TensorData::new(finite, shape);
        Tensor::<4>::from_data(data, (device, like.dtype()))
    });
    if pairs.added.contains(&f64::NEG_INFINITY) {
        let shut = wide(|x| if x == f64::NEG_INFINITY { 1.0 } else { 0.0 });
        let shut: Vec<bool> = shut.into_iter().map(|x| x != 0.0).collect();
        let shut = Tensor::<4, Bool>::from_data(TensorData::new(shut, shape), device);
        closed = Some(match closed {
            None => shut,
            Some(columns) => {
                let full = [dims.n, dims.heads, dims.l, dims.s];
                columns.expand(full).bool_or(shut.expand(full))
            }
        });
    }
    (closed, added)
}

/// As [`super::read`].
pub(super) fn read(parts: Parts, rules: &Rules) -> Result<(Tensor<3>, Report)> {
    let dims = rules.dims(&parts);
    let heads = Heads::new(parts, rules, dims);
    let (x, mut report) = settle(&heads, rules, dims)?;
    report.states = rules.keep_states.then(|| {
        let states = x.clone().without_autodiff().swap_dims(1, 2);
        states.reshape([dims.n, dims.l, dims.heads * dims.h])
    });
    let p = heads.associate(x);
    let p = match rules.dropout {
        None => p,
        Some(dropout) => {
            let [n, heads, l, s] = p.dims();
            let factor = dropout.factor();
            let factors: Vec<f64> = (0..(n * heads * l * s) as u64).map(factor).collect();
            let data = TensorData::new(factors, [n, heads, l, s]);
            let device = p.device().without_autodiff();
            p.clone() * Tensor::from_data(data, (&device, p.dtype()))
        }
    };
    let output = matmul(p, heads.v.clone()).swap_dims(1, 2);
    Ok((
        output.reshape([dims.n, dims.l, dims.heads * dims.p]),
        report,
    ))
}

/// As [`super::association`].
pub(super) fn association(parts: Parts, rules: &Rules) -> Result<(Tensor<4>, Report)> {
    let dims = rules.dims(&parts);
    let heads = Heads::new(parts, rules, dims);
    let (x, report) = settle(&heads, rules, dims)?;
    Ok((heads.associate(x), report))
}

/// The states after all updates.
fn settle(heads: &Heads, rules: &Rules, dims: Dims) -> Result<(Tensor<4>, Report)> {
    if is_implicit(rules) {
        let (x, report) = iterate(&heads.detached(), rules, dims)?;
        let x = super::implicit::at_fixed_point(heads, x, &report.solve)?;
        // What never moved is no fixed point.
        let still = boolean(
            report.steps.iter().map(|&steps| steps == 0).collect(),
            dims,
            &x,
        );
        return Ok((x.mask_where(still, heads.q.clone()), report));
    }
    if rules.sizes.gradient == Grad::LastStep {
        // The state before the last update stands for the start: its value with the start's gradient.
        let free = heads.detached();
        let (x, mut report) = iterate(&free, rules, dims)?;
        return last_step(heads, &free, rules, dims, x, &mut report).map(|x| (x, report));
    }
    iterate(heads, rules, dims)
}

/// The last update of every row once more, inside the graph.
fn last_step(
    heads: &Heads,
    free: &Heads,
    rules: &Rules,
    dims: Dims,
    end: Tensor<4>,
    report: &mut Report,
) -> Result<Tensor<4>> {
    let mut short = rules.clone();
    short.record = false;
    let before = replay(free, &report.steps, dims)?;
    let start = heads.q.clone();
    let before = start.clone() - start.detach() + before;
    let moved = boolean(
        report.steps.iter().map(|&steps| steps > 0).collect(),
        dims,
        &end,
    );
    let still = before.clone();
    Ok(still.mask_where(moved, heads.update(before)))
}

/// The state of every row before the last of its updates.
fn replay(free: &Heads, steps: &[usize], dims: Dims) -> Result<Tensor<4>> {
    let mut x = free.q.clone();
    for step in 1..steps.iter().copied().max().unwrap_or(0) {
        let takes = boolean(steps.iter().map(|&steps| steps > step).collect(), dims, &x);
        x = x.clone().mask_where(takes, free.update(x));
    }
    Ok(x)
}

/// One truth for each row, for all entries of its state.
fn boolean(rows: Vec<bool>, dims: Dims, like: &Tensor<4>) -> Tensor<4, Bool> {
    let device = like.device().without_autodiff();
    let data = TensorData::new(rows, [dims.n, dims.heads, dims.l, 1]);
    Tensor::<4, Bool>::from_data(data, &device).expand(like.shape())
}

/// Lengths of rows.
fn lengths(x: Tensor<4>) -> Result<Vec<f64>> {
    let squares = x.without_autodiff().square().sum_dim(3);
    let squares = check::to_host_doubles(&squares)?;
    Ok(squares.into_iter().map(f64::sqrt).collect())
}

/// The states after all updates, recorded by the graph that `heads` belong to.
fn iterate(heads: &Heads, rules: &Rules, dims: Dims) -> Result<(Tensor<4>, Report)> {
    let free = heads.detached();
    let dtype = heads.q.dtype();
    let rows = dims.n * dims.heads * dims.l;
    let limit = |row: usize| rules.sizes.limits[row / dims.l % dims.heads];
    let mut x = heads.q.clone();
    let state = |x: &Tensor<4>| x.clone().without_autodiff();
    let first = free.energies(&state(&x))?;
    let empty: Vec<bool> = first.iter().map(|energy| energy.is_infinite()).collect();
    let mut active: Vec<bool> = empty.iter().map(|&empty| !empty).collect();
    let mut converged = vec![false; rows];
    let mut steps = vec![0; rows];
    let (mut energies, mut changes) = (Vec::new(), Vec::new());
    let mut before: Option<Tensor<4>> = None;
    for step in 0..rules.cap {
        let takes: Vec<bool> = (0..rows)
            .map(|row| active[row] && limit(row).max.is_none_or(|max| step < max))
            .collect();
        if !takes.contains(&true) {
            break;
        }
        if rules.record {
            energies.push(free.energies(&state(&x))?);
        }
        let moved = x
            .clone()
            .mask_where(boolean(takes.clone(), dims, &x), heads.update(x.clone()));
        (0..rows).for_each(|row| steps[row] += usize::from(takes[row]));
        match rules.stop {
            Stop::PerRow => {
                let by = lengths(state(&moved) - state(&x))?;
                let sizes = lengths(x)?;
                for row in (0..rows).filter(|&row| takes[row]) {
                    let eps = floor(limit(row).eps, dtype);
                    converged[row] = by[row] <= eps * sizes[row].max(1.0);
                    active[row] = !converged[row];
                }
            }
            Stop::PerHead => {
                let earlier = match before.take() {
                    Some(earlier) => earlier,
                    None => free.associate(state(&x)),
                };
                let now = free.associate(state(&moved));
                let by = head_changes(&now, &earlier, dims)?;
                for row in 0..rows {
                    let head = row / dims.l % dims.heads;
                    if takes[row] && by[head] <= limit(row).eps {
                        converged[row] = true;
                        active[row] = false;
                    }
                }
                changes.push(by);
                before = Some(now);
            }
        }
        x = moved;
    }
    let last = match steps.iter().any(|&steps| steps > 0) {
        true => free.energies(&state(&x))?,
        false => first.clone(),
    };
    if rules.record {
        energies.push(last.clone());
    }
    let outcomes: Vec<Outcome> = (0..rows)
        .map(|row| outcome(empty[row], converged[row], limit(row).max))
        .collect();
    let report = Report {
        shape: [dims.n, dims.heads, dims.l],
        outcomes,
        steps,
        energy_first: first,
        energy_last: last,
        energies,
        changes,
        solve: std::sync::Arc::new(Solve::default()),
        states: None,
    };
    Ok((x, report))
}

/// For each head the largest change of an association of a set, in the Frobenius norm.
fn head_changes(now: &Tensor<4>, before: &Tensor<4>, dims: Dims) -> Result<Vec<f64>> {
    let squares = (now.clone() - before.clone()).square();
    let squares: Tensor<4> = squares.sum_dim(3).sum_dim(2);
    let squares = check::to_host_doubles(&squares)?;
    let of = |head: usize| (0..dims.n).map(move |set| set * dims.heads + head);
    Ok((0..dims.heads)
        .map(|head| of(head).map(|at| squares[at].sqrt()).fold(0.0, f64::max))
        .collect())
}
