use std::ops::ControlFlow;

use attractor_core::rng;

use super::train::train;
use super::{Occurrences, Transformer, TransformerConfig, TransformerTraining, Workspace};
use crate::trained::{Ending, Rule};
use crate::{CountRows, FactTask, FactTaskConfig, Matrix, Prompts, Real};

fn task() -> FactTask {
    let config = FactTaskConfig {
        noise: 9,
        length: 12,
        ..FactTaskConfig::new(7, 3, 4)
    };
    FactTask::new(config, 1).unwrap()
}

fn model<T: Real>(heads: usize, head_dim: usize, width: usize) -> Transformer<T> {
    let config = TransformerConfig {
        dim: 10,
        heads,
        head_dim,
        width,
    };
    Transformer::init(config, task().config(), 5).unwrap()
}

fn occurrences(prompts: &Prompts) -> Occurrences {
    Occurrences::of_prompts(prompts, task().config().vocabulary()).unwrap()
}

fn gap<T: Real>(a: &Matrix<T>, b: &Matrix<T>) -> f64 {
    assert_eq!((a.rows(), a.cols()), (b.rows(), b.cols()));
    let pairs = a.data().iter().zip(b.data());
    pairs
        .map(|(a, b)| (a.wide() - b.wide()).abs())
        .fold(0.0, f64::max)
}

/// P11: counts of tokens say as much as their sequence, of the scores and of every gradient; prompts fill
/// several blocks, and heads more than one vector.
#[test]
fn the_collapsed_step_is_the_explicit_one() {
    for (heads, head_dim, width) in [(1, 3, 5), (3, 4, 0), (8, 2, 6), (11, 3, 4)] {
        let prompts = task().sample(&mut rng::stream(2, "prompts"), 150).unwrap();
        let counts = CountRows::of(&prompts, task().config().vocabulary()).unwrap();
        let counts = Occurrences::of_counts(&counts).unwrap();
        agree(
            &model::<f64>(heads, head_dim, width),
            &prompts,
            &counts,
            1e-13,
        );
        agree(
            &model::<f32>(heads, head_dim, width),
            &prompts,
            &counts,
            1e-5,
        );
    }
}

fn agree<T: Real>(model: &Transformer<T>, prompts: &Prompts, counts: &Occurrences, within: f64) {
    let scores = model.scores(prompts).unwrap();
    let explicit = model.explicit_step(prompts).unwrap();
    for batch in [counts, &occurrences(prompts)] {
        assert!(gap(&model.collapsed_scores(batch).unwrap(), &scores) < within);
        let collapsed = model.collapsed_step(batch).unwrap();
        assert!((collapsed.loss - explicit.loss).abs() < within);
        assert_eq!(collapsed.accuracy, explicit.accuracy);
        let pairs = collapsed
            .gradient
            .arrays()
            .into_iter()
            .zip(explicit.gradient.arrays());
        for (array, (ours, theirs)) in pairs.enumerate() {
            assert!(
                ours.data().is_empty() || gap(ours, theirs) < within,
                "array {array}"
            );
        }
    }
}

/// A workspace that was used, for other sizes even, gives what a new one gives; prompts that are drawn in place
/// are those of the count rows.
#[test]
fn kept_memory_changes_nothing() {
    let (mut work, mut batch) = (Workspace::<f32>::default(), Occurrences::default());
    let mut prompts = rng::stream(3, "prompts");
    for (heads, head_dim, width, count) in [(11, 3, 4, 150), (2, 5, 0, 7), (8, 2, 6, 300)] {
        let rows = task().sample_counts(&mut prompts.clone(), count).unwrap();
        batch.draw(&task(), &mut prompts, count).unwrap();
        assert_eq!(batch, Occurrences::of_counts(&rows).unwrap());
        let model = model::<f32>(heads, head_dim, width);
        let fresh = model.collapsed_step(&batch).unwrap();
        let found = model.collapsed_step_in(&batch, &mut work).unwrap();
        assert_eq!(found, [fresh.loss, fresh.accuracy]);
        assert_eq!(work.gradient(), &fresh.gradient);
    }
    assert!(batch.draw(&task(), &mut prompts, 0).is_err());
}

/// P11, second half: places but the last do not matter.
#[test]
fn prompts_may_be_permuted_before_the_end() {
    let prompts = task().sample(&mut rng::stream(3, "prompts"), 20).unwrap();
    let length = prompts.length();
    let order = rng::permutation(&mut rng::stream(3, "order"), length - 1);
    let tokens = (0..20).flat_map(|row| {
        let prompt = prompts.at(row);
        order
            .iter()
            .map(move |&at| prompt[at])
            .chain([prompt[length - 1]])
    });
    let permuted = Prompts::new(tokens.collect(), length, prompts.answers().to_vec()).unwrap();
    let model = model::<f64>(3, 4, 6);
    let scores = |prompts| model.scores(prompts).unwrap();
    assert!(gap(&scores(&prompts), &scores(&permuted)) < 1e-13);
    let weights = model.attention(&prompts).unwrap();
    for row in 0..20 {
        for head in weights.at(row).chunks(length) {
            assert!((head.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        }
    }
}

/// P12: every kind of weight, by central differences, for both steps (which differ without an end token only
/// in what they take).
#[test]
fn gradients_are_derivatives() {
    let prompts = task().sample(&mut rng::stream(4, "prompts"), 30).unwrap();
    let batch = occurrences(&prompts);
    let mut model = model::<f64>(3, 4, 6);
    model
        .parameters
        .bias
        .data_mut()
        .iter_mut()
        .for_each(|bias| *bias = 0.05);
    let gradient = model.collapsed_step(&batch).unwrap().gradient;
    let step = 1e-5;
    for array in 0..7 {
        let analytic = gradient.arrays()[array].data().to_vec();
        let size = analytic.iter().map(|g| g * g).sum::<f64>().sqrt();
        for at in (0..analytic.len()).step_by(5) {
            let loss = |by: f64| {
                let mut moved = model.clone();
                moved.parameters.arrays_mut()[array].data_mut()[at] += by;
                moved.collapsed_step(&batch).unwrap().loss
            };
            let expected = (loss(step) - loss(-step)) / (2.0 * step);
            let error = (analytic[at] - expected).abs() / size;
            assert!(
                error < 1e-6,
                "array {array}, {at}: {} {expected}",
                analytic[at]
            );
        }
    }
}

/// Without an end token the relation asks, and the explicit step still has the right gradient.
#[test]
fn relations_may_ask() {
    let config = FactTaskConfig {
        end_token: false,
        ..*task().config()
    };
    let task = FactTask::new(config, 1).unwrap();
    let prompts = task.sample(&mut rng::stream(4, "prompts"), 20).unwrap();
    let model = model::<f64>(2, 3, 4);
    let gradient = model.explicit_step(&prompts).unwrap().gradient;
    for at in [0, 17, 40] {
        let loss = |by: f64| {
            let mut moved = model.clone();
            moved.parameters.query.data_mut()[at] += by;
            moved.explicit_step(&prompts).unwrap().loss
        };
        let expected = (loss(1e-5) - loss(-1e-5)) / 2e-5;
        assert!((gradient.query.data()[at] - expected).abs() < 1e-8);
    }
    let message = Occurrences::of_prompts(&prompts, config.vocabulary())
        .unwrap_err()
        .to_string();
    assert!(message.starts_with("prompts: must end with the last token of the vocabulary, found"));
}

/// Sharp attention: tokens that do not occur have larger scores than any that do.
#[test]
fn absent_tokens_do_not_underflow_a_prompt() {
    let mut model = model::<f32>(2, 4, 3);
    model.parameters.key = model.parameters.key.scaled(2e4);
    let prompts = task().sample(&mut rng::stream(5, "prompts"), 60).unwrap();
    let step = model.collapsed_step(&occurrences(&prompts)).unwrap();
    assert!(step.loss.is_finite() && step.gradient.is_finite());
    let ours = model.collapsed_scores(&occurrences(&prompts)).unwrap();
    assert!(gap(&ours, &model.scores(&prompts).unwrap()) < 1e-4);
}

fn trained(
    heads: usize,
    width: usize,
    rate: f64,
    steps: usize,
) -> (FactTask, super::TrainedTransformer<f32>) {
    let config = FactTaskConfig {
        length: 12,
        ..FactTaskConfig::new(8, 8, 4)
    };
    let task = FactTask::new(config, 1).unwrap();
    let sizes = TransformerConfig {
        dim: 16,
        heads,
        head_dim: 4,
        width,
    };
    let start = Transformer::init(sizes, &config, 1).unwrap();
    let training = TransformerTraining {
        rule: Rule::Adam {
            rate,
            weight_decay: 0.0,
        },
        steps,
        batch: 128,
        every: 50,
        stop_at: 1.0,
    };
    let found = train(start, &task, &training, 1, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    (task, found)
}

/// Small networks come to know all facts, and what is kept is what was measured.
#[test]
fn training_stores_the_facts() {
    let (task, found) = trained(6, 32, 0.01, 3000);
    assert_eq!(found.ending, Ending::Reached, "{:?}", found.looks.last());
    assert!(
        found
            .looks
            .windows(2)
            .all(|pair| pair[0].steps < pair[1].steps)
    );
    assert_eq!(found.best(), Some(1.0));
    assert!(found.model.accuracy(&task, 99).unwrap() > 0.98);
    // A network of one head and one unit is too small.
    let (_, small) = trained(1, 1, 0.01, 300);
    assert_eq!(small.ending, Ending::OutOfSteps);
    assert!(small.best().unwrap() < 0.8);
}

/// P19: more heads never answer less, beyond chance, whatever the number of hidden units.
#[test]
fn heads_never_hurt() {
    for width in [1, 8, 32] {
        let best = |heads| trained(heads, width, 0.01, 800).1.best().unwrap();
        let [few, many] = [2, 8].map(best);
        assert!(many >= few - 0.05, "{width} units: {few} and {many}");
    }
}

#[test]
fn divergence_is_named() {
    let (_, found) = trained(2, 4, 1e30, 300);
    assert_eq!(found.ending, Ending::Diverged);
    assert!(found.best().is_none_or(|share| share < 0.5));
    assert!(found.model.parameters.is_finite());
}

#[test]
fn mistakes_are_named() {
    let model = model::<f32>(2, 3, 4);
    let odd = Prompts::new(vec![0, 25], 2, vec![0]).unwrap();
    let message = model.scores(&odd).unwrap_err().to_string();
    assert_eq!(message, "token: expected an index below 20, found 25");
    let answer = Prompts::new(vec![0, 19], 2, vec![12]).unwrap();
    let message = model.explicit_step(&answer).unwrap_err().to_string();
    assert_eq!(message, "answer: expected an index below 12, found 12");
    let message = model
        .collapsed_step(&occurrences(&answer))
        .unwrap_err()
        .to_string();
    assert_eq!(message, "answer: expected an index below 12, found 12");
    let batch = Occurrences::of_prompts(&Prompts::new(vec![0, 4], 2, vec![0]).unwrap(), 5).unwrap();
    let message = model.collapsed_scores(&batch).unwrap_err().to_string();
    assert_eq!(message, "prompts: expected shape [n, 20], found [1, 5]");
    let none = TransformerConfig {
        dim: 4,
        heads: 0,
        head_dim: 1,
        width: 1,
    };
    let message = none.validate().unwrap_err().to_string();
    assert_eq!(
        message,
        "TransformerConfig.heads: must be at least 1, found 0"
    );
    // Integer division of a small dimension by the heads gives no entries.
    assert!(
        TransformerConfig {
            head_dim: 0,
            heads: 1,
            ..none
        }
        .validate()
        .is_err()
    );
}
