//! The authors' own code (`bhoov/distributed_DAM`, `kernel_sims`) on the same directions.

use super::*;

const TOLERANCE: f32 = 1e-4;

fn golden_memory(
    name: &str,
    kind: FeatureKind,
) -> (RandomFeatures, attractor_core::weights::Weights) {
    let file = crate::testing::golden("random_features");
    let beta = file.values("beta").unwrap()[0];
    // Their energies are clipped at zero for the exponential maps, at 1e-5 for the others: no state
    // here comes near.
    let directions = file
        .tensor(&format!("{name}/S"), [512, 20], &device())
        .unwrap();
    let phases = file.values(&format!("{name}/b")).unwrap().to_vec();
    let memory =
        RandomFeatures::with_directions(config(kind, 512, beta), directions, phases, &device());
    let mut memory = memory.unwrap();
    memory
        .store(file.tensor("memories", [8, 20], &device()).unwrap())
        .unwrap();
    (memory, file)
}

const MAPS: [(&str, FeatureKind); 4] = [
    ("sincos", FeatureKind::SinCos),
    ("cos", FeatureKind::Cos),
    ("exp", FeatureKind::Positive),
    ("expexp", FeatureKind::HyperbolicPositive),
];

#[test]
fn energies_and_gradients() {
    for (name, kind) in MAPS {
        let (memory, file) = golden_memory(name, kind);
        let states = file.tensor("x", [4, 20], &device()).unwrap();
        let (gradient, energy) = memory.gradient_with_energy(states).unwrap();
        let of_energy = relative(
            &host(energy),
            file.values(&format!("{name}/energy")).unwrap(),
        );
        let of_gradient = relative(
            &host(gradient),
            file.values(&format!("{name}/grad")).unwrap(),
        );
        println!("{name}: energy {of_energy:.1e}, gradient {of_gradient:.1e}");
        assert!(of_energy < TOLERANCE && of_gradient < TOLERANCE, "{name}");
    }
}

#[test]
fn superpositions() {
    for (name, kind) in MAPS {
        let (memory, file) = golden_memory(name, kind);
        let expected = file.values(&format!("{name}/T")).unwrap();
        let sums = memory.superposed();
        let ours: Vec<f32> = match kind {
            // Theirs has the phase in it: cos(h + b) and sin(h + b), which are ours turned by b.
            FeatureKind::SinCos => {
                let phases = file.values("sincos/b").unwrap();
                let (c, s) = sums.split_at(512);
                let turned = |i: usize| (c[i], s[i], phases[i].cos(), phases[i].sin());
                let cosines = (0..512)
                    .map(turned)
                    .map(|(c, s, cos, sin)| c * cos - s * sin);
                let sines = (0..512)
                    .map(turned)
                    .map(|(c, s, cos, sin)| s * cos + c * sin);
                cosines.chain(sines).collect()
            }
            FeatureKind::Cos => sums.to_vec(),
            _ => sums.iter().map(|sum| sum.exp()).collect(),
        };
        let error = relative(&ours, expected);
        println!("{name}: T {error:.1e}");
        assert!(error < TOLERANCE, "{name}: {error}");
    }
}

/// Fifty steps of rate 0.1 on the energy, random features and exact.
#[test]
fn recall() {
    let (memory, file) = golden_memory("sincos", FeatureKind::SinCos);
    let beta = memory.config().beta;
    let mut exact = crate::GaussianMixtureConfig {
        sigma: beta.sqrt().recip(),
    }
    .init(20, &device())
    .unwrap();
    exact
        .store(file.tensor("memories", [8, 20], &device()).unwrap())
        .unwrap();
    let start: Tensor<2> = file.tensor("x", [4, 20], &device()).unwrap();
    let (mut ours, mut theirs) = (start.clone(), start.clone());
    let of_energy = host(exact.energy(start.clone()).unwrap().div_scalar(beta));
    let of_gradient = host(exact.gradient(start).unwrap().div_scalar(beta));
    for _ in 0..50 {
        ours = ours.clone() - memory.gradient(ours).unwrap().mul_scalar(0.1);
        theirs = theirs.clone() - exact.gradient(theirs).unwrap().mul_scalar(0.1 / beta);
    }
    let errors = [
        relative(&host(ours), file.values("sincos/recall50").unwrap()),
        relative(&host(theirs), file.values("exact/recall50").unwrap()),
        relative(&of_energy, file.values("exact/energy").unwrap()),
        relative(&of_gradient, file.values("exact/grad").unwrap()),
    ];
    println!(
        "recall {:.1e}, exact recall {:.1e}, energy {:.1e}, gradient {:.1e}",
        errors[0], errors[1], errors[2], errors[3]
    );
    assert!(errors.iter().all(|&error| error < TOLERANCE), "{errors:?}");
}
