//! The host network against double precision.

use attractor_core::rng;
use burn::tensor::Device;

use super::exact::exact;
use super::{MonetNetwork, SceneRows};
use crate::monet::{Monet, MonetConfig, MonetObjective, TINY};
use crate::testing::{scattered, smooth_images};

const DIM: usize = 3 * 64 * 64;

/// A model with every parameter somewhere generic, biases and scales too.
fn generic(config: MonetConfig) -> Monet {
    let device = Device::default();
    let model = config.init(2, &device).unwrap();
    let weights = scattered(&model.to_weights().unwrap(), &mut rng::stream(9, "host"));
    Monet::from_weights(&weights, config.slots, &device).unwrap()
}

/// Farthest that a unit on the wrong side of its ReLU's kink may lie from it, over the largest unit
/// of its layer: what rounding can do.
const KINK: f64 = 5e-6;
/// Largest difference of a gradient's entry from the exact one, over the largest entry of its layer.
const GRADIENT: f64 = 5e-5;

/// An image in `[0, 1]` of squares with random colours. Every channel has contrast: instance
/// normalisation divides by it, and would magnify the rounding of an almost uniform one.
fn patchwork(seed: u64) -> Vec<f32> {
    let mut stream = rng::stream(seed, "patchwork");
    let colours = rng::uniform_vec(&mut stream, 3 * 64, 0.0, 1.0);
    let square = |entry: usize| {
        let (plane, pixel) = (entry / 4096, entry % 4096);
        plane * 64 + pixel / 64 / 8 * 8 + pixel % 64 / 8
    };
    (0..DIM).map(|entry| colours[square(entry)]).collect()
}

/// Largest size of an entry.
fn size<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values
        .into_iter()
        .fold(0.0, |most, value| most.max(value.abs()))
}

/// Loss and gradients of one image are the exact ones; returns how many units were on the wrong
/// side of their kinks.
///
/// A step in single precision cannot do better than this: which side of a kink a unit is on is a
/// matter of rounding when it is on the kink, and the exact gradient is taken on the same side. A
/// bias whose gradient nearly cancels is held to the gradient of its layer's weight.
fn compare(config: MonetConfig, objective: &MonetObjective, seed: u64) -> usize {
    let weights = generic(config).to_weights().unwrap();
    let images = patchwork(seed);
    let mut stream = rng::indexed_stream(7, "noise", seed);
    let noise = rng::normal_vec(&mut stream, config.slots * config.code);
    let rows = SceneRows {
        batch: 1,
        images: &images,
        noise: &noise,
    };
    let mut network = MonetNetwork::new(config, &weights).unwrap();
    assert_eq!(network.export(), weights);
    let loss = network.loss_and_gradients(rows, objective).unwrap();
    let gates = network.gates().remove(0);
    let expected = exact(&config, &weights, rows, objective, gates);
    // A term near 0 is held to a hundredth of a nat for each pixel.
    let least = 0.01 * (DIM / 3) as f64;
    for (found, expected) in [
        (loss.total, expected.loss.total),
        (loss.reconstruction, expected.loss.reconstruction),
        (loss.codes, expected.loss.codes),
        (loss.masks, expected.loss.masks),
    ] {
        let gap = (found - expected).abs();
        assert!(gap < 1e-5 * expected.abs().max(least), "{found} {expected}");
    }
    let farthest = size(&expected.doubtful);
    assert!(
        farthest < KINK,
        "seed {seed}: a unit {farthest} from its kink"
    );

    let gradients = network.export_gradients();
    assert!(gradients.names().eq(expected.gradients.keys()));
    let layer = |name: &str| name.rsplit_once('.').unwrap().0.to_owned();
    let mut worst = (0.0, "");
    for (name, exact) in &expected.gradients {
        let same_layer = expected.gradients.iter();
        let sizes = same_layer
            .filter(|(other, _)| layer(other) == layer(name))
            .map(|(_, values)| size(values));
        let most = sizes.fold(0.0, f64::max);
        let found = gradients.values(name).unwrap();
        assert_eq!(found.len(), exact.len());
        let differences = found.iter().zip(exact);
        let differences: Vec<f64> = differences.map(|(a, b)| f64::from(*a) - b).collect();
        let gap = size(&differences) / most;
        assert!(gap < GRADIENT, "seed {seed}: {name}: {gap}");
        if gap > worst.0 {
            worst = (gap, name);
        }
    }
    eprintln!(
        "seed {seed}: gradient off by {:.1e} in {}, {} units within {farthest:.1e} of a kink",
        worst.0,
        worst.1,
        expected.doubtful.len()
    );
    expected.doubtful.len()
}

#[test]
fn gradients_are_the_exact_ones() {
    let doubtful = (0..10).map(|seed| compare(TINY, &MonetObjective::default(), seed));
    // Were no unit ever on the wrong side, the gates would prove nothing.
    assert!(doubtful.sum::<usize>() > 0);
    // The three terms and the two deviations in other proportions.
    let objective = MonetObjective {
        background_deviation: 0.5,
        foreground_deviation: 0.7,
        beta: 3.0,
        gamma: 2.0,
    };
    for seed in 10..13 {
        compare(MonetConfig { slots: 4, ..TINY }, &objective, seed);
    }
}

#[test]
fn gradients_of_the_small_size_are_the_exact_ones() {
    for seed in 0..4 {
        compare(MonetConfig::small(), &MonetObjective::default(), seed);
    }
}

/// Loss and gradients of some of seven images.
fn of_images(
    network: &mut MonetNetwork,
    range: std::ops::Range<usize>,
) -> (f64, Vec<(String, Vec<f32>)>) {
    let images = smooth_images(3, 7, [3, 64, 64]);
    let noise = rng::normal_vec(&mut rng::stream(1, "noise"), 7 * 12);
    let rows = SceneRows {
        batch: range.len(),
        images: &images[range.start * DIM..range.end * DIM],
        noise: &noise[range.start * 12..range.end * 12],
    };
    let objective = MonetObjective::default();
    let loss = network.loss_and_gradients(rows, &objective).unwrap();
    let gradients = network.export_gradients();
    let named = gradients
        .names()
        .map(|name| (name.to_owned(), gradients.values(name).unwrap().to_vec()));
    (loss.total, named.collect())
}

/// Four images pass as four parts, and a quarter is exact: not a bit may differ.
#[test]
fn a_batch_of_four_is_the_mean_of_its_images_exactly() {
    let weights = generic(TINY).to_weights().unwrap();
    let mut network = MonetNetwork::new(TINY, &weights).unwrap();
    let (loss, together) = of_images(&mut network, 0..4);
    let alone: Vec<_> = (0..4).map(|i| of_images(&mut network, i..i + 1)).collect();
    let mean = alone.iter().map(|(loss, _)| loss).sum::<f64>() / 4.0;
    assert!((loss - mean).abs() < 1e-12 * mean.abs(), "{loss} {mean}");
    for (at, (name, together)) in together.iter().enumerate() {
        for (entry, found) in together.iter().enumerate() {
            let quarters = alone.iter().map(|(_, all)| 0.25 * all[at].1[entry]);
            let mean = quarters.reduce(|sum, value| sum + value).unwrap();
            assert_eq!(*found, mean, "{name}[{entry}]");
        }
    }
}

/// Seven images pass as three parts of two and one of one, and a seventh is rounded. That may change
/// as much as it can in the images' own gradients, which in the mean partly cancel.
#[test]
fn a_batch_is_the_mean_of_its_images() {
    let weights = generic(TINY).to_weights().unwrap();
    let mut network = MonetNetwork::new(TINY, &weights).unwrap();
    let (loss, together) = of_images(&mut network, 0..7);
    let alone: Vec<_> = (0..7).map(|i| of_images(&mut network, i..i + 1)).collect();
    let mean = alone.iter().map(|(loss, _)| loss).sum::<f64>() / 7.0;
    assert!((loss - mean).abs() < 1e-9 * mean.abs(), "{loss} {mean}");
    let mut worst = 0.0_f64;
    for (at, (name, together)) in together.iter().enumerate() {
        let column = |entry: usize| {
            alone
                .iter()
                .map(move |(_, all)| f64::from(all[at].1[entry]))
        };
        let means: Vec<f64> = (0..together.len())
            .map(|e| column(e).sum::<f64>() / 7.0)
            .collect();
        let sizes = (0..7).map(|i| {
            let own: Vec<f64> = (0..together.len())
                .filter_map(|e| column(e).nth(i))
                .collect();
            size(&own)
        });
        let sizes = sizes.sum::<f64>() / 7.0;
        let gaps: Vec<f64> = together
            .iter()
            .zip(&means)
            .map(|(a, b)| f64::from(*a) - b)
            .collect();
        let gap = size(&gaps);
        worst = worst.max(gap / sizes);
        assert!(gap < 1e-5 * sizes, "{name}: {gap} of {sizes}");
    }
    eprintln!("batch of seven: off by {worst:.1e}");
}

#[test]
fn results_do_not_depend_on_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let model = generic(TINY);
            let images = smooth_images(4, 7, [3, 64, 64]);
            let noise = rng::normal_vec(&mut rng::stream(1, "noise"), 7 * 12);
            let rows = SceneRows {
                batch: 7,
                images: &images,
                noise: &noise,
            };
            let mut network = MonetNetwork::new(TINY, &model.to_weights().unwrap()).unwrap();
            let loss = network
                .loss_and_gradients(rows, &MonetObjective::default())
                .unwrap();
            (loss, network.export_gradients())
        })
    };
    assert_eq!(run(1), run(3));
}
