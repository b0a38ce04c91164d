//! The hidden temperature: raw features grow while they are learned, which sharpens every read.

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::{MemoryPrior, Result, Stopping, rng};
use attractor_priors::kernelised::{Start, metastable};
use attractor_priors::{FeatureScale, Kernelised, KernelisedConfig, MapKind, SeparationConfig};

use super::verdict;

const SEEDS: u64 = 20;
const QUERIES: usize = 50;

/// Share of queries that end on one code, and their mean effective number of codes.
fn settled(memory: &Kernelised, queries: &Tensor<2>, alpha: f32) -> Result<(f64, f64)> {
    let threshold = if alpha == 1.0 { 0.01 } else { 0.0 };
    let weights = memory.retrieval_weights(queries.clone(), Stopping::after(20))?;
    let sizes = metastable(weights, threshold)?;
    let single = sizes.iter().filter(|size| size.count == 1).count() as f64;
    let effective: f64 = sizes.iter().map(|size| size.effective).sum();
    let rows = sizes.len() as f64;
    Ok((single / rows, effective / rows))
}

pub(super) fn run(device: &Device) -> Result<()> {
    let (count, dim) = (10, 5);
    println!(
        "\n{count} normal codes of {dim} entries, independent queries, 20 updates, {SEEDS} seeds"
    );
    println!("raw features as published: Adam at rate 1, 20 steps, tau 0.1, norms left free");
    println!("| alpha | memory | beta | one code | effective codes |");
    println!("| --- | --- | --- | --- | --- |");
    for alpha in [1.0, 1.5, 2.0] {
        let mut rows = [[0.0; 3]; 4];
        for seed in 0..SEEDS {
            let normal = |purpose: &str, rows| {
                rng::normal(&mut rng::stream(seed, purpose), [rows, dim], device)
            };
            let codes = normal("codes", count);
            let queries = normal("queries", QUERIES);
            let holding = |config: KernelisedConfig| -> Result<Kernelised> {
                let mut memory = config.init(dim, device)?;
                memory.store(codes.clone())?;
                Ok(memory)
            };
            let raw = KernelisedConfig {
                features: FeatureScale::Raw,
                alpha,
                beta: 1.0,
                separation: SeparationConfig {
                    start: Start::Gaussian,
                    iterations: 20,
                    learning_rate: 1.0,
                    tau_start: 0.1,
                    tau_end: 0.1,
                    rescale: false,
                    patience: 0,
                    seed,
                    ..SeparationConfig::default()
                },
                ..KernelisedConfig::default()
            };
            let plain = KernelisedConfig {
                map: MapKind::Identity,
                ..raw.clone()
            };
            let learned = holding(raw.clone())?;
            let identity = holding(plain)?;
            let factor = learned.separation()?.mean_square / identity.separation()?.mean_square;
            let unit = holding(KernelisedConfig {
                features: FeatureScale::Unit,
                ..raw
            })?;
            let memories = [
                learned,
                identity.clone(),
                identity.with_beta(factor as f32)?,
                unit,
            ];
            for (row, memory) in rows.iter_mut().zip(&memories) {
                let (single, effective) = settled(memory, &queries, alpha)?;
                let beta = f64::from(memory.config().beta);
                for (sum, value) in row.iter_mut().zip([beta, single, effective]) {
                    *sum += value / SEEDS as f64;
                }
            }
        }
        let names = [
            "learned, raw",
            "identity, raw",
            "identity, raw, beta times |f|^2",
            "learned, unit",
        ];
        for (name, [beta, single, effective]) in names.iter().zip(rows) {
            println!("| {alpha} | {name} | {beta:.1} | {single:.3} | {effective:.2} |");
        }
        if alpha == 1.5 {
            let good = verdict(rows[0][1] >= 0.95);
            println!("| | learned, raw: at least 0.95 | | {good} | |");
        }
    }
    Ok(())
}
