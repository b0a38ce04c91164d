//! Tables over the vocabulary, and attention from them: eight heads beside each other in a vector.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{Occurrences, Parameters, Transformer};
use crate::{Matrix, Real};

/// Heads that are computed with at once.
const LANES: usize = 8;

/// One number for each of eight heads.
pub(crate) type Lanes<T> = [T; LANES];

/// Eight numbers at once. Operands are copied before it and results stored after it: what is read and written
/// in between, number by number, no compiler makes a vector of.
#[inline(always)]
fn lanes<T>(of: impl Fn(usize) -> T) -> Lanes<T> {
    std::array::from_fn(of)
}

/// Scores and values of every token, eight heads in a vector.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables<T> {
    /// Vectors for each token: `ceil(H / 8)`.
    groups: usize,
    /// `q [1, H d_h]` of the end token.
    pub(super) query: Matrix<T>,
    /// `[V, groups]` vectors; heads that there are not have score 0.
    pub(super) scores: Matrix<T>,
    /// `[V, groups d_h]` vectors; heads that there are not have value 0.
    pub(super) values: Matrix<T>,
    /// O with its rows in the order of the values, `[groups d_h 8, d]`.
    pub(super) output: Matrix<T>,
    /// Keys that are asked for, and V, in the order of the tables.
    directions: Matrix<T>,
    spread: Matrix<T>,
}

/// Where entry j of head h stands among the vectors of a token.
pub(super) fn place(head: usize, entry: usize, head_dim: usize) -> usize {
    (head / LANES * head_dim + entry) * LANES + head % LANES
}

impl<T: Real> Tables<T> {
    pub(super) fn new(model: &Transformer<T>) -> Self {
        let mut tables = Self::default();
        tables.fill(model);
        tables
    }

    /// The tables of a network, in place of what was here.
    pub(super) fn fill(&mut self, model: &Transformer<T>) {
        let (d, heads, dh) = (model.config.dim, model.config.heads, model.config.head_dim);
        let groups = heads.div_ceil(LANES);
        let Parameters {
            query,
            key,
            value,
            output,
            ..
        } = &model.parameters;
        let embedding = &model.embedding;
        let end = embedding.view().submatrix(embedding.rows() - 1, 0, 1, d);
        self.groups = groups;
        self.query.set_product(end, query.view());
        let scale = (dh as f64).sqrt().recip();
        self.directions.clear(d, groups * LANES);
        self.spread.clear(d, groups * dh * LANES);
        for i in 0..d {
            for head in 0..heads {
                let columns = head * dh..(head + 1) * dh;
                let along = key.at(i)[columns.clone()]
                    .iter()
                    .zip(&self.query.data()[columns.clone()]);
                let along: T = along.map(|(&key, &query)| key * query).sum();
                self.directions.at_mut(i)[head] = along * T::of(scale);
                for (j, column) in columns.enumerate() {
                    self.spread.at_mut(i)[place(head, j, dh)] = value.at(i)[column];
                }
            }
        }
        self.output.clear(groups * dh * LANES, d);
        for row in 0..heads * dh {
            self.output
                .at_mut(place(row / dh, row % dh, dh))
                .copy_from_slice(output.at(row));
        }
        self.scores
            .set_product(embedding.view(), self.directions.view());
        self.values
            .set_product(embedding.view(), self.spread.view());
    }
}

/// The attention of a block of prompts.
#[derive(Debug)]
pub struct Attend<'a, T> {
    tables: &'a Tables<T>,
    batch: &'a Occurrences,
    rows: Range<usize>,
    /// Weights of each occurrence in each group, to be filled.
    weights: &'a mut Vec<Lanes<T>>,
    /// `[n, groups d_h 8]`, to be filled; 0 so far.
    attended: &'a mut Matrix<T>,
}

impl<T: Real> WithSimd for Attend<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            tables,
            batch,
            rows,
            weights,
            attended,
        } = self;
        let groups = tables.groups;
        let dh = tables.values.cols() / (groups * LANES);
        let scores = tables.scores.data().as_chunks::<LANES>().0;
        let values = tables.values.data().as_chunks::<LANES>().0;
        weights.clear();
        for (at, row) in rows.enumerate() {
            let occurrences = batch.starts[row]..batch.starts[row + 1];
            let tokens = &batch.tokens[occurrences.clone()];
            let counts = &batch.counts[occurrences];
            let out = attended.at_mut(at).as_chunks_mut::<LANES>().0;
            for (group, out) in out.chunks_exact_mut(dh).enumerate() {
                let mut most = scores[tokens[0] as usize * groups + group];
                for &token in tokens {
                    let score = scores[token as usize * groups + group];
                    most = lanes(|i| most[i].larger(score[i]));
                }
                let first = weights.len();
                let mut sums = [T::of(0.0); LANES];
                for &token in tokens {
                    let score = scores[token as usize * groups + group];
                    weights.push(lanes(|i| score[i] - most[i]));
                }
                // In a loop of its own, which is as wide as the registers.
                for value in weights[first..].as_flattened_mut() {
                    *value = value.exp_non_positive();
                }
                for (weight, &count) in weights[first..].iter_mut().zip(counts) {
                    let (count, each) = (T::of(f64::from(count)), *weight);
                    *weight = lanes(|i| count * each[i]);
                    let weight = *weight;
                    sums = lanes(|i| sums[i] + weight[i]);
                }
                let shares = sums.map(|sum| T::of(1.0) / sum);
                for (&token, weight) in tokens.iter().zip(&mut weights[first..]) {
                    let from = (token as usize * groups + group) * dh;
                    let share = lanes(|i| weight[i] * shares[i]);
                    *weight = share;
                    for (out, value) in out.iter_mut().zip(&values[from..from + dh]) {
                        let (before, value) = (*out, *value);
                        *out = lanes(|i| before[i] + share[i] * value[i]);
                    }
                }
            }
        }
    }
}

/// The way back through the attention of a block, onto the tables.
#[derive(Debug)]
pub struct Back<'a, T> {
    pub(super) tables: &'a Tables<T>,
    pub(super) batch: &'a Occurrences,
    pub(super) rows: Range<usize>,
    pub(super) weights: &'a [Lanes<T>],
    /// `[n, groups d_h 8]`
    pub(super) of_attended: &'a Matrix<T>,
    /// Shaped as the tables, to be added to.
    pub(super) of_scores: &'a mut Matrix<T>,
    pub(super) of_values: &'a mut Matrix<T>,
    /// For the prompt at hand.
    pub(super) along: &'a mut Vec<Lanes<T>>,
}

impl<T: Real> WithSimd for Back<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            tables,
            batch,
            rows,
            weights,
            of_attended,
            of_scores,
            of_values,
            along,
        } = self;
        let groups = tables.groups;
        let dh = tables.values.cols() / (groups * LANES);
        let values = tables.values.data().as_chunks::<LANES>().0;
        let of_scores = of_scores.data_mut().as_chunks_mut::<LANES>().0;
        let of_values = of_values.data_mut().as_chunks_mut::<LANES>().0;
        let mut at = 0;
        for (index, row) in rows.enumerate() {
            let tokens = &batch.tokens[batch.starts[row]..batch.starts[row + 1]];
            let back = of_attended.at(index).as_chunks::<LANES>().0;
            for (group, back) in back.chunks_exact(dh).enumerate() {
                let weights = &weights[at..at + tokens.len()];
                at += tokens.len();
                let mut mean = [T::of(0.0); LANES];
                along.clear();
                for (&token, weight) in tokens.iter().zip(weights) {
                    let from = (token as usize * groups + group) * dh;
                    let sums = &mut of_values[from..from + dh];
                    let (weight, mut inner) = (*weight, [T::of(0.0); LANES]);
                    for ((sum, value), back) in
                        sums.iter_mut().zip(&values[from..from + dh]).zip(back)
                    {
                        let (before, value, back) = (*sum, *value, *back);
                        inner = lanes(|i| inner[i] + back[i] * value[i]);
                        *sum = lanes(|i| before[i] + weight[i] * back[i]);
                    }
                    mean = lanes(|i| mean[i] + weight[i] * inner[i]);
                    along.push(inner);
                }
                for ((&token, weight), inner) in tokens.iter().zip(weights).zip(&*along) {
                    let sum = &mut of_scores[token as usize * groups + group];
                    let (before, weight, inner) = (*sum, *weight, *inner);
                    *sum = lanes(|i| before[i] + weight[i] * (inner[i] - mean[i]));
                }
            }
        }
    }
}

/// What the prompts `rows` attend to, `[n, groups d_h 8]`; their weights go into `weights`.
pub(super) fn attend<T: Real>(
    tables: &Tables<T>,
    batch: &Occurrences,
    rows: Range<usize>,
    weights: &mut Vec<Lanes<T>>,
    attended: &mut Matrix<T>,
) {
    attended.clear(rows.len(), tables.values.cols());
    T::attend(Attend {
        tables,
        batch,
        rows,
        weights,
        attended,
    });
}
