//! Energies fall, step sizes are safe, rows do not see one another.

use attractor_core::{Activation, Outcome};
use burn::tensor::Tensor;

use super::support::*;
use crate::pcn::{
    Completion, Denoising, InferenceConfig, Pcn, PcnConfig, Placement, StepSize, TopPrior,
};
use crate::relaxation::{Descent, pick, relax};

const DIM: usize = 20;

fn network(activation: Activation) -> Pcn {
    let config = PcnConfig {
        activation,
        bias: true,
        ..smooth(DIM, &[12, 10, 8])
    };
    with_weights(config, 11, 3.0)
}

fn rises(trace: &[Vec<f64>], tolerance: f64) -> usize {
    let pairs = trace.windows(2);
    pairs
        .flat_map(|pair| pair[0].iter().zip(&pair[1]))
        .filter(|(before, after)| **after > **before * (1.0 + tolerance) + tolerance)
        .count()
}

#[test]
fn energy_never_rises_at_the_safe_rate() {
    for (activation, tolerance) in [(Activation::Tanh, 1e-12), (Activation::Relu, 1e-6)] {
        let memory = network(activation);
        let safe = (1.0 + memory.spectral_norm().unwrap()).powi(-2);
        // At a kink the gradient jumps, and no step is short enough: there, steps are taken back.
        let inference = InferenceConfig {
            step: match activation {
                Activation::Relu => StepSize::AtMost(safe),
                _ => StepSize::Fixed(safe),
            },
            ..one_look(safe, 400)
        };
        let found = memory.infer(normal(1, 6, DIM), None, &inference).unwrap();
        assert_eq!(found.trace.len(), 401);
        assert_eq!(rises(&found.trace, tolerance), 0, "{activation:?}");
        // The energies are those of the values.
        let again = memory
            .infer(normal(1, 6, DIM), Some(found.hidden.clone()), &inference)
            .unwrap();
        assert!(largest_difference(&again.energy_first, &found.energy) < 1e-12);
        assert!(
            found
                .energy
                .iter()
                .zip(&found.energy_first)
                .all(|(a, b)| a < b)
        );
        // The bound is not idle: four times as far is too far.
        let wild = one_look(8.0 * safe, 400);
        let found = memory.infer(normal(1, 6, DIM), None, &wild).unwrap();
        assert!(rises(&found.trace, tolerance) > 100, "{activation:?}");
    }
}

#[test]
fn the_norm_is_the_largest_singular_value() {
    let memory = with_weights(smooth(9, &[4]), 2, 2.0);
    let weight = memory.parameters().layers[0].weight.clone();
    let gram = weight.clone().transpose().matmul(weight);
    // The trace of a high power is the largest eigenvalue's share of it.
    let mut power = gram.clone();
    let mut log = 0.0;
    for _ in 0..12 {
        power = power.clone().matmul(power);
        let scale = values(&power).into_iter().fold(0.0, f64::max);
        power = power.div_scalar(scale);
        log = 2.0 * log + scale.ln();
    }
    let diagonal: f64 = (0..4).map(|i| values(&power)[i * 5]).sum();
    let expected = ((log + diagonal.ln()) / f64::from(1 << 12)).exp().sqrt();
    let found = memory.spectral_norm().unwrap();
    // A margin of one percent keeps it on the safe side.
    assert!(
        found >= expected && found < 1.02 * expected,
        "{found} {expected}"
    );
}

#[test]
fn a_rate_that_is_too_large_is_halved() {
    // Linear, so that there is one minimum: steps that are too long may leave a basin.
    let memory = network(Activation::Identity);
    let safe = (1.0 + memory.spectral_norm().unwrap()).powi(-2);
    let body = memory.network().clamped(normal(1, 6, DIM), None, None);
    let options = Descent {
        rate: 200.0 * safe,
        max_steps: 3000,
        tolerance: 1e-6,
        stall: 0.0,
        check_every: 5,
        halve: true,
        momentum: false,
    };
    let found = relax(&body, memory.network().start(6), options).unwrap();
    assert_eq!(rises(&found.trace, 1e-9), 0);
    assert_eq!(found.outcomes, [Outcome::Converged; 6]);
    // The same minimum as at the safe rate.
    let safely = memory
        .infer(normal(1, 6, DIM), None, &exactly())
        .unwrap()
        .energy;
    assert!(largest_difference(&found.last, &safely) < 1e-6);
    // Without halving, rows leave the finite numbers and are put back to the last ones that were.
    let wild = Descent {
        rate: 1e9,
        halve: false,
        ..options
    };
    let found = relax(&body, memory.network().start(6), wild).unwrap();
    assert_eq!(found.outcomes, [Outcome::Diverged; 6]);
    assert!(found.last.iter().all(|energy| energy.is_finite()));
    assert!(found.state.iter().flat_map(values).all(f64::is_finite));
}

#[test]
fn momentum_finds_the_same_minimum_in_fewer_steps() {
    let memory = network(Activation::Tanh);
    let plain = InferenceConfig {
        momentum: false,
        tolerance: 1e-8,
        stall: 0.0,
        check_every: 10,
        max_steps: 50_000,
        ..InferenceConfig::default()
    };
    let fast = InferenceConfig {
        momentum: true,
        ..plain
    };
    let [plain, fast] =
        [plain, fast].map(|inference| memory.infer(normal(1, 6, DIM), None, &inference).unwrap());
    assert_eq!(fast.outcomes, [Outcome::Converged; 6]);
    assert!(largest_difference(&plain.energy, &fast.energy) < 1e-9);
    let steps = |steps: &[usize]| steps.iter().sum::<usize>();
    assert!(
        2 * steps(&fast.steps) < steps(&plain.steps),
        "{:?} {:?}",
        fast.steps,
        plain.steps
    );
}

/// Rows recalled together, alone and in another order.
#[test]
fn rows_are_independent() {
    let config = PcnConfig {
        prior: TopPrior::Recurrent,
        placement: Placement::Post,
        ..smooth(DIM, &[12, 8])
    };
    let memory = with_weights(config, 13, 1.5);
    let cues = uniform(2, 5, DIM);
    let masks = normal(3, 5, DIM).sign().add_scalar(1.0).mul_scalar(0.5);
    let shared = masks.clone().narrow(0, 0, 1).repeat_dim(0, 5);
    let inference = InferenceConfig {
        max_steps: 300,
        ..InferenceConfig::default()
    };
    let free = InferenceConfig::plain(StepSize::Auto, 40);
    type Read<'a> = Box<dyn Fn(Tensor<2>, &[usize]) -> Tensor<2> + 'a>;
    let reads: Vec<Read<'_>> = vec![
        Box::new(|cues, _| {
            memory
                .recall_noisy(cues, &Denoising::default())
                .unwrap()
                .state
        }),
        Box::new(|cues, _| memory.recall_free(cues, &free).unwrap().state),
        Box::new(|cues, which| {
            let known = pick(masks.clone(), which);
            let joint = Completion::Joint;
            memory
                .recall_partial(cues, known, joint, &inference)
                .unwrap()
                .state
        }),
        Box::new(|cues, which| {
            let known = pick(masks.clone(), which);
            let profiled = Completion::Profiled;
            memory
                .recall_partial(cues, known, profiled, &inference)
                .unwrap()
                .state
        }),
        Box::new(|cues, which| {
            let known = pick(shared.clone(), which);
            let profiled = Completion::Profiled;
            memory
                .recall_partial(cues, known, profiled, &inference)
                .unwrap()
                .state
        }),
    ];
    for read in reads {
        let all = read(cues.clone(), &[0, 1, 2, 3, 4]);
        let order = [3, 0, 4, 2, 1];
        let turned = read(pick(cues.clone(), &order), &order);
        assert!(gap(&turned, &pick(all.clone(), &order)) < 1e-8);
        for row in 0..5 {
            let one = read(pick(cues.clone(), &[row]), &[row]);
            assert!(gap(&one, &pick(all.clone(), &[row])) < 1e-8, "row {row}");
        }
    }
}
