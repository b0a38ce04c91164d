use attractor_core::{AssociativeMemory, Forget, HeteroAssociative, Merge, Outcome};
use attractor_testing::{assert_close, device, host, normal, tensor};

use super::{EmbeddingMemory, EmbeddingMemoryConfig, Layer, MemoryRule, Reading};
use crate::Nonlinearity;
use crate::trained::{Rule, TrainConfig};

const DIM: usize = 24;

fn configs() -> Vec<EmbeddingMemoryConfig> {
    let base = EmbeddingMemoryConfig::linear(DIM);
    let with = |layer, rule| EmbeddingMemoryConfig {
        layer,
        rule,
        ..base
    };
    let linear = Layer::Linear { rank: 0 };
    let nonlinearity = Nonlinearity::ReluCentred;
    let features = Layer::Features {
        nonlinearity,
        width: 200,
    };
    let adam = Rule::Adam {
        rate: 0.03,
        weight_decay: 0.0,
    };
    let trained = MemoryRule::Trained(TrainConfig {
        rule: adam,
        steps: 400,
        stop_at: 1.0,
    });
    vec![
        with(linear, MemoryRule::Hebbian),
        with(linear, MemoryRule::ClassBalanced),
        with(linear, MemoryRule::Ridge { lambda: 1e-3 }),
        with(linear, trained),
        with(Layer::Linear { rank: 12 }, MemoryRule::Hebbian),
        with(features, MemoryRule::Hebbian),
        with(features, MemoryRule::Ridge { lambda: 1e-3 }),
        with(Layer::Tangent { width: 800 }, MemoryRule::Hebbian),
        with(Layer::Rectifier { width: 40 }, trained),
    ]
}

fn memory(config: EmbeddingMemoryConfig) -> EmbeddingMemory {
    config.init(&device()).unwrap()
}

/// Every layer under every rule answers a stored key with its value, after writes in two parts.
#[test]
fn pairs_are_recalled() {
    for config in configs() {
        let mut memory = memory(config);
        let (keys, values) = (normal(1, 8, DIM), normal(2, 8, DIM));
        for first in [0, 4] {
            let part = |rows: &burn::tensor::Tensor<2>| rows.clone().narrow(0, first, 4);
            memory.write_pairs(part(&keys), part(&values)).unwrap();
        }
        assert_eq!(memory.len(), 8);
        let recall = memory.recall_values(keys).unwrap();
        assert_close(
            &host(recall.state),
            &host(values),
            1e-6,
            &format!("{config:?}"),
        );
        assert!(
            recall
                .outcomes
                .iter()
                .all(|&outcome| outcome == Outcome::SinglePass)
        );
    }
}

/// Removing what was added leaves what was there, and an answer that no key has is no answer.
#[test]
fn removed_pairs_are_gone() {
    for config in configs() {
        let (keys, values) = (normal(1, 6, DIM), normal(2, 6, DIM));
        let mut memory = memory(config);
        memory.write_pairs(keys.clone(), values.clone()).unwrap();
        memory.remove(2).unwrap();
        let mut without = self::memory(config);
        let rest = |rows: &burn::tensor::Tensor<2>| {
            burn::tensor::Tensor::cat(
                vec![rows.clone().narrow(0, 0, 2), rows.clone().narrow(0, 3, 3)],
                0,
            )
        };
        without.write_pairs(rest(&keys), rest(&values)).unwrap();
        assert_eq!(memory.answers(), without.answers());
        let ours = memory.state.weights.recall(&memory.state.keys).unwrap();
        let theirs = without.state.weights.recall(&without.state.keys).unwrap();
        for (a, b) in ours.data().iter().zip(theirs.data()) {
            assert!(
                (a - b).abs() < 1e-9 * b.abs().max(1.0),
                "{config:?}: {a} {b}"
            );
        }
        let message = memory.remove(5).unwrap_err().to_string();
        assert_eq!(message, "pattern: expected an index below 5, found 5");
        memory.clear();
        assert!(memory.is_empty() && memory.answers().rows() == 0);
    }
}

#[test]
fn merged_memories_hold_both() {
    for config in configs() {
        let part = |seed| {
            let mut memory = memory(config);
            memory
                .write_pairs(normal(seed, 3, DIM), normal(seed + 1, 3, DIM))
                .unwrap();
            memory
        };
        let merged = part(1).merge(part(5)).unwrap();
        assert_eq!(merged.len(), 6);
        let recall = merged.recall_values(normal(5, 3, DIM)).unwrap();
        assert_close(
            &host(recall.state),
            &host(normal(6, 3, DIM)),
            1e-6,
            "merged",
        );
    }
    let other = EmbeddingMemoryConfig {
        seed: 1,
        ..configs()[0]
    };
    let message = memory(configs()[0])
        .merge(memory(other))
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("EmbeddingMemory::merge expects"),
        "{message}"
    );
}

/// The transpose of a Hebbian sum reads the other way.
#[test]
fn keys_are_recalled_from_values() {
    let mut hebbian = memory(configs()[0]);
    hebbian
        .write_pairs(normal(1, 5, DIM), normal(2, 5, DIM))
        .unwrap();
    let recall = hebbian.recall_keys(normal(2, 5, DIM)).unwrap();
    assert_close(&host(recall.state), &host(normal(1, 5, DIM)), 1e-6, "keys");
    let mut ridge = memory(configs()[2]);
    ridge
        .write_pairs(normal(1, 5, DIM), normal(2, 5, DIM))
        .unwrap();
    let message = ridge
        .recall_keys(normal(2, 5, DIM))
        .unwrap_err()
        .to_string();
    assert!(message.contains("weights that read both ways"), "{message}");
}

#[test]
fn patterns_are_values_of_themselves() {
    let mut memory = memory(configs()[0]);
    memory.write(normal(1, 5, DIM)).unwrap();
    let noisy = normal(1, 5, DIM) + normal(9, 5, DIM).mul_scalar(0.2);
    assert_close(
        &host(memory.read(noisy).unwrap().data()),
        &host(normal(1, 5, DIM)),
        1e-6,
        "",
    );
    assert_close(
        &host(memory.stored_states().unwrap()),
        &host(normal(1, 5, DIM)),
        1e-6,
        "",
    );
    // Equal values are one answer.
    memory
        .write_pairs(normal(3, 2, DIM), normal(1, 2, DIM))
        .unwrap();
    assert_eq!((memory.len(), memory.answers().rows()), (7, 5));
}

/// What cannot be answered is said to be so.
#[test]
fn every_row_has_an_outcome() {
    let config = EmbeddingMemoryConfig {
        dim: 3,
        ..configs()[0]
    };
    let mut memory = memory(config);
    let keys = tensor(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3);
    let values = tensor(&[0.0, 0.0, 1.0, 0.0, 1.0, 0.0], 3);
    memory.write_pairs(keys, values).unwrap();
    // A stored key; one half way between two; one that nothing is known of; none at all.
    let cues = [2.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    let recall = memory.read(tensor(&cues, 3)).unwrap();
    let rejected = Outcome::Rejected;
    assert_eq!(
        recall.outcomes,
        [Outcome::SinglePass, rejected, rejected, rejected]
    );
    let state = host(recall.state);
    assert_eq!(state[..3], [0.0, 0.0, 1.0]);
    assert_eq!(state[9..], [0.0, 0.0, 0.0]);
    let raw = EmbeddingMemoryConfig {
        read: Reading::Raw,
        ..config
    };
    let mut raw = self::memory(raw);
    raw.write(tensor(&[1.0, 0.0, 0.0], 3)).unwrap();
    let recall = raw.read(tensor(&[0.6, 0.8, 0.0], 3)).unwrap();
    assert_close(&host(recall.state), &[0.6, 0.0, 0.0], 1e-6, "raw");
}

#[test]
fn mistakes_are_named_and_store_nothing() {
    let mut memory = memory(configs()[0]);
    assert!(
        memory
            .read(normal(1, 2, DIM))
            .unwrap_err()
            .to_string()
            .contains("empty")
    );
    memory.write(normal(1, 3, DIM)).unwrap();
    let before = memory.state.keys.clone();
    let mut zero = host(normal(2, 2, DIM));
    zero[DIM..].fill(0.0);
    for (message, expected) in [
        (
            memory.write(tensor(&zero, DIM)),
            "keys: must have a length above 0, found length 0 in row 1",
        ),
        (
            memory.write(normal(1, 2, 5)),
            "patterns: expected shape [n, 24], found [2, 5]",
        ),
        (
            memory.write_pairs(normal(1, 2, DIM), normal(1, 3, DIM)),
            "values: expected 2 rows, found 3",
        ),
    ] {
        assert_eq!(message.unwrap_err().to_string(), expected);
    }
    assert_eq!((memory.len(), &memory.state.keys), (3, &before));
    let diverging = TrainConfig {
        rule: Rule::Sgd {
            rate: 1e308,
            momentum: 0.9,
        },
        ..TrainConfig::default()
    };
    let config = EmbeddingMemoryConfig {
        rule: MemoryRule::Trained(diverging),
        ..configs()[0]
    };
    let mut memory = self::memory(config);
    let message = memory.write(normal(1, 60, DIM)).unwrap_err().to_string();
    assert!(
        message.contains("must keep training finite, found training that diverged"),
        "{message}"
    );
    assert!(memory.is_empty());
    for (layer, rule, expected) in [
        (
            Layer::Rectifier { width: 4 },
            MemoryRule::Hebbian,
            "unless the rule is `trained`",
        ),
        (
            Layer::Tangent { width: 4 },
            MemoryRule::Ridge { lambda: 1.0 },
            "unless the rule is a sum",
        ),
        (
            Layer::Linear { rank: 3 },
            MemoryRule::Trained(TrainConfig::default()),
            "must have rank 0",
        ),
        (
            Layer::Tangent { width: 0 },
            MemoryRule::Hebbian,
            "width: must be at least 1",
        ),
        (
            Layer::Linear { rank: 0 },
            MemoryRule::Ridge { lambda: -1.0 },
            "at least 0",
        ),
    ] {
        let config = EmbeddingMemoryConfig {
            layer,
            rule,
            ..configs()[0]
        };
        let message = config.init(&device()).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

/// Memories are compared at as many numbers as they write.
#[test]
fn parameters_are_counted() {
    let count = |layer, rule| {
        let config = EmbeddingMemoryConfig {
            layer,
            rule,
            ..EmbeddingMemoryConfig::linear(6)
        };
        memory(config).parameters()
    };
    let nonlinearity = Nonlinearity::He2;
    assert_eq!(count(Layer::Linear { rank: 0 }, MemoryRule::Hebbian), 36);
    assert_eq!(count(Layer::Linear { rank: 2 }, MemoryRule::Hebbian), 24);
    assert_eq!(
        count(
            Layer::Features {
                nonlinearity,
                width: 5
            },
            MemoryRule::Hebbian
        ),
        30
    );
    assert_eq!(count(Layer::Tangent { width: 5 }, MemoryRule::Hebbian), 30);
    let trained = MemoryRule::Trained(TrainConfig::default());
    assert_eq!(count(Layer::Rectifier { width: 5 }, trained), 65);
}
