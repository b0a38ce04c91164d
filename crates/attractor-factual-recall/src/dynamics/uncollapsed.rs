use attractor_core::Result;

use crate::trained::softmax::{Form, cross_entropy};
use crate::{Matrix, Prompts};

/// The model with all of A `[V, V]`, over sequences of tokens: what [`super::LinearAttention`] is exactly
/// where the same token always comes last.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncollapsed {
    /// `A [V, V]`: row x_T, column x_t.
    pub attention: Matrix<f64>,
    /// `[V, answers]`
    pub values: Matrix<f64>,
}

impl Uncollapsed {
    /// All weights `start`.
    pub fn constant(vocabulary: usize, answers: usize, start: f64) -> Self {
        Self {
            attention: Matrix::from_fn(vocabulary, vocabulary, |_, _| start),
            values: Matrix::from_fn(vocabulary, answers, |_, _| start),
        }
    }

    /// Scores `[b, answers]`.
    ///
    /// # Errors
    /// [`attractor_core::Error::Index`] for tokens or answers that there are not, [`attractor_core::Error::Rows`] unless A is square and
    /// there is a row of values for each token.
    pub fn scores(&self, prompts: &Prompts) -> Result<Matrix<f64>> {
        let vocabulary = self.attention.cols();
        self.attention.check_rows("attention", vocabulary)?;
        self.values.check_rows("values", vocabulary)?;
        prompts.check(vocabulary, self.values.cols())?;
        let mut scores = Matrix::zeros(prompts.len(), self.values.cols());
        for row in 0..prompts.len() {
            let prompt = prompts.at(row);
            let asks = self.attention.at(last(prompt));
            for &token in prompt {
                let values = self.values.at(token as usize);
                for (score, value) in scores.at_mut(row).iter_mut().zip(values) {
                    *score += asks[token as usize] * value;
                }
            }
        }
        Ok(scores)
    }

    /// Mean loss, and its gradient for A and V.
    ///
    /// # Errors
    /// As [`Uncollapsed::scores`].
    pub fn gradient(&self, prompts: &Prompts) -> Result<(f64, Matrix<f64>, Matrix<f64>)> {
        let mut back = self.scores(prompts)?;
        let count = prompts.len() as f64;
        let entropy = cross_entropy(&mut back, prompts.answers(), count.recip(), Form::Fused);
        let mut of_attention = Matrix::zeros(self.attention.rows(), self.attention.cols());
        let mut of_values = Matrix::zeros(self.values.rows(), self.values.cols());
        for row in 0..prompts.len() {
            let (prompt, back) = (prompts.at(row), back.at(row));
            let asking = last(prompt);
            for token in prompt.iter().map(|&token| token as usize) {
                let along: f64 = self
                    .values
                    .at(token)
                    .iter()
                    .zip(back)
                    .map(|(v, b)| v * b)
                    .sum();
                of_attention.at_mut(asking)[token] += along;
                let weight = self.attention.at(asking)[token];
                for (sum, back) in of_values.at_mut(token).iter_mut().zip(back) {
                    *sum += weight * back;
                }
            }
        }
        Ok((entropy.loss / count, of_attention, of_values))
    }

    /// One step of gradient descent; the mean loss before it.
    ///
    /// # Errors
    /// As [`Uncollapsed::scores`]; [`attractor_core::Error::NonFinite`] where weights leave the finite numbers.
    pub fn step(&mut self, prompts: &Prompts, rate: f64) -> Result<f64> {
        let (loss, of_attention, of_values) = self.gradient(prompts)?;
        self.attention.add_scaled(-rate, &of_attention);
        self.values.add_scaled(-rate, &of_values);
        self.values.check_finite("values")?;
        Ok(loss)
    }
}

fn last(prompt: &[u32]) -> usize {
    prompt.last().map_or(0, |&token| token as usize)
}
