use attractor_core::{AssociativeMemory, Error, Forget, Persist, Restore, Train};
use proptest::prelude::*;

use super::{MemN2N, MemN2NConfig};
use crate::testing::*;

/// A memory with weights away from their initial values.
fn random(dim: usize, seed: u64) -> MemN2N {
    let mut memory = MemN2NConfig::new(dim).init(&device()).unwrap();
    let mut weights = memory.export_weights().unwrap();
    for name in ["out_m", "out_c", "out_u", "out_a"] {
        weights.insert(name, &[dim, dim], normal_vec(seed, name, dim * dim));
    }
    memory.import_weights(&weights, "").unwrap();
    memory
}

#[test]
fn golden_values_at_both_scales() {
    let golden = golden();
    let config = MemN2NConfig::new(8);
    let mut memory = config.init(&device()).unwrap();
    memory.import_weights(&golden, "memn2n_").unwrap();
    memory
        .write(golden.tensor("memory", [16, 8], &device()).unwrap())
        .unwrap();
    let cue = golden.tensor("cue", [5, 8], &device()).unwrap();
    let ours = state(&memory, cue.clone());
    assert_close(
        &ours,
        golden.values("memn2n_alpha100.0").unwrap(),
        1e-5,
        "alpha 100",
    );
    let ours = state(&memory.with_read_scale(1.0).unwrap(), cue);
    assert_close(
        &ours,
        golden.values("memn2n_alpha1.0").unwrap(),
        1e-5,
        "alpha 1",
    );
}

#[test]
fn contract() {
    check_contract(|| MemN2NConfig::new(4).init(&device()).unwrap());
    let mut memory = random(4, 1);
    memory.write(normal(1, "patterns", 7, 4)).unwrap();
    check_single_pass(&memory, normal(1, "cues", 3, 4));
}

#[test]
fn a_huge_temperature_returns_the_best_aligned_pattern() {
    let dim = 6;
    let (patterns, cues) = (
        normal_vec(2, "patterns", 50 * dim),
        normal_vec(2, "cues", 9 * dim),
    );
    for beta in [1e20, f32::MAX / 100.0] {
        let mut memory = MemN2NConfig {
            beta,
            ..MemN2NConfig::new(dim)
        }
        .init(&device())
        .unwrap();
        memory.write(tensor(&patterns, dim)).unwrap();
        let ours = state(&memory, tensor(&cues, dim));
        for (row, cue) in cues.chunks_exact(dim).enumerate() {
            let dot = |m: &[f32]| m.iter().zip(cue).map(|(a, b)| a * b).sum::<f32>();
            let best = patterns
                .chunks_exact(dim)
                .max_by(|a, b| dot(a).total_cmp(&dot(b)))
                .unwrap();
            assert_eq!(&ours[row * dim..(row + 1) * dim], best);
        }
    }
}

#[test]
fn one_pattern_is_always_the_answer_and_duplicates_are_harmless() {
    let pattern = [1.0, -2.0, 0.5];
    let mut memory = MemN2NConfig::new(3).init(&device()).unwrap();
    memory.write(tensor(&pattern, 3)).unwrap();
    let cues = normal(3, "cues", 4, 3);
    assert_close(
        &state(&memory, cues.clone()),
        &pattern.repeat(4),
        1e-6,
        "n = 1",
    );
    for _ in 0..3 {
        memory.write(tensor(&pattern, 3)).unwrap();
    }
    assert_close(
        &state(&memory, cues),
        &pattern.repeat(4),
        1e-6,
        "duplicates",
    );
}

#[test]
fn a_beta_that_training_made_negative_still_reads() {
    let mut memory = MemN2NConfig::new(2).init(&device()).unwrap();
    memory.write(tensor(&[5.0, 0.0, -5.0, 0.0], 2)).unwrap();
    let mut weights = memory.export_weights().unwrap();
    for (beta, expected) in [(-10.0, [-5.0, 0.0]), (10.0, [5.0, 0.0]), (0.0, [0.0, 0.0])] {
        weights.insert("beta", &[1], vec![beta]);
        memory.import_weights(&weights, "").unwrap();
        assert_close(
            &state(&memory, tensor(&[3.0, 0.0], 2)),
            &expected,
            1e-6,
            "answer",
        );
    }
}

#[test]
fn training_lowers_the_loss_tenfold() {
    let mut memory = MemN2NConfig::new(8).init(&device()).unwrap();
    let losses = train(&mut memory, 300, 1e-2);
    let last = losses[290..].iter().sum::<f32>() / 10.0;
    assert!(last < losses[0] / 10.0, "from {} to {last}", losses[0]);
    assert!(memory.beta().unwrap() > 0.1, "beta is learned");
    assert!(memory.is_empty(), "an episode leaves no trace in the store");
}

#[test]
fn the_first_step_moves_weights_by_the_learning_rate_and_moments_are_kept() {
    let mut memory = MemN2NConfig::new(8).init(&device()).unwrap();
    let before = memory.export_weights().unwrap();
    train(&mut memory, 1, 1e-2);
    let after = memory.export_weights().unwrap();
    // Adam's first step is the learning rate times the sign of the gradient.
    let moved = (after.values("beta").unwrap()[0] - before.values("beta").unwrap()[0]).abs();
    assert!((moved - 1e-2).abs() < 1e-5, "{moved}");
    // The same weights without the moments go another way at the second step.
    let mut fresh = memory.clone();
    fresh.import_weights(&after, "").unwrap();
    let patterns = normal(5, "patterns", 6, 8);
    for memory in [&mut memory, &mut fresh] {
        let cues = patterns.clone().mul_scalar(0.5);
        memory
            .train_step(patterns.clone(), cues, patterns.clone(), 1e-2)
            .unwrap();
    }
    let difference: f32 = memory
        .export_weights()
        .unwrap()
        .values("out_c")
        .unwrap()
        .iter()
        .zip(fresh.export_weights().unwrap().values("out_c").unwrap())
        .map(|(a, b)| (a - b).abs())
        .sum();
    assert!(difference > 1e-3, "{difference}");
}

#[test]
fn reads_follow_the_weights_and_the_store() {
    let mut memory = random(8, 6);
    let (patterns, cue) = (normal_vec(6, "patterns", 5 * 8), normal(6, "cue", 1, 8));
    memory.write(tensor(&patterns, 8)).unwrap();
    let first = state(&memory, cue.clone());
    train(&mut memory, 20, 1e-2);
    assert_ne!(
        first,
        state(&memory, cue.clone()),
        "training must reach the stored codes"
    );
    memory.remove(2).unwrap();
    let mut without = memory.clone();
    without.clear();
    assert!(without.is_empty());
    let kept = [&patterns[..16], &patterns[24..]].concat();
    without.write(tensor(&kept, 8)).unwrap();
    assert_eq!(state(&memory, cue.clone()), state(&without, cue));
    assert_eq!(
        memory.remove(4).unwrap_err(),
        Error::Index {
            what: "pattern",
            len: 4,
            index: 4
        }
    );
}

#[test]
fn files_hold_weights_codes_and_specification() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    let mut memory = random(5, 7);
    let empty = memory.clone();
    memory.write(normal(7, "patterns", 6, 5)).unwrap();
    memory.save(&path).unwrap();
    let back = MemN2N::load(&path, &device()).unwrap();
    let cues = normal(7, "cues", 3, 5);
    assert_eq!(state(&back, cues.clone()), state(&memory, cues));
    assert_eq!(back.config(), memory.config());
    empty.save(&path).unwrap();
    assert!(MemN2N::load(&path, &device()).unwrap().is_empty());

    let message = crate::Ntm::load(&path, &device()).unwrap_err().to_string();
    assert!(
        message.ends_with("expected the kind `ntm`, found `memn2n`"),
        "{message}"
    );
    let mut weights = memory.export_weights().unwrap();
    weights.insert("out_u", &[5, 5], vec![f32::NAN; 25]);
    let message = memory.import_weights(&weights, "").unwrap_err().to_string();
    assert!(message.contains("`out_u`: expected finite"), "{message}");
    weights.insert("out_u", &[5, 4], vec![0.0; 20]);
    let message = memory.import_weights(&weights, "").unwrap_err().to_string();
    assert!(
        message.contains("`out_u`: expected shape [5, 5], found [5, 4]"),
        "{message}"
    );
    std::fs::write(&path, b"not a file of weights").unwrap();
    assert!(matches!(
        MemN2N::load(&path, &device()),
        Err(Error::Weights { .. })
    ));
}

#[test]
fn misuse_is_an_error() {
    let config: MemN2NConfig = toml::from_str("dim = 3").unwrap();
    assert_eq!(config, MemN2NConfig::new(3));
    assert!(toml::from_str::<MemN2NConfig>("dim = 3\nhops = 2").is_err());
    let message = |config: MemN2NConfig| config.init(&device()).unwrap_err().to_string();
    assert_eq!(
        message(MemN2NConfig::new(0)),
        "MemN2NConfig.dim: must be at least 1, found 0"
    );
    let config = MemN2NConfig {
        beta: -1.0,
        ..MemN2NConfig::new(2)
    };
    assert_eq!(
        message(config),
        "MemN2NConfig.beta: must be finite and greater than 0, found -1"
    );

    let mut memory = MemN2NConfig::new(2).init(&device()).unwrap();
    let (two, one) = (tensor(&[1.0, 2.0, 3.0, 4.0], 2), tensor(&[1.0, 2.0], 2));
    assert_eq!(
        memory
            .train_step(two.clone(), two.clone(), one, 0.1)
            .unwrap_err(),
        Error::Rows {
            what: "targets",
            expected: 2,
            found: 1
        }
    );
    let before = memory.export_weights().unwrap();
    assert!(
        memory
            .train_step(two.clone(), two.clone(), two.clone(), 0.0)
            .is_err()
    );
    let huge = two.clone().mul_scalar(1e37);
    let message = memory
        .train_step(huge.clone(), two, huge, 0.1)
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("training loss: expected finite numbers"),
        "{message}"
    );
    assert_eq!(
        memory.export_weights().unwrap(),
        before,
        "a refused step changes no weight"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Permuting memories changes nothing; a cue alone equals the same cue in a batch.
    #[test]
    fn order_and_batching_change_nothing(seed in 0u64..1000, n in 1usize..60, b in 1usize..20) {
        let dim = 5;
        let patterns = normal_vec(seed, "patterns", n * dim);
        let cues = normal_vec(seed, "cues", b * dim);
        let memory = random(dim, seed);
        // Sharp attention under random weights would amplify rounding: read at alpha = 1.
        let mut memory = memory.with_read_scale(1.0).unwrap();
        memory.write(tensor(&patterns, dim)).unwrap();
        let all = state(&memory, tensor(&cues, dim));
        let row = seed as usize % b;
        let one = state(&memory, tensor(&cues[row * dim..(row + 1) * dim], dim));
        assert_close(&one, &all[row * dim..(row + 1) * dim], 1e-4, "row alone");
        memory.clear();
        memory.write(tensor(&permuted(&patterns, dim, seed), dim)).unwrap();
        assert_close(&state(&memory, tensor(&cues, dim)), &all, 1e-4, "permuted");
    }
}
