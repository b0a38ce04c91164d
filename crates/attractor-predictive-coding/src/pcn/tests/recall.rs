//! Fixed points, clamping, completion.

use std::ops::ControlFlow;

use attractor_core::{Activation, Outcome};
use burn::tensor::Tensor;

use super::support::*;
use crate::pcn::{
    Completion, Denoising, Form, InferenceConfig, Pcn, PcnConfig, Placement, TopPrior,
};

const DIM: usize = 18;

fn networks() -> Vec<Pcn> {
    let all = [
        (Placement::Pre, TopPrior::Mean, Activation::Tanh),
        (Placement::Post, TopPrior::Mean, Activation::Gelu),
        (Placement::Pre, TopPrior::None, Activation::Tanh),
    ];
    all.into_iter()
        .map(|(placement, prior, activation)| {
            let config = PcnConfig {
                placement,
                prior,
                activation,
                ..smooth(DIM, &[10, 6])
            };
            with_weights(config, 21, 1.3)
        })
        .collect()
}

/// What the network expects before it sees anything.
fn expected(memory: &Pcn, count: usize) -> Tensor<2> {
    let network = memory.network();
    network.data(&network.start(count))
}

fn once() -> Denoising {
    Denoising {
        rounds: 1,
        ..Denoising::default()
    }
}

fn mask(seed: u64, count: usize) -> Tensor<2> {
    normal(seed, count, DIM)
        .sign()
        .add_scalar(1.0)
        .mul_scalar(0.5)
}

#[test]
fn an_image_of_the_expected_values_is_a_fixed_point() {
    for memory in networks() {
        let image = expected(&memory, 3);
        for form in [Form::Direct, Form::Gram] {
            let inference = InferenceConfig {
                form,
                ..InferenceConfig::default()
            };
            let found = memory.infer(image.clone(), None, &inference).unwrap();
            assert_eq!(found.energy, [0.0; 3]);
            assert_eq!(found.steps, [0; 3]);
            let start = memory.network().start(3);
            for (found, start) in found.hidden.iter().zip(&start) {
                assert_eq!(values(found), values(start));
            }
        }
        let recall = memory.recall_noisy(image.clone(), &once()).unwrap();
        assert_eq!(values(&recall.state), values(&image));
        assert_eq!(recall.outcomes, [Outcome::Converged; 3]);
        for completion in [Completion::Joint, Completion::Profiled] {
            let inference = InferenceConfig::default();
            let recall = memory
                .recall_partial(image.clone(), mask(1, 3), completion, &inference)
                .unwrap();
            assert_eq!(values(&recall.state), values(&image), "{completion:?}");
        }
        let free = InferenceConfig::default();
        let recall = memory.recall_free(image.clone(), &free).unwrap();
        assert_eq!(values(&recall.state), values(&image));
        assert_eq!(
            memory
                .generate(memory.network().start(3)[0].clone())
                .unwrap()
                .dims(),
            [3, DIM]
        );
    }
}

#[test]
fn known_entries_come_back_and_unknown_ones_are_not_looked_at() {
    for memory in networks() {
        let cues = uniform(2, 4, DIM);
        let known = mask(2, 4);
        for completion in [Completion::Joint, Completion::Profiled] {
            let complete = |cues: Tensor<2>, known: Tensor<2>| {
                let inference = InferenceConfig::default();
                memory
                    .recall_partial(cues, known, completion, &inference)
                    .unwrap()
                    .state
            };
            let found = complete(cues.clone(), known.clone());
            let (found, given) = (values(&found), values(&cues));
            for ((found, given), known) in found.iter().zip(&given).zip(values(&known)) {
                assert!(known == 0.0 || found == given);
                assert!(known == 1.0 || found != given);
            }
            // Whatever stands where nothing is known.
            let other = cues.clone() * known.clone() - known.clone().sub_scalar(1.0);
            assert_eq!(values(&complete(other, known.clone())), found);
            assert_eq!(values(&complete(cues.clone(), cues.ones_like())), given);
            let blank = complete(cues.clone(), cues.zeros_like());
            assert_eq!(values(&blank), values(&expected(&memory, 4)));
        }
    }
}

#[test]
fn both_completions_find_the_same_optimum() {
    // With nothing expected of the top, its values may want to grow without end: no optimum.
    let expecting = |memory: &Pcn| memory.config().prior != TopPrior::None;
    for memory in networks().into_iter().filter(expecting) {
        let (cues, known) = (uniform(3, 4, DIM), mask(3, 4));
        let [joint, profiled] = [Completion::Joint, Completion::Profiled].map(|completion| {
            let inference = InferenceConfig {
                tolerance: 1e-8,
                ..exactly()
            };
            let recall = memory
                .recall_partial(cues.clone(), known.clone(), completion, &inference)
                .unwrap();
            assert_eq!(recall.outcomes, [Outcome::Converged; 4]);
            recall
        });
        assert!(gap(&joint.state, &profiled.state) < 1e-6);
        for (a, b) in joint.energy_last.iter().zip(&profiled.energy_last) {
            assert!((a - b).abs() < 1e-6);
        }
        // The Gram form of rows with one mask is no other answer.
        let shared = known.narrow(0, 0, 1).repeat_dim(0, 4);
        let [gram, direct] = [Form::Gram, Form::Direct].map(|form| {
            let inference = InferenceConfig { form, ..exactly() };
            memory
                .recall_partial(
                    cues.clone(),
                    shared.clone(),
                    Completion::Profiled,
                    &inference,
                )
                .unwrap()
                .state
        });
        assert!(gap(&gram, &direct) < 1e-6);
        let (gram, direct) = (values(&gram), values(&direct));
        assert_ne!(gram, direct, "two computations, not one");
    }
}

/// Some rows with a mask of their own, some with one in common: an answer for each in its place.
#[test]
fn rows_of_one_mask_are_answered_apart_and_put_back() {
    let memory = &networks()[0];
    let (cues, own) = (uniform(4, 6, DIM), mask(4, 6));
    let common = mask(5, 1);
    let row = |at: usize| match at % 2 {
        0 => common.clone(),
        _ => own.clone().narrow(0, at, 1),
    };
    let known = Tensor::cat((0..6).map(row).collect(), 0);
    let complete = |cues: Tensor<2>, known: Tensor<2>, form: Form| {
        // Few steps, so that the Gram form pays off for three rows but not for one.
        let inference = InferenceConfig {
            form,
            max_steps: 4,
            tolerance: 0.0,
            ..InferenceConfig::default()
        };
        memory
            .recall_partial(cues, known, Completion::Profiled, &inference)
            .unwrap()
    };
    let entries = values(&common).iter().sum::<f64>() as usize;
    let auto = InferenceConfig {
        max_steps: 4,
        ..InferenceConfig::default()
    };
    assert!(auto.gram(3, entries, 10, true) || !auto.gram(1, entries, 10, true));
    let direct = complete(cues.clone(), known.clone(), Form::Direct);
    for form in [Form::Auto, Form::Gram] {
        let found = complete(cues.clone(), known.clone(), form);
        assert!(gap(&found.state, &direct.state) < 1e-10);
        assert_eq!(found.steps, direct.steps);
        assert_eq!(found.outcomes, direct.outcomes);
        let pairs = found.energy_first.iter().zip(&direct.energy_first);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6));
        let look = |recall: &attractor_core::Recall| recall.trace.terms[0].values[0].clone();
        assert_eq!(look(&found), found.energy_first);
    }
}

#[test]
fn an_observer_sees_every_round_and_may_break_off() {
    let memory = &networks()[0];
    let cues = uniform(5, 3, DIM);
    let mut seen: Vec<(usize, Vec<f64>)> = Vec::new();
    let denoising = Denoising {
        rounds: 6,
        tolerance: 0.0,
        ..Denoising::default()
    };
    let recall = memory
        .recall_noisy_with(cues.clone(), &denoising, &mut |round| {
            assert_eq!(round.rows, [0, 1, 2]);
            seen.push((round.number, values(round.estimate)));
            match round.number {
                4 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
        .unwrap();
    let numbers: Vec<usize> = seen.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(values(&recall.state), seen[3].1);
    assert_eq!(recall.outcomes, [Outcome::MaxSteps; 3]);
    let four = Denoising {
        rounds: 4,
        ..denoising
    };
    let again = memory.recall_noisy(cues, &four).unwrap();
    assert_eq!(values(&again.state), seen[3].1);
    assert_eq!(again.trace.terms[0].values.len(), 4);
    assert_eq!(again.trace.terms[0].values[3], again.energy_last);
}
