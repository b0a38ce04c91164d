//! Forward and gradient from counts of tokens.
//!
//! The end token always asks, and there are no positions: scores `s_h[z]` and values `V_h^T e_z` are tables
//! over the vocabulary, worked out once a step, and a prompt is how often each token occurs in it,
//!
//! ```text
//! p_h(z) = c_z exp(s_h[z] - max) / sum      max over the tokens that occur
//! ```
//!
//! exactly, with no approximation. The maximum is that of the prompt: beside that of the vocabulary, whole
//! prompts would underflow once the attention is sharp. Eight heads stand beside each other in a vector.

use attractor_core::{Error, Result};

use super::tables::{Back, Lanes, Tables, attend, place};
use super::tail::{BLOCK, Block, Tail, TailGradient};
use super::{Occurrences, Parameters, Step, Transformer};
use crate::trained::softmax::Entropy;
use crate::{Matrix, Real};

/// What a step works in. Kept from one step to the next, of the same sizes, nothing is allocated.
#[derive(Debug, Clone, Default)]
pub struct Workspace<T> {
    tables: Tables<T>,
    weights: Vec<Lanes<T>>,
    along: Vec<Lanes<T>>,
    attended: Matrix<T>,
    block: Block<T>,
    of_tail: TailGradient<T>,
    of_scores: Matrix<T>,
    of_values: Matrix<T>,
    of_directions: Matrix<T>,
    of_spread: Matrix<T>,
    of_query: Vec<T>,
    gradient: Parameters<T>,
}

impl<T> Workspace<T> {
    /// The gradient of the last step; without numbers before the first.
    pub fn gradient(&self) -> &Parameters<T> {
        &self.gradient
    }
}

impl<T: Real> Transformer<T> {
    /// Scores of all answers `[b, answers]`, as [`Transformer::scores`] has them.
    ///
    /// # Errors
    /// [`Error::Width`] for another vocabulary, [`Error::Index`] for an answer that there is not.
    pub fn collapsed_scores(&self, batch: &Occurrences) -> Result<Matrix<T>> {
        self.check_batch(batch)?;
        let tables = Tables::new(self);
        let tail = Tail::new(self, &tables.output);
        let mut work = Workspace::<T>::default();
        let mut scores = Vec::new();
        for first in (0..batch.len()).step_by(BLOCK) {
            let rows = first..batch.len().min(first + BLOCK);
            attend(&tables, batch, rows, &mut work.weights, &mut work.attended);
            tail.forward(&work.attended, &mut work.block);
            scores.extend_from_slice(work.block.scores.data());
        }
        Matrix::new(batch.len(), self.unembedding.rows(), scores)
    }

    /// Loss and gradient of a batch, as [`Transformer::explicit_step`] has them.
    ///
    /// # Errors
    /// As [`Transformer::collapsed_scores`].
    pub fn collapsed_step(&self, batch: &Occurrences) -> Result<Step<T>> {
        let mut work = Workspace::default();
        let [loss, accuracy] = self.collapsed_step_in(batch, &mut work)?;
        Ok(Step {
            loss,
            accuracy,
            gradient: work.gradient,
        })
    }

    /// The same in a workspace, which keeps the gradient: mean loss and share of right answers.
    ///
    /// # Errors
    /// As [`Transformer::collapsed_scores`].
    pub fn collapsed_step_in(
        &self,
        batch: &Occurrences,
        work: &mut Workspace<T>,
    ) -> Result<[f64; 2]> {
        self.check_batch(batch)?;
        let Workspace {
            tables,
            weights,
            along,
            attended,
            block,
            of_tail,
            of_scores,
            of_values,
            ..
        } = work;
        tables.fill(self);
        let tail = Tail::new(self, &tables.output);
        tail.clear(of_tail);
        of_scores.clear(tables.scores.rows(), tables.scores.cols());
        of_values.clear(tables.values.rows(), tables.values.cols());
        let mut all = Entropy::default();
        for first in (0..batch.len()).step_by(BLOCK) {
            let rows = first..batch.len().min(first + BLOCK);
            attend(tables, batch, rows.clone(), weights, attended);
            let answers = &batch.answers[rows.clone()];
            let entropy = tail.backward(attended, answers, batch.len(), of_tail, block);
            all.loss += entropy.loss;
            all.right += entropy.right;
            T::back(Back {
                tables,
                batch,
                rows,
                weights,
                of_attended: &block.of_attended,
                of_scores,
                of_values,
                along,
            });
        }
        self.off_tables(work);
        let count = batch.len() as f64;
        Ok([all.loss / count, all.right as f64 / count])
    }

    fn check_batch(&self, batch: &Occurrences) -> Result<()> {
        self.parameters.check(&self.config)?;
        if batch.vocabulary != self.embedding.rows() {
            return Err(Error::Width {
                what: "prompts",
                expected: self.embedding.rows(),
                rows: batch.len(),
                found: batch.vocabulary,
            });
        }
        let len = self.unembedding.rows();
        match batch.answers.iter().find(|&&answer| answer as usize >= len) {
            None => Ok(()),
            Some(&index) => Err(Error::Index {
                what: "answer",
                len,
                index: index as usize,
            }),
        }
    }

    /// From the gradients of the tables to those of the weights.
    fn off_tables(&self, work: &mut Workspace<T>) {
        let Workspace {
            tables,
            of_tail,
            of_scores,
            of_values,
            of_directions,
            of_spread,
            of_query,
            gradient,
            ..
        } = work;
        let (d, heads, dh) = (self.config.dim, self.config.heads, self.config.head_dim);
        let transposed = self.embedding.view().transpose();
        of_directions.set_product(transposed, of_scores.view());
        of_spread.set_product(transposed, of_values.view());
        for array in [&mut gradient.query, &mut gradient.key, &mut gradient.value] {
            array.reshape(d, heads * dh);
        }
        let scale = T::of((dh as f64).sqrt().recip());
        of_query.clear();
        of_query.resize(heads * dh, T::of(0.0));
        for i in 0..d {
            for (column, of_query) in of_query.iter_mut().enumerate() {
                let of_direction = of_directions.at(i)[column / dh] * scale;
                gradient.key.at_mut(i)[column] = of_direction * tables.query.data()[column];
                *of_query += of_direction * self.parameters.key.at(i)[column];
                gradient.value.at_mut(i)[column] =
                    of_spread.at(i)[place(column / dh, column % dh, dh)];
            }
        }
        let end = self.embedding.at(self.embedding.rows() - 1);
        for (i, &end) in end.iter().enumerate() {
            let row = gradient.query.at_mut(i).iter_mut();
            row.zip(&*of_query)
                .for_each(|(gradient, &of)| *gradient = end * of);
        }
        gradient.output.reshape(heads * dh, d);
        for row in 0..heads * dh {
            let placed = of_tail.output.at(place(row / dh, row % dh, dh));
            gradient.output.at_mut(row).copy_from_slice(placed);
        }
        for (array, found) in [
            (&mut gradient.first, &of_tail.first),
            (&mut gradient.bias, &of_tail.bias),
            (&mut gradient.second, &of_tail.second),
        ] {
            array.reshape(found.rows(), found.cols());
            array.data_mut().copy_from_slice(found.data());
        }
    }
}
