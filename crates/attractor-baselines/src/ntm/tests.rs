use attractor_core::{AssociativeMemory, Error, Forget, Persist, Restore, Train};
use proptest::prelude::*;

use super::{Ntm, NtmConfig, Sharpening};
use crate::testing::*;

/// A memory with weights away from their initial values.
fn random(config: NtmConfig, seed: u64) -> Ntm {
    let NtmConfig { dim, heads, .. } = config;
    let mut memory = config.init(&device()).unwrap();
    let mut weights = memory.export_weights().unwrap();
    weights.insert(
        "k",
        &[heads * dim, dim],
        normal_vec(seed, "k", heads * dim * dim),
    );
    let rows = config.sharpenings();
    weights.insert("g_weight", &[rows, dim], normal_vec(seed, "g", rows * dim));
    let biases = weights.shape("g_bias").unwrap().to_vec();
    weights.insert("g_bias", &biases, normal_vec(seed, "b", biases[0]));
    memory.import_weights(&weights, "").unwrap();
    memory
}

fn reference(dim: usize) -> NtmConfig {
    NtmConfig {
        sharpening: Sharpening::ReferencePerDimension,
        ..NtmConfig::new(dim)
    }
}

/// The definition, one number at a time in f64.
fn oracle(memory: &Ntm, patterns: &[f32], cues: &[f32]) -> Vec<f32> {
    let NtmConfig { dim, heads, .. } = *memory.config();
    let weights = memory.export_weights().unwrap();
    let (k, g) = (
        weights.values("k").unwrap(),
        weights.values("g_weight").unwrap(),
    );
    let bias = weights.values("g_bias").unwrap();
    let sharpenings = g.len() / dim;
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let wide = |row: &[f32]| row.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
    let softmax = |scores: Vec<f64>| {
        let max = scores.iter().copied().fold(f64::MIN, f64::max);
        let weights: Vec<f64> = scores.iter().map(|s| (s - max).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|w| w / sum).collect::<Vec<f64>>()
    };
    let patterns: Vec<Vec<f64>> = patterns.chunks_exact(dim).map(wide).collect();
    let mut answers = Vec::new();
    for cue in cues.chunks_exact(dim).map(wide) {
        let mut answer = vec![0.0; dim];
        for s in 0..sharpenings {
            let head = s * heads / sharpenings;
            let key: Vec<f64> = (0..dim)
                .map(|out| dot(&wide(&k[(head * dim + out) * dim..][..dim]), &cue))
                .collect();
            let cosine = |m: &Vec<f64>| {
                dot(m, &key) / (dot(m, m).sqrt() * dot(&key, &key).sqrt()).max(1e-30)
            };
            let weights = softmax(patterns.iter().map(cosine).collect());
            let bias = f64::from(bias[s.min(bias.len() - 1)]);
            let strength = (dot(&wide(&g[s * dim..][..dim]), &cue) + bias).exp();
            let sharp = softmax(weights.iter().map(|w| strength * (1e-5 + w).ln()).collect());
            for (w, pattern) in sharp.iter().zip(&patterns) {
                for (answer, m) in answer.iter_mut().zip(pattern) {
                    *answer += w * m / sharpenings as f64;
                }
            }
        }
        answers.extend(answer.into_iter().map(|v| v as f32));
    }
    answers
}

#[test]
fn golden_values_with_one_head() {
    let golden = golden();
    let mut memory = NtmConfig::new(8).init(&device()).unwrap();
    memory.import_weights(&golden, "ntm_").unwrap();
    memory
        .write(golden.tensor("memory", [16, 8], &device()).unwrap())
        .unwrap();
    let cue = golden.tensor("cue", [5, 8], &device()).unwrap();
    assert_close(
        &state(&memory, cue),
        golden.values("ntm_out").unwrap(),
        1e-5,
        "one head",
    );
}

#[test]
fn every_form_matches_the_definition_in_groups_of_any_size() {
    let (n, b, dim) = (30, 7, 5);
    let (patterns, cues) = (
        normal_vec(1, "patterns", n * dim),
        normal_vec(1, "cues", b * dim),
    );
    let three = NtmConfig {
        heads: 3,
        ..NtmConfig::new(dim)
    };
    for config in [NtmConfig::new(dim), three, reference(dim)] {
        let mut memory = random(config, 2);
        memory.write(tensor(&patterns, dim)).unwrap();
        let expected = oracle(&memory, &patterns, &cues);
        for entries in [1, 2 * n, 2 * n * 3 + 1, 1 << 20] {
            let memory = memory.clone().with_weight_entries(entries).unwrap();
            let ours = state(&memory, tensor(&cues, dim));
            assert_close(
                &ours,
                &expected,
                1e-4,
                &format!("{config:?}, {entries} entries"),
            );
        }
    }
}

#[test]
fn contract() {
    check_contract(|| NtmConfig::new(4).init(&device()).unwrap());
    check_contract(|| reference(4).init(&device()).unwrap());
    let mut memory = random(reference(4), 1);
    memory.write(normal(1, "patterns", 7, 4)).unwrap();
    check_single_pass(&memory, normal(1, "cues", 3, 4));
}

#[test]
fn one_pattern_is_always_the_answer_and_duplicates_are_harmless() {
    let pattern = [1.0, -2.0, 0.5];
    for config in [
        NtmConfig {
            heads: 2,
            ..NtmConfig::new(3)
        },
        reference(3),
    ] {
        let mut memory = random(config, 3);
        let cues = normal(3, "cues", 4, 3);
        for copies in 1..4 {
            memory.write(tensor(&pattern, 3)).unwrap();
            let what = format!("{copies} copies");
            assert_close(
                &state(&memory, cues.clone()),
                &pattern.repeat(4),
                1e-6,
                &what,
            );
        }
    }
}

#[test]
fn a_strong_sharpening_returns_the_best_aligned_pattern() {
    let mut memory = NtmConfig::new(2).init(&device()).unwrap();
    let mut weights = memory.export_weights().unwrap();
    // Far beyond what single precision could hold as a strength.
    weights.insert("g_bias", &[1], vec![1000.0]);
    memory.import_weights(&weights, "").unwrap();
    memory
        .write(tensor(&[3.0, 0.0, 0.0, 1.0, 0.0, -9.0], 2))
        .unwrap();
    let ours = state(&memory, tensor(&[0.1, 0.2, 5.0, -6.0, 1.0, 0.5], 2));
    assert_close(&ours, &[0.0, 1.0, 0.0, -9.0, 3.0, 0.0], 1e-6, "argmax");
    // A memory that holds a zero pattern, read with a zero cue: all cosines are 0.
    memory.clear();
    memory.write(tensor(&[0.0, 0.0, 2.0, 4.0], 2)).unwrap();
    assert_close(
        &state(&memory, tensor(&[0.0, 0.0], 2)),
        &[1.0, 2.0],
        1e-6,
        "ties",
    );
}

#[test]
fn training_lowers_the_loss_tenfold() {
    let two = NtmConfig {
        heads: 2,
        ..NtmConfig::new(8)
    };
    for config in [NtmConfig::new(8), two, reference(8)] {
        let mut memory = config.init(&device()).unwrap();
        let losses = train(&mut memory, 300, 2e-2);
        let last = losses[290..].iter().sum::<f32>() / 10.0;
        assert!(
            last < losses[0] / 10.0,
            "{config:?}: from {} to {last}",
            losses[0]
        );
        assert!(memory.is_empty(), "an episode leaves no trace in the store");
    }
}

#[test]
fn training_in_groups_of_cues_is_training_on_the_batch() {
    for config in [
        NtmConfig {
            heads: 2,
            ..NtmConfig::new(8)
        },
        reference(8),
    ] {
        let mut whole = random(config, 5);
        let mut grouped = whole.clone().with_weight_entries(3 * 20 * 8).unwrap();
        assert_close(
            &train(&mut grouped, 5, 2e-2),
            &train(&mut whole, 5, 2e-2),
            1e-4,
            "losses",
        );
        let (ours, expected) = (grouped.export_weights(), whole.export_weights());
        let (ours, expected) = (ours.unwrap(), expected.unwrap());
        for name in ["k", "g_weight", "g_bias"] {
            let expected = expected.values(name).unwrap();
            assert_close(ours.values(name).unwrap(), expected, 1e-3, name);
        }
    }
}

#[test]
fn zero_cues_do_not_poison_training() {
    let mut memory = random(NtmConfig::new(3), 6);
    let patterns = tensor(&[0.0, 0.0, 0.0, 1.0, 2.0, 3.0], 3);
    for _ in 0..3 {
        let loss = memory.train_step(patterns.clone(), patterns.clone(), patterns.clone(), 1e-2);
        assert!(loss.unwrap().is_finite());
    }
    for name in ["k", "g_weight", "g_bias"] {
        let weights = memory.export_weights().unwrap();
        assert!(
            weights.values(name).unwrap().iter().all(|v| v.is_finite()),
            "{name}"
        );
    }
}

#[test]
fn files_and_forgetting() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    let patterns = normal_vec(7, "patterns", 6 * 5);
    let mut memory = random(reference(5), 7);
    memory.write(tensor(&patterns, 5)).unwrap();
    memory.save(&path).unwrap();
    let mut back = Ntm::load(&path, &device()).unwrap();
    let cues = normal(7, "cues", 3, 5);
    assert_eq!(state(&back, cues.clone()), state(&memory, cues.clone()));
    back.remove(0).unwrap();
    memory.clear();
    assert!(memory.is_empty());
    memory.write(tensor(&patterns[5..], 5)).unwrap();
    assert_eq!(state(&back, cues.clone()), state(&memory, cues));
    assert_eq!(
        back.remove(5).unwrap_err(),
        Error::Index {
            what: "pattern",
            len: 5,
            index: 5
        }
    );
}

#[test]
fn misuse_is_an_error() {
    let text = "dim = 3\nsharpening = \"reference_per_dimension\"";
    assert_eq!(toml::from_str::<NtmConfig>(text).unwrap(), reference(3));
    assert!(toml::from_str::<NtmConfig>("dim = 3\nshifts = 3").is_err());
    let message = |config: NtmConfig| config.init(&device()).unwrap_err().to_string();
    assert_eq!(
        message(NtmConfig::new(0)),
        "NtmConfig.dim: must be at least 1, found 0"
    );
    assert_eq!(
        message(NtmConfig {
            heads: 2,
            ..reference(3)
        }),
        "NtmConfig.heads: must be 1 with the sharpening `reference_per_dimension`, found 2"
    );
    let mut memory = NtmConfig::new(2).init(&device()).unwrap();
    assert!(memory.clone().with_weight_entries(0).is_err());
    let (two, one) = (tensor(&[1.0, 2.0, 3.0, 4.0], 2), tensor(&[1.0, 2.0], 2));
    assert_eq!(
        memory.train_step(two.clone(), one, two, 0.1).unwrap_err(),
        Error::Rows {
            what: "targets",
            expected: 1,
            found: 2
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Permuting memories changes nothing; a cue alone equals the same cue in a batch.
    #[test]
    fn order_and_batching_change_nothing(
        seed in 0u64..1000,
        n in 1usize..60,
        b in 1usize..20,
        slip in any::<bool>(),
    ) {
        let dim = 5;
        let patterns = normal_vec(seed, "patterns", n * dim);
        let cues = normal_vec(seed, "cues", b * dim);
        let heads = NtmConfig { heads: 2, ..NtmConfig::new(dim) };
        let mut memory = random(if slip { reference(dim) } else { heads }, seed);
        memory.write(tensor(&patterns, dim)).unwrap();
        let all = state(&memory, tensor(&cues, dim));
        let row = seed as usize % b;
        let one = state(&memory, tensor(&cues[row * dim..(row + 1) * dim], dim));
        assert_close(&one, &all[row * dim..(row + 1) * dim], 2e-4, "row alone");
        memory.clear();
        memory.write(tensor(&permuted(&patterns, dim, seed), dim)).unwrap();
        assert_close(&state(&memory, tensor(&cues, dim)), &all, 2e-4, "permuted");
    }
}
