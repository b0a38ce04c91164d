//! What descent on the energies brings back.

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::{Energy, MemoryPrior, Outcome, Result, check};
use attractor_priors::{RandomFeaturesConfig, feasibility, spinodal};

use super::measure::{SEEDS, binary, exact, flipped, random_features, rows};
use super::verdict;

/// `x <- x - rate gradient(x)`, the energy's gradient being `scale` times what is given.
fn descend(
    energy: &dyn Energy,
    scale: f32,
    mut states: Tensor<2>,
    (rate, steps): (f32, usize),
) -> Result<Tensor<2>> {
    for _ in 0..steps {
        states = states.clone() - energy.gradient(states)?.mul_scalar(rate * scale);
    }
    Ok(states)
}

/// Share of rows whose bits are all right, and share of wrong bits.
fn bits(states: Tensor<2>, expected: &[f32], dim: usize) -> Result<(f64, f64)> {
    let half = 0.5 / (dim as f32).sqrt();
    let states = check::to_host(states)?;
    let wrong: Vec<usize> = states
        .chunks_exact(dim)
        .zip(expected.chunks_exact(dim))
        .map(|(a, b)| {
            a.iter()
                .zip(b)
                .filter(|(a, b)| (**a > half) != (**b > half))
                .count()
        })
        .collect();
    let rows = wrong.len() as f64;
    let exact = wrong.iter().filter(|&&count| count == 0).count() as f64 / rows;
    Ok((
        exact,
        wrong.iter().sum::<usize>() as f64 / (rows * dim as f64),
    ))
}

/// 100 stored, 100 wide, beta 50: exact recall and wrong bits by number of directions.
pub(super) fn retrieval(device: &Device) -> Result<()> {
    let (stored, dim, beta, queries) = (100, 100, 50.0f32, 10);
    let schedule = (0.1, 200);
    println!(
        "\n{stored} stored, D {dim}, beta {beta}, rate 0.1, 200 steps, {SEEDS} seeds of {queries} cues"
    );
    let mut hamming = Vec::new();
    for count in [0, 5_000, 20_000, 80_000] {
        let mut sums = [0.0; 4];
        let mut clipped = 0;
        for seed in 0..SEEDS {
            let patterns = binary(400 + seed, stored, dim);
            let tensor = rows(&patterns, dim, device);
            let some = &patterns[..queries * dim];
            let near = flipped(some, dim, 500 + seed);
            let truth = exact(&tensor, beta, device)?;
            let config = RandomFeaturesConfig {
                count: count.max(1),
                beta,
                seed,
                ..Default::default()
            };
            let features = random_features(&tensor, config, device)?;
            for (at, cues) in [some, &near[..]].into_iter().enumerate() {
                let cues = rows(cues, dim, device);
                let end = match count {
                    0 => descend(&truth, 1.0 / beta, cues, schedule)?,
                    _ => {
                        let end = descend(&features, 1.0, cues, schedule)?;
                        clipped += features
                            .clipped(end.clone())?
                            .iter()
                            .filter(|&&lost| lost)
                            .count();
                        end
                    }
                };
                let (exact, wrong) = bits(end, some, dim)?;
                sums[2 * at] += exact / SEEDS as f64;
                sums[2 * at + 1] += wrong / SEEDS as f64;
            }
        }
        let name = if count == 0 {
            "exact memory".into()
        } else {
            format!("Y {count}")
        };
        println!(
            "  {name:<12} stored: exact {:.2}, wrong bits {:.4};  near: exact {:.2}, wrong bits {:.4}; clipped {clipped}",
            sums[0], sums[1], sums[2], sums[3]
        );
        match count {
            0 => println!(
                "    exact on both {}",
                verdict(sums[0] >= 0.99 && sums[2] >= 0.99)
            ),
            20_000 => println!(
                "    stored exact {}, wrong bits of near in 0.03 to 0.12 {}",
                verdict(sums[0] >= 0.95),
                verdict((0.03..=0.12).contains(&sums[3]))
            ),
            _ => {}
        }
        if count > 0 {
            hamming.push(sums[3]);
            let window = feasibility(stored, dim, count, beta.into(), 0.1)?;
            println!(
                "    planner: beta above {:.1}, for near cues below {:.1}: {}",
                window.lowest,
                window.highest_near,
                if window.feasible {
                    "feasible"
                } else {
                    "not feasible"
                }
            );
        }
    }
    let falling = hamming.windows(2).all(|pair| pair[1] < pair[0]);
    println!("  wrong bits of near fall with Y {}", verdict(falling));
    Ok(())
}

/// Recall from the stored patterns themselves, two units of beta below and above the threshold.
pub(super) fn threshold(device: &Device) -> Result<()> {
    let dim = 2000;
    println!(
        "\nexact memory, D {dim}: stored patterns that stay, below and above the critical beta"
    );
    for stored in [10, 100, 500] {
        let critical = spinodal(stored) as f32;
        let patterns = binary(600, stored, dim);
        let tensor = rows(&patterns, dim, device);
        let recalled = |beta: f32| -> Result<f64> {
            let memory = exact(&tensor, beta, device)?;
            let mut states = tensor.clone();
            for _ in 0..300 {
                states = memory.attract(states)?;
            }
            Ok(bits(states, &patterns, dim)?.0)
        };
        let (below, above) = (recalled(critical - 2.0)?, recalled(critical + 2.0)?);
        println!(
            "  K {stored}: critical {critical:.2}, below {below:.2}, above {above:.2} {}",
            verdict(below <= 0.01 && above >= 0.99)
        );
    }
    Ok(())
}

/// 20 stored, D 30, beta 25, 100,000 directions, 10 steps of rate 0.1 from random cues.
pub(super) fn tutorial(device: &Device) -> Result<()> {
    let (dim, beta) = (30, 25.0f32);
    let mut distances = Vec::new();
    let mut outcomes = Vec::new();
    for seed in 0..SEEDS {
        let tensor = rows(&binary(700 + seed, 20, dim), dim, device);
        let cues = rows(&binary(800 + seed, 10, dim), dim, device);
        let config = RandomFeaturesConfig {
            count: 100_000,
            beta,
            seed,
            ..Default::default()
        };
        let features = random_features(&tensor, config, device)?;
        let ours = descend(&features, 1.0, cues.clone(), (0.1, 10))?;
        let truth = descend(&exact(&tensor, beta, device)?, 1.0 / beta, cues, (0.1, 10))?;
        outcomes.extend(
            features
                .clipped(ours.clone())?
                .into_iter()
                .map(|lost| match lost {
                    true => Outcome::Clipped,
                    false => Outcome::MaxSteps,
                }),
        );
        distances.extend(check::to_host((ours - truth).square().sum_dim(1).sqrt())?);
    }
    distances.sort_by(f32::total_cmp);
    let at = |share: f64| distances[((distances.len() - 1) as f64 * share).round() as usize];
    let clipped = outcomes
        .iter()
        .filter(|&&outcome| outcome == Outcome::Clipped)
        .count();
    println!(
        "\ntutorial setting, {} cues: distance between the ends, 2.5 % {:.4}, median {:.4}, 97.5 % {:.4}; clipped {clipped} {}",
        distances.len(),
        at(0.025),
        at(0.5),
        at(0.975),
        verdict(at(0.025) >= 0.01 && at(0.975) <= 0.08)
    );
    println!("  (the authors print 0.0238 to 0.0436 for ten cues)");
    Ok(())
}
