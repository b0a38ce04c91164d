//! Reads with gradients: to cues, stored patterns, values, and the parameter of the score.
//!
//! With the weights w of a row, its mean a and the gradients g of the mean and l of log Z,
//!
//! ```text
//! c_k = w_k (g.(v_k - a) + l)            gradient of the score s_k
//! D_k = c_k ds_k/dx_k                    of its measure x_k, a product or a squared distance
//! values    sum_b w_k g                  parameter    sum_b,k c_k ds_k/dparameter
//! products  cues sum_k D_k m_k           patterns  sum_b D_k u
//! distances cues 2 sum_k D_k (u - m_k)   patterns  2 sum_b D_k (m_k - u)
//! ```
//!
//! The scores are computed again, one block of patterns after the other, so that the graph keeps nothing of the size
//! `[b, n]` and neither pass makes it.

mod backward;

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::autodiff::custom;
use crate::error::require_positive;
use crate::kernel::read::{checked, plain};
use crate::kernel::score::Range;
use crate::kernel::similarity::{Rule, Similarity};
use crate::kernel::store::squared_norm;
use crate::kernel::{Partial, PatternStore, Score};
use crate::{Result, check};
use backward::Backward;

/// A [`Score`] whose parameter is a tensor `[1]`, to which a read has a gradient.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LearnedScore {
    /// `s = beta * u . m`
    Dot {
        /// Inverse temperature, above 0.
        beta: Tensor<1>,
    },
    /// `s = -|u - m|^2 / (2 * variance)`
    SquaredDistance {
        /// Variance of every component, above 0.
        variance: Tensor<1>,
    },
}

impl LearnedScore {
    /// The score at the present value of the parameter.
    ///
    /// # Errors
    /// [`crate::Error::Width`] unless the parameter is one number; [`crate::Error::Config`] unless it is finite and above 0.
    pub fn now(&self) -> Result<Score> {
        let (what, parameter) = match self {
            Self::Dot { beta } => ("LearnedScore::Dot.beta", beta),
            Self::SquaredDistance { variance } => {
                ("LearnedScore::SquaredDistance.variance", variance)
            }
        };
        let values = check::to_host(parameter.clone().without_autodiff())?;
        let &[value] = values.as_slice() else {
            return Err(crate::Error::Width {
                what,
                expected: 1,
                rows: 1,
                found: values.len(),
            });
        };
        require_positive(what, value.into())?;
        Ok(match self {
            Self::Dot { .. } => Score::Dot { beta: value },
            Self::SquaredDistance { .. } => Score::SquaredDistance { variance: value },
        })
    }

    fn parameter(self) -> Tensor<1> {
        match self {
            Self::Dot { beta: parameter }
            | Self::SquaredDistance {
                variance: parameter,
            } => parameter,
        }
    }
}

/// [`super::read_with_values`] with a gradient to the score's parameter as well.
///
/// # Errors
/// As [`super::read_with_values`]; as [`LearnedScore::now`].
pub fn read_learned(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    score: LearnedScore,
) -> Result<Partial> {
    let now = score.now()?;
    checked(keys, values, &cues, Rule::Score(now))?;
    read(
        keys,
        values,
        cues,
        Owned::Score(now),
        Some(score.parameter()),
    )
}

/// A [`Rule`] that a graph may keep.
#[derive(Debug, Clone)]
pub(in crate::kernel) enum Owned {
    Score(Score),
    Function(Arc<dyn Similarity>),
}

impl Owned {
    pub(in crate::kernel) fn rule(&self) -> Rule<'_> {
        match self {
            Self::Score(score) => Rule::Score(*score),
            Self::Function(similarity) => Rule::Function(&**similarity),
        }
    }
}

/// Whether somebody may ask for gradients of a read.
pub(in crate::kernel) fn is_tracked(
    keys: &PatternStore,
    values: &PatternStore,
    cues: &Tensor<2>,
) -> bool {
    cues.is_autodiff() || keys.graph.is_some() || values.graph.is_some()
}

/// A read whose checks have been made, as one node of the graph.
pub(in crate::kernel) fn read(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    rule: Owned,
    parameter: Option<Tensor<1>>,
) -> Result<Partial> {
    // Gradients are computed in single precision.
    let (single, others) = (keys.single()?, values.single()?);
    let values = match std::ptr::eq(keys, values) {
        true => &*single,
        false => &*others,
    };
    let keys = &*single;
    let inner = cues.clone().without_autodiff();
    let found = plain(keys, values, inner.clone(), rule.rule())?;
    let (mean, log_sum) = (found.mean()?, found.sum.clone().log());
    // One node for both: what is added to the largest score, which counts as a constant, has the gradient of log Z.
    let output = Tensor::cat(vec![mean.clone(), log_sum.clone().unsqueeze_dim(1)], 1);
    let pass = Backward {
        doubted: doubted(keys, values, &inner, rule.rule(), &found)?,
        keys: keys.outside(),
        values: (!std::ptr::eq(keys, values)).then(|| values.outside()),
        max: found.max.clone(),
        cues: inner,
        mean,
        log_sum,
        rule,
    };
    let nothing = || Tensor::<2>::zeros([1, 1], &found.max.device());
    let of_keys = keys.graph().unwrap_or_else(nothing);
    let of_values = match &pass.values {
        Some(_) => values.graph().unwrap_or_else(nothing),
        None => nothing(),
    };
    let parameter = parameter.unwrap_or_else(|| Tensor::zeros([1], &found.max.device()));
    let inputs = [
        cues.into(),
        of_keys.into(),
        of_values.into(),
        parameter.into(),
    ];
    let node = custom(inputs, output, move |gradient, asked| {
        pass.pull_back(gradient.into_tensor(), asked)
            .expect("a device that computed the read computes its gradient")
    })?;
    let width = values.dim();
    let sum = node.clone().narrow(1, width, 1).exp();
    Ok(Partial {
        weighted: node.narrow(1, 0, width) * sum.clone(),
        sum: sum.squeeze_dim(1),
        max: found.max,
        best: found.best,
        count: found.count,
    })
}

/// Rows whose scores single precision does not hold, where the patterns are in host memory.
fn doubted(
    keys: &PatternStore,
    values: &PatternStore,
    cues: &Tensor<2>,
    rule: Rule<'_>,
    found: &Partial,
) -> Result<Vec<usize>> {
    if keys.host_rows().is_none() || values.host_rows().is_none() {
        return Ok(Vec::new());
    }
    let range = Range::new(rule, keys, values);
    let cues = check::to_host(cues.clone())?;
    let (max, sum) = (
        check::to_host(found.max.clone())?,
        check::to_host(found.sum.clone())?,
    );
    let norms = cues.chunks_exact(keys.dim()).map(squared_norm);
    let doubted = norms
        .enumerate()
        .filter(|&(row, norm)| !range.holds(norm.into()) || range.doubts(max[row], sum[row]));
    Ok(doubted.map(|(row, _)| row).collect())
}

#[cfg(test)]
mod tests;
