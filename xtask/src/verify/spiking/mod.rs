//! Spiking networks and the hypercube memory: an exact oracle of the reconstruction's formulas, and spikes of the
//! framework papers' own simulators.

mod memory;
mod networks;

use std::rc::Rc;

use anyhow::Result;
use attractor::spiking::algebra::Matrix;
use attractor::spiking::network::engine::Spike;

use super::file::File;
use super::golden::Golden;
use super::{System, golden};

const NAME: &str = "spiking";

pub(super) const SYSTEM: System = System {
    name: NAME,
    files: &[NAME],
    check,
};

/// Matrices, reports, couplings.
const ALGEBRA: f64 = 1e-10;
/// Times, rates, averages.
const RUN: f64 = 1e-9;

/// The file and where comparisons go.
struct Published<'a> {
    file: Rc<File>,
    golden: &'a mut golden::Golden,
}

fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(NAME)?;
    let mut published = Published { file, golden };
    networks::two_neurons(&mut published)?;
    networks::low_rank(&mut published)?;
    networks::simulators(&mut published)?;
    memory::one_pattern(&mut published)?;
    memory::vertices(&mut published)?;
    memory::rules(&mut published)?;
    memory::clocks(&mut published)?;
    memory::incremental(&mut published)
}

impl Published<'_> {
    fn values(&self, key: &str) -> Result<Vec<f64>> {
        Ok(self.file.numbers(key)?.1)
    }

    /// That many numbers.
    fn settings<const N: usize>(&self, key: &str) -> Result<[f64; N]> {
        let values = self.values(key)?;
        let found = values.len();
        values.try_into().map_err(|_| {
            let reason = format!("`{key}`: expected {N} numbers, found {found}");
            self.file.misfit(reason).into()
        })
    }

    fn matrix(&self, key: &str) -> Result<Matrix> {
        let (shape, values) = self.file.numbers(key)?;
        let shape: [usize; 2] = shape.try_into().map_err(|_| {
            let reason = format!("`{key}`: expected two axes, found shape {shape:?}");
            self.file.misfit(reason)
        })?;
        Ok(Matrix::new("golden matrix", shape, values)?)
    }

    fn signs(&self, key: &str) -> Result<Vec<i8>> {
        Ok(self.values(key)?.iter().map(|&sign| sign as i8).collect())
    }

    /// Against an array of the file.
    fn compare(&mut self, key: &str, ours: &[f64], tolerance: f64) -> Result<()> {
        let expected = self.values(key)?;
        self.golden
            .compare_values(NAME, key, ours, &expected, tolerance)
    }

    /// Spikes: neurons exactly, times to rounding.
    fn compare_spikes(&mut self, prefix: &str, suffix: &str, spikes: &[Spike]) -> Result<()> {
        let neurons: Vec<f64> = spikes.iter().map(|spike| spike.neuron as f64).collect();
        let times: Vec<f64> = spikes.iter().map(|spike| spike.time).collect();
        self.compare(&format!("{prefix}spike_neurons{suffix}"), &neurons, 0.0)?;
        self.compare(&format!("{prefix}spike_times{suffix}"), &times, RUN)
    }
}
