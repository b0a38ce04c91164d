use attractor_core::rng;

use super::construct::{attention_mlp, attention_only};
use super::edit::{Along, Site};
use crate::{FactTask, FactTaskConfig, Matrix};

fn square(size: usize, answers: usize) -> FactTaskConfig {
    FactTaskConfig::new(size, size, answers)
}

/// P13: the value matrices hold the facts once the dimension is large enough, and not before.
#[test]
fn value_matrices_hold_the_facts() {
    let task = FactTask::new(square(16, 4), 1).unwrap();
    let shares = |dim: usize| {
        let model = attention_only::<f32>(&task, dim, 4, 1).unwrap();
        assert_eq!(model.config().heads, 8);
        model.accuracy(&task, 2).unwrap()
    };
    let (wide, narrow) = (shares(512), shares(64));
    assert!(wide >= 0.99 && narrow < 0.6, "{wide} {narrow}");
}

/// P14: so does an MLP behind two heads.
#[test]
fn rectifiers_hold_the_facts() {
    let task = FactTask::new(square(16, 4), 1).unwrap();
    let model = attention_mlp::<f32>(&task, 64, 256, 1e-3, 1).unwrap();
    let share = model.accuracy(&task, 2).unwrap();
    assert!(share >= 0.99, "{share}");
    let message = attention_mlp::<f32>(&task, 64, 0, 1e-3, 1)
        .unwrap_err()
        .to_string();
    assert!(message.starts_with("attention_mlp.width"), "{message}");
}

/// P14, second half: a Hebbian sum of degree 2 leaks a quarter of each fact to those that share its subject
/// or its relation.
#[test]
fn sums_over_facts_leak() {
    use crate::embedding::unit_rows;
    use crate::{FeatureMemory, Nonlinearity, RandomFeatures};
    let (size, dim, width) = (16, 128, 1024);
    let task = FactTask::new(square(size, 4), 1).unwrap();
    let even = FactTask::balanced(square(size, 4), 1).unwrap();
    let mut rng = rng::stream(1, "embeddings");
    let tokens: Matrix<f64> = unit_rows(&mut rng, 2 * size, dim).unwrap();
    let answers: Matrix<f64> = unit_rows(&mut rng, 4 * size, dim).unwrap();
    // Unit keys: half of the square of two unit tokens.
    let keys = Matrix::from_fn(size * size, dim, |fact, i| {
        (tokens.at(fact / size)[i] + tokens.at(size + fact % size)[i]) / 2f64.sqrt()
    });
    let share = |task: &FactTask, kind| {
        let features =
            RandomFeatures::draw(&mut rng::stream(2, "directions"), width, dim, kind).unwrap();
        let targets: Vec<usize> = task.facts().iter().map(|&answer| answer as usize).collect();
        let memory = FeatureMemory::hebbian(features, &keys, &answers.chosen(&targets)).unwrap();
        crate::read::accuracy(&memory.scores(&keys, &answers).unwrap(), &targets).unwrap()
    };
    let leaky = share(&task, Nonlinearity::He2);
    assert!(leaky < 0.9, "{leaky}");
    assert!(share(&task, Nonlinearity::He3) > leaky);
    assert!(share(&even, Nonlinearity::He3) > 0.98);
}

/// P15: names of answers within a block do not matter to how many are held.
#[test]
fn renaming_answers_changes_little() {
    let task = FactTask::new(square(16, 4), 1).unwrap();
    let renamed = task
        .facts()
        .iter()
        .map(|&answer| answer / 4 * 4 + (answer + 1) % 4);
    let renamed = FactTask::with_facts(*task.config(), renamed.collect()).unwrap();
    let turned = (0..16).flat_map(|subject| {
        let from = (subject + 5) % 16;
        task.facts()[from * 16..(from + 1) * 16].to_vec()
    });
    let turned = FactTask::with_facts(*task.config(), turned.collect()).unwrap();
    let mean = |task: &FactTask| {
        let of = |seed| {
            attention_only::<f32>(task, 128, 4, seed)
                .unwrap()
                .accuracy(task, seed)
        };
        (0..6).map(|seed| of(seed).unwrap()).sum::<f64>() / 6.0
    };
    let shares = [&task, &renamed, &turned].map(mean);
    assert!(
        shares.iter().all(|share| (share - shares[0]).abs() < 0.04),
        "{shares:?}"
    );
}

/// A constructed MLP memory forgets one fact for another by a write to its second layer, and most others
/// stay; a write that knows of the others keeps more of them.
#[test]
fn one_fact_is_edited() {
    let task = FactTask::new(square(16, 4), 1).unwrap();
    let model = attention_mlp::<f64>(&task, 64, 256, 1e-3, 1).unwrap();
    let (fact, old) = ((3, 5), task.answer(3, 5).unwrap());
    let answer = 20 + (old + 1) % 4;
    let edit = |site, along| {
        let mut changed = model.clone();
        let edited = changed.edit(&task, fact, answer, site, along, 7).unwrap();
        assert!(edited.changed, "{site:?} {along:?}: {edited:?}");
        // One matrix is other than before, by one of rank one.
        let pairs = changed
            .parameters
            .arrays()
            .into_iter()
            .zip(model.parameters.arrays());
        assert_eq!(pairs.filter(|(a, b)| a != b).count(), 1);
        edited
    };
    let known = edit(Site::SecondLayer, Along::Covariance);
    let blind = edit(Site::SecondLayer, Along::Key);
    assert!(
        known.kept > 0.97 && known.kept >= blind.kept,
        "{known:?} {blind:?}"
    );
    let message = model
        .clone()
        .edit(&task, (16, 0), 0, Site::Output, Along::Key, 7)
        .unwrap_err();
    assert_eq!(
        message.to_string(),
        "subject: expected an index below 16, found 16"
    );
}
