//! Memories learned by gradient.

use anyhow::{Context, Result};
use attractor::factual_recall::trained::softmax::Form;
use attractor::factual_recall::trained::{Facts, Rule, Trainable, Trainer};
use attractor::factual_recall::{Linear, Matrix, Mlp};

use super::{
    File, Golden, NAME, ONCE, TRAINED, argmax, compare, counts, matrix, vector, weight_decay,
};

/// Rates from here on grow what differs in the last bits: single precision is compared in losses alone.
const LARGE_RATE: f64 = 100.0;

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(super::FILE)?;
    linear(golden, &file)?;
    mlp(golden, &file)
}

fn linear(golden: &mut Golden, file: &File) -> Result<()> {
    let (keys, values) = (matrix(file, "linear/keys")?, matrix(file, "linear/values")?);
    let targets: Vec<u32> = (0..keys.rows() as u32).collect();
    let facts = Facts::new(&keys, &targets, &values)?;
    // Kernels are [in, out], the transposes of ours.
    let start = Linear::of(matrix(file, "linear_train/initial_kernel")?.transposed())?;
    let scores = start.scores(&keys, &values)?;
    compare(
        golden,
        file,
        "linear_train/initial_scores",
        scores.data(),
        ONCE,
    )?;
    let (_, gradient) = start.gradient(&facts, Form::Fused);
    let gradient = gradient.first().context("a gradient")?.transposed();
    compare(
        golden,
        file,
        "linear_train/initial_gradient",
        gradient.data(),
        ONCE,
    )?;
    for named in file.matching("linear_train/adamw*/loss_corrected")? {
        let rule = Rule::Adam {
            rate: named.number(0),
            weight_decay: weight_decay(file)?,
        };
        run(golden, file, &named.key, (&start, &facts), rule)?;
    }
    for named in file.matching("linear_train/sgd*_momentum*/loss_corrected")? {
        let rule = Rule::Sgd {
            rate: named.number(0),
            momentum: named.number(1),
        };
        run(golden, file, &named.key, (&start, &facts), rule)?;
    }
    for named in file.matching("linear_train/sgd*/loss_corrected")? {
        let rule = Rule::Sgd {
            rate: named.number(0),
            momentum: 0.0,
        };
        run(golden, file, &named.key, (&start, &facts), rule)?;
    }
    Ok(())
}

/// One run: corrected in double precision, and as published in single.
fn run(
    golden: &mut Golden,
    file: &File,
    loss_key: &str,
    (start, facts): (&Linear<f64>, &Facts<'_, f64>),
    rule: Rule,
) -> Result<()> {
    let key = |what: &str| loss_key.replace("loss_corrected", what);
    let steps = vector(file, loss_key)?.len();
    let (keys, values) = (matrix(file, "linear/keys")?, matrix(file, "linear/values")?);
    let targets: Vec<u32> = (0..keys.rows() as u32).collect();
    let mut trainer = Trainer::new(start.clone(), rule, Form::Fused)?;
    let (mut losses, mut shares) = (Vec::new(), Vec::new());
    for _ in 0..steps {
        losses.push(trainer.step(facts)?.0);
        shares.push(super::share(
            &trainer.model.scores(&keys, &values)?,
            &targets,
        )?);
    }
    compare(golden, file, loss_key, &losses, TRAINED)?;
    compare(golden, file, &key("accuracy_corrected"), &shares, TRAINED)?;
    let kernel = trainer.model.weights().transposed();
    compare(
        golden,
        file,
        &key("final_kernel_corrected"),
        kernel.data(),
        TRAINED,
    )?;

    let (keys, values) = (keys.cast::<f32>(), values.cast::<f32>());
    let facts = Facts::new(&keys, &targets, &values)?;
    let start = Linear::of(start.weights().cast::<f32>())?;
    let mut trainer = Trainer::new(start, rule, Form::AsPublished)?;
    let (mut losses, mut shares) = (Vec::new(), Vec::new());
    for _ in 0..steps {
        losses.push(trainer.step(&facts)?.0);
        let scores = keys.times_t(trainer.model.weights())?.times_t(&values)?;
        shares.push(super::share(&scores.cast(), &targets)?);
    }
    let loss_key = key("loss_as_published_f32");
    let expected = vector(file, &loss_key)?;
    anyhow::ensure!(
        expected.len() == steps,
        "{loss_key}: expected {steps} losses"
    );
    let lost = |losses: &[f64]| {
        losses
            .iter()
            .map(|x| f64::from(u8::from(!x.is_finite())))
            .collect()
    };
    let (ours_lost, lost): (Vec<f64>, Vec<f64>) = (lost(&losses), lost(&expected));
    golden.compare_values(
        NAME,
        &format!("{loss_key}: not finite"),
        &ours_lost,
        &lost,
        0.0,
    )?;
    let finite = expected
        .iter()
        .zip(&losses)
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .count();
    let rate = match rule {
        Rule::Sgd { rate, .. } | Rule::Adam { rate, .. } => rate,
    };
    let within = if rate < LARGE_RATE { 1e-4 } else { 1e-2 };
    golden.compare_values(
        NAME,
        &loss_key,
        &losses[..finite],
        &expected[..finite],
        within,
    )?;
    // Of weights that are not finite the published code reports the share of answer 0.
    let key = key("accuracy_as_published_f32");
    let expected = vector(file, &key)?;
    if rate < LARGE_RATE {
        golden.compare_values(NAME, &key, &shares, &expected, 1e-4)?;
    }
    Ok(())
}

fn mlp(golden: &mut Golden, file: &File) -> Result<()> {
    let (keys, values) = (matrix(file, "mlp/keys")?, matrix(file, "mlp/values")?);
    let targets = counts(file, "mlp/targets")?;
    let facts = Facts::new(&keys, &targets, &values)?;
    let bias = vector(file, "mlp/initial/layer1.bias")?;
    let start = Mlp::of(
        matrix(file, "mlp/initial/layer1.kernel")?,
        Matrix::new(1, bias.len(), bias)?,
        matrix(file, "mlp/initial/layer2.kernel")?,
    )?;
    let scores = start.scores(&keys, &values)?;
    compare(golden, file, "mlp/scores", scores.data(), ONCE)?;
    compare(golden, file, "mlp/argmax", &argmax(&scores)?, 0.0)?;
    let (entropy, gradient) = start.gradient(&facts, Form::Fused);
    compare(
        golden,
        file,
        "mlp/loss",
        &[entropy.loss / targets.len() as f64],
        ONCE,
    )?;
    const ARRAYS: [&str; 3] = ["layer1.kernel", "layer1.bias", "layer2.kernel"];
    for (array, gradient) in ARRAYS.iter().zip(&gradient) {
        compare(
            golden,
            file,
            &format!("mlp/gradient/{array}"),
            gradient.data(),
            ONCE,
        )?;
    }
    for named in file.matching("mlp/adamw*_loss")? {
        let rule = Rule::Adam {
            rate: named.number(0),
            weight_decay: weight_decay(file)?,
        };
        let mut trainer = Trainer::new(start.clone(), rule, Form::Fused)?;
        let (mut losses, mut shares) = (Vec::new(), Vec::new());
        for _ in 0..vector(file, &named.key)?.len() {
            losses.push(trainer.step(&facts)?.0);
            shares.push(super::share(
                &trainer.model.scores(&keys, &values)?,
                &targets,
            )?);
        }
        compare(golden, file, &named.key, &losses, TRAINED)?;
        compare(
            golden,
            file,
            &named.key.replace("_loss", "_accuracy"),
            &shares,
            TRAINED,
        )?;
        let arrays = [
            &trainer.model.first,
            &trainer.model.bias,
            &trainer.model.second,
        ];
        for (array, ours) in ARRAYS.iter().zip(arrays) {
            let key = named.key.replace("_loss", &format!("_final/{array}"));
            compare(golden, file, &key, ours.data(), TRAINED)?;
        }
    }
    Ok(())
}
