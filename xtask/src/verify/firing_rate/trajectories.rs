//! States over time, and what is computed from them.

use anyhow::Result;
use attractor::core::AssociativeMemory;
use attractor::core::burn::tensor::{Tensor, TensorData};
use attractor::core::check::to_host;
use attractor::firing_rate::{Design, Dynamics, FiringRateConfig, Integrator, Network, Shape};

use super::{NAME, Set, TOLERANCE, compare, values};

/// Of states by the same Euler steps.
const EULER: f64 = 1e-10;
/// Of Runge-Kutta states against an accurate solution: smooth, and with a kink.
const SMOOTH: f64 = 1e-6;
const KINKED: f64 = 3e-5;
/// Of states in single precision, up to the time below: later, rounding may decide between memories.
const SINGLE: f64 = 1e-4;
const SINGLE_UNTIL: f64 = 2.0;
/// The Runge-Kutta step; 0.01 is within the tolerances as well.
const STEP: f64 = 0.0025;

impl Set<'_> {
    pub(super) fn trajectories(&mut self, design: usize, network: &Network) -> Result<()> {
        let below = format!("{}/design{design}", self.name);
        if !self.file.contains(&format!("{below}/ode_states")) {
            return Ok(());
        }
        let (dim, count) = (self.patterns.dim(), self.patterns.len());
        let times = &self.settings.times;
        let cues = values(&self.file, &format!("{}/cues", self.name), None)?;
        let run = |how: (Integrator, f64)| -> Result<Vec<Vec<f64>>> {
            let paths = cues.chunks_exact(dim);
            let paths =
                paths.map(|cue| Ok(network.trajectory(cue, None, how, times)?.states.concat()));
            paths.collect()
        };
        let tolerance = match self.settings.designs[design].0 {
            Shape::Sigmoid => SMOOTH,
            Shape::RectifiedTanh => KINKED,
        };
        let key = format!("design{design}/ode_states");
        self.compare(
            &key,
            &run((Integrator::RungeKutta, STEP))?.concat(),
            tolerance,
        )?;
        for named in self.file.find(&format!("{below}/euler_dt*_final")) {
            let paths = run((Integrator::Euler, named.number(0)))?;
            let ends = paths.iter().flat_map(|path| &path[path.len() - dim..]);
            let ends: Vec<f64> = ends.copied().collect();
            compare(self.golden, &self.file, &named.key, &ends, EULER)?;
        }
        for named in self.file.find(&format!("{below}/euler_dt*_states")) {
            let paths = run((Integrator::Euler, named.number(0)))?;
            compare(self.golden, &self.file, &named.key, &paths.concat(), EULER)?;
            self.tensors(design, &named.key, named.number(0))?;
        }

        // Functions of the states that the file has.
        let states = values(&self.file, &format!("{below}/ode_states"), None)?;
        let states: Vec<&[f64]> = states.chunks_exact(dim).collect();
        let energies: Vec<f64> = states.iter().map(|x| network.energy(x, None)).collect();
        self.compare(
            &format!("design{design}/energy_corrected"),
            &energies,
            TOLERANCE,
        )?;
        let published = format!("design{design}/energy_as_published");
        if self.file.contains(&format!("{}/{published}", self.name)) {
            let energies: Vec<f64> = states.iter().map(|x| self.published(network, x)).collect();
            self.compare(&published, &energies, TOLERANCE)?;
        }
        let mean = self.settings.activity * dim as f64;
        let counts: Vec<f64> = (0..count).map(|k| self.patterns.count(k) as f64).collect();
        let overlaps: Vec<f64> = states
            .iter()
            .flat_map(|x| network.overlaps(x).into_iter().zip(&counts))
            .map(|(overlap, active)| overlap * active / mean)
            .collect();
        self.compare(&format!("design{design}/overlaps"), &overlaps, TOLERANCE)?;
        let ends: Vec<&&[f64]> = states
            .iter()
            .skip(times.len() - 1)
            .step_by(times.len())
            .collect();
        let residuals: Vec<f64> = ends.iter().map(|x| network.residual(x, None)).collect();
        self.compare(
            &format!("design{design}/final_residual"),
            &residuals,
            TOLERANCE,
        )?;
        let bits = ends.iter().flat_map(|x| network.bits(x));
        let bits: Vec<f64> = bits.map(|bit| f64::from(u8::from(bit))).collect();
        self.compare(&format!("design{design}/final_bits"), &bits, 0.0)
    }

    /// The energy of the published program: another offset of the sigmoid, and the Legendre form of the
    /// integral, from a current of 0.
    fn published(&self, network: &Network, rates: &[f64]) -> f64 {
        let (gain, offset) = (
            4.0 * self.settings.slope,
            self.settings.threshold + 0.125 / self.settings.slope,
        );
        let softplus = |z: f64| z.max(0.0) + (-z.abs()).exp().ln_1p();
        let currents = network.currents(rates, None).into_iter().zip(rates);
        let pairs: f64 = currents.map(|(h, x)| h * x).sum();
        let parts = rates.iter().map(|&rate| {
            let x = rate.clamp(1e-15, 1.0 - 1e-15);
            let y = offset + (x / (1.0 - x)).ln() / gain;
            y * x - (softplus(gain * (y - offset)) - softplus(-gain * offset)) / gain
        });
        -0.5 * pairs + parts.sum::<f64>()
    }

    /// The same Euler steps by the memory itself, on the device and in single precision.
    fn tensors(&mut self, design: usize, key: &str, step: f64) -> Result<()> {
        let (dim, count) = (self.patterns.dim(), self.settings.times.len());
        let (shape, low) = self.settings.designs[design];
        let tensor = |rows: Vec<f32>| {
            let shape = [rows.len() / dim, dim];
            Tensor::<2>::from_data(TensorData::new(rows, shape), &self.golden.device)
        };
        let cues = values(&self.file, &format!("{}/cues", self.name), None)?;
        let cues = tensor(cues.into_iter().map(|value| value as f32).collect());
        let expected = values(&self.file, key, None)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for (at, &time) in self.settings.times.iter().enumerate() {
            if !(step..=SINGLE_UNTIL).contains(&time) {
                continue;
            }
            let config = FiringRateConfig {
                activation: self.settings.activation(shape),
                currents: self.settings.currents(low),
                design: Design::Known {
                    activity: self.settings.activity,
                    overlap: self.overlap,
                },
                dynamics: Dynamics {
                    step,
                    duration: time,
                    tolerance: 0.0,
                    ..Dynamics::default()
                },
                ..FiringRateConfig::new(dim)
            };
            let mut memory = config.init(&self.golden.device)?;
            memory.write(tensor(self.patterns.singles(0.0, 1.0)))?;
            ours.extend(to_host(memory.read(cues.clone())?.state)?);
            for row in expected.chunks_exact(count * dim) {
                theirs.extend_from_slice(&row[at * dim..(at + 1) * dim]);
            }
        }
        match ours.is_empty() {
            true => Ok(()),
            false => {
                let what = format!("{key} by tensors");
                self.golden
                    .compare_values(NAME, &what, &ours, &theirs, SINGLE)
            }
        }
    }

    /// The first cue under a constant input, in the first design.
    pub(super) fn driven(&mut self) -> Result<()> {
        let below = format!("{}/driven", self.name);
        if !self.file.contains(&format!("{below}/u")) {
            return Ok(());
        }
        let dim = self.patterns.dim();
        let input = values(&self.file, &format!("{below}/u"), Some(dim))?;
        let cues = values(&self.file, &format!("{}/cues", self.name), None)?;
        let (network, _) = self.network(0, self.overlap)?;
        let how = (Integrator::RungeKutta, STEP);
        let path = network.trajectory(&cues[..dim], Some(&input), how, &self.settings.times)?;
        let tolerance = match self.settings.designs[0].0 {
            Shape::Sigmoid => SMOOTH,
            Shape::RectifiedTanh => KINKED,
        };
        self.compare("driven/ode_states", &path.states.concat(), tolerance)?;
        let states = values(&self.file, &format!("{below}/ode_states"), None)?;
        let energies = states
            .chunks_exact(dim)
            .map(|x| network.energy(x, Some(&input)));
        self.compare(
            "driven/energy_corrected",
            &energies.collect::<Vec<f64>>(),
            TOLERANCE,
        )
    }
}
