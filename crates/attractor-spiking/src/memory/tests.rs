use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Merge, Outcome, Persist, Recognise, Restore,
};
use attractor_testing::{device, host, tensor};

use super::*;
use crate::rules::LearningRule;
use crate::tests::{PINV, flipped, memory, random};

const RULES: [LearningRule; 5] = [
    LearningRule::Hebb,
    PINV,
    LearningRule::PseudoInverse {
        keep_diagonal: true,
    },
    LearningRule::PERCEPTRON,
    LearningRule::GRADIENT,
];

fn rows(signs: &[i8], dim: usize) -> burn::tensor::Tensor<2> {
    let values: Vec<f32> = signs.iter().map(|&sign| sign.into()).collect();
    tensor(&values, dim)
}

fn singles(signs: &[i8]) -> Vec<f32> {
    signs.iter().map(|&sign| sign.into()).collect()
}

#[test]
fn noisy_patterns_are_recalled() {
    let patterns = random(1, 5, 60);
    let cues: Vec<i8> = patterns
        .chunks_exact(60)
        .flat_map(|x| flipped(x, 6, 1))
        .collect();
    for rule in RULES {
        let mut memory = memory(SpikingMemoryConfig::with_rule(60, rule), &patterns);
        let recall = memory.read(rows(&cues, 60)).unwrap();
        assert_eq!(host(recall.state), singles(&patterns), "{rule:?}");
        assert_eq!(recall.outcomes, [Outcome::Converged; 5]);
        assert!(
            recall
                .steps
                .iter()
                .all(|&spikes| (1000..6000).contains(&spikes))
        );
        let (first, last) = (recall.energy_first, recall.energy_last);
        assert!(
            first.iter().zip(&last).all(|(first, last)| last < first),
            "{rule:?}"
        );
        assert_eq!(recall.trace.term("energy").unwrap().values.len(), 25);
        assert_eq!(host(memory.stored_states().unwrap()), singles(&patterns));
        let names = (&mut memory as &mut dyn AssociativeMemory).capabilities();
        assert_eq!(names, ["complete", "recognise", "forget", "persist"]);
    }
}

/// Known units come back as given whatever they are; the others are completed.
#[test]
fn parts_are_completed() {
    let patterns = random(2, 6, 60);
    for rule in RULES {
        let memory = memory(SpikingMemoryConfig::with_rule(60, rule), &patterns);
        let known: Vec<f32> = (0..360).map(|at| f32::from(at % 60 < 30)).collect();
        // What is unknown is not looked at, whatever stands there.
        let cues: Vec<f32> = singles(&patterns)
            .iter()
            .zip(&known)
            .map(|(x, k)| if *k == 1.0 { *x } else { 7.5 })
            .collect();
        let recall = memory
            .complete(tensor(&cues, 60), tensor(&known, 60))
            .unwrap();
        assert_eq!(host(recall.state), singles(&patterns), "{rule:?}");
        assert_eq!(recall.outcomes, [Outcome::Converged; 6]);
        // A wrong entry that is held stays.
        let mut wrong = singles(&patterns[..60]);
        wrong[3] = -wrong[3];
        let recall = memory
            .complete(tensor(&wrong, 60), tensor(&known[..60], 60))
            .unwrap();
        let mut expected = singles(&patterns[..60]);
        expected[3] = -expected[3];
        assert_eq!(host(recall.state), expected, "{rule:?}");
        // Nothing known, and everything known.
        let nothing = memory
            .complete(tensor(&cues[..60], 60), tensor(&[0.0; 60], 60))
            .unwrap();
        assert_eq!(nothing.len(), 1);
        let all = memory
            .complete(tensor(&wrong, 60), tensor(&[1.0; 60], 60))
            .unwrap();
        assert_eq!((host(all.state), all.steps), (wrong, vec![0]));
    }
    // Erased units, without holding the known ones.
    let memory = memory(SpikingMemoryConfig::new(60), &patterns);
    let mut cue = patterns[..60].to_vec();
    cue[20..].fill(0);
    let recall = memory.read(rows(&cue, 60)).unwrap();
    assert_eq!(host(recall.state), singles(&patterns[..60]));
}

/// Held units are exactly those of a large network whose neurons there never change.
#[test]
fn holding_is_constant_input() {
    use crate::cube::CubeRun;
    use crate::network::engine::Engine;
    let patterns = random(3, 3, 10);
    for rule in [LearningRule::Hebb, LearningRule::PERCEPTRON] {
        let memory = memory(SpikingMemoryConfig::with_rule(10, rule), &patterns);
        let network = memory.network().unwrap();
        let free = [1, 4, 5, 8];
        let held = network.held(&patterns[..10], &free, 2.0);
        let mut rates = vec![0.0; 20];
        for k in (0..10).filter(|k| !free.contains(k)) {
            rates[2 * k + usize::from(patterns[k] < 0)] = 2.0;
        }
        let mut own = Vec::new();
        for (at, &k) in free.iter().enumerate() {
            for side in 0..2 {
                rates[2 * k + side] = 0.1 * (at + 2 * side) as f64;
                own.push(rates[2 * k + side]);
            }
        }
        let (whole, part) = (
            CubeRun::new(network, &rates).unwrap(),
            CubeRun::new(&held, &own).unwrap(),
        );
        for (at, &k) in free.iter().enumerate() {
            for side in 0..2 {
                let difference = whole.potential(2 * k + side) - part.potential(2 * at + side);
                assert!(difference.abs() < 1e-12, "{rule:?}");
            }
        }
    }
}

#[test]
fn stored_is_told_from_novel() {
    let (patterns, novel) = (random(4, 6, 80), random(5, 6, 80));
    for rule in RULES {
        let memory = memory(SpikingMemoryConfig::with_rule(80, rule), &patterns);
        let least = |x: &[i8]| host(memory.familiarity(rows(x, 80)).unwrap());
        let stored = least(&patterns).into_iter().fold(f32::INFINITY, f32::min);
        let other = least(&novel).into_iter().fold(f32::NEG_INFINITY, f32::max);
        assert!(stored > other, "{rule:?}: {stored} {other}");
    }
}

#[test]
fn what_was_forgotten_was_never_there() {
    let patterns = random(6, 5, 40);
    let cues = random(7, 4, 40);
    for rule in RULES {
        let config = SpikingMemoryConfig::with_rule(40, rule);
        let mut forgetting = memory(config, &patterns);
        forgetting.remove(1).unwrap();
        let rest = [&patterns[..40], &patterns[80..]].concat();
        let never = memory(config, &rest);
        assert_eq!(forgetting.len(), 4);
        let [a, b] = [&forgetting, &never].map(|memory| memory.coupling().values().to_vec());
        assert!(
            a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-10),
            "{rule:?}"
        );
        let [a, b] =
            [&forgetting, &never].map(|memory| host(memory.read(rows(&cues, 40)).unwrap().state));
        assert_eq!(a, b, "{rule:?}");
        let message = forgetting.remove(4).unwrap_err().to_string();
        assert_eq!(
            message,
            "stored patterns: expected an index below 4, found 4"
        );
        (0..4).for_each(|_| forgetting.remove(0).unwrap());
        assert!(forgetting.is_empty());
        assert_eq!(
            forgetting.read(rows(&cues, 40)).unwrap_err(),
            Error::EmptyMemory
        );
        forgetting.write(rows(&rest, 40)).unwrap();
        assert_eq!(forgetting.coupling(), never.coupling());
    }
}

#[test]
fn merging_is_writing_both() {
    let patterns = random(8, 5, 40);
    for rule in RULES {
        let config = SpikingMemoryConfig::with_rule(40, rule);
        let both = memory(config, &patterns[..80])
            .merge(memory(config, &patterns[80..]))
            .unwrap();
        let once = memory(config, &patterns);
        let pairs = both.coupling();
        let pairs = pairs.values().iter().zip(once.coupling().values().to_vec());
        assert!(
            pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-10),
            "{rule:?}"
        );
        assert_eq!(both.len(), 5);
        let empty = config.init(&device()).unwrap();
        assert_eq!(both.merge(empty).unwrap().len(), 5);
    }
    let other = SpikingMemoryConfig::with_rule(40, LearningRule::Hebb);
    let message = memory(SpikingMemoryConfig::new(40), &patterns)
        .merge(memory(other, &patterns))
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("spiking memory expects SpikingMemoryConfig"),
        "{message}"
    );
}

#[test]
fn files_hold_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.safetensors");
    let patterns = random(9, 4, 30);
    let cues = random(10, 3, 30);
    for rule in RULES {
        let config = SpikingMemoryConfig {
            opposing_ratio: Some(rule.inhibition_ratio() + 0.5),
            ..SpikingMemoryConfig::with_rule(30, rule)
        };
        let saved = memory(config, &patterns);
        saved.save(&path).unwrap();
        let loaded = SpikingMemory::load(&path, &device()).unwrap();
        assert_eq!(loaded.config(), saved.config());
        assert_eq!(loaded.network().unwrap(), saved.network().unwrap());
        let [a, b] =
            [&saved, &loaded].map(|memory| host(memory.read(rows(&cues, 30)).unwrap().state));
        assert_eq!(a, b);
    }
    let empty = SpikingMemoryConfig::new(30).init(&device()).unwrap();
    empty.save(&path).unwrap();
    assert!(SpikingMemory::load(&path, &device()).unwrap().is_empty());

    let message = |change: &dyn Fn(&mut attractor_core::weights::Weights)| {
        let mut weights = attractor_core::weights::Weights::new();
        let config = serde_json::to_string(&SpikingMemoryConfig::new(30)).unwrap();
        weights.set_metadata("system", "spiking");
        weights.set_metadata("config", config);
        weights.insert("patterns", &[1, 30], vec![1.0; 30]);
        change(&mut weights);
        weights.write(&path).unwrap();
        SpikingMemory::load(&path, &device())
            .unwrap_err()
            .to_string()
    };
    let wrong = message(&|weights| weights.set_metadata("system", "knn"));
    assert!(
        wrong.ends_with("expected the kind `spiking`, found `knn`"),
        "{wrong}"
    );
    let wrong = message(&|weights| weights.set_metadata("config", "{}"));
    assert!(
        wrong.contains("the configuration of `spiking`: missing field"),
        "{wrong}"
    );
    let wrong = message(&|weights| weights.insert("patterns", &[1, 29], vec![1.0; 29]));
    assert!(
        wrong.ends_with("`patterns`: expected shape [n, 30], found [1, 29]"),
        "{wrong}"
    );
    let wrong = message(&|weights| weights.insert("patterns", &[1, 30], vec![0.5; 30]));
    assert!(
        wrong.ends_with("every entry must be 1 or -1, found 0.5"),
        "{wrong}"
    );
}

/// Rows alone, in a batch, on one thread and on several.
#[test]
fn rows_are_independent_of_batch_and_threads() {
    let patterns = random(11, 10, 50);
    let cues = random(12, 8, 50);
    let memory = memory(SpikingMemoryConfig::new(50), &patterns);
    let all = memory.recall(rows(&cues, 50), None).unwrap();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let again = pool.install(|| memory.recall(rows(&cues, 50), None).unwrap());
        assert_eq!(again, all);
    }
    for (row, cue) in cues.chunks_exact(50).enumerate() {
        assert_eq!(memory.recall(rows(cue, 50), None).unwrap()[0], all[row]);
    }
}

/// A read says when it did not end in a vertex.
#[test]
fn outcomes_are_typed() {
    let patterns = random(13, 10, 100);
    let config = SpikingMemoryConfig {
        inhibition_ratio: 0.5,
        ..SpikingMemoryConfig::new(100)
    };
    let unstable = memory(config, &patterns);
    let recall = unstable.read(rows(&patterns, 100)).unwrap();
    assert!(
        recall
            .outcomes
            .iter()
            .all(|&outcome| outcome != Outcome::Converged)
    );
    let config = SpikingMemoryConfig {
        schedule: crate::Schedule {
            duration: 1.0,
            readout: 0.5,
            ..crate::Schedule::default()
        },
        ..SpikingMemoryConfig::new(100)
    };
    let cue = flipped(&patterns[..100], 30, 1);
    let short = memory(config, &patterns).read(rows(&cue, 100)).unwrap();
    assert_ne!(short.outcomes, [Outcome::Converged]);
}

/// A required certificate refuses what it cannot hold, says which and why, and stores nothing.
#[test]
fn certificates_refuse() {
    let require = |config: SpikingMemoryConfig| SpikingMemoryConfig {
        certify: Certify::Require,
        ..config
    };
    let refusal = |config: SpikingMemoryConfig, count: usize| {
        let mut memory = require(config).init(&device()).unwrap();
        let patterns = random(14, count, 60);
        let message = memory.write(rows(&patterns, 60)).unwrap_err().to_string();
        assert!(memory.is_empty() && memory.network().is_err());
        message
    };
    let refused = |message: &str, name: &str| {
        let start = format!("certificate {name}, ");
        let middle = ": expected more than 0 for every pattern, found ";
        assert!(
            message.starts_with(&start) && message.contains(middle),
            "{message}"
        );
    };
    let hebb = refusal(SpikingMemoryConfig::with_rule(60, LearningRule::Hebb), 20);
    refused(&hebb, "V2");
    let weak = SpikingMemoryConfig {
        inhibition_ratio: 0.9,
        ..SpikingMemoryConfig::new(60)
    };
    refused(&refusal(weak, 6), "V3");
    let uneven = SpikingMemoryConfig {
        inhibition_ratio: 1.05,
        ..SpikingMemoryConfig::with_rule(60, LearningRule::Hebb)
    };
    refused(&refusal(uneven, 9), "V1");
    // Within capacity it stores, and refuses the one that would be too many.
    let mut memory = require(SpikingMemoryConfig::with_rule(60, LearningRule::Hebb))
        .init(&device())
        .unwrap();
    memory.write(rows(&random(15, 2, 60), 60)).unwrap();
    assert!(
        memory
            .certificates()
            .unwrap()
            .iter()
            .all(crate::Certificate::holds)
    );
    memory.write(rows(&random(16, 30, 60), 60)).unwrap_err();
    assert_eq!(memory.len(), 2);
}

#[test]
fn mistakes_are_named() {
    let message = |config: SpikingMemoryConfig| config.init(&device()).unwrap_err().to_string();
    assert_eq!(
        message(SpikingMemoryConfig::new(1)),
        "SpikingMemoryConfig.dim: must be at least 2: a unit alone has no other that it could be \
         recalled from, found 1"
    );
    let config = SpikingMemoryConfig::new(4);
    let wrong = SpikingMemoryConfig {
        global_ratio: 0.5,
        ..config
    };
    assert!(message(wrong).starts_with("SpikingMemoryConfig.global_ratio: must be at least 1"));
    let wrong = SpikingMemoryConfig {
        inhibition_ratio: f64::NAN,
        ..config
    };
    assert!(message(wrong).starts_with("SpikingMemoryConfig.inhibition_ratio: "));
    let schedule = crate::Schedule {
        readout: 20.0,
        ..crate::Schedule::default()
    };
    let wrong = SpikingMemoryConfig { schedule, ..config };
    assert!(message(wrong).starts_with("Schedule.readout: must be at most half"));
    let rule = LearningRule::Gradient {
        margin: 1.0,
        ridge: 0.0,
    };
    let wrong = SpikingMemoryConfig { rule, ..config };
    assert!(message(wrong).starts_with("LearningRule::Gradient.ridge: "));

    let mut memory = config.init(&device()).unwrap();
    assert_eq!(
        memory.read(tensor(&[1.0; 4], 4)).unwrap_err(),
        Error::EmptyMemory
    );
    assert_eq!(memory.stored_states().unwrap_err(), Error::EmptyMemory);
    assert_eq!(memory.certificates().unwrap_err(), Error::EmptyMemory);
    for (values, dim, expected) in [
        (
            vec![1.0, -1.0, 0.5, 1.0],
            4,
            "patterns: every entry must be 1 or -1, found 0.5",
        ),
        (
            vec![1.0, -1.0, 0.0, 1.0],
            4,
            "patterns: every entry must be 1 or -1, found 0",
        ),
        (
            vec![1.0; 3],
            3,
            "patterns: expected shape [n, 4], found [1, 3]",
        ),
        (
            vec![],
            4,
            "patterns: expected at least one row, found a [0, 4] batch",
        ),
        (
            vec![1.0, f32::NAN, 1.0, 1.0],
            4,
            "patterns: expected finite numbers, found NaN at row 0, column 1",
        ),
    ] {
        let error = memory.write(tensor(&values, dim)).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(memory.is_empty());
    }
    // As many independent patterns as units: the projector is the identity and couples nothing.
    let full: Vec<f32> = (0..4)
        .flat_map(|n: u32| {
            (0..4).map(move |k: u32| {
                if (n & k).count_ones().is_multiple_of(2) {
                    1.0
                } else {
                    -1.0
                }
            })
        })
        .collect();
    let message = memory.write(tensor(&full, 4)).unwrap_err().to_string();
    let end = "expected patterns that leave a coupling between units, found 4 patterns of 4 units";
    assert!(
        message.starts_with("certificate V2") && message.ends_with(end),
        "{message}"
    );
    assert!(memory.is_empty());

    memory.write(tensor(&[1.0, 1.0, -1.0, 1.0], 4)).unwrap();
    let read = |values: &[f32]| memory.read(tensor(values, 4)).unwrap_err().to_string();
    assert_eq!(
        read(&[1.0, 2.0, 0.0, 1.0]),
        "cues: every entry must be 1, -1 or 0 (unknown), found 2"
    );
    let ones = tensor(&[1.0; 4], 4);
    let complete = |known: &[f32]| {
        memory
            .complete(ones.clone(), tensor(known, 4))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        complete(&[1.0, 0.0, 0.5, 0.0]),
        "known: must hold 0 or 1, found 0.5"
    );
    assert_eq!(complete(&[1.0; 8]), "known: expected 1 rows, found 2");
    let blank = memory
        .complete(tensor(&[0.0; 4], 4), ones)
        .unwrap_err()
        .to_string();
    assert_eq!(
        blank,
        "cue: a unit that is held must be 1 or -1, found 0 at unit 0"
    );
}
