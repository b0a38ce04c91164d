//! The demonstration of the published layers: which bags of bit patterns hold one of eight signals?
//!
//! Bags of 16 patterns of 8 bits; half of them hold one signal at a random place. Signals, and the pattern of zeros,
//! never occur otherwise. A layer and a linear classifier are trained on 1536 bags; accuracies are of 4096 fresh
//! ones. Beside each stands that of the authors' code at the same settings.
//!
//! `cargo run --release -p attractor-nn --example bit_patterns [-- [--epochs N] [--runs N] [--sets N] [NETWORK ..]]`

#[path = "shared/mod.rs"]
mod shared;

use std::time::Instant;

use attractor_core::{Backend, Error, Failure, Result, rng};
use attractor_nn::{
    Hopfield, HopfieldConfig, Lookup, LookupConfig, Masks, Options, Pooling, PoolingConfig,
};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use shared::{AdamW, Linear, accuracy, cross_entropy};

const BITS: usize = 8;
const PATTERNS: usize = 16;
const TRAINED: usize = 1536;
const TESTED: usize = 4096;
const BATCH: usize = 32;
/// The signals of three sets; the first is that of the published demonstration.
const SIGNALS: [[u8; 8]; 3] = [
    [0x39, 0x40, 0x58, 0x88, 0xbc, 0xdf, 0xe2, 0xea],
    [0x27, 0x60, 0x7d, 0x96, 0x9a, 0x9d, 0xc2, 0xfc],
    [0x12, 0x32, 0x34, 0x37, 0x42, 0x43, 0x49, 0x81],
];
/// Networks with the accuracies of the authors' code on the three sets.
const NETWORKS: [(&str, [f64; 3]); 6] = [
    ("hopfield", [0.592, 0.527, 0.621]),
    ("hopfield-adapted", [0.825, 0.728, 0.844]),
    ("pooling", [0.601, 0.574, 0.617]),
    ("pooling-adapted", [0.802, 0.642, 0.832]),
    ("lookup", [0.494, 0.478, 0.521]),
    ("lookup-adapted", [0.931, 0.586, 0.605]),
];

/// Bags with their labels, 1 where there is a signal.
struct Bags {
    bits: Vec<f32>,
    labels: Vec<f32>,
}

impl Bags {
    fn new(signals: &[u8; 8], count: usize, seed: u64, purpose: &str) -> Self {
        let mut random = rng::stream(seed, purpose);
        let others: Vec<u8> = (1..=u8::MAX).filter(|own| !signals.contains(own)).collect();
        let (mut bits, mut labels) = (Vec::new(), Vec::new());
        for bag in 0..count {
            let mut patterns: Vec<u8> = (0..PATTERNS)
                .map(|_| others[random.random_range(0..others.len())])
                .collect();
            let positive = bag % 2 == 0;
            if positive {
                patterns[random.random_range(0..PATTERNS)] =
                    signals[random.random_range(0..signals.len())];
            }
            // The first bit first.
            let of = |own: u8| (0..BITS).map(move |bit| f32::from(own >> (7 - bit) & 1));
            bits.extend(patterns.into_iter().flat_map(of));
            labels.push(f32::from(u8::from(positive)));
        }
        Self { bits, labels }
    }

    fn batch(&self, rows: &[usize], device: &Device) -> (Tensor<3>, Tensor<1>) {
        let size = PATTERNS * BITS;
        let bits: Vec<f32> = rows
            .iter()
            .flat_map(|&row| &self.bits[row * size..][..size])
            .copied()
            .collect();
        let labels: Vec<f32> = rows.iter().map(|&row| self.labels[row]).collect();
        let bits = TensorData::new(bits, [rows.len(), PATTERNS, BITS]);
        let labels = TensorData::new(labels, [rows.len()]);
        (
            Tensor::from_data(bits, device),
            Tensor::from_data(labels, device),
        )
    }
}

#[derive(Module, Debug)]
enum Body {
    Hopfield(Hopfield),
    Pooling(Pooling),
    Lookup(Lookup),
}

#[derive(Module, Debug)]
struct Network {
    body: Body,
    head: Linear,
}

impl Network {
    fn new(kind: &str, seed: u64, bags: &Bags, device: &Device) -> Result<Self> {
        let plain = HopfieldConfig::new(BITS).with_seed(seed);
        let adapted = plain
            .clone()
            .with_hidden_size(Some(BITS))
            .with_num_heads(8)
            .with_update_steps_max(Some(3).into())
            .with_scaling(Some(0.25.into()))
            .with_dropout(0.5);
        let (body, inputs) = match kind {
            "hopfield" => (Body::Hopfield(plain.init(device)?), PATTERNS * BITS),
            "hopfield-adapted" => (Body::Hopfield(adapted.init(device)?), PATTERNS * BITS),
            "pooling" => (Body::Pooling(PoolingConfig::new(plain).init(device)?), BITS),
            "pooling-adapted" => (
                Body::Pooling(PoolingConfig::new(adapted).init(device)?),
                BITS,
            ),
            "lookup" => {
                let rows = table(bags).len() / BITS;
                (
                    Body::Lookup(LookupConfig::new(plain, rows).init(device)?),
                    PATTERNS * BITS,
                )
            }
            "lookup-adapted" => {
                let rows = table(bags);
                let config = LookupConfig::new(plain, rows.len() / BITS)
                    .with_lookup_weights_as_separated(true)
                    .with_lookup_targets_as_trainable(false);
                let data = TensorData::new(rows.clone(), [rows.len() / BITS, BITS]);
                let layer = config
                    .init(device)?
                    .with_rows(Tensor::from_data(data, device))?;
                (Body::Lookup(layer), PATTERNS * BITS)
            }
            other => {
                return Err(Error::UnknownName {
                    what: "network",
                    name: other.into(),
                    known: NETWORKS.map(|(name, _)| name).join(", "),
                });
            }
        };
        Ok(Self {
            body,
            head: Linear::new(seed, "head", inputs, 1, device),
        })
    }

    fn forward(&self, bags: Tensor<3>, dropout_seed: Option<u64>) -> Result<Tensor<1>> {
        let options = Options {
            masks: Masks::none(),
            dropout_seed,
            record: false,
        };
        let [n, ..] = bags.dims();
        let flat = |x: Tensor<3>| -> Tensor<2> { x.reshape([n as i32, -1]) };
        let features = match &self.body {
            Body::Hopfield(layer) => flat(
                layer
                    .forward_with(bags.clone(), bags.clone(), bags, &options)?
                    .output,
            ),
            Body::Pooling(layer) => layer.forward_with(bags.clone(), bags, &options)?.output,
            Body::Lookup(layer) => flat(layer.forward_with(bags, &options)?.output),
        };
        Ok(self.head.forward(features).reshape([n]))
    }
}

/// Every pattern of the bags once.
fn table(bags: &Bags) -> Vec<f32> {
    let seen: std::collections::BTreeSet<Vec<u8>> = (bags.bits.chunks(BITS))
        .map(|bits| bits.iter().map(|&bit| bit as u8).collect())
        .collect();
    seen.into_iter().flatten().map(f32::from).collect()
}

/// Accuracy on fresh bags, and the training losses along the way.
fn train(
    kind: &str,
    set: usize,
    seed: u64,
    epochs: usize,
    device: &Device,
) -> Result<(f64, Vec<f32>)> {
    let signals = &SIGNALS[set];
    let bags = Bags::new(signals, TRAINED, seed, "bags/train");
    let fresh = Bags::new(signals, TESTED, seed, "bags/test");
    let mut network = Network::new(kind, seed, &bags, device)?.train();
    let mut optimizer = AdamW::new(1e-3, 0.01, 1.0);
    let mut losses = Vec::new();
    let mut step = 0;
    for epoch in 0..epochs {
        let order = rng::permutation(
            &mut rng::indexed_stream(seed, "bags/order", epoch as u64),
            TRAINED,
        );
        let mut total = 0.0;
        for rows in order.chunks(BATCH) {
            let (input, labels) = bags.batch(rows, device);
            step += 1;
            let loss = cross_entropy(network.forward(input, Some(seed << 32 | step))?, labels);
            total += loss.clone().into_scalar::<f32>() * rows.len() as f32;
            network = optimizer.step(network, &loss.backward())?;
        }
        losses.push(total / TRAINED as f32);
    }
    let network = network.valid();
    let rows: Vec<usize> = (0..TESTED).collect();
    let mut right = 0.0;
    for rows in rows.chunks(256) {
        let (input, labels) = fresh.batch(rows, device);
        right += accuracy(network.forward(input, None)?, labels)? * rows.len() as f64;
    }
    Ok((right / TESTED as f64, losses))
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (mut epochs, mut runs, mut sets, mut chosen) = (250, 3_usize, 3, Vec::new());
    while let Some(argument) = arguments.next() {
        let mut number = || {
            arguments
                .next()
                .and_then(|text| text.parse().ok())
                .unwrap_or(1)
        };
        match argument.as_str() {
            "--epochs" => epochs = number(),
            "--runs" => runs = number(),
            "--sets" => sets = number().clamp(1, SIGNALS.len()),
            _ => chosen.push(argument),
        }
    }
    let device = Backend::available()[0].open()?;
    println!("network           set  runs                 mean   theirs  last loss  s per epoch");
    for (kind, theirs) in NETWORKS {
        if !chosen.is_empty() && !chosen.iter().any(|own| own == kind) {
            continue;
        }
        for (set, theirs) in theirs.into_iter().enumerate().take(sets) {
            let (mut found, mut last) = (Vec::new(), Vec::new());
            let start = Instant::now();
            for seed in 0..runs as u64 {
                let (accuracy, losses) = train(kind, set, seed, epochs, &device)?;
                found.push(accuracy);
                last.extend(losses.last().copied());
            }
            let seconds = start.elapsed().as_secs_f64() / (runs as f64 * epochs.max(1) as f64);
            let mean = found.iter().sum::<f64>() / found.len().max(1) as f64;
            let loss = last.iter().sum::<f32>() / last.len().max(1) as f32;
            let each: Vec<String> = found.iter().map(|own| format!("{own:.3}")).collect();
            println!(
                "{kind:<17} {set}    {:<20} {mean:.3}  {theirs:.3}   {loss:.3}      {seconds:.3}",
                each.join(" ")
            );
        }
    }
    Ok(())
}
