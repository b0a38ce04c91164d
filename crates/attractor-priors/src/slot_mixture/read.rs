//! The softmax read with the best order of slots for every pair of state and code.

use attractor_core::kernel::PatternStore;
use attractor_core::{Error, Result, check};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::assignment::Assignment;

/// Products of slots held at once, in numbers.
const TILE: usize = 1 << 22;
/// Weights below the e-th part of the largest, to this power, are nothing in single precision. The
/// slack covers what the expansion of the squares cancels.
const NEGLIGIBLE: f64 = 40.0;

/// One row of the answer.
#[derive(Debug, Clone)]
struct Row {
    max: f64,
    sum: f64,
    /// Weighted sum of reordered codes.
    total: Vec<f64>,
    /// Order of the best fitting code: slot `i` of the state goes with its slot `best[i]`.
    best: Vec<u8>,
    /// Scores of all codes, where they are asked for.
    scores: Option<Vec<f64>>,
}

/// What a read of `[b, d]` states gives.
#[derive(Debug)]
pub(super) struct Aligned {
    rows: Vec<Row>,
    dim: usize,
    device: Device,
}

impl Aligned {
    /// Weighted means `[b, d]` in the slot order of the states, or of the best fitting code.
    pub(super) fn mean(&self, stored_order: bool) -> Result<Tensor<2>> {
        let mut values = vec![0.0; self.rows.len() * self.dim];
        for (row, out) in self.rows.iter().zip(values.chunks_exact_mut(self.dim)) {
            let width = self.dim / row.best.len();
            for (slot, &stored) in row.best.iter().enumerate() {
                let to = if stored_order { stored.into() } else { slot };
                let from = &row.total[slot * width..(slot + 1) * width];
                for (out, &value) in out[to * width..].iter_mut().zip(from) {
                    *out = (value / row.sum) as f32;
                }
            }
        }
        check::from_host("slot mixture", values, self.dim, &self.device)
    }

    /// Energies `[b]`.
    pub(super) fn energy(&self) -> Tensor<1> {
        let values: Vec<f32> = self
            .rows
            .iter()
            .map(|row| -(row.max + row.sum.ln()))
            .map(|energy| energy.clamp(f32::MIN.into(), f32::MAX.into()) as f32)
            .collect();
        Tensor::from_data(values.as_slice(), &self.device)
    }
}

/// Scores and weights of all codes, `[b, n]`, for states `[b, d]`.
pub(super) fn scores(
    store: &PatternStore,
    states: Tensor<2>,
    slots: usize,
    variance: f32,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let found = visit(store, states, slots, variance, true)?;
    let (mut scores, mut weights) = (Vec::new(), Vec::new());
    for row in found.rows {
        let own = row.scores.unwrap_or_default();
        weights.extend(own.iter().map(|score| (score - row.max).exp() / row.sum));
        scores.extend(own);
    }
    Ok((scores, weights))
}

/// Reads states `[b, d]`.
///
/// # Errors
/// An empty memory, a wrong width.
pub(super) fn read(
    store: &PatternStore,
    states: Tensor<2>,
    slots: usize,
    variance: f32,
) -> Result<Aligned> {
    visit(store, states, slots, variance, false)
}

fn visit(
    store: &PatternStore,
    states: Tensor<2>,
    slots: usize,
    variance: f32,
    all: bool,
) -> Result<Aligned> {
    if store.is_empty() {
        return Err(Error::EmptyMemory);
    }
    check::shape("states", &states, store.dim())?;
    let ([cues, dim], device) = (states.dims(), states.device());
    let width = dim / slots;
    let values = check::to_host(states)?;
    let by_slot = at_unit_scale(&values, dim);
    let by_slot = check::from_host("states", by_slot, width, &device)?;
    let mut rows = vec![
        Row {
            max: f64::NEG_INFINITY,
            sum: 0.0,
            total: vec![0.0; dim],
            best: (0..slots as u8).collect(),
            scores: all.then(Vec::new),
        };
        cues
    ];
    let tile = (TILE / (cues * slots * slots)).max(1);
    for block in store.block_tensors() {
        let count = block.dims()[0];
        for first in (0..count).step_by(tile) {
            let part = block.clone().narrow(0, first, tile.min(count - first));
            let codes = check::to_host(part.clone())?;
            let scaled = at_unit_scale(&codes, dim);
            let part = check::from_host("codes", scaled, width, &part.device())?;
            let products = check::to_host(by_slot.clone().matmul(part.transpose()))?;
            let stride = codes.len() / width;
            rows.par_iter_mut()
                .zip(values.par_chunks_exact(dim))
                .zip(products.par_chunks_exact(slots * stride))
                .for_each(|((row, state), products)| {
                    row.visit(state, &codes, products, slots, variance);
                });
        }
    }
    Ok(Aligned { rows, dim, device })
}

/// Rows of `dim` numbers, each times the power of two that brings its largest entry between 1 and 2.
///
/// Costs of orders are compared within one pair of state and code alone, so a scale of either changes no
/// order; and a power of two changes no digit.
fn at_unit_scale(rows: &[f32], dim: usize) -> Vec<f32> {
    let mut scaled = Vec::with_capacity(rows.len());
    for row in rows.chunks_exact(dim) {
        let largest = row.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        // In double precision, where the reciprocal of every scale is a number.
        let scale = match largest > 0.0 {
            true => f64::from(largest).log2().floor().exp2().recip(),
            false => 1.0,
        };
        scaled.extend(row.iter().map(|&x| (f64::from(x) * scale) as f32));
    }
    scaled
}

impl Row {
    /// Adds codes whose slots have these products `[slots, codes * slots]` with the state's.
    fn visit(
        &mut self,
        state: &[f32],
        codes: &[f32],
        products: &[f32],
        slots: usize,
        variance: f32,
    ) {
        let (dim, stride) = (state.len(), products.len() / slots);
        let width = dim / slots;
        let mut assignment = Assignment::new(slots);
        let mut order = vec![0; slots];
        // Squared norms do not depend on the order: the largest sum of products is the best fit.
        let mut cost = vec![0.0; slots * slots];
        for (k, code) in codes.chunks_exact(dim).enumerate() {
            for (i, cost) in cost.chunks_exact_mut(slots).enumerate() {
                let from = i * stride + k * slots;
                for (cost, product) in cost.iter_mut().zip(&products[from..from + slots]) {
                    *cost = -product;
                }
            }
            assignment.solve(&cost, slots, &mut order);
            // From the differences: a sharp softmax would feel what the expansion cancels.
            let mut distance = 0.0;
            for (state, &slot) in state.chunks_exact(width).zip(&order) {
                let code = &code[usize::from(slot) * width..][..width];
                for (z, m) in state.iter().zip(code) {
                    distance += (f64::from(*z) - f64::from(*m)).powi(2);
                }
            }
            let score = -distance / (2.0 * f64::from(variance));
            if let Some(scores) = &mut self.scores {
                scores.push(score);
            }
            if score > self.max {
                let shrink = (self.max - score).exp();
                self.sum *= shrink;
                self.total.iter_mut().for_each(|total| *total *= shrink);
                self.max = score;
                self.best.copy_from_slice(&order);
            } else if score < self.max - NEGLIGIBLE {
                continue;
            }
            let weight = (score - self.max).exp();
            self.sum += weight;
            for (total, &slot) in self.total.chunks_exact_mut(width).zip(&order) {
                let code = &code[usize::from(slot) * width..][..width];
                for (total, &m) in total.iter_mut().zip(code) {
                    *total += weight * f64::from(m);
                }
            }
        }
    }
}
