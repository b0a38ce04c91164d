//! The one-layer transformer: forward, gradient and training, explicit and collapsed.

use anyhow::Result;
use attractor::factual_recall::trained::{Optimiser, Rule};
use attractor::factual_recall::transformer::{
    Occurrences, Parameters, beside_each_other, one_after_another,
};
use attractor::factual_recall::{Matrix, Prompts, Transformer, TransformerConfig};

use super::{
    File, Golden, NAME, ONCE, TRAINED, argmax, compare, counts, indices, matrix, vector,
    weight_decay,
};

/// The explicit and the collapsed step, in single precision.
const COLLAPSED: f64 = 1e-5;

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(super::FILE)?;
    let model = initial(&file)?;
    let batches = batches(&file)?;
    let batch = &batches[0];
    forward(golden, &file, &model, batch)?;
    collapsed(golden, &file, &model, batch)?;
    train(golden, &file, &model, &batches)
}

fn initial(file: &File) -> Result<Transformer<f64>> {
    let key = |name: &str| format!("transformer/initial/{name}");
    let (shape, _) = file.numbers(&key("Q"))?;
    let &[heads, dim, head_dim] = shape else {
        return Err(super::misfit(file, &key("Q"), "three axes", shape));
    };
    let of_heads = |name: &str| -> Result<Matrix<f64>> {
        Ok(beside_each_other(
            &vector(file, &key(name))?,
            [heads, dim, head_dim],
        )?)
    };
    let bias = vector(file, &key("layer1.bias"))?;
    let config = TransformerConfig {
        dim,
        heads,
        head_dim,
        width: bias.len(),
    };
    let parameters = Parameters {
        query: of_heads("Q")?,
        key: of_heads("K")?,
        value: of_heads("V")?,
        output: matrix(file, &key("O"))?,
        first: matrix(file, &key("layer1.kernel"))?,
        bias: Matrix::new(1, bias.len(), bias)?,
        second: matrix(file, &key("layer2.kernel"))?,
    };
    let (wte, unembed) = (matrix(file, &key("wte"))?, matrix(file, &key("unembed"))?);
    Ok(Transformer::of(config, wte, unembed, parameters)?)
}

/// The prompts with an end token, in batches.
fn batches(file: &File) -> Result<Vec<Prompts>> {
    let key = "transformer/batch_size";
    let size = indices(file, key)?.first().copied().unwrap_or_default();
    let (shape, _) = file.numbers("sampler/eos_prompts")?;
    let &[count, length] = shape else {
        return Err(super::misfit(
            file,
            "sampler/eos_prompts",
            "two axes",
            shape,
        ));
    };
    anyhow::ensure!(
        (1..=count).contains(&size),
        "{key}: expected 1 to {count}, found {size}"
    );
    let tokens = counts(file, "sampler/eos_prompts")?;
    let answers = counts(file, "sampler/eos_answers")?;
    let parts = tokens
        .chunks_exact(size * length)
        .zip(answers.chunks_exact(size));
    parts
        .map(|(tokens, answers)| Ok(Prompts::new(tokens.to_vec(), length, answers.to_vec())?))
        .collect()
}

fn softmax(scores: &Matrix<f64>) -> Vec<f64> {
    let rows = scores.data().chunks(scores.cols().max(1));
    let shares = rows.flat_map(|row| {
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|score| (score - most).exp()).sum();
        row.iter().map(move |score| (score - most).exp() / sum)
    });
    shares.collect()
}

fn forward(
    golden: &mut Golden,
    file: &File,
    model: &Transformer<f64>,
    batch: &Prompts,
) -> Result<()> {
    let (heads, length) = (model.config().heads, batch.length());
    let weights = model.attention(batch)?;
    let mut by_head: Vec<f64> = Vec::new();
    for head in 0..heads {
        for row in 0..batch.len() {
            by_head.extend(&weights.row(row)?[head * length..(head + 1) * length]);
        }
    }
    compare(golden, file, "transformer/attention", &by_head, ONCE)?;
    let scores = model.scores(batch)?;
    compare(golden, file, "transformer/logits", scores.data(), ONCE)?;
    compare(golden, file, "transformer/argmax", &argmax(&scores)?, 0.0)?;
    compare(
        golden,
        file,
        "transformer/probabilities",
        &softmax(&scores),
        ONCE,
    )?;
    let mut alone = model.clone();
    for array in [&mut alone.parameters.second, &mut alone.parameters.bias] {
        array.data_mut().fill(0.0);
    }
    let scores = alone.scores(batch)?;
    compare(
        golden,
        file,
        "transformer/attention_only_probabilities",
        &softmax(&scores),
        ONCE,
    )?;
    let step = model.explicit_step(batch)?;
    compare(golden, file, "transformer/loss", &[step.loss], ONCE)?;
    arrays(
        golden,
        file,
        "transformer/gradient",
        &step.gradient,
        model.config().head_dim,
        ONCE,
    )
}

/// Compares every array of weights, or of a gradient, with those below a prefix.
fn arrays(
    golden: &mut Golden,
    file: &File,
    prefix: &str,
    ours: &Parameters<f64>,
    head_dim: usize,
    within: f64,
) -> Result<()> {
    for (name, array) in [("Q", &ours.query), ("K", &ours.key), ("V", &ours.value)] {
        let ours = one_after_another(array, head_dim)?;
        compare(golden, file, &format!("{prefix}/{name}"), &ours, within)?;
    }
    for (name, array) in [
        ("O", &ours.output),
        ("layer1.kernel", &ours.first),
        ("layer1.bias", &ours.bias),
        ("layer2.kernel", &ours.second),
    ] {
        compare(
            golden,
            file,
            &format!("{prefix}/{name}"),
            array.data(),
            within,
        )?;
    }
    Ok(())
}

/// The collapsed step against the file, and in single precision against the explicit one.
fn collapsed(
    golden: &mut Golden,
    file: &File,
    model: &Transformer<f64>,
    batch: &Prompts,
) -> Result<()> {
    let occurrences = Occurrences::of_prompts(batch, model.embedding().rows())?;
    let scores = model.collapsed_scores(&occurrences)?;
    let expected = vector(file, "transformer/logits")?;
    let name = "collapsed: transformer/logits";
    golden.compare_values(NAME, name, scores.data(), &expected, ONCE)?;
    let gradient = model.collapsed_step(&occurrences)?.gradient;
    for (name, ours) in [
        (
            "Q",
            one_after_another(&gradient.query, model.config().head_dim)?,
        ),
        (
            "K",
            one_after_another(&gradient.key, model.config().head_dim)?,
        ),
        (
            "V",
            one_after_another(&gradient.value, model.config().head_dim)?,
        ),
        ("O", gradient.output.data().to_vec()),
        ("layer1.kernel", gradient.first.data().to_vec()),
        ("layer1.bias", gradient.bias.data().to_vec()),
        ("layer2.kernel", gradient.second.data().to_vec()),
    ] {
        let key = format!("transformer/gradient/{name}");
        let expected = vector(file, &key)?;
        golden.compare_values(NAME, &format!("collapsed: {key}"), &ours, &expected, ONCE)?;
    }
    let single = model.cast::<f32>();
    let (ours, explicit) = (
        single.collapsed_scores(&occurrences)?,
        single.scores(batch)?,
    );
    let name = "collapsed and explicit scores, f32";
    golden.compare_values(NAME, name, ours.data(), explicit.data(), COLLAPSED)
}

/// Steps that take the batches in turn.
fn train(
    golden: &mut Golden,
    file: &File,
    model: &Transformer<f64>,
    batches: &[Prompts],
) -> Result<()> {
    let head_dim = model.config().head_dim;
    for named in file.matching("transformer/adamw*_loss")? {
        let mut model = model.clone();
        let rule = Rule::Adam {
            rate: named.number(0),
            weight_decay: weight_decay(file)?,
        };
        let mut optimiser = Optimiser::new(rule)?;
        let mut losses = Vec::new();
        for step in 0..vector(file, &named.key)?.len() {
            let batch = &batches[step % batches.len()];
            let batch = Occurrences::of_prompts(batch, model.embedding().rows())?;
            let found = model.collapsed_step(&batch)?;
            losses.push(found.loss);
            let arrays = model
                .parameters
                .arrays_mut()
                .into_iter()
                .zip(found.gradient.arrays());
            optimiser.step(arrays.map(|(weights, of)| (weights.data_mut(), of.data())))?;
        }
        compare(golden, file, &named.key, &losses, TRAINED)?;
        let prefix = named.key.replace("_loss", "_final");
        arrays(golden, file, &prefix, &model.parameters, head_dim, TRAINED)?;
        let key = named.key.replace("_loss", "_final_probabilities");
        compare(
            golden,
            file,
            &key,
            &softmax(&model.scores(&batches[0])?),
            TRAINED,
        )?;
    }
    Ok(())
}
