//! Recall throughput of the dense-memory family, and the sparse separations by themselves.

use attractor_baselines::{
    ClassicalHopfieldConfig, DenseHopfieldConfig, LearningRule, Schedule, Update,
};
use attractor_core::{AssociativeMemory, Backend, Energy, MemoryPrior, Stopping, rng};
use attractor_priors::sparse_hopfield::entmax;
use attractor_priors::{
    GaussianMixtureConfig, HopfieldConfig, KernelisedConfig, RandomFeaturesConfig, Similarity,
    SparseHopfieldConfig,
};
use burn::tensor::{Device, Tensor};

use crate::timing::{Timing, measure};
use crate::{Line, Result};

/// Units of the classical network, patterns, cues.
pub const CLASSICAL: (usize, usize, usize) = (1000, 100, 100);
/// Units of the polynomial and exponential networks, patterns, cues.
pub const DENSE: (usize, usize, usize) = (128, 2000, 100);
/// Entries of a real pattern, patterns, cues.
pub const REAL: (usize, usize, usize) = (128, 1000, 256);
/// Entries of a pattern, random directions, cues.
pub const FEATURES: (usize, usize, usize) = (100, 20_000, 64);
/// Rows of scores and entries of a row.
pub const SCORES: (usize, usize) = (256, 1000);
/// Exponents of the sparse separations.
pub const ALPHAS: [f32; 3] = [2.0, 1.5, 1.3];

/// What is measured of one model.
struct Work<'a> {
    bench: String,
    /// Rows answered by one run.
    rows: usize,
    /// Floating-point operations of one run, or 0 where they do not say much.
    operations: f64,
    run: Box<dyn FnMut() -> Result<Tensor<2>> + 'a>,
}

/// Names of all benches of the family.
pub fn names() -> Vec<String> {
    let (n, k, _) = CLASSICAL;
    let (d, m, _) = DENSE;
    let (w, p, b) = REAL;
    let (x, y, c) = FEATURES;
    let mut names = vec![
        format!("recall-hebb/{n}x{k}"),
        format!("recall-hebb-synchronous/{n}x{k}"),
        format!("recall-pseudo-inverse/{n}x{k}"),
        format!("recall-polynomial-3/{d}x{m}"),
        format!("recall-exponential/{d}x{m}"),
        format!("step-modern/{p}x{w}x{b}"),
        format!("step-log-sum-exp/{p}x{w}x{b}"),
        format!("step-kernelised/{p}x{w}x{b}"),
        format!("step-drdam/{y}x{x}x{c}"),
    ];
    for alpha in ALPHAS {
        names.push(format!("step-sparse-{alpha}/{p}x{w}x{b}"));
        names.push(format!("entmax-{alpha}/{}x{}", SCORES.0, SCORES.1));
    }
    names
}

/// Measures the benches whose name contains `only`.
///
/// # Errors
/// Those of the memories.
pub fn run(only: &str, runs: usize) -> Result<Vec<Line>> {
    let device = Backend::Flex.open()?;
    let mut lines = Vec::new();
    for name in names() {
        if name.contains(only) {
            let mut work = work(&name, &device)?;
            let timing = measure(runs, &mut work.run)?;
            lines.push(line(&work, timing));
        }
    }
    Ok(lines)
}

fn line(work: &Work<'_>, timing: Timing) -> Line {
    let mut line = Line::new(&work.bench, "attractor", work.operations, timing);
    line.rows_per_second = Some(1e3 * work.rows as f64 / timing.median_ms);
    line
}

fn normal(purpose: &str, rows: usize, dim: usize, device: &Device) -> Tensor<2> {
    rng::normal(&mut rng::stream(0, purpose), [rows, dim], device)
}

/// Random signs, and the same with the first tenth of each row turned round.
fn signs(rows: usize, dim: usize, device: &Device) -> (Tensor<2>, Tensor<2>) {
    let patterns = normal("bench signs", rows, dim, device).sign();
    let turned = patterns.clone().narrow(1, 0, dim / 10).neg();
    let cues = patterns
        .clone()
        .slice_assign([0..rows, 0..dim / 10], turned);
    (patterns, cues)
}

/// Recall until it settles.
fn recall<M: AssociativeMemory + 'static>(
    name: &str,
    mut memory: M,
    (dim, count, cues): (usize, usize, usize),
    device: &Device,
) -> Result<Work<'static>> {
    let (patterns, torn) = signs(count, dim, device);
    memory.write(patterns)?;
    let torn = torn.narrow(0, 0, cues);
    Ok(Work {
        bench: name.into(),
        rows: cues,
        operations: 0.0,
        run: Box::new(move || Ok(memory.read(torn.clone())?.state)),
    })
}

/// One update of a prior.
fn step(name: &str, mut prior: Box<dyn MemoryPrior>, device: &Device) -> Result<Work<'static>> {
    let (dim, count, rows) = REAL;
    prior.store(normal("bench stored", count, dim, device))?;
    let states = normal("bench states", rows, dim, device);
    Ok(Work {
        bench: name.into(),
        rows,
        operations: 4.0 * (rows * count * dim) as f64,
        run: Box::new(move || prior.attract(states.clone())),
    })
}

fn work(name: &str, device: &Device) -> Result<Work<'static>> {
    let kind = name.split('/').next().unwrap_or(name);
    if let Some(alpha) = kind.strip_prefix("entmax-") {
        let alpha = number(alpha);
        let scores = normal("bench scores", SCORES.0, SCORES.1, device).mul_scalar(3.0);
        return Ok(Work {
            bench: name.into(),
            rows: SCORES.0,
            operations: 0.0,
            run: Box::new(move || Ok(entmax(scores.clone(), alpha))),
        });
    }
    if let Some(alpha) = kind.strip_prefix("step-sparse-") {
        let config = SparseHopfieldConfig {
            similarity: Similarity::Dot,
            alpha: number(alpha),
            beta: 0.3,
        };
        return step(name, Box::new(config.init(REAL.0, device)?), device);
    }
    let classical = |rule, update| ClassicalHopfieldConfig {
        rule,
        schedule: Schedule {
            update,
            ..Schedule::default()
        },
        ..ClassicalHopfieldConfig::new(CLASSICAL.0)
    };
    let beta = 1.0 / (REAL.0 as f32).sqrt();
    match kind {
        "recall-hebb" => {
            let config = classical(LearningRule::Hebb, Update::Asynchronous);
            recall(name, config.init(device)?, CLASSICAL, device)
        }
        "recall-hebb-synchronous" => {
            let config = classical(LearningRule::Hebb, Update::Synchronous);
            recall(name, config.init(device)?, CLASSICAL, device)
        }
        "recall-pseudo-inverse" => {
            let config = classical(LearningRule::PseudoInverse, Update::Asynchronous);
            recall(name, config.init(device)?, CLASSICAL, device)
        }
        "recall-polynomial-3" => {
            let config = DenseHopfieldConfig::polynomial(DENSE.0, 3);
            recall(name, config.init(device)?, DENSE, device)
        }
        "recall-exponential" => {
            let config = DenseHopfieldConfig::exponential(DENSE.0);
            recall(name, config.init(device)?, DENSE, device)
        }
        "step-modern" => {
            let prior = HopfieldConfig { beta }.init(REAL.0, device)?;
            step(name, Box::new(prior), device)
        }
        "step-log-sum-exp" => {
            let sigma = beta.sqrt().recip();
            let prior = GaussianMixtureConfig { sigma }.init(REAL.0, device)?;
            step(name, Box::new(prior), device)
        }
        "step-kernelised" => kernelised(name, device),
        _ => drdam(name, device),
    }
}

fn number(text: &str) -> f32 {
    text.parse().unwrap_or(ALPHAS[0])
}

/// One retrieval with a full map, features as wide as patterns.
fn kernelised(name: &str, device: &Device) -> Result<Work<'static>> {
    let (dim, count, rows) = REAL;
    let mut memory = KernelisedConfig::identity(20.0).init(dim, device)?;
    memory.store(normal("bench stored", count, dim, device))?;
    let memory = memory.with_map(normal("bench map", dim, dim, device))?;
    let queries = normal("bench states", rows, dim, device);
    Ok(Work {
        bench: name.into(),
        rows,
        operations: (2 * rows * dim * (2 * count + dim)) as f64,
        run: Box::new(move || Ok(memory.retrieve(queries.clone(), Stopping::after(1))?.state)),
    })
}

/// One gradient of the energy of random features: what a step of recall costs.
fn drdam(name: &str, device: &Device) -> Result<Work<'static>> {
    let (dim, count, rows) = FEATURES;
    let config = RandomFeaturesConfig {
        count,
        beta: 30.0,
        ..RandomFeaturesConfig::default()
    };
    let mut memory = config.init(dim, device)?;
    let scale = 0.5 / (dim as f32).sqrt();
    memory.store(
        normal("bench stored", 50, dim, device)
            .sign()
            .mul_scalar(scale),
    )?;
    let states = normal("bench states", rows, dim, device).mul_scalar(0.05);
    Ok(Work {
        bench: name.into(),
        rows,
        operations: (4 * rows * count * dim) as f64,
        run: Box::new(move || memory.gradient(states.clone())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bench_runs() {
        let device = Backend::Flex.open().unwrap();
        for name in names() {
            let mut work = work(&name, &device).unwrap();
            assert_eq!(work.bench, name);
            let [rows, _] = (work.run)().unwrap().dims();
            assert_eq!(rows, work.rows, "{name}");
        }
    }
}
