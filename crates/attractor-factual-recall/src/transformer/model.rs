use attractor_core::error::require_nonzero;
use attractor_core::rng;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::embedding::normal_rows;
use crate::trained::lecun_normal;
use crate::{FactTaskConfig, Matrix, Real};

/// Sizes of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransformerConfig {
    /// Entries d of an embedding.
    pub dim: usize,
    /// Heads H.
    pub heads: usize,
    /// Entries d_h of a head's queries, keys and values.
    pub head_dim: usize,
    /// Hidden units m of the MLP; 0 for attention alone.
    pub width: usize,
}

impl TransformerConfig {
    /// At least one dimension, head and entry of a head.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("TransformerConfig.dim", self.dim)?;
        require_nonzero("TransformerConfig.heads", self.heads)?;
        require_nonzero("TransformerConfig.head_dim", self.head_dim)
    }

    /// Entries of all heads, `H d_h`.
    pub fn inner(&self) -> usize {
        self.heads * self.head_dim
    }

    /// `4 d H d_h + 2 d m`: the weights that are learned, biases left out, as the paper counts.
    pub fn parameters(&self) -> usize {
        4 * self.dim * self.inner() + 2 * self.dim * self.width
    }
}

/// What is learned, or its gradient. The default has no numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters<T> {
    /// `Q [d, H d_h]`; head h has the columns from `h d_h`.
    pub query: Matrix<T>,
    /// `K`, as Q.
    pub key: Matrix<T>,
    /// `V`, as Q.
    pub value: Matrix<T>,
    /// `O [H d_h, d]`
    pub output: Matrix<T>,
    /// `W1 [d, m]`
    pub first: Matrix<T>,
    /// `b1 [1, m]`
    pub bias: Matrix<T>,
    /// `W2 [m, d]`
    pub second: Matrix<T>,
}

impl<T: Real> Parameters<T> {
    /// All 0.
    pub fn zeros(config: &TransformerConfig) -> Self {
        let (d, inner, m) = (config.dim, config.inner(), config.width);
        let heads = Matrix::zeros(d, inner);
        Self {
            query: heads.clone(),
            key: heads.clone(),
            value: heads,
            output: Matrix::zeros(inner, d),
            first: Matrix::zeros(d, m),
            bias: Matrix::zeros(1, m),
            second: Matrix::zeros(m, d),
        }
    }

    /// Refuses arrays of other shapes than these sizes have.
    pub(super) fn check(&self, config: &TransformerConfig) -> Result<()> {
        let (d, inner, m) = (config.dim, config.inner(), config.width);
        let expected = [
            ("query", d, inner),
            ("key", d, inner),
            ("value", d, inner),
            ("output", inner, d),
            ("first layer", d, m),
            ("bias", 1, m),
            ("second layer", m, d),
        ];
        for (found, (what, rows, cols)) in self.arrays().into_iter().zip(expected) {
            found.check_rows(what, rows)?;
            if found.cols() != cols {
                return Err(Error::Width {
                    what,
                    expected: cols,
                    rows: found.rows(),
                    found: found.cols(),
                });
            }
        }
        Ok(())
    }

    /// Every array: Q, K, V, O, W1, b1, W2.
    pub fn arrays(&self) -> [&Matrix<T>; 7] {
        [
            &self.query,
            &self.key,
            &self.value,
            &self.output,
            &self.first,
            &self.bias,
            &self.second,
        ]
    }

    /// The same, to be changed.
    pub fn arrays_mut(&mut self) -> [&mut Matrix<T>; 7] {
        [
            &mut self.query,
            &mut self.key,
            &mut self.value,
            &mut self.output,
            &mut self.first,
            &mut self.bias,
            &mut self.second,
        ]
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        self.arrays().iter().all(|array| array.is_finite())
    }
}

/// `[H, d, d_h]` as `[d, H d_h]`: how files have the weights of heads, and how they are kept.
///
/// # Errors
/// [`Error::Width`] unless there are as many numbers.
pub fn beside_each_other<T: Real>(
    weights: &[T],
    [heads, dim, head_dim]: [usize; 3],
) -> Result<Matrix<T>> {
    let expected = heads.saturating_mul(dim).saturating_mul(head_dim);
    if weights.len() != expected {
        return Err(Error::Width {
            what: "heads",
            expected,
            rows: 1,
            found: weights.len(),
        });
    }
    Ok(Matrix::from_fn(dim, heads * head_dim, |i, column| {
        weights[(column / head_dim * dim + i) * head_dim + column % head_dim]
    }))
}

/// The other way: `[d, H d_h]` as `[H, d, d_h]`.
///
/// # Errors
/// [`Error::Config`] unless the columns are whole heads.
pub fn one_after_another<T: Real>(weights: &Matrix<T>, head_dim: usize) -> Result<Vec<T>> {
    if !weights.cols().is_multiple_of(head_dim) {
        let found = format!("{head_dim} for {} columns", weights.cols());
        return Err(Error::config("head_dim", "must divide the columns", found));
    }
    let heads = weights.cols() / head_dim.max(1);
    let mut all = Vec::with_capacity(weights.data().len());
    for head in 0..heads {
        for i in 0..weights.rows() {
            all.extend_from_slice(&weights.at(i)[head * head_dim..(head + 1) * head_dim]);
        }
    }
    Ok(all)
}

/// The network. See the [module](super).
#[derive(Debug, Clone, PartialEq)]
pub struct Transformer<T> {
    pub(super) config: TransformerConfig,
    /// `[V, d]`
    pub(super) embedding: Matrix<T>,
    /// `[answers, d]`
    pub(super) unembedding: Matrix<T>,
    /// What is learned.
    pub parameters: Parameters<T>,
}

impl<T: Real> Transformer<T> {
    /// Random weights as the published code draws them: embeddings with entries of variance `1 / d`; Q, K, V
    /// of variance `1 / d_h`, O of variance `1 / d`, LeCun's start for the MLP, no bias.
    ///
    /// # Errors
    /// Those of [`TransformerConfig::validate`] and [`FactTaskConfig::validate`].
    pub fn init(config: TransformerConfig, task: &FactTaskConfig, seed: u64) -> Result<Self> {
        config.validate()?;
        task.validate()?;
        let mut rng = rng::stream(seed, "embeddings");
        let (d, inner, m) = (config.dim, config.inner(), config.width);
        let spread = (d as f64).sqrt().recip();
        let embedding = normal_rows(&mut rng, task.vocabulary(), d, spread)?;
        let unembedding = normal_rows(&mut rng, task.all_answers(), d, spread)?;
        let mut rng = rng::stream(seed, "transformer");
        let of_heads = (config.head_dim as f64).sqrt().recip();
        let mut parameters = Parameters::zeros(&config);
        parameters.query = normal_rows(&mut rng, d, inner, of_heads)?;
        parameters.key = normal_rows(&mut rng, d, inner, of_heads)?;
        parameters.value = normal_rows(&mut rng, d, inner, of_heads)?;
        parameters.output = normal_rows(&mut rng, inner, d, spread)?;
        if m > 0 {
            parameters.first = lecun_normal(&mut rng, d, m)?;
            parameters.second = lecun_normal(&mut rng, m, d)?;
        }
        Self::of(config, embedding, unembedding, parameters)
    }

    /// The network of these weights.
    ///
    /// # Errors
    /// Those of [`TransformerConfig::validate`]; [`Error::Width`] and [`Error::Rows`] for shapes that do not
    /// fit, [`Error::EmptyBatch`], [`Error::NonFinite`].
    pub fn of(
        config: TransformerConfig,
        embedding: Matrix<T>,
        unembedding: Matrix<T>,
        parameters: Parameters<T>,
    ) -> Result<Self> {
        config.validate()?;
        embedding.check("embeddings", config.dim)?;
        unembedding.check("unembeddings", config.dim)?;
        parameters.check(&config)?;
        parameters
            .arrays()
            .into_iter()
            .try_for_each(|array| array.check_finite("weights"))?;
        Ok(Self {
            config,
            embedding,
            unembedding,
            parameters,
        })
    }

    /// Sizes.
    pub fn config(&self) -> &TransformerConfig {
        &self.config
    }

    /// Embeddings `[V, d]`.
    pub fn embedding(&self) -> &Matrix<T> {
        &self.embedding
    }

    /// Unembeddings `[answers, d]`.
    pub fn unembedding(&self) -> &Matrix<T> {
        &self.unembedding
    }

    /// The same network in another precision.
    pub fn cast<U: Real>(&self) -> Transformer<U> {
        let Parameters {
            query,
            key,
            value,
            output,
            first,
            bias,
            second,
        } = &self.parameters;
        Transformer {
            config: self.config,
            embedding: self.embedding.cast(),
            unembedding: self.unembedding.cast(),
            parameters: Parameters {
                query: query.cast(),
                key: key.cast(),
                value: value.cast(),
                output: output.cast(),
                first: first.cast(),
                bias: bias.cast(),
                second: second.cast(),
            },
        }
    }
}
