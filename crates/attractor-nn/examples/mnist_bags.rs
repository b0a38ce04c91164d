//! Bags of digits of different sizes, padded: does a bag hold a nine?
//!
//! A bag has about ten digits, N(10, 2) rounded down; every second one exactly one nine. A dense layer, pooling with
//! a mask for the padding, a linear classifier. Asks for MNIST in a folder that ATTRACTOR_DATA names.
//!
//! `cargo run --release -p attractor-nn --example mnist_bags [-- [--epochs N] [--runs N]]`

#[path = "shared/mod.rs"]
mod shared;

use std::time::Instant;

use attractor_core::{Backend, Error, Failure, rng};
use attractor_datasets::locate::{DataRoot, load};
use attractor_datasets::{ImageSet, Split};
use attractor_nn::{HopfieldConfig, Masks, Options, Pooling, PoolingConfig};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::RngExt;
use shared::{AdamW, Linear, accuracy, cross_entropy};

type Result<T, E = Failure> = std::result::Result<T, E>;

const BAGS: usize = 1000;
const BATCH: usize = 20;
const PIXELS: usize = 784;
const WIDTH: usize = 64;
const NINE: u32 = 9;

/// A bag's digits, and whether there is a nine.
struct Bag {
    digits: Vec<usize>,
    positive: bool,
}

fn bags(set: &ImageSet, seed: u64, purpose: &str) -> Vec<Bag> {
    let mut random = rng::stream(seed, purpose);
    let of = |nine: bool| -> Vec<usize> {
        (0..set.labels.len())
            .filter(|&at| (set.labels[at] == NINE) == nine)
            .collect()
    };
    let (nines, others) = (of(true), of(false));
    (0..BAGS)
        .map(|index| {
            let size = (10.0 + 2.0 * rng::normal_vec(&mut random, 1)[0]).max(1.0) as usize;
            let mut digits: Vec<usize> = (0..size)
                .map(|_| others[random.random_range(0..others.len())])
                .collect();
            let positive = index % 2 == 0;
            if positive {
                digits[random.random_range(0..size)] = nines[random.random_range(0..nines.len())];
            }
            Bag { digits, positive }
        })
        .collect()
}

#[derive(Module, Debug)]
struct Network {
    dense: Linear,
    pooling: Pooling,
    head: Linear,
}

impl Network {
    fn new(
        heads: usize,
        steps: usize,
        quantity: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let hopfield = HopfieldConfig::new(WIDTH)
            .with_hidden_size(Some(32))
            .with_num_heads(heads)
            .with_update_steps_max(Some(steps).into())
            .with_seed(seed);
        Ok(Self {
            dense: Linear::new(seed, "dense", PIXELS, WIDTH, device),
            pooling: PoolingConfig::new(hopfield)
                .with_quantity(quantity)
                .init(device)?,
            head: Linear::new(seed, "head", WIDTH * quantity, 1, device),
        })
    }

    /// Logits of bags.
    fn forward(&self, set: &ImageSet, bags: &[&Bag], device: &Device) -> Result<Tensor<1>> {
        let lengths: Vec<usize> = bags.iter().map(|bag| bag.digits.len()).collect();
        let longest = lengths.iter().copied().max().unwrap_or(1);
        let mut pixels = vec![0.0; bags.len() * longest * PIXELS];
        for (bag, rows) in bags.iter().zip(pixels.chunks_mut(longest * PIXELS)) {
            let own = set.rows(&bag.digits)?;
            rows[..own.len()].copy_from_slice(&own);
        }
        let pixels = TensorData::new(pixels, [bags.len() * longest, PIXELS]);
        let dense = activation::relu(self.dense.forward(Tensor::from_data(pixels, device)));
        let sets: Tensor<3> = dense.reshape([bags.len(), longest, WIDTH]);
        let options = Options::from(Masks::none().lengths(&lengths));
        let pooled = self
            .pooling
            .forward_with(sets.clone(), sets, &options)?
            .output;
        Ok(self.head.forward(pooled).reshape([bags.len()]))
    }
}

fn labels(bags: &[&Bag], device: &Device) -> Tensor<1> {
    let labels: Vec<f32> = bags
        .iter()
        .map(|bag| f32::from(u8::from(bag.positive)))
        .collect();
    Tensor::from_data(TensorData::new(labels, [bags.len()]), device)
}

fn train(
    sets: &[ImageSet; 2],
    [heads, steps, quantity]: [usize; 3],
    seed: u64,
    epochs: usize,
    device: &Device,
) -> Result<f64> {
    let [train, test] = sets;
    let known = bags(train, seed, "bags/train");
    let fresh = bags(test, seed, "bags/test");
    let mut network = Network::new(heads, steps, quantity, seed, device)?.train();
    let mut optimizer = AdamW::new(1e-3, 1e-4, 1.0);
    for epoch in 0..epochs {
        let order = rng::permutation(
            &mut rng::indexed_stream(seed, "bags/order", epoch as u64),
            BAGS,
        );
        for rows in order.chunks(BATCH) {
            let batch: Vec<&Bag> = rows.iter().map(|&row| &known[row]).collect();
            let logits = network.forward(train, &batch, device)?;
            let loss = cross_entropy(logits, labels(&batch, device));
            network = optimizer.step(network, &loss.backward())?;
        }
    }
    let network = network.valid();
    let mut right = 0.0;
    for batch in fresh.chunks(100) {
        let batch: Vec<&Bag> = batch.iter().collect();
        let logits = network.forward(test, &batch, device)?;
        right += accuracy(logits, labels(&batch, device))? * batch.len() as f64;
    }
    Ok(right / fresh.len() as f64)
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (mut epochs, mut runs) = (20, 3);
    while let Some(argument) = arguments.next() {
        let number = arguments
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(1);
        match argument.as_str() {
            "--epochs" => epochs = number,
            "--runs" => runs = number,
            other => {
                let known = "--epochs, --runs".into();
                return Err(Error::UnknownName {
                    what: "argument",
                    name: other.into(),
                    known,
                }
                .into());
            }
        }
    }
    let device = Backend::available()[0].open()?;
    let root = DataRoot::from_environment(None);
    let sets = [
        load("mnist", Split::Train, &root)?,
        load("mnist", Split::Test, &root)?,
    ];
    println!("heads  updates  quantity  runs                 mean   theirs  s per epoch");
    for (shape, theirs) in [([1, 0, 1], 0.887), ([4, 3, 2], 0.893)] {
        let start = Instant::now();
        let found: Vec<f64> = (0..runs as u64)
            .map(|seed| train(&sets, shape, seed, epochs, &device))
            .collect::<Result<_>>()?;
        let seconds = start.elapsed().as_secs_f64() / (runs * epochs).max(1) as f64;
        let mean = found.iter().sum::<f64>() / found.len().max(1) as f64;
        let each: Vec<String> = found.iter().map(|own| format!("{own:.3}")).collect();
        let [heads, steps, quantity] = shape;
        println!(
            "{heads:<5}  {steps:<7}  {quantity:<8}  {:<20} {mean:.3}  {theirs:.3}   {seconds:.2}",
            each.join(" ")
        );
    }
    Ok(())
}
