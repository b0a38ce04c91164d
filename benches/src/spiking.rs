//! Recall in the hypercube of spiking neurons: cues from their start to the end, and the cost of a spike
//! against the number of units.

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::{AssociativeMemory, rng};
use attractor_spiking::network::engine::Engine;
use attractor_spiking::{CubeRun, LearningRule, Schedule, SpikingMemory, SpikingMemoryConfig};

use crate::Result;

/// Units of the recall and numbers of cues.
pub const RECALL: (usize, usize) = (100, 20);
/// Units over which the cost of a spike is fitted.
pub const UNITS: [usize; 5] = [100, 200, 400, 800, 1600];
/// Length of the runs for it, in tau, after one that is not counted.
const TAU: f64 = 2.0;

/// Name of the recall.
pub fn recall_name() -> String {
    let (units, cues) = RECALL;
    format!("spiking/recall {cues} cues x {units} units, 25 tau")
}

/// Name of the spikes at so many units.
pub fn spikes_name(units: usize) -> String {
    format!("spiking/{TAU} tau, {units} units")
}

fn memory(units: usize, device: &Device) -> Result<(SpikingMemory, Tensor<2>)> {
    let stored = (units / 20).max(2);
    let mut stream = rng::stream(0, "bench patterns");
    let patterns = rng::normal(&mut stream, [stored, units], device).sign();
    let config = SpikingMemoryConfig::with_rule(units, LearningRule::Hebb);
    let mut memory = config.init(device)?;
    memory.write(patterns.clone())?;
    Ok((memory, patterns))
}

/// A memory and noisy cues.
pub struct Recall {
    memory: SpikingMemory,
    cues: Tensor<2>,
}

impl Recall {
    /// At the size of [`RECALL`].
    ///
    /// # Errors
    /// None that this configuration could cause.
    pub fn new(device: &Device) -> Result<Self> {
        let (units, cues) = RECALL;
        let (memory, patterns) = memory(units, device)?;
        let stored = patterns.dims()[0];
        let rows = patterns
            .repeat(&[cues.div_ceil(stored), 1])
            .narrow(0, 0, cues);
        let wrong = rows.clone().narrow(1, 0, units / 10).neg();
        let cues = rows.slice_assign([0..cues, 0..units / 10], wrong);
        Ok(Self { memory, cues })
    }

    /// All cues; the spikes of the first.
    ///
    /// # Errors
    /// Those of the device.
    pub fn run(&self) -> Result<usize> {
        Ok(self.memory.read(self.cues.clone())?.steps[0])
    }
}

/// A network to be run.
pub struct Spikes {
    memory: SpikingMemory,
    start: Vec<f64>,
}

impl Spikes {
    /// So many units.
    ///
    /// # Errors
    /// None that this configuration could cause.
    pub fn new(units: usize, device: &Device) -> Result<Self> {
        let (memory, patterns) = memory(units, device)?;
        let first = attractor_core::check::to_host(patterns.narrow(0, 0, 1))?;
        let signs: Vec<i8> = first.iter().map(|&sign| sign as i8).collect();
        let start = Schedule::default().start(&signs);
        Ok(Self { memory, start })
    }

    /// Two tau; the number of spikes.
    ///
    /// # Errors
    /// None.
    pub fn run(&self) -> Result<usize> {
        let mut run = CubeRun::new(self.memory.network()?, &self.start)?;
        Ok(run.run(TAU).len())
    }
}

/// The power with which times grow: least squares on logarithms.
pub fn slope(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let logs: Vec<(f64, f64)> = pairs.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let across: f64 = logs.iter().map(|pair| (pair.0 - x) * (pair.1 - y)).sum();
    let spread: f64 = logs.iter().map(|pair| (pair.0 - x).powi(2)).sum();
    across / spread
}
