//! The read kernel against a naive f64 oracle, with a memory above the buffer limit of small devices.

use anyhow::Result;
use attractor::core::burn::tensor::{Tensor, TensorData};
use attractor::core::kernel::{PatternStore, Score, read};
use attractor::core::rng;

use super::{Golden, System};

/// 12,000 patterns of 3072 numbers: 141 MiB, above the 128 MiB that software Vulkan allows one
/// buffer.
const LARGE: (usize, usize) = (12_000, 3072);
/// Patterns per write.
const PART: usize = 5000;

pub(super) const SYSTEM: System = System {
    name: "read kernel",
    files: &[],
    check,
};

fn check(golden: &mut Golden) -> Result<()> {
    let scores = [
        ("dot, beta 0.02", Score::Dot { beta: 0.02 }),
        ("dot, beta 1", Score::Dot { beta: 1.0 }),
        (
            "distance, variance 100",
            Score::SquaredDistance { variance: 100.0 },
        ),
        (
            "distance, variance 0.01",
            Score::SquaredDistance { variance: 0.01 },
        ),
    ];
    for (name, score) in scores {
        one(
            golden,
            &format!("1,000 x 64, {name}"),
            (1000, 64),
            20,
            score,
        )?;
    }
    one(
        golden,
        "12,000 x 3,072 (141 MiB), distance",
        LARGE,
        3,
        Score::SquaredDistance { variance: 50.0 },
    )
}

fn one(
    golden: &mut Golden,
    name: &str,
    (n, dim): (usize, usize),
    cues: usize,
    score: Score,
) -> Result<()> {
    let patterns = rng::normal_vec(&mut rng::stream(1, "verify patterns"), n * dim);
    // Cues near stored patterns: some weights matter, whatever the temperature.
    let noise = rng::normal_vec(&mut rng::stream(1, "verify cues"), cues * dim);
    let near: Vec<f32> = patterns
        .iter()
        .zip(noise)
        .map(|(m, e)| m + 0.5 * e)
        .collect();
    let tensor = |values: &[f32]| {
        let shape = [values.len() / dim, dim];
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &golden.device)
    };
    let mut store = PatternStore::new(dim, &golden.device)?;
    // Written in parts: no tensor of the whole memory could exist on such a device.
    for part in patterns.chunks(PART * dim) {
        store.push(tensor(part))?;
    }
    let answer = read(&store, tensor(&near), score)?.mean()?;
    let ours = attractor::core::check::to_host(answer)?;
    let expected: Vec<f32> = near
        .chunks_exact(dim)
        .flat_map(|cue| oracle(&patterns, cue, score))
        .collect();
    golden.compare_values(SYSTEM.name, name, &ours, &expected, 1e-4)
}

/// The softmax-weighted mean by its definition.
fn oracle(patterns: &[f32], cue: &[f32], score: Score) -> Vec<f32> {
    let scores: Vec<f64> = patterns
        .chunks_exact(cue.len())
        .map(|pattern| {
            let pairs = pattern
                .iter()
                .zip(cue)
                .map(|(&m, &u)| (f64::from(m), f64::from(u)));
            match score {
                Score::Dot { beta } => f64::from(beta) * pairs.map(|(m, u)| m * u).sum::<f64>(),
                Score::SquaredDistance { variance } => {
                    pairs.map(|(m, u)| (m - u).powi(2)).sum::<f64>() / (-2.0 * f64::from(variance))
                }
            }
        })
        .collect();
    let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    let mut mean = vec![0.0; cue.len()];
    for (score, pattern) in scores.into_iter().zip(patterns.chunks_exact(cue.len())) {
        let weight = (score - max).exp();
        if weight > 0.0 {
            sum += weight;
            mean.iter_mut()
                .zip(pattern)
                .for_each(|(mean, &m)| *mean += weight * f64::from(m));
        }
    }
    mean.into_iter().map(|value| (value / sum) as f32).collect()
}
