//! Numbers of the authors' own code.

use std::path::Path;

use attractor_core::AssociativeMemory;
use attractor_core::weights::Weights;

use crate::bayespcn::*;
use crate::testing::{device, host};
use attractor_core::Complete;

fn file() -> Weights {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Weights::read(&root.join("../../fixtures/golden/bayespcn.safetensors")).unwrap()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

fn worst(ours: &[f64], expected: &[f32]) -> f64 {
    assert_eq!(ours.len(), expected.len());
    ours.iter()
        .zip(expected)
        .map(|(a, &b)| (a - f64::from(b)).abs() / f64::from(b).abs().max(1.0))
        .fold(0.0, f64::max)
}

#[test]
fn explore() {
    let file = file();
    for coding in [Coding::Individual, Coding::Shared] {
        let config = BayesPcnConfig {
            hidden: 8,
            layers: 3,
            particles: 2,
            sigma_obs: 0.1,
            sigma_data: 0.1,
            start: Start::Fixed,
            readout: Readout::Searched,
            coding,
            search: SearchConfig {
                max_steps: 50,
                together: true,
                ..SearchConfig::default()
            },
            ..BayesPcnConfig::new(24)
        };
        let priors = (0..2)
            .map(|k| {
                (0..3)
                    .map(|l| {
                        let (inputs, outputs) = config.shape(l);
                        let name = format!("init/net{k}/layer{l}");
                        let mean = wide(file.values(&format!("{name}/R")).unwrap());
                        let u = wide(file.values(&format!("{name}/U")).unwrap());
                        MatrixNormal::new(inputs, outputs, mean, u[..inputs * inputs].to_vec())
                            .unwrap()
                    })
                    .collect()
            })
            .collect();
        let mut memory = BayesPcn::with_priors(config, priors, &device()).unwrap();
        let report = |memory: &BayesPcn, stage: &str| {
            for k in 0..2 {
                for l in 0..3 {
                    let layer = &memory.posterior(k).unwrap()[l];
                    let name = format!("{stage}/net{k}/layer{l}");
                    println!(
                        "{name} R {:.1e} U {:.1e}",
                        worst(layer.mean(), file.values(&format!("{name}/R")).unwrap()),
                        worst(
                            layer.covariance(),
                            &file.values(&format!("{name}/U")).unwrap()[..layer.covariance().len()]
                        )
                    );
                }
            }
            println!(
                "{:?} {:?}",
                memory.log_weights(),
                file.values(&format!("{stage}/log_weights")).unwrap()
            );
        };
        let patterns = file.tensor::<2>("patterns", [4, 24], &device()).unwrap();
        for i in 0..4 {
            memory.write(patterns.clone().narrow(0, i, 1)).unwrap();
            println!("{coding:?}");
            report(&memory, &format!("write{}", i + 1));
        }
        let noisy = file.tensor::<2>("cue_noisy", [4, 24], &device()).unwrap();
        let partial = file.tensor::<2>("cue_partial", [4, 24], &device()).unwrap();
        let known = file.tensor::<2>("known", [4, 24], &device()).unwrap();
        for repeats in [1, 3] {
            memory.config.repeats = repeats;
            let read = host(memory.read(noisy.clone()).unwrap().state);
            println!(
                "auto {repeats} {:.1e}",
                worst(
                    &wide(&read),
                    file.values(&format!("read_auto_repeat{repeats}")).unwrap()
                )
            );
        }
        memory.config.repeats = 1;
        let read = host(memory.complete(partial, known).unwrap().state);
        println!(
            "hetero {:.1e}",
            worst(&wide(&read), file.values("read_hetero").unwrap())
        );
        memory.forget(0.3).unwrap();
        report(&memory, "forget0.3");
    }
}
