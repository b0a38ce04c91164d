//! What follows the attention: output matrix, MLP, unembedding, and the way back.

use super::{Parameters, Transformer};
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

/// Gradients, added up over blocks.
#[derive(Debug, Clone, Default)]
pub(super) struct TailGradient<T> {
    pub(super) output: Matrix<T>,
    pub(super) first: Matrix<T>,
    pub(super) bias: Matrix<T>,
    pub(super) second: Matrix<T>,
}

/// What a block goes through, forward and back.
#[derive(Debug, Clone, Default)]
pub(super) struct Block<T> {
    x: Matrix<T>,
    /// `[n, m]`
    pub(super) hidden: Matrix<T>,
    y: Matrix<T>,
    /// `[n, answers]`; their gradient after the way back.
    pub(super) scores: Matrix<T>,
    of_x: Matrix<T>,
    of_hidden: Matrix<T>,
    /// `[n, inner]`: the gradient of what the block attended to.
    pub(super) of_attended: Matrix<T>,
}

impl<'a, T: Real> Tail<'a, T> {
    pub(super) fn new(model: &'a Transformer<T>, output: &'a Matrix<T>) -> Self {
        Self {
            output,
            parameters: &model.parameters,
            unembedding: &model.unembedding,
        }
    }

    /// Gradients of 0.
    pub(super) fn clear(&self, gradient: &mut TailGradient<T>) {
        let TailGradient {
            output,
            first,
            bias,
            second,
        } = gradient;
        let own = self.parameters;
        for (gradient, like) in [
            (output, self.output),
            (first, &own.first),
            (bias, &own.bias),
            (second, &own.second),
        ] {
            gradient.clear(like.rows(), like.cols());
        }
    }

    /// Hidden units and scores of attention `[n, inner]`.
    pub(super) fn forward(&self, attended: &Matrix<T>, block: &mut Block<T>) {
        let Parameters {
            first,
            bias,
            second,
            ..
        } = self.parameters;
        let Block {
            x,
            hidden,
            y,
            scores,
            ..
        } = block;
        x.set_product(attended.view(), self.output.view());
        hidden.set_product(x.view(), first.view());
        let zero = T::of(0.0);
        let width = bias.cols();
        for row in hidden.data_mut().chunks_exact_mut(width.max(1)) {
            for (value, &bias) in row.iter_mut().zip(bias.data()) {
                *value = (*value + bias).larger(zero);
            }
        }
        y.reshape(x.rows(), x.cols());
        y.data_mut().copy_from_slice(x.data());
        y.add_product(hidden.view(), second.view());
        scores.set_product(y.view(), self.unembedding.view().transpose());
    }

    /// Forward and back. Adds to the gradients of the mean over `count` prompts; the loss of the rows.
    pub(super) fn backward(
        &self,
        attended: &Matrix<T>,
        answers: &[u32],
        count: usize,
        gradient: &mut TailGradient<T>,
        block: &mut Block<T>,
    ) -> Entropy {
        self.forward(attended, block);
        let Block {
            x,
            hidden,
            scores,
            of_x,
            of_hidden,
            of_attended,
            ..
        } = block;
        let scale = (count as f64).recip();
        let entropy = cross_entropy(scores, answers, scale, Form::Fused);
        of_x.set_product(scores.view(), self.unembedding.view());
        if hidden.cols() > 0 {
            gradient
                .second
                .add_product(hidden.view().transpose(), of_x.view());
            of_hidden.set_product(of_x.view(), self.parameters.second.view().transpose());
            let zero = T::of(0.0);
            for (value, &hidden) in of_hidden.data_mut().iter_mut().zip(hidden.data()) {
                *value = if hidden > zero { *value } else { zero };
            }
            for row in of_hidden.data().chunks_exact(hidden.cols()) {
                for (sum, &value) in gradient.bias.data_mut().iter_mut().zip(row) {
                    *sum += value;
                }
            }
            gradient
                .first
                .add_product(x.view().transpose(), of_hidden.view());
            of_x.add_product(of_hidden.view(), self.parameters.first.view().transpose());
        }
        gradient
            .output
            .add_product(attended.view().transpose(), of_x.view());
        of_attended.set_product(of_x.view(), self.output.view().transpose());
        entropy
    }
}
