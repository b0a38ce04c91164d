//! Forward and gradient over sequences of tokens, with queries, keys and values of every token.

use attractor_core::Result;

use super::edit::Site;
use super::tail::{BLOCK, Block, Tail, TailGradient};
use super::{Parameters, Step, Transformer};
use crate::trained::softmax::Entropy;
use crate::{Matrix, Prompts, Real};

/// The attention of a block of prompts.
struct Attention<T> {
    /// Embeddings of all tokens, `[n T, d]`, and of the last ones, `[n, d]`.
    tokens: Matrix<T>,
    last: Matrix<T>,
    /// `[n, inner]`
    queries: Matrix<T>,
    /// `[n T, inner]`
    keys: Matrix<T>,
    values: Matrix<T>,
    /// `p [n, H, T]`, as `[n, H T]`.
    weights: Matrix<T>,
    /// `[n, inner]`
    attended: Matrix<T>,
}

impl<T: Real> Transformer<T> {
    /// Scores of all answers `[b, answers]`.
    ///
    /// # Errors
    /// [`attractor_core::Error::Index`] for tokens or answers that there are not.
    pub fn scores(&self, prompts: &Prompts) -> Result<Matrix<T>> {
        self.check_prompts(prompts)?;
        let tail = Tail::new(self, &self.parameters.output);
        let mut block = Block::default();
        let mut scores = Vec::with_capacity(prompts.len() * self.unembedding.rows());
        for first in (0..prompts.len()).step_by(BLOCK) {
            let count = BLOCK.min(prompts.len() - first);
            let attention = self.attend(prompts, first, count);
            tail.forward(&attention.attended, &mut block);
            scores.extend_from_slice(block.scores.data());
        }
        Matrix::new(prompts.len(), self.unembedding.rows(), scores)
    }

    /// Attention of each head from the last token, `[b, H T]`: the T weights of each head after another.
    ///
    /// # Errors
    /// As [`Transformer::scores`].
    pub fn attention(&self, prompts: &Prompts) -> Result<Matrix<T>> {
        self.check_prompts(prompts)?;
        Ok(self.attend(prompts, 0, prompts.len()).weights)
    }

    /// What the weights of a site are asked with by each prompt, `[b, rows of the weights]`.
    ///
    /// # Errors
    /// As [`Transformer::scores`].
    pub fn inputs(&self, prompts: &Prompts, site: Site) -> Result<Matrix<T>> {
        self.check_prompts(prompts)?;
        let attended = self.attend(prompts, 0, prompts.len()).attended;
        Ok(match site {
            Site::Output => attended,
            Site::SecondLayer => {
                let mut block = Block::default();
                Tail::new(self, &self.parameters.output).forward(&attended, &mut block);
                block.hidden
            }
        })
    }

    /// Loss and gradient of a batch.
    ///
    /// # Errors
    /// As [`Transformer::scores`].
    pub fn explicit_step(&self, prompts: &Prompts) -> Result<Step<T>> {
        self.check_prompts(prompts)?;
        let tail = Tail::new(self, &self.parameters.output);
        let (mut of_tail, mut block) = (TailGradient::default(), Block::default());
        tail.clear(&mut of_tail);
        let mut gradient = Parameters::zeros(&self.config);
        let mut all = Entropy::default();
        for first in (0..prompts.len()).step_by(BLOCK) {
            let count = BLOCK.min(prompts.len() - first);
            let attention = self.attend(prompts, first, count);
            let answers = &prompts.answers()[first..first + count];
            let attended = &attention.attended;
            let entropy = tail.backward(attended, answers, prompts.len(), &mut of_tail, &mut block);
            all.loss += entropy.loss;
            all.right += entropy.right;
            self.back(
                &attention,
                &block.of_attended,
                prompts.length(),
                &mut gradient,
            );
        }
        (gradient.output, gradient.first) = (of_tail.output, of_tail.first);
        (gradient.bias, gradient.second) = (of_tail.bias, of_tail.second);
        let count = prompts.len() as f64;
        Ok(Step {
            loss: all.loss / count,
            accuracy: all.right as f64 / count,
            gradient,
        })
    }

    fn check_prompts(&self, prompts: &Prompts) -> Result<()> {
        self.parameters.check(&self.config)?;
        prompts.check(self.embedding.rows(), self.unembedding.rows())
    }

    fn attend(&self, prompts: &Prompts, first: usize, count: usize) -> Attention<T> {
        let (heads, dh) = (self.config.heads, self.config.head_dim);
        let length = prompts.length();
        let rows = first..first + count;
        let all: Vec<usize> = rows
            .clone()
            .flat_map(|row| prompts.at(row))
            .map(|&token| token as usize)
            .collect();
        let tokens = self.embedding.chosen(&all);
        let ends: Vec<usize> = rows
            .map(|row| prompts.at(row)[length - 1] as usize)
            .collect();
        let last = self.embedding.chosen(&ends);
        let queries = last.dot(&self.parameters.query);
        let keys = tokens.dot(&self.parameters.key);
        let values = tokens.dot(&self.parameters.value);
        let mut weights = Matrix::zeros(count, heads * length);
        let mut attended = Matrix::zeros(count, heads * dh);
        let scale = (dh as f64).sqrt().recip();
        for row in 0..count {
            for head in 0..heads {
                let of_head = head * dh..(head + 1) * dh;
                let query = &queries.at(row)[of_head.clone()];
                let scores: Vec<f64> = (0..length)
                    .map(|t| scale * dot(&keys.at(row * length + t)[of_head.clone()], query))
                    .collect();
                let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = scores.iter().map(|score| (score - most).exp()).sum();
                for (t, score) in scores.iter().enumerate() {
                    let weight = T::of((score - most).exp() / sum);
                    weights.at_mut(row)[head * length + t] = weight;
                    let value = &values.at(row * length + t)[of_head.clone()];
                    let attended = &mut attended.at_mut(row)[of_head.clone()];
                    for (sum, &value) in attended.iter_mut().zip(value) {
                        *sum += weight * value;
                    }
                }
            }
        }
        Attention {
            tokens,
            last,
            queries,
            keys,
            values,
            weights,
            attended,
        }
    }

    /// From the gradient of what was attended to, to those of Q, K and V.
    fn back(
        &self,
        attention: &Attention<T>,
        of_attended: &Matrix<T>,
        length: usize,
        gradient: &mut Parameters<T>,
    ) {
        let (heads, dh) = (self.config.heads, self.config.head_dim);
        let scale = T::of((dh as f64).sqrt().recip());
        let zeros = |like: &Matrix<T>| Matrix::<T>::zeros(like.rows(), like.cols());
        let mut queries = zeros(&attention.queries);
        let (mut keys, mut values) = (zeros(&attention.keys), zeros(&attention.values));
        for row in 0..of_attended.rows() {
            for head in 0..heads {
                let of_head = head * dh..(head + 1) * dh;
                let back = &of_attended.at(row)[of_head.clone()];
                let weights = &attention.weights.at(row)[head * length..(head + 1) * length];
                let at = |t: usize| row * length + t;
                let of_weights: Vec<f64> = (0..length)
                    .map(|t| dot(back, &attention.values.at(at(t))[of_head.clone()]))
                    .collect();
                let pairs = weights.iter().zip(&of_weights);
                let mean: f64 = pairs.map(|(weight, of)| weight.wide() * of).sum();
                for t in 0..length {
                    let of_score = weights[t] * T::of(of_weights[t] - mean) * scale;
                    for (j, column) in of_head.clone().enumerate() {
                        values.at_mut(at(t))[column] = weights[t] * back[j];
                        keys.at_mut(at(t))[column] = of_score * attention.queries.at(row)[column];
                        queries.at_mut(row)[column] += of_score * attention.keys.at(at(t))[column];
                    }
                }
            }
        }
        gradient
            .query
            .add_product(attention.last.view().transpose(), queries.view());
        gradient
            .key
            .add_product(attention.tokens.view().transpose(), keys.view());
        gradient
            .value
            .add_product(attention.tokens.view().transpose(), values.view());
    }
}

fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.wide() * b.wide()).sum()
}
