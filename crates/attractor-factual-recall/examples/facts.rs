//! Facts in a matrix: written, read, removed and merged; then a transformer that learns some by heart.
//!
//! `cargo run --release -p attractor-factual-recall --example facts`

use std::ops::ControlFlow;

use attractor_core::{Failure, rng};
use attractor_factual_recall::embedding::unit_rows;
use attractor_factual_recall::read::accuracy;
use attractor_factual_recall::transformer::{TransformerTraining, train::train};
use attractor_factual_recall::{
    FactTask, FactTaskConfig, FeatureMemory, Linear, Matrix, Nonlinearity, RandomFeatures,
    Transformer, TransformerConfig,
};

fn main() -> Result<(), Failure> {
    let (dim, count) = (32, 128);
    let mut rng = rng::stream(0, "example");
    let keys: Matrix<f64> = unit_rows(&mut rng, count, dim)?;
    let values: Matrix<f64> = unit_rows(&mut rng, count, dim)?;
    let right: Vec<usize> = (0..count).collect();

    println!("{count} facts over {dim} dimensions");
    let sum = Linear::hebbian(&keys, &values)?;
    let ridge = Linear::ridge(&keys, &values, 0.05)?;
    for (name, memory) in [("Hebbian sum", &sum), ("ridge regression", &ridge)] {
        let share = accuracy(&memory.scores(&keys, &values)?, &right)?;
        println!(
            "  {name}, {} numbers: {:.0} %",
            memory.parameters(),
            100.0 * share
        );
    }
    let features = RandomFeatures::draw(&mut rng, 128, dim, Nonlinearity::ReluCentred)?;
    let mlp = FeatureMemory::ridge(features, &keys, &values, 1e-3)?;
    let share = accuracy(&mlp.scores(&keys, &values)?, &right)?;
    println!(
        "  128 rectifiers, ridge, {} numbers: {:.0} %",
        mlp.parameters(),
        100.0 * share
    );

    let mut half = sum.clone();
    half.subtract(&keys.slice(64, 64)?, &values.slice(64, 64)?)?;
    let kept = (keys.slice(0, 64)?, values.slice(0, 64)?);
    let share = accuracy(&half.scores(&kept.0, &kept.1)?, &right[..64])?;
    println!(
        "after subtracting half of the facts from the sum: {:.0} % of the others",
        100.0 * share
    );

    let config = FactTaskConfig {
        length: 16,
        ..FactTaskConfig::new(12, 12, 4)
    };
    let task = FactTask::new(config, 0)?;
    let sizes = TransformerConfig {
        dim: 16,
        heads: 6,
        head_dim: 4,
        width: 32,
    };
    let training = TransformerTraining {
        steps: 4000,
        batch: 256,
        every: 250,
        ..TransformerTraining::default()
    };
    println!(
        "a transformer learns {} facts, {} weights",
        task.facts().len(),
        sizes.parameters()
    );
    let start = Transformer::<f32>::init(sizes, &config, 0)?;
    let trained = train(start, &task, &training, 0, &mut |look| {
        println!(
            "  {} steps: loss {:.2}, {:.0} % answered",
            look.steps,
            look.loss,
            100.0 * look.accuracy
        );
        ControlFlow::Continue(())
    })?;
    println!("  {:?} after {} steps", trained.ending, trained.steps);
    Ok(())
}
