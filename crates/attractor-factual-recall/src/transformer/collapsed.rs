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
use pulp::Arch;

use super::tables::{Back, Tables, attend, place};
use super::tail::{BLOCK, Tail};
use super::{Occurrences, Parameters, Step, Transformer};
use crate::trained::softmax::Entropy;
use crate::{Matrix, Real};

impl<T: Real> Transformer<T> {
    /// Scores of all answers `[b, answers]`, as [`Transformer::scores`] has them.
    ///
    /// # Errors
    /// [`Error::Width`] for another vocabulary, [`Error::Index`] for an answer that there is not.
    pub fn collapsed_scores(&self, batch: &Occurrences) -> Result<Matrix<T>> {
        self.check_batch(batch)?;
        let tables = Tables::new(self);
        let tail = Tail::new(self, &tables.output);
        let (mut weights, mut scores) = (Vec::new(), Vec::new());
        for first in (0..batch.len()).step_by(BLOCK) {
            let rows = first..batch.len().min(first + BLOCK);
            let attended = attend(&tables, batch, rows, &mut weights);
            scores.extend_from_slice(tail.scores(&attended).data());
        }
        Matrix::new(batch.len(), self.unembedding.rows(), scores)
    }

    /// Loss and gradient of a batch, as [`Transformer::explicit_step`] has them.
    ///
    /// # Errors
    /// As [`Transformer::collapsed_scores`].
    pub fn collapsed_step(&self, batch: &Occurrences) -> Result<Step<T>> {
        self.check_batch(batch)?;
        let tables = Tables::new(self);
        let tail = Tail::new(self, &tables.output);
        let mut of_tail = tail.gradient();
        let mut of_scores = Matrix::zeros(tables.scores.rows(), tables.scores.cols());
        let mut of_values = Matrix::zeros(tables.values.rows(), tables.values.cols());
        let mut weights = Vec::new();
        let mut all = Entropy::default();
        for first in (0..batch.len()).step_by(BLOCK) {
            let rows = first..batch.len().min(first + BLOCK);
            let attended = attend(&tables, batch, rows.clone(), &mut weights);
            let answers = &batch.answers[rows.clone()];
            let (entropy, back) = tail.backward(&attended, answers, batch.len(), &mut of_tail);
            all.loss += entropy.loss;
            all.right += entropy.right;
            Arch::new().dispatch(Back {
                tables: &tables,
                batch,
                rows,
                weights: &weights,
                of_attended: &back,
                of_scores: &mut of_scores,
                of_values: &mut of_values,
            });
        }
        let mut gradient = Parameters::zeros(&self.config);
        (gradient.first, gradient.bias) = (of_tail.first, of_tail.bias);
        gradient.second = of_tail.second;
        self.off_tables(
            &tables,
            &of_scores,
            &of_values,
            &of_tail.output,
            &mut gradient,
        );
        let count = batch.len() as f64;
        Ok(Step {
            loss: all.loss / count,
            accuracy: all.right as f64 / count,
            gradient,
        })
    }

    fn check_batch(&self, batch: &Occurrences) -> Result<()> {
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

    /// From the gradients of the tables to those of Q, K, V and O.
    fn off_tables(
        &self,
        tables: &Tables<T>,
        of_scores: &Matrix<T>,
        of_values: &Matrix<T>,
        of_output: &Matrix<T>,
        gradient: &mut Parameters<T>,
    ) {
        let (heads, dh) = (self.config.heads, self.config.head_dim);
        let of_directions = self.embedding.t_times(of_scores);
        let of_spread = self.embedding.t_times(of_values);
        let scale = T::of((dh as f64).sqrt().recip());
        let mut of_query = vec![T::of(0.0); heads * dh];
        for i in 0..self.config.dim {
            for (column, of_query) in of_query.iter_mut().enumerate() {
                let of_direction = of_directions.row(i)[column / dh] * scale;
                gradient.key.row_mut(i)[column] = of_direction * tables.query[column];
                *of_query += of_direction * self.parameters.key.row(i)[column];
                gradient.value.row_mut(i)[column] =
                    of_spread.row(i)[place(column / dh, column % dh, dh)];
            }
        }
        let end = self.embedding.row(self.embedding.rows() - 1);
        gradient.query =
            Matrix::from_fn(end.len(), heads * dh, |i, column| end[i] * of_query[column]);
        for row in 0..heads * dh {
            let placed = of_output.row(place(row / dh, row % dh, dh));
            gradient.output.row_mut(row).copy_from_slice(placed);
        }
    }
}
