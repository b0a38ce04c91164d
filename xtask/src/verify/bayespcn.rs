//! BayesPCN: four writes, reads of both kinds, forgetting. 1e-3, the rounding of hundreds of `f32`
//! Adam iterations in the authors' code; ours run in `f64`.

use anyhow::Result;
use attractor::core::weights::Weights;
use attractor::core::{AssociativeMemory, Complete};
use attractor::memories::bayespcn::{MatrixNormal, Readout, SearchConfig, Start};
use attractor::memories::{BayesPcn, BayesPcnConfig};

use super::Golden;

const TOLERANCE: f64 = 1e-3;
const SYSTEM: &str = "BayesPCN";
const PARTICLES: usize = 2;
const LAYERS: usize = 3;

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file("bayespcn")?;
    let mut memory = start(golden, &file, 1)?;
    let mut thrice = start(golden, &file, 3)?;
    for row in 0..4 {
        let patterns = file.tensor("patterns", [4, 24], &golden.device)?;
        memory.write(patterns.clone().narrow(0, row, 1))?;
        thrice.write(patterns.narrow(0, row, 1))?;
        posterior(golden, &file, &memory, &format!("write{}", row + 1))?;
    }
    let noisy = file.tensor("cue_noisy", [4, 24], &golden.device)?;
    for (key, memory) in [
        ("read_auto_repeat1", &memory),
        ("read_auto_repeat3", &thrice),
    ] {
        let read = memory.read(noisy.clone())?;
        golden.compare(SYSTEM, &file, key, read.state, TOLERANCE)?;
    }
    let partial = file.tensor("cue_partial", [4, 24], &golden.device)?;
    let known = file.tensor("known", [4, 24], &golden.device)?;
    let read = memory.complete(partial, known)?;
    golden.compare(SYSTEM, &file, "read_hetero", read.state, TOLERANCE)?;
    memory.forget(0.3)?;
    posterior(golden, &file, &memory, "forget0.3")
}

/// The authors' prior, with their way to search.
fn start(golden: &Golden, file: &Weights, repeats: usize) -> Result<BayesPcn> {
    let config = BayesPcnConfig {
        hidden: 8,
        layers: LAYERS,
        particles: PARTICLES,
        sigma_obs: 0.1,
        sigma_data: 0.1,
        start: Start::Fixed,
        readout: Readout::Searched,
        repeats,
        search: SearchConfig {
            max_steps: 50,
            together: true,
            ..SearchConfig::default()
        },
        ..BayesPcnConfig::new(24)
    };
    let mut priors = Vec::new();
    for k in 0..PARTICLES {
        let mut layers = Vec::new();
        for (l, (inputs, outputs)) in [(8, 24), (8, 8), (1, 8)].into_iter().enumerate() {
            let mean = wide(file.values(&format!("init/net{k}/layer{l}/R"))?);
            let covariance = wide(file.values(&format!("init/net{k}/layer{l}/U"))?);
            let covariance = covariance[..inputs * inputs].to_vec();
            layers.push(MatrixNormal::new(inputs, outputs, mean, covariance)?);
        }
        priors.push(layers);
    }
    Ok(BayesPcn::with_priors(config, priors, &golden.device)?)
}

fn posterior(golden: &mut Golden, file: &Weights, memory: &BayesPcn, stage: &str) -> Result<()> {
    for part in ["R", "U"] {
        let (mut ours, mut expected) = (Vec::new(), Vec::new());
        for k in 0..PARTICLES {
            for (l, layer) in memory.posterior(k)?.iter().enumerate() {
                let values = match part {
                    "R" => layer.mean(),
                    _ => layer.covariance(),
                };
                // Their covariance of the top layer is a multiple of the identity; ours the number.
                let theirs = file.values(&format!("{stage}/net{k}/layer{l}/{part}"))?;
                ours.extend(narrow(values));
                expected.extend_from_slice(&theirs[..values.len()]);
            }
        }
        let name = format!("{stage}/{part}");
        golden.compare_values(SYSTEM, &name, &ours, &expected, TOLERANCE)?;
    }
    let key = format!("{stage}/log_weights");
    let ours = narrow(memory.log_weights());
    golden.compare_values(SYSTEM, &key, &ours, file.values(&key)?, TOLERANCE)
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}
