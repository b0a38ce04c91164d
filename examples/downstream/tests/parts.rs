//! Parts made outside of Attractor keep its promises and work in all its places.

use std::sync::{Arc, Once};

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::model::Identity;
use attractor::core::rng;
use attractor::inference::ModeSearch;
use attractor::memories::VariationalMemory;
use attractor::nn::{HopfieldConfig, Masks};
use attractor::prelude::*;
use burn::optim::{AdamConfig, GradientsParams};
use downstream::{Huber, StudentMixtureConfig};

const DIM: usize = 6;

fn device() -> Device {
    Backend::Flex.open().unwrap()
}

fn normal(purpose: &str, rows: usize) -> Tensor<2> {
    rng::normal(&mut rng::stream(7, purpose), [rows, DIM], &device())
}

fn most(tensor: Tensor<2>) -> f32 {
    tensor.abs().max().into_scalar::<f32>()
}

/// Central differences of a sum of energies, entry by entry.
fn differences(states: &Tensor<2>, energy: impl Fn(Tensor<2>) -> Tensor<1>) -> Tensor<2> {
    let step = 1e-2;
    let columns = (0..DIM).map(|at| {
        let mut one = vec![0.0_f32; DIM];
        one[at] = step;
        let one = Tensor::<1>::from_data(one.as_slice(), &device()).unsqueeze::<2>();
        let up = energy(states.clone() + one.clone());
        let down = energy(states.clone() - one);
        ((up - down) / (2.0 * step)).unsqueeze_dim(1)
    });
    Tensor::cat(columns.collect(), 1)
}

#[test]
fn gradients_are_those_of_the_energies() {
    let config = StudentMixtureConfig {
        degrees: 3.0,
        scale: 0.8,
    };
    let mut prior = config.init(DIM).unwrap();
    prior.store(normal("codes", 10)).unwrap();
    let states = normal("states", 5);
    let numeric = differences(&states, |states| prior.energy(states).unwrap());
    assert!(most(prior.gradient(states.clone()).unwrap() - numeric) < 5e-3);

    let huber = Huber::new(0.4, 1.0).unwrap();
    let cues = normal("cues", 5);
    let numeric = differences(&states, |states| huber.energy(&cues, states));
    assert!(most(huber.gradient(&cues, states) - numeric) < 5e-3);
}

#[test]
fn attraction_never_raises_the_energy() {
    // Wide enough for distances in single precision.
    let config = StudentMixtureConfig {
        degrees: 3.0,
        scale: 0.5,
    };
    let mut prior = config.init(DIM).unwrap();
    prior.store(normal("codes", 30)).unwrap();
    let mut states = normal("states", 20);
    for _ in 0..10 {
        let next = prior.attract(states.clone()).unwrap();
        let rise = prior.energy(next.clone()).unwrap() - prior.energy(states).unwrap();
        assert!(rise.max().into_scalar::<f32>() < 1e-4);
        states = next;
    }
}

/// Own prior and own observation model with the built-in model and search: a third of each cue is lost.
#[test]
fn own_parts_compose_with_built_in_ones() {
    let dim = 60;
    let mut memory = VariationalMemory::new(
        Arc::new(Identity::new(dim).unwrap()),
        Box::new(Huber::new(0.1, 0.1).unwrap()),
        Box::new(StudentMixtureConfig::default().init(dim).unwrap()),
        Box::new(ModeSearch),
    )
    .unwrap();
    let patterns: Tensor<2> = rng::normal(&mut rng::stream(7, "wide"), [20, dim], &device());
    memory.write(patterns.clone()).unwrap();
    let cues = patterns.clone().slice_fill([0..20, 0..20], 3.0);
    assert_eq!(most(memory.read(cues).unwrap().data() - patterns), 0.0);
    memory.remove(3).unwrap();
    assert_eq!(memory.len(), 19);
}

static REGISTERED: Once = Once::new();

/// Own memories are rows of an experiment beside built-in ones.
#[test]
fn own_memories_in_an_experiment() {
    REGISTERED.call_once(|| downstream::register().unwrap());
    use attractor::datasets::DataRoot;
    use attractor::evaluation::experiment::{Experiment, Overrides, Preset};

    let text = include_str!("experiment.toml");
    let experiment = Experiment::parse(text, "experiment.toml").unwrap();
    let root = DataRoot::from_environment(None);
    let overrides = Overrides::default();
    let records =
        attractor_experiments::records(&experiment, Preset::Smoke, &overrides, &root, &mut ())
            .unwrap();
    let rate = |system: &str, task: &str| {
        let of = |record: &&attractor::evaluation::Record| {
            record.system == system
                && record.task == task
                && record.metric.name() == "retrieval_rate"
        };
        records.iter().find(of).map(|record| record.value)
    };
    for system in ["student-huber", "median", "nearest"] {
        assert_eq!(rate(system, "clean"), Some(100.0), "{system}");
        assert!(rate(system, "noise").unwrap() >= 80.0, "{system}");
    }
}

#[test]
fn a_taken_name_is_refused() {
    REGISTERED.call_once(|| downstream::register().unwrap());
    let error = downstream::register().unwrap_err().to_string();
    assert!(error.contains("student-huber"), "{error}");
}

/// A layer learns to complete patterns of which half is hidden, and is a memory afterwards.
#[test]
fn a_layer_trains_and_becomes_a_memory() {
    let device = device().autodiff();
    let patterns = normal("patterns", 16).to_device(&device);
    let config = HopfieldConfig::new(DIM).with_num_heads(1);
    let mut layer = config.init(&device).unwrap();
    let mut optimiser = AdamConfig::new().init();
    let cues = patterns.clone().slice_fill([0..16, 0..3], 0.0);
    let sets = |rows: &Tensor<2>| rows.clone().unsqueeze::<3>();
    let mut losses = Vec::new();
    for _ in 0..200 {
        let answer = layer
            .forward(
                sets(&patterns),
                sets(&cues),
                sets(&patterns),
                &Masks::none(),
            )
            .unwrap();
        let loss = (answer - sets(&patterns)).powi_scalar(2).mean();
        losses.push(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        layer = optimiser.step(0.02, layer, gradients);
    }
    assert!(
        losses[199] < 0.3 * losses[0],
        "{} to {}",
        losses[0],
        losses[199]
    );

    let mut memory = layer.into_memory();
    memory.write(normal("patterns", 16)).unwrap();
    assert_eq!(memory.read(normal("patterns", 4)).unwrap().len(), 4);
}
