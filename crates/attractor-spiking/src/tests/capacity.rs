//! Acceptance of the reconstruction that a test can afford; the experiment `spiking` has the rest.

use super::*;

/// Stored states are stable, completion works, and without V3 the vertex is lost.
#[test]
fn pseudo_inverse_at_100_units() {
    for load in [50, 70] {
        let patterns = random(load, load as usize, 100);
        let network = network(PINV, &patterns, 100);
        let found = overlaps(&network, &patterns, 0, &Schedule::default());
        assert!(
            found.iter().all(|&overlap| overlap == 1.0),
            "load {load}: {found:?}"
        );
    }
    for (load, least) in [(30, 0.98), (40, 0.93)] {
        let mut found = Vec::new();
        for seed in 0..4 {
            let patterns = random(load + seed, load as usize, 100);
            let network = network(PINV, &patterns, 100);
            found.extend(overlaps(&network, &patterns, 10, &Schedule::default()));
        }
        let success = share(&found, |overlap| overlap >= 0.95);
        assert!(
            found.len() >= 100 && success >= least,
            "load {load}: {success}"
        );
    }
    let patterns = random(9, 10, 100);
    let config = SpikingMemoryConfig {
        inhibition_ratio: 0.5,
        ..SpikingMemoryConfig::new(100)
    };
    let memory = memory(config, &patterns);
    let network = memory.network().unwrap();
    let certificates = network.certify(&patterns).unwrap();
    assert!(certificates.iter().all(|c| c.smallest_eigenvalue < 0.0));
    let found = overlaps(network, &patterns, 0, &Schedule::default());
    let mean = found.iter().sum::<f64>() / 10.0;
    assert!(mean < 0.9, "{mean}");
}

#[test]
fn hebb_at_100_units() {
    let (mut found, mut theirs, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..20 {
        let patterns = random(200 + seed, 5, 100);
        let five = network(LearningRule::Hebb, &patterns, 100);
        found.extend(overlaps(&five, &patterns, 20, &Schedule::default()));
        let patterns = random(300 + seed, 10, 100);
        let ten = network(LearningRule::Hebb, &patterns, 100);
        ours.extend(overlaps(&ten, &patterns, 10, &Schedule::default()));
        for (row, pattern) in patterns.chunks_exact(100).enumerate() {
            let cue = flipped(pattern, 10, row as u64);
            theirs.push(overlap(&hopfield(&ten, &cue), pattern));
        }
    }
    let success = |found: &[f64]| share(found, |overlap| overlap >= 0.95);
    assert!(success(&found) >= 0.95, "{}", success(&found));
    let mean = |found: &[f64]| found.iter().sum::<f64>() / found.len() as f64;
    let (a, b) = (mean(&ours), mean(&theirs));
    assert!((a - b).abs() <= 0.02, "{a} {b}");
    let (a, b) = (success(&ours), success(&theirs));
    assert!((a - b).abs() <= 0.06, "{a} {b}");
}
