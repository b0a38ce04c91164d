//! Weights that hold the facts without training: in the value matrices of the heads, or in the MLP.

use attractor_core::error::require_positive;
use attractor_core::rng;
use attractor_core::{Error, Result};

use super::{Parameters, Transformer, TransformerConfig};
use crate::embedding::unit_rows;
use crate::linear::{dual_basis, ridge};
use crate::{FactTask, Matrix, Real};

/// Sharpness of the attention: `40 ln V`.
fn sharpness(vocabulary: usize) -> f64 {
    40.0 * (vocabulary as f64).ln()
}

/// Attention alone. Subjects and relations are dealt to heads in groups of at most `head_dim` tokens,
/// `ceil(S / d_h) + ceil(R / d_h)` heads. A head looks for the tokens of its group,
///
/// ```text
/// <k_t, q> / sqrt(d_h) = beta <phi(t), sum_(z in G) phi(z) + phi(EOS) / 2>
/// ```
///
/// and rests on the end token where there is none. Its value and output matrices map the group, read in the
/// dual basis of the group and the end token: a subject to the sum of its answers, a relation to the sum
/// of its block, the end token to 0. Only the right answer is in both sums. Needs `d` well above
/// `(R + D) ln(D R)`.
///
/// # Errors
/// [`Error::Config`] for a task without end token, a `head_dim` of 0, or a group whose embeddings are
/// dependent.
pub fn attention_only<T: Real>(
    task: &FactTask,
    dim: usize,
    head_dim: usize,
    seed: u64,
) -> Result<Transformer<T>> {
    let sizes = *task.config();
    needs_end(task)?;
    let one = TransformerConfig {
        dim,
        heads: 1,
        head_dim,
        width: 0,
    };
    one.validate()?;
    let tokens: Vec<usize> = (0..sizes.subjects + sizes.relations).collect();
    let (subjects, relations) = tokens.split_at(sizes.subjects);
    let groups: Vec<&[usize]> = subjects
        .chunks(head_dim)
        .chain(relations.chunks(head_dim))
        .collect();
    let config = TransformerConfig {
        heads: groups.len(),
        ..one
    };
    let (embedding, unembedding) = embeddings::<f64>(task, dim, seed)?;
    let mut parameters = Parameters::<f64>::zeros(&config);
    let end = embedding.at(sizes.end()).to_vec();
    let beta = sharpness(sizes.vocabulary()) * (head_dim as f64).sqrt();
    for (head, group) in groups.into_iter().enumerate() {
        let columns = head * head_dim;
        let mut read = group.to_vec();
        read.push(sizes.end());
        let dual = dual_basis(&embedding.chosen(&read))?;
        for (i, &end) in end.iter().enumerate() {
            let along: f64 = group.iter().map(|&token| embedding.at(token)[i]).sum();
            parameters.query.at_mut(i)[columns] = end;
            parameters.key.at_mut(i)[columns] = beta * (along + 0.5 * end);
            for j in 0..group.len() {
                parameters.value.at_mut(i)[columns + j] = dual.at(j)[i];
            }
        }
        for (j, &token) in group.iter().enumerate() {
            let row = parameters.output.at_mut(columns + j);
            for answer in answers_of(task, token) {
                for (sum, &u) in row.iter_mut().zip(unembedding.at(answer)) {
                    *sum += u;
                }
            }
        }
    }
    Ok(Transformer::of(config, embedding, unembedding, parameters)?.cast())
}

/// The answers of a subject, or the block of a relation.
fn answers_of(task: &FactTask, token: usize) -> Vec<usize> {
    let sizes = task.config();
    match token.checked_sub(sizes.subjects) {
        None => {
            let facts = &task.facts()[token * sizes.relations..(token + 1) * sizes.relations];
            facts.iter().map(|&answer| answer as usize).collect()
        }
        Some(relation) => (relation * sizes.answers..(relation + 1) * sizes.answers).collect(),
    }
}

/// Attention and MLP. Two heads of inner size d carry `phi(s)` and `phi(r)` to the residual stream: their
/// key is that of a ridge regression over the vocabulary, 1 on the group and 0 elsewhere. The MLP is a
/// memory of the `S R` keys `phi(s) + phi(r)`: `width` random rectifiers and a ridge readout to
/// `u_a*(s, r)` without what the residual connection carries past it.
///
/// # Errors
/// [`Error::Config`] for a task without end token, a width of 0 or a lambda that is not above 0.
pub fn attention_mlp<T: Real>(
    task: &FactTask,
    dim: usize,
    width: usize,
    lambda: f64,
    seed: u64,
) -> Result<Transformer<T>> {
    needs_end(task)?;
    require_positive("attention_mlp.lambda", lambda)?;
    let sizes = *task.config();
    let config = TransformerConfig {
        dim,
        heads: 2,
        head_dim: dim,
        width,
    };
    config.validate()?;
    attractor_core::error::require_nonzero("attention_mlp.width", width)?;
    let (embedding, unembedding) = embeddings::<f64>(task, dim, seed)?;
    let mut parameters = Parameters::<f64>::zeros(&config);
    let end = embedding.at(sizes.end()).to_vec();
    let beta = sharpness(sizes.vocabulary()) * (dim as f64).sqrt();
    let groups = [
        0..sizes.subjects,
        sizes.subjects..sizes.subjects + sizes.relations,
    ];
    for (head, group) in groups.into_iter().enumerate() {
        let wanted = Matrix::from_fn(sizes.vocabulary(), 1, |token, _| {
            f64::from(u8::from(group.contains(&token)))
        });
        let key = ridge(&embedding, &wanted, lambda)?;
        let columns = head * dim;
        for (i, &end) in end.iter().enumerate() {
            parameters.query.at_mut(i)[columns] = end;
            parameters.key.at_mut(i)[columns] = beta * key.data()[i];
            parameters.value.at_mut(i)[columns + i] = 1.0;
            parameters.output.at_mut(columns + i)[i] = 1.0;
        }
    }
    let keys = Matrix::from_fn(task.facts().len(), dim, |fact, i| {
        let (subject, relation) = (fact / sizes.relations, fact % sizes.relations);
        embedding.at(subject)[i] + embedding.at(sizes.subjects + relation)[i]
    });
    let mut rng = rng::stream(seed, "rectifiers");
    parameters.first = crate::embedding::normal_rows(&mut rng, dim, width, 1.0)?;
    let mut features = keys.dot(&parameters.first);
    features
        .data_mut()
        .iter_mut()
        .for_each(|value| *value = value.max(0.0));
    let answers: Vec<usize> = task.facts().iter().map(|&answer| answer as usize).collect();
    let mut values = unembedding.chosen(&answers);
    values.add_scaled(-1.0, &keys);
    parameters.second = ridge(&features, &values, lambda)?;
    Ok(Transformer::of(config, embedding, unembedding, parameters)?.cast())
}

fn embeddings<T: Real>(task: &FactTask, dim: usize, seed: u64) -> Result<(Matrix<T>, Matrix<T>)> {
    let mut rng = rng::stream(seed, "embeddings");
    let embedding = unit_rows(&mut rng, task.config().vocabulary(), dim)?;
    Ok((
        embedding,
        unit_rows(&mut rng, task.config().all_answers(), dim)?,
    ))
}

fn needs_end(task: &FactTask) -> Result<()> {
    match task.config().end_token {
        true => Ok(()),
        false => {
            let rule = "must be true for a construction";
            Err(Error::config("FactTaskConfig.end_token", rule, "false"))
        }
    }
}
