//! Reads of a firing-rate memory: 200 Euler steps for a batch of cues, at sizes that double.

use attractor_core::{AssociativeMemory, check};
use attractor_firing_rate::{FiringRate, FiringRateConfig, sets};
use burn::tensor::{Device, Tensor};

use crate::{Line, Result, timing};

/// Units and stored patterns. The first is the size of the paper.
pub const SIZES: [(usize, usize); 8] = [
    (1000, 14),
    (2000, 14),
    (4000, 14),
    (8000, 14),
    (1000, 112),
    (1000, 224),
    (1000, 448),
    (2000, 224),
];
/// Cues, and Euler steps of a tenth of tau.
pub const CUES: usize = 14;
/// Steps of a read.
pub const STEPS: usize = 200;
const ACTIVITY: f64 = 0.2;

/// A memory and its cues.
pub struct Read {
    memory: FiringRate,
    cues: Tensor<2>,
}

/// The name of a size.
pub fn name((units, stored): (usize, usize)) -> String {
    format!("firing-rate/{units}x{stored}x{CUES}")
}

/// What the factored products cost.
pub fn operations((units, stored): (usize, usize)) -> f64 {
    (4 * CUES * units * stored * STEPS) as f64
}

impl Read {
    /// A memory of that size.
    ///
    /// # Errors
    /// None that these sizes could cause.
    pub fn new((units, stored): (usize, usize), device: &Device) -> Result<Self> {
        let mut config = FiringRateConfig::new(units);
        config.dynamics.duration = config.dynamics.step * STEPS as f64;
        // No row settles before the others: every step is run.
        config.dynamics.tolerance = 0.0;
        let mut memory = config.init(device)?;
        let rows = sets::fixed_count(stored, units, ACTIVITY, 0)?;
        let cues = sets::silenced(&rows[..CUES * units], units, 0.6, 0)?;
        memory.write(check::from_host("patterns", rows, units, device)?)?;
        Ok(Self {
            memory,
            cues: check::from_host("cues", cues, units, device)?,
        })
    }

    /// Reads all cues; the energy of the first.
    ///
    /// # Errors
    /// Those of the device.
    pub fn run(&self) -> Result<f32> {
        Ok(self.memory.read(self.cues.clone())?.energy_last[0])
    }
}

/// One measurement.
///
/// # Errors
/// Those of the device.
pub fn run(size: (usize, usize), runs: usize, device: &Device) -> Result<Line> {
    let read = Read::new(size, device)?;
    let timing = timing::measure(runs, || read.run())?;
    let mut line = Line::new(&name(size), "attractor", operations(size), timing);
    line.rows_per_second = Some(1e3 * CUES as f64 / line.ms);
    Ok(line)
}

/// The power with which time grows with `N P`, by least squares on logarithms of the shortest times.
pub fn slope(sizes: &[(usize, usize)], lines: &[Line]) -> f64 {
    let points = sizes
        .iter()
        .zip(lines)
        .map(|(&(units, stored), line)| ((units as f64 * stored as f64).ln(), line.min_ms.ln()));
    let points: Vec<(f64, f64)> = points.collect();
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let variance: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_power_is_its_exponent() {
        let sizes = [(10, 1), (20, 1), (20, 4), (80, 7)];
        let line = |&(n, p): &(usize, usize)| {
            let ms = 3.0 * ((n * p) as f64).powf(1.5);
            let timing = timing::Timing {
                median_ms: ms,
                min_ms: ms,
            };
            Line::new("x", "y", 1.0, timing)
        };
        let lines: Vec<Line> = sizes.iter().map(line).collect();
        assert!((slope(&sizes, &lines) - 1.5).abs() < 1e-12);
    }
}
