//! Numbers of the authors' own code, on a small network with two particles: closer here than the rounding
//! that `cargo xtask verify` allows files of any size.

use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Complete, check};

use crate::bayespcn::{BayesPcn, BayesPcnConfig, MatrixNormal, Readout, SearchConfig, SearchStart};
use crate::testing::device;

/// Rounding of `f32` over 50 Adam iterations; our largest difference is 7e-6.
const TOLERANCE: f64 = 2e-5;
const PARTICLES: usize = 2;
const DIM: usize = 24;
const ROWS: usize = 4;

#[test]
fn writes_reads_and_forgetting_agree() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = Weights::read(&path.join("../../fixtures/golden/bayespcn.safetensors")).unwrap();
    let rows = |name: &str| file.tensor::<2>(name, [ROWS, DIM], &device()).unwrap();
    let mut memory = start(&file);
    same_posterior(&file, &memory, "init");
    for row in 0..ROWS {
        memory.write(rows("patterns").narrow(0, row, 1)).unwrap();
        same_posterior(&file, &memory, &format!("write{}", row + 1));
    }
    let same_answer = |name: &str, state| {
        let ours = check::to_host(state).unwrap();
        same(name, ours, file.values(name).unwrap());
    };
    for repeats in [1, 3] {
        memory.config.repeats = repeats;
        let read = memory.read(rows("cue_noisy")).unwrap();
        same_answer(&format!("read_auto_repeat{repeats}"), read.state);
    }
    memory.config.repeats = 1;
    let read = memory.complete(rows("cue_partial"), rows("known"));
    same_answer("read_hetero", read.unwrap().state);
    memory.forget(0.3).unwrap();
    same_posterior(&file, &memory, "forget0.3");
}

/// The authors' prior, with their way to search.
fn start(file: &Weights) -> BayesPcn {
    let config = BayesPcnConfig {
        hidden: 8,
        layers: 3,
        particles: PARTICLES,
        sigma_obs: 0.1,
        sigma_data: 0.1,
        start: SearchStart::Fixed,
        readout: Readout::Searched,
        search: SearchConfig {
            max_steps: 50,
            together: true,
            ..SearchConfig::default()
        },
        ..BayesPcnConfig::new(DIM)
    };
    let wide = |name: String| -> Vec<f64> {
        let values = file.values(&name).unwrap().iter();
        values.copied().map(f64::from).collect()
    };
    let particle = |k: usize| -> Vec<MatrixNormal> {
        let layer = |l: usize| {
            let (inputs, outputs) = config.shape(l);
            let mean = wide(format!("init/net{k}/layer{l}/R"));
            let mut covariance = wide(format!("init/net{k}/layer{l}/U"));
            // Theirs is a multiple of the identity for the top layer, ours its one number.
            covariance.truncate(inputs * inputs);
            MatrixNormal::new(inputs, outputs, mean, covariance).unwrap()
        };
        (0..config.layers).map(layer).collect()
    };
    let priors = (0..PARTICLES).map(particle).collect();
    BayesPcn::with_priors(config, priors, &device()).unwrap()
}

fn same_posterior(file: &Weights, memory: &BayesPcn, stage: &str) {
    for k in 0..PARTICLES {
        for (l, layer) in memory.posterior(k).unwrap().iter().enumerate() {
            let name = format!("{stage}/net{k}/layer{l}");
            let (mean, covariance) = (format!("{name}/R"), format!("{name}/U"));
            let expected = file.values(&mean).unwrap();
            same(&mean, layer.mean().to_vec(), expected);
            let ours = layer.covariance();
            let expected = &file.values(&covariance).unwrap()[..ours.len()];
            same(&covariance, ours, expected);
        }
    }
    let name = format!("{stage}/log_weights");
    let expected = file.values(&name).unwrap();
    same(&name, memory.log_weights().to_vec(), expected);
}

fn same<T: Into<f64>>(name: &str, ours: Vec<T>, expected: &[f32]) {
    assert_eq!(ours.len(), expected.len(), "{name}");
    for (ours, &expected) in ours.into_iter().zip(expected) {
        let (ours, expected): (f64, f64) = (ours.into(), expected.into());
        let difference = (ours - expected).abs() / expected.abs().max(1.0);
        assert!(difference <= TOLERANCE, "{name}: {ours} for {expected}");
    }
}
