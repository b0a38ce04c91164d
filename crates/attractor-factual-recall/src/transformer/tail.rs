//! What follows the attention: output matrix, MLP, unembedding, and the way back.

use faer::Accum;

use super::{Parameters, Transformer};
use crate::matrix::multiply;
use crate::trained::softmax::{Entropy, Form, cross_entropy};
use crate::{Matrix, Real};

/// Rows whose scores are in memory at once: a few hundred kilobytes.
pub(super) const BLOCK: usize = 128;

/// The layers, with the output matrix in the order in which the attention comes.
pub(super) struct Tail<'a, T> {
    /// `[inner, d]`
    pub(super) output: &'a Matrix<T>,
    pub(super) parameters: &'a Parameters<T>,
    pub(super) unembedding: &'a Matrix<T>,
}

/// Gradients, added up over blocks. That of the attention is of one block.
pub(super) struct TailGradient<T> {
    pub(super) output: Matrix<T>,
    pub(super) first: Matrix<T>,
    pub(super) bias: Matrix<T>,
    pub(super) second: Matrix<T>,
}

struct Forward<T> {
    x: Matrix<T>,
    hidden: Matrix<T>,
    scores: Matrix<T>,
}

impl<'a, T: Real> Tail<'a, T> {
    pub(super) fn new(model: &'a Transformer<T>, output: &'a Matrix<T>) -> Self {
        Self {
            output,
            parameters: &model.parameters,
            unembedding: &model.unembedding,
        }
    }

    pub(super) fn gradient(&self) -> TailGradient<T> {
        let zeros = |of: &Matrix<T>| Matrix::zeros(of.rows(), of.cols());
        TailGradient {
            output: zeros(self.output),
            first: zeros(&self.parameters.first),
            bias: zeros(&self.parameters.bias),
            second: zeros(&self.parameters.second),
        }
    }

    fn forward(&self, attended: &Matrix<T>) -> Forward<T> {
        let Parameters {
            first,
            bias,
            second,
            ..
        } = self.parameters;
        let x = attended.times(self.output);
        let mut hidden = x.times(first);
        let zero = T::of(0.0);
        let width = bias.cols();
        for row in hidden.data_mut().chunks_exact_mut(width.max(1)) {
            for (value, &bias) in row.iter_mut().zip(bias.data()) {
                *value = (*value + bias).larger(zero);
            }
        }
        let mut y = x.clone();
        y.add_product(hidden.view(), second.view());
        let scores = y.times_t(self.unembedding);
        Forward { x, hidden, scores }
    }

    /// Hidden units `[n, m]` of attention `[n, inner]`.
    pub(super) fn hidden(&self, attended: &Matrix<T>) -> Matrix<T> {
        self.forward(attended).hidden
    }

    /// Scores `[n, answers]` of attention `[n, inner]`.
    pub(super) fn scores(&self, attended: &Matrix<T>) -> Matrix<T> {
        self.forward(attended).scores
    }

    /// Adds to the gradients of the mean over `count` prompts; the loss of the rows, and the gradient
    /// `[n, inner]` of what they attended to.
    pub(super) fn backward(
        &self,
        attended: &Matrix<T>,
        answers: &[u32],
        count: usize,
        gradient: &mut TailGradient<T>,
    ) -> (Entropy, Matrix<T>) {
        let Forward {
            x,
            hidden,
            mut scores,
        } = self.forward(attended);
        let scale = (count as f64).recip();
        let entropy = cross_entropy(&mut scores, answers, scale, Form::Fused);
        let mut of_x = scores.times(self.unembedding);
        if hidden.cols() > 0 {
            gradient
                .second
                .add_product(hidden.view().transpose(), of_x.view());
            let mut inner = of_x.times_t(&self.parameters.second);
            let zero = T::of(0.0);
            for (value, &hidden) in inner.data_mut().iter_mut().zip(hidden.data()) {
                *value = if hidden > zero { *value } else { zero };
            }
            for row in inner.data().chunks_exact(hidden.cols()) {
                for (sum, &value) in gradient.bias.data_mut().iter_mut().zip(row) {
                    *sum += value;
                }
            }
            gradient
                .first
                .add_product(x.view().transpose(), inner.view());
            of_x.add_product(inner.view(), self.parameters.first.view().transpose());
        }
        gradient
            .output
            .add_product(attended.view().transpose(), of_x.view());
        let mut of_attended = Matrix::zeros(attended.rows(), attended.cols());
        let output = self.output.view().transpose();
        multiply(of_attended.view_mut(), of_x.view(), output, Accum::Replace);
        (entropy, of_attended)
    }
}
