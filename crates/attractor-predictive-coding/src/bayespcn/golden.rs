//! Our numbers beside those of the authors' own code, from a file of them.
//!
//! The file holds a small network of two particles before and after four writes, what it recalls
//! from noisy and from partial cues, and the network after forgetting; see
//! `fixtures/golden/README.md`.

use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Complete, Result, check};
use burn::tensor::{Device, Tensor};

use super::{BayesPcn, BayesPcnConfig, MatrixNormal, Readout, SearchConfig, Start};

const PARTICLES: usize = 2;
const DIM: usize = 24;
const ROWS: usize = 4;

/// One array of the file and ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Its name in the file; posteriors of all layers and particles are one comparison.
    pub name: String,
    /// What we compute.
    pub ours: Vec<f32>,
    /// What the file says.
    pub expected: Vec<f32>,
}

/// Writes, reads and forgets what the authors' code did, searching as it does.
///
/// # Errors
/// [`attractor_core::Error::Weights`] if an array is missing or of another shape; those of the
/// memory.
pub fn compare(file: &Weights, device: &Device) -> Result<Vec<Comparison>> {
    let rows = |name: &str| file.tensor::<2>(name, [ROWS, DIM], device);
    let mut memory = start(file, device)?;
    let mut all = Vec::new();
    posterior(&mut all, file, &memory, "init")?;
    for row in 0..ROWS {
        memory.write(rows("patterns")?.narrow(0, row, 1))?;
        posterior(&mut all, file, &memory, &format!("write{}", row + 1))?;
    }
    let mut answer = |name: &str, state: Tensor<2>| -> Result<()> {
        all.push(Comparison {
            name: name.into(),
            ours: check::to_host(state)?,
            expected: file.values(name)?.to_vec(),
        });
        Ok(())
    };
    for repeats in [1, 3] {
        memory.config.repeats = repeats;
        let read = memory.read(rows("cue_noisy")?)?;
        answer(&format!("read_auto_repeat{repeats}"), read.state)?;
    }
    memory.config.repeats = 1;
    let read = memory.complete(rows("cue_partial")?, rows("known")?)?;
    answer("read_hetero", read.state)?;
    memory.forget(0.3)?;
    posterior(&mut all, file, &memory, "forget0.3")?;
    Ok(all)
}

/// The authors' prior, with their way to search.
fn start(file: &Weights, device: &Device) -> Result<BayesPcn> {
    let config = BayesPcnConfig {
        hidden: 8,
        layers: 3,
        particles: PARTICLES,
        sigma_obs: 0.1,
        sigma_data: 0.1,
        start: Start::Fixed,
        readout: Readout::Searched,
        search: SearchConfig {
            max_steps: 50,
            together: true,
            ..SearchConfig::default()
        },
        ..BayesPcnConfig::new(DIM)
    };
    let wide = |values: &[f32]| values.iter().copied().map(f64::from).collect::<Vec<_>>();
    let particle = |k: usize| -> Result<Vec<MatrixNormal>> {
        let layer = |l: usize| {
            let (inputs, outputs) = config.shape(l);
            let mean = wide(file.values(&format!("init/net{k}/layer{l}/R"))?);
            let covariance = wide(file.values(&format!("init/net{k}/layer{l}/U"))?);
            // Theirs is a multiple of the identity for the top layer, ours its one number.
            let covariance = covariance[..inputs * inputs].to_vec();
            MatrixNormal::new(inputs, outputs, mean, covariance)
        };
        (0..config.layers).map(layer).collect()
    };
    let priors = (0..PARTICLES).map(particle).collect::<Result<_>>()?;
    BayesPcn::with_priors(config, priors, device)
}

fn posterior(
    all: &mut Vec<Comparison>,
    file: &Weights,
    memory: &BayesPcn,
    stage: &str,
) -> Result<()> {
    let narrow = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<_>>();
    for part in ["R", "U"] {
        let (mut ours, mut expected) = (Vec::new(), Vec::new());
        for k in 0..PARTICLES {
            for (l, layer) in memory.posterior(k)?.iter().enumerate() {
                let values = match part {
                    "R" => layer.mean().to_vec(),
                    _ => layer.covariance(),
                };
                let theirs = file.values(&format!("{stage}/net{k}/layer{l}/{part}"))?;
                expected.extend_from_slice(&theirs[..values.len().min(theirs.len())]);
                ours.extend(narrow(&values));
            }
        }
        all.push(Comparison {
            name: format!("{stage}/{part}"),
            ours,
            expected,
        });
    }
    let name = format!("{stage}/log_weights");
    all.push(Comparison {
        ours: narrow(memory.log_weights()),
        expected: file.values(&name)?.to_vec(),
        name,
    });
    Ok(())
}
