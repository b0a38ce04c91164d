//! Changing one fact by a rank-one write: which weights hold it, and what else they hold.
//!
//! A fact asks with an input k of some weights (hidden units of the MLP, or what all heads attended to).
//! Adding `k~ delta^T` with `<k~, k> = 1` changes the residual stream of that prompt by delta, and that of
//! others by their inner product with `k~`. With the covariance C of the inputs of all facts,
//!
//! ```text
//! k~ = C^(-1) k / (k^T C^(-1) k)
//! ```
//!
//! changes the others least in the mean square.
//!
//! # Source
//! K. Meng, D. Bau, A. Andonian, Y. Belinkov, NeurIPS 2022 (arXiv 2202.05262): the write, for transformers at
//! large. Its measurement here is ours.

use attractor_core::error::require_positive;
use attractor_core::rng;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::Transformer;
use crate::read::{Choice, choose};
use crate::{FactTask, Matrix, Prompts, Real};

/// Which weights are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Site {
    /// W2, asked by hidden units.
    SecondLayer,
    /// O, asked by what the heads attended to.
    Output,
}

/// Which `k~` is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// `k / |k|^2`: nothing is known of other facts.
    Key,
    /// `C^(-1) k / (k^T C^(-1) k)` over all facts.
    Covariance,
}

/// What came of an edit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Edited {
    /// Whether the edited fact is answered anew in prompts with other noise tokens.
    pub changed: bool,
    /// Share of the other facts that were answered before and still are.
    pub kept: f64,
    /// The same of the facts with the same subject; NaN if none was answered.
    pub kept_of_subject: f64,
    /// The same of the facts with the same relation.
    pub kept_of_relation: f64,
    /// Length of the change relative to that of the weights it was added to.
    pub size: f64,
}

/// Prompts with other noise tokens that an edit is tried on.
const TRIES: u64 = 4;
/// What `delta` is multiplied with until the new answer comes first, by a margin of one nat.
const MOST: f64 = 1e4;

impl<T: Real> Transformer<T> {
    /// Adds the write that makes `answer` the answer of fact `(subject, relation)`, along
    /// `unembedding(answer) - unembedding(old)`, as long as it takes; tells what became of all facts. The
    /// network keeps the change.
    ///
    /// # Errors
    /// [`Error::Index`] for a fact or an answer that there is not; [`Error::Config`] for weights that no
    /// length of the write suffices for, such as those of a network whose MLP is silent there.
    pub fn edit(
        &mut self,
        task: &FactTask,
        (subject, relation): (usize, usize),
        answer: usize,
        site: Site,
        along: Along,
        seed: u64,
    ) -> Result<Edited> {
        let old = task.answer(subject, relation)?;
        if answer >= self.unembedding.rows() {
            return Err(Error::Index {
                what: "answer",
                len: self.unembedding.rows(),
                index: answer,
            });
        }
        let before = self.answered(task, seed)?;
        let prompts = task.every_fact(&mut rng::stream(seed, "edit prompts"))?;
        let inputs = self.inputs(&prompts, site)?.cast::<f64>();
        let fact = subject * task.config().relations + relation;
        let key = inputs.part(fact, 1);
        let direction = self.direction(&inputs, &key, along)?;
        let (new_u, old_u) = (self.unembedding.at(answer), self.unembedding.at(old));
        let delta: Vec<f64> = new_u
            .iter()
            .zip(old_u)
            .map(|(a, b)| a.wide() - b.wide())
            .collect();
        let weights = self.site(site).clone();
        let norm = weights.mean_square().sqrt();
        let mut strength = 0.125;
        loop {
            let mut changed = weights.cast::<f64>();
            for (row, along) in direction.data().iter().enumerate() {
                for (weight, delta) in changed.at_mut(row).iter_mut().zip(&delta) {
                    *weight += strength * along * delta;
                }
            }
            *self.site(site) = changed.cast();
            if self.leads(&prompts, fact, answer)? {
                break;
            }
            strength *= 2f64.sqrt();
            if strength > MOST {
                *self.site(site) = weights;
                let rule = "must let a write of any length change the answer";
                return Err(Error::config(
                    "Transformer::edit",
                    rule,
                    format!("{site:?}"),
                ));
            }
        }
        let mut change = self.site(site).clone();
        change.add_scaled(-1.0, &weights);
        let after = self.answered(task, seed)?;
        let relations = task.config().relations;
        let kept = |of: &dyn Fn(usize) -> bool| {
            let chosen =
                (0..before.len()).filter(|&other| other != fact && before[other] && of(other));
            let (all, still) = chosen.fold((0, 0), |(all, still), other| {
                (all + 1, still + usize::from(after[other]))
            });
            still as f64 / all as f64
        };
        Ok(Edited {
            changed: self.answers_anew(task, fact, answer, seed)?,
            kept: kept(&|_| true),
            kept_of_subject: kept(&|other| other / relations == subject),
            kept_of_relation: kept(&|other| other % relations == relation),
            size: change.mean_square().sqrt() / norm,
        })
    }

    fn site(&mut self, site: Site) -> &mut Matrix<T> {
        match site {
            Site::SecondLayer => &mut self.parameters.second,
            Site::Output => &mut self.parameters.output,
        }
    }

    /// `k~ [1, p]`.
    fn direction(
        &self,
        inputs: &Matrix<f64>,
        key: &Matrix<f64>,
        along: Along,
    ) -> Result<Matrix<f64>> {
        let solved = match along {
            Along::Key => key.clone(),
            Along::Covariance => {
                let covariance = inputs.t_dot(inputs).scaled((inputs.rows() as f64).recip());
                // Hidden units that no fact opens have no variance.
                let mean = (0..covariance.rows())
                    .map(|i| covariance.at(i)[i])
                    .sum::<f64>()
                    / covariance.rows().max(1) as f64;
                let ridge = 1e-6 * mean + f64::MIN_POSITIVE;
                let solved = covariance.solve_spd(ridge, &key.transposed());
                let rule = "must have inputs whose covariance can be inverted";
                let found = || Error::config("Transformer::edit", rule, "one that cannot");
                solved.ok_or_else(found)?.transposed()
            }
        };
        let overlap = solved.dot_t(key).data()[0];
        require_positive("Transformer::edit, input of the fact", overlap)?;
        Ok(solved.scaled(overlap.recip()))
    }

    /// Whether the answer leads all others by a nat in the prompt of that fact.
    fn leads(&self, prompts: &Prompts, fact: usize, answer: usize) -> Result<bool> {
        let one = Prompts::new(
            prompts.at(fact).to_vec(),
            prompts.length(),
            vec![prompts.answers()[fact]],
        )?;
        let scores = self.scores(&one)?;
        let own = scores.at(0)[answer].wide();
        let others = scores
            .at(0)
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != answer);
        Ok(others
            .map(|(_, score)| score.wide())
            .fold(f64::NEG_INFINITY, f64::max)
            + 1.0
            <= own)
    }

    /// Whether most prompts with other noise tokens are answered anew.
    fn answers_anew(&self, task: &FactTask, fact: usize, answer: usize, seed: u64) -> Result<bool> {
        let mut anew = 0;
        for index in 0..TRIES {
            let mut noise = rng::indexed_stream(seed, "edited prompts", index);
            let prompts = task.every_fact(&mut noise)?;
            let prompt = prompts.at(fact).to_vec();
            let one = Prompts::new(prompt, prompts.length(), vec![prompts.answers()[fact]])?;
            let found = choose(&self.scores(&one)?)?;
            anew += u64::from(found[0] == Choice::One(answer));
        }
        Ok(2 * anew > TRIES)
    }
}
