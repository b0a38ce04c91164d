//! Memories in closed form.

use anyhow::Result;
use attractor::factual_recall::capacity::spread_targets;
use attractor::factual_recall::{
    FeatureMemory, Linear, Matrix, Nonlinearity, RandomFeatures, TangentMemory,
};

use super::{Golden, ONCE, argmax, compare, counts, indices, matrix};

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    linear(golden)?;
    classes(golden)?;
    features(golden)?;
    labels(golden)
}

fn linear(golden: &mut Golden) -> Result<()> {
    let file = golden.file(super::FILE)?;
    let (keys, values) = (
        matrix(&file, "linear/keys")?,
        matrix(&file, "linear/values")?,
    );
    let memory = Linear::hebbian(&keys, &values)?;
    compare(
        golden,
        &file,
        "linear/hebbian_weights",
        memory.weights().data(),
        ONCE,
    )?;
    let scores = memory.scores(&keys, &values)?;
    compare(golden, &file, "linear/hebbian_scores", scores.data(), ONCE)?;
    compare(
        golden,
        &file,
        "linear/hebbian_argmax",
        &argmax(&scores)?,
        0.0,
    )?;
    let identity: Vec<u32> = (0..keys.rows() as u32).collect();
    let share = super::share(&scores, &identity)?;
    compare(golden, &file, "linear/hebbian_accuracy", &[share], ONCE)?;
    for named in file.matching("own_linear_ridge/lambda*/weights")? {
        let memory = Linear::ridge(&keys, &values, named.number(0))?;
        compare(golden, &file, &named.key, memory.weights().data(), ONCE)?;
        let chosen = argmax(&memory.scores(&keys, &values)?)?;
        let key = named.key.replace("/weights", "/argmax");
        compare(golden, &file, &key, &chosen, 0.0)?;
    }
    Ok(())
}

/// Several keys for one answer; the answers are the first values.
fn classes(golden: &mut Golden) -> Result<()> {
    let file = golden.file(super::FILE)?;
    let (keys, values) = (
        matrix(&file, "linear/keys")?,
        matrix(&file, "linear/values")?,
    );
    let targets = indices(&file, "linear_classes/targets")?;
    let classes = targets.iter().max().map_or(0, |last| last + 1);
    anyhow::ensure!(classes <= values.rows(), "more classes than values");
    let answers = values.slice(0, classes)?;
    let memory = Linear::hebbian(&keys, &answers.pick(&targets)?)?;
    compare(
        golden,
        &file,
        "linear_classes/hebbian_weights",
        memory.weights().data(),
        ONCE,
    )?;
    let scores = memory.scores(&keys, &answers)?;
    compare(
        golden,
        &file,
        "linear_classes/hebbian_scores",
        scores.data(),
        ONCE,
    )?;
    compare(
        golden,
        &file,
        "linear_classes/hebbian_argmax",
        &argmax(&scores)?,
        0.0,
    )?;
    let even = Linear::class_balanced(&keys, &targets, &answers)?;
    let chosen = argmax(&even.scores(&keys, &answers)?)?;
    compare(golden, &file, "own_class_size_divided/argmax", &chosen, 0.0)
}

fn features(golden: &mut Golden) -> Result<()> {
    let file = golden.file(super::FILE)?;
    let of = |name: &str| matrix(&file, &format!("own_random_features/{name}"));
    let (keys, values, directions) = (of("keys")?, of("values")?, of("directions")?);
    for kind in Nonlinearity::ALL {
        let key = |what: &str| format!("own_random_features/{}/{what}", kind.name());
        if !file.contains(&key("features")) {
            continue;
        }
        let features = RandomFeatures::of(directions.clone(), kind)?;
        let found = features.features(&keys)?;
        compare(golden, &file, &key("features"), found.data(), ONCE)?;
        let sum = FeatureMemory::hebbian(features.clone(), &keys, &values)?;
        let scores = sum.scores(&keys, &values)?;
        compare(golden, &file, &key("hebbian_scores"), scores.data(), ONCE)?;
        for named in file.find(&key("ridge*_scores")) {
            let features = features.clone();
            let memory = FeatureMemory::ridge(features, &keys, &values, named.number(0))?;
            let scores = memory.scores(&keys, &values)?;
            compare(golden, &file, &named.key, scores.data(), ONCE)?;
        }
    }
    let outputs: Matrix<f64> = matrix(&file, "own_tangent/output_directions")?;
    let mut memory = TangentMemory::of(directions, outputs)?;
    memory.add(&keys, &values)?;
    compare(golden, &file, "own_tangent/A", memory.stored().data(), ONCE)?;
    let scores = memory.scores(&keys, &values)?;
    compare(golden, &file, "own_tangent/scores", scores.data(), ONCE)
}

/// Labels `int(x M / N)` at M = N: in 32-bit floats some are one too low.
fn labels(golden: &mut Golden) -> Result<()> {
    let file = golden.file(super::FILE)?;
    for named in file.matching("mlp_labels/count_differ_N#_as_published")? {
        let n = named.count(0);
        let published = |x: usize| ((x * n) as f32 / n as f32) as usize;
        let wrong: Vec<f64> = (0..n)
            .filter(|&x| published(x) != x)
            .map(|x| x as f64)
            .collect();
        compare(golden, &file, &named.key, &[wrong.len() as f64], 0.0)?;
        let key = format!("mlp_labels/differ_from_identity_at_N{n}_as_published");
        let listed = counts(&file, &key)?.len();
        compare(golden, &file, &key, &wrong[..listed.min(wrong.len())], 0.0)?;
        let ours = spread_targets(n, n)?;
        let differ = ours
            .iter()
            .enumerate()
            .filter(|(x, target)| *x != **target as usize)
            .count();
        let key = format!("mlp_labels/count_differ_N{n}_corrected");
        compare(golden, &file, &key, &[differ as f64], 0.0)?;
    }
    Ok(())
}
