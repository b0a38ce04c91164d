use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Error, Result};

use crate::read::choose;
use crate::trained::softmax::{Form, cross_entropy};
use crate::{CountRows, Matrix};

/// Linear attention from the end token, in double precision.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearAttention {
    /// w `[V]`: the end token's row of A.
    pub attention: Vec<f64>,
    /// `[V, answers]`
    pub values: Matrix<f64>,
    /// Answers D of a relation.
    block: usize,
}

/// What a model makes of prompts. Losses are means in nats.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// `[b, answers]`
    pub probabilities: Matrix<f64>,
    /// Cross entropy.
    pub loss: f64,
    /// Minus the logarithm of what the block of the right relation has in all: 0 where the relation is known.
    pub relation_loss: f64,
    /// The same of all answers that stand at the right place of their block. It says something about the
    /// subject only where answers follow from subjects alone ([`crate::FactTask::structured`]).
    pub subject_loss: f64,
    /// Share of right answers; ties are errors.
    pub accuracy: f64,
    /// Share of answers in the right block.
    pub relation_accuracy: f64,
    /// Share of answers at the right place of their block.
    pub subject_accuracy: f64,
}

impl LinearAttention {
    /// All weights `start`, for relations of `block` answers each. At 0 nothing would ever move: the
    /// start is a saddle.
    ///
    /// # Errors
    /// [`Error::Config`] for sizes of 0, a start that is not above 0, or answers that are no whole number of
    /// blocks.
    pub fn constant(vocabulary: usize, answers: usize, block: usize, start: f64) -> Result<Self> {
        require_nonzero("LinearAttention.vocabulary", vocabulary)?;
        require_positive("LinearAttention.start", start)?;
        let values = Matrix::from_fn(vocabulary, answers, |_, _| start);
        Self::of(vec![start; vocabulary], values, block)
    }

    /// A model of these weights.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there is a row of values for each token; [`Error::NonFinite`]; [`Error::Config`]
    /// for answers that are no whole number of blocks.
    pub fn of(attention: Vec<f64>, values: Matrix<f64>, block: usize) -> Result<Self> {
        values.check("values", values.cols())?;
        values.check_rows("values", attention.len())?;
        Matrix::new(1, attention.len(), attention.clone())?.check_finite("attention")?;
        if block == 0 || values.cols() == 0 || !values.cols().is_multiple_of(block) {
            let rule = "must be at least 1, of a whole number of blocks";
            let found = format!("{block} of {} answers", values.cols());
            return Err(Error::config("LinearAttention.block", rule, found));
        }
        Ok(Self {
            attention,
            values,
            block,
        })
    }

    /// Scores `[b, answers]`.
    ///
    /// # Errors
    /// [`Error::Width`] for another vocabulary, [`Error::Index`] for an answer that there is not.
    pub fn scores(&self, rows: &CountRows) -> Result<Matrix<f64>> {
        self.values.check_rows("values", self.attention.len())?;
        rows.check(self.attention.len(), self.values.cols())?;
        Ok(self.weighted(rows).dot(&self.values))
    }

    /// `c_z w_z`
    fn weighted(&self, rows: &CountRows) -> Matrix<f64> {
        Matrix::from_fn(rows.len(), self.attention.len(), |row, token| {
            f64::from(rows.at(row)[token]) * self.attention[token]
        })
    }

    /// Mean loss, and its gradient for w and V.
    ///
    /// # Errors
    /// As [`LinearAttention::scores`].
    pub fn gradient(&self, rows: &CountRows) -> Result<(f64, Vec<f64>, Matrix<f64>)> {
        let mut back = self.scores(rows)?;
        let count = rows.len() as f64;
        let entropy = cross_entropy(&mut back, rows.answers(), count.recip(), Form::Fused);
        let of_values = self.weighted(rows).t_dot(&back);
        let along = back.dot_t(&self.values);
        let mut of_attention = vec![0.0; self.attention.len()];
        for row in 0..rows.len() {
            let counts = rows.at(row).iter();
            for ((sum, &count), along) in of_attention.iter_mut().zip(counts).zip(along.at(row)) {
                *sum += f64::from(count) * along;
            }
        }
        Ok((entropy.loss / count, of_attention, of_values))
    }

    /// One step of gradient descent; the mean loss before it.
    ///
    /// # Errors
    /// As [`LinearAttention::scores`].
    pub fn step(&mut self, rows: &CountRows, rate: f64) -> Result<f64> {
        let (loss, of_attention, of_values) = self.gradient(rows)?;
        for (weight, gradient) in self.attention.iter_mut().zip(of_attention) {
            *weight -= rate * gradient;
        }
        self.values.add_scaled(-rate, &of_values);
        Ok(loss)
    }

    /// Losses and shares of right answers.
    ///
    /// # Errors
    /// As [`LinearAttention::scores`].
    pub fn evaluate(&self, rows: &CountRows) -> Result<Evaluation> {
        let scores = self.scores(rows)?;
        let choices = choose(&scores)?;
        let mut probabilities = scores.clone();
        let entropy = cross_entropy(&mut probabilities, rows.answers(), 1.0, Form::Fused);
        for (row, &answer) in rows.answers().iter().enumerate() {
            probabilities.at_mut(row)[answer as usize] += 1.0;
        }
        let count = rows.len() as f64;
        let mean_log = |same: &dyn Fn(usize, usize) -> bool| {
            let of_row = |(row, &answer): (usize, &u32)| {
                let shares = probabilities.at(row).iter().enumerate();
                let inside = shares.filter(|(other, _)| same(*other, answer as usize));
                -inside.map(|(_, share)| share).sum::<f64>().ln()
            };
            rows.answers().iter().enumerate().map(of_row).sum::<f64>() / count
        };
        let share = |same: &dyn Fn(usize, usize) -> bool| {
            let pairs = choices.iter().zip(rows.answers());
            let right = pairs.filter(|(choice, answer)| {
                choice
                    .answer()
                    .is_some_and(|found| same(found, **answer as usize))
            });
            right.count() as f64 / count
        };
        let block = self.block;
        let relation = |a: usize, b: usize| a / block == b / block;
        let subject = |a: usize, b: usize| a % block == b % block;
        Ok(Evaluation {
            loss: entropy.loss / count,
            relation_loss: mean_log(&relation),
            subject_loss: mean_log(&subject),
            accuracy: share(&|a, b| a == b),
            relation_accuracy: share(&relation),
            subject_accuracy: share(&subject),
            probabilities,
        })
    }
}
