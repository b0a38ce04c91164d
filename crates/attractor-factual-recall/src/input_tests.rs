//! What callers may get wrong: errors that name what was expected and what was found, and no panics.

use attractor_core::{Result, rng};

use crate::features::{FeatureMemory, Nonlinearity, RandomFeatures};
use crate::task::{CountRows, FactTask, FactTaskConfig, Prompts};
use crate::trained::softmax::Form;
use crate::trained::{Facts, Mlp, Rule, TrainConfig, Trainer, train};
use crate::transformer::{Occurrences, Transformer, TransformerConfig, one_after_another};
use crate::{Linear, Matrix};

/// The message of what failed.
fn said<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

fn ones(rows: usize, cols: usize) -> Matrix<f64> {
    Matrix::from_fn(rows, cols, |_, _| 1.0)
}

#[test]
fn matrices() {
    let mut own = ones(2, 3);
    let beyond = "row: expected an index below 2, found 2";
    assert_eq!(said(own.row(2).map(<[f64]>::to_vec)), beyond);
    assert_eq!(said(own.row_mut(2).map(|row| row.to_vec())), beyond);
    assert_eq!(said(own.pick(&[0, 2])), beyond);
    assert_eq!(said(own.slice(1, 2)), beyond);
    assert!(own.slice(1, usize::MAX).is_err());
    assert_eq!(own.slice(2, 0).unwrap().rows(), 0);
    assert_eq!(own.row(1).unwrap(), [1.0; 3]);
    let rows = |expected, found| format!("right factor: expected {expected} rows, found {found}");
    assert_eq!(said(own.times(&ones(2, 3))), rows(3, 2));
    assert_eq!(said(own.t_times(&ones(3, 3))), rows(2, 3));
    assert_eq!(
        said(own.times_t(&ones(2, 2))),
        "right factor: expected shape [n, 3], found [2, 2]"
    );
    assert_eq!(own.times(&ones(3, 1)).unwrap().data(), [3.0, 3.0]);
    assert!(Matrix::<f64>::new(usize::MAX, 2, vec![]).is_err());
}

#[test]
fn prompts() {
    let own = Prompts::new(vec![0, 1, 2, 3], 2, vec![0, 1]).unwrap();
    let beyond = "prompt: expected an index below 2, found 2";
    assert_eq!(own.row(1).unwrap(), [2, 3]);
    assert_eq!(said(own.row(2).map(<[u32]>::to_vec)), beyond);
    let counts = CountRows::of(&own, 4).unwrap();
    assert_eq!(counts.row(0).unwrap(), [1, 1, 0, 0]);
    assert_eq!(said(counts.row(2).map(<[u8]>::to_vec)), beyond);
    assert!(Prompts::new(vec![0], usize::MAX, vec![0, 1]).is_err());
}

/// Weights that are lent out may come back in another shape.
#[test]
fn shapes_that_were_changed() {
    let mut rng = rng::stream(1, "shapes");
    let features = RandomFeatures::<f64>::draw(&mut rng, 5, 3, Nonlinearity::He2).unwrap();
    let mut memory = FeatureMemory::hebbian(features, &ones(2, 3), &ones(2, 4)).unwrap();
    *memory.output_mut() = ones(6, 4);
    let changed = "second layer: expected 5 rows, found 6";
    assert_eq!(said(memory.recall(&ones(1, 3))), changed);
    assert_eq!(said(memory.add(&ones(1, 3), &ones(1, 4))), changed);

    let mut mlp = Mlp::<f64>::init(&mut rng, 3, 5, 4).unwrap();
    mlp.second = ones(6, 4);
    let message = said(mlp.recall(&ones(1, 3)));
    assert!(
        message.starts_with("Mlp expects a bias of [1, 5]"),
        "{message}"
    );

    let task = FactTask::new(FactTaskConfig::new(2, 2, 2), 0).unwrap();
    let sizes = TransformerConfig {
        dim: 4,
        heads: 2,
        head_dim: 2,
        width: 3,
    };
    let mut net = Transformer::<f64>::init(sizes, task.config(), 0).unwrap();
    net.parameters.output = ones(4, 5);
    let prompts = task.sample(&mut rng, 3).unwrap();
    let occurrences = Occurrences::of_prompts(&prompts, task.config().vocabulary()).unwrap();
    let wider = "output: expected shape [n, 4], found [4, 5]";
    assert_eq!(said(net.scores(&prompts)), wider);
    assert_eq!(said(net.explicit_step(&prompts)), wider);
    assert_eq!(said(net.collapsed_scores(&occurrences)), wider);
    assert_eq!(said(net.collapsed_step(&occurrences)), wider);
    assert_eq!(
        said(one_after_another(&ones(1, 5), 2)),
        "head_dim: must divide the columns, found 2 for 5 columns"
    );
    assert!(one_after_another(&ones(1, 5), 0).is_err());
}

/// Facts of other widths than the model's.
#[test]
fn facts_that_do_not_fit() {
    let (keys, answers, targets) = (ones(2, 3), ones(2, 4), [0u32, 1]);
    let facts = Facts::new(&keys, &targets, &answers).unwrap();
    let config = TrainConfig::default();
    assert_eq!(
        said(train(Linear::empty(4, 5), &facts, &config)),
        "keys: expected shape [n, 5], found [2, 3]"
    );
    assert_eq!(
        said(train(Linear::empty(5, 3), &facts, &config)),
        "answers: expected shape [n, 5], found [2, 4]"
    );
    let mlp = Mlp::init(&mut rng::stream(1, "facts"), 2, 5, 4).unwrap();
    let rule = Rule::Sgd {
        rate: 1.0,
        momentum: 0.0,
    };
    let mut trainer = Trainer::new(mlp, rule, Form::Fused).unwrap();
    assert_eq!(
        said(trainer.step(&facts)),
        "keys: expected shape [n, 2], found [2, 3]"
    );
}
