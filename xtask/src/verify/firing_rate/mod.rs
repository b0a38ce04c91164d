//! Firing-rate networks: activations, designs, stability, phase maps, trajectories and energies, 1e-9 and
//! better where the same numbers are computed in another order.

mod trajectories;

use std::rc::Rc;

use anyhow::{Context, Result};
use attractor::firing_rate::{
    Activation, Currents, Gains, Levels, Network, Patterns, Shape, Synapses, phase_map,
};

use super::file::File;
use super::{Golden, System};

const NAME: &str = "firing rate";
const FILE: &str = "firing_rate";
/// Of everything that is not integrated.
const TOLERANCE: f64 = 1e-9;

pub(super) const SYSTEM: System = System {
    name: NAME,
    files: &[FILE],
    check,
};

/// What all sets of the file share.
struct Settings {
    slope: f64,
    threshold: f64,
    high: f64,
    activity: f64,
    correlated: f64,
    /// Shape of Phi and I0 by design.
    designs: Vec<(Shape, f64)>,
    times: Vec<f64>,
}

impl Settings {
    fn of(file: &File) -> Result<Self> {
        let common = values(file, "rho_istar_i1_q_rcorrelated", Some(5))?;
        let low = values(file, "design_i0", None)?;
        let tanh = values(file, "design_is_tanh", Some(low.len()))?;
        let shape = |tanh: f64| match tanh == 0.0 {
            true => Shape::Sigmoid,
            false => Shape::RectifiedTanh,
        };
        Ok(Self {
            slope: common[0],
            threshold: common[1],
            high: common[2],
            activity: common[3],
            correlated: common[4],
            designs: tanh.into_iter().map(shape).zip(low).collect(),
            times: values(file, "times", None)?,
        })
    }

    fn activation(&self, shape: Shape) -> Activation {
        Activation::new(shape, self.threshold, self.slope)
    }

    fn currents(&self, low: f64) -> Currents {
        Currents {
            low,
            high: self.high,
        }
    }
}

/// One set of memories.
struct Set<'a> {
    golden: &'a mut Golden,
    file: Rc<File>,
    settings: &'a Settings,
    name: &'static str,
    /// The overlap r that designs are made for.
    overlap: f64,
    patterns: Patterns,
}

fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(FILE)?;
    let settings = Settings::of(&file)?;
    activations(golden, &file, &settings)?;
    phase(golden, &file, &settings)?;
    for (name, overlap) in [
        ("ideal", settings.activity),
        ("correlated", settings.correlated),
        ("random", settings.activity),
    ] {
        let patterns = memories(&file, name)?;
        let mut set = Set {
            golden: &mut *golden,
            file: Rc::clone(&file),
            settings: &settings,
            name,
            overlap,
            patterns,
        };
        set.check()?;
    }
    Ok(())
}

fn activations(golden: &mut Golden, file: &File, settings: &Settings) -> Result<()> {
    let currents = values(file, "act/y", None)?;
    let rates = values(file, "act/x", None)?;
    for (name, shape) in [("S", Shape::Sigmoid), ("T", Shape::RectifiedTanh)] {
        let phi = settings.activation(shape);
        let each = |f: &dyn Fn(f64) -> f64, at: &[f64]| at.iter().map(|&x| f(x)).collect();
        let parts: [(&str, Vec<f64>); 3] = [
            ("", each(&|y| phi.rate(y), &currents)),
            ("_derivative", each(&|y| phi.derivative(y), &currents)),
            ("_inverse", each(&|x| phi.inverse(x), &rates)),
        ];
        for (part, ours) in parts {
            compare(golden, file, &format!("act/{name}{part}"), &ours, TOLERANCE)?;
        }
    }
    Ok(())
}

fn phase(golden: &mut Golden, file: &File, settings: &Settings) -> Result<()> {
    let slopes = values(file, "phase/rho", None)?;
    let thresholds = values(file, "phase/istar", None)?;
    let patterns = memories(file, "ideal")?;
    let mut cells = Vec::new();
    for &(shape, low) in &settings.designs {
        let currents = settings.currents(low);
        for cell in phase_map(&patterns, &currents, shape, &slopes, &thresholds)? {
            cells.push(cell.context("a cell of the phase map has no design")?);
        }
    }
    let told = |told: bool| f64::from(u8::from(told));
    type Value = fn(&attractor::firing_rate::PhaseCell) -> f64;
    let numbers: [(&str, Value); 3] = [
        ("abscissa", |cell| cell.abscissa),
        ("condition_i", |cell| cell.certificates.determinant),
        ("condition_ii_as_published", |cell| {
            cell.certificates.active_as_published
        }),
    ];
    for (name, value) in numbers {
        let ours: Vec<f64> = cells.iter().map(value).collect();
        compare(golden, file, &format!("phase/{name}"), &ours, TOLERANCE)?;
    }
    type Verdict = fn(&attractor::firing_rate::PhaseCell) -> bool;
    let verdicts: [(&str, Verdict); 3] = [
        ("certified_stable", |cell| cell.certificates.stable()),
        ("certified_unstable_corrected", |cell| {
            cell.certificates.unstable()
        }),
        ("certified_unstable_as_published", |cell| {
            cell.certificates.unstable_as_published()
        }),
    ];
    for (name, verdict) in verdicts {
        let ours: Vec<f64> = cells.iter().map(|cell| told(verdict(cell))).collect();
        compare(golden, file, &format!("phase/{name}"), &ours, 0.0)?;
    }
    Ok(())
}

impl Set<'_> {
    fn compare(&mut self, key: &str, ours: &[f64], tolerance: f64) -> Result<()> {
        compare(
            self.golden,
            &self.file,
            &format!("{}/{key}", self.name),
            ours,
            tolerance,
        )
    }

    fn network(&self, design: usize, overlap: f64) -> Result<(Network, Gains)> {
        let (shape, low) = self.settings.designs[design];
        let (activation, currents) = (self.settings.activation(shape), self.settings.currents(low));
        let levels = Levels::new(&activation, &currents)?;
        let gains = Gains::new(&levels, &currents, self.settings.activity, overlap)?;
        let synapses = Synapses::hebbian(self.patterns.clone(), &gains);
        let network = Network {
            activation,
            synapses,
            levels,
        };
        Ok((network, gains))
    }

    fn check(&mut self) -> Result<()> {
        let count = self.patterns.len();
        let (mut constants, mut residuals, mut abscissae) = (Vec::new(), Vec::new(), Vec::new());
        for design in 0..self.settings.designs.len() {
            let (network, gains) = self.network(design, self.overlap)?;
            let Levels {
                low,
                high,
                low_slope,
                high_slope,
            } = network.levels;
            constants.extend([low, high, low_slope, high_slope]);
            constants.extend([gains.alpha, gains.normalised, gains.beta, gains.gamma]);
            let (currents, rates) = self.errors(&network, design);
            residuals.extend(currents.into_iter().chain(rates));
            for index in 0..count {
                abscissae.push(network.synapses.abscissa(&network.levels, index)?);
            }
            self.connectivity(design, &network)?;
            self.trajectories(design, &network)?;
        }
        self.compare("constants", &constants, TOLERANCE)?;
        self.compare("residual_current_and_state", &residuals, TOLERANCE)?;
        self.compare("abscissa", &abscissae, TOLERANCE)?;
        let wrong = "wrong_r_equals_q_current_error";
        if self.file.contains(&format!("{}/{wrong}", self.name)) {
            let (network, _) = self.network(0, self.settings.activity)?;
            let (currents, _) = self.errors(&network, 0);
            self.compare(
                wrong,
                &[currents.into_iter().fold(0.0, f64::max)],
                TOLERANCE,
            )?;
        }
        self.driven()
    }

    /// The largest error of a current and of a rate at each memory.
    fn errors(&self, network: &Network, design: usize) -> (Vec<f64>, Vec<f64>) {
        let targets = self.settings.currents(self.settings.designs[design].1);
        let of = |index| {
            let rates = network.memory(index);
            let found = network.currents(&rates, None).into_iter().enumerate();
            let errors = found.map(|(i, current)| {
                (current - targets.at(self.patterns.is_active(index, i))).abs()
            });
            (errors.fold(0.0, f64::max), network.residual(&rates, None))
        };
        (0..self.patterns.len()).map(of).unzip()
    }

    fn connectivity(&mut self, design: usize, network: &Network) -> Result<()> {
        let count = self.patterns.len();
        let columns: Vec<Vec<f64>> = (0..count)
            .map(|k| network.currents(&network.memory(k), None))
            .collect();
        let rows =
            (0..self.patterns.dim()).flat_map(|i| columns.iter().map(move |column| column[i]));
        let currents: Vec<f64> = rows.collect();
        self.compare(
            &format!("design{design}/currents_at_memories"),
            &currents,
            TOLERANCE,
        )?;
        // Theirs are those that are not 0 by their size: as many of ours, both falling.
        let key = format!("{}/design{design}/eigenvalues_W_nonzero", self.name);
        let mut expected = values(&self.file, &key, None)?;
        let mut ours = network.synapses.eigenvalues()?;
        ours.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
        ours.resize(expected.len(), 0.0);
        for eigenvalues in [&mut ours, &mut expected] {
            eigenvalues.sort_by(|a, b| b.total_cmp(a));
        }
        self.golden
            .compare_values(NAME, &key, &ours, &expected, TOLERANCE)?;
        let key = format!("design{design}/W");
        match self.file.contains(&format!("{}/{key}", self.name)) {
            true => self.compare(&key, &network.synapses.weights(), TOLERANCE),
            false => Ok(()),
        }
    }
}

/// Numbers of the file, of any kind.
fn values(file: &File, key: &str, count: Option<usize>) -> Result<Vec<f64>> {
    let (shape, values) = file.numbers(key)?;
    let wanted = count.unwrap_or(values.len());
    if values.is_empty() || values.len() != wanted {
        let reason = format!("`{key}`: expected {wanted} values, found shape {shape:?}");
        return Err(file.misfit(reason).into());
    }
    Ok(values)
}

/// Columns of the file are memories.
fn memories(file: &File, set: &str) -> Result<Patterns> {
    let key = format!("{set}/memories");
    let (shape, values) = file.numbers(&key)?;
    let &[dim, count] = shape else {
        let reason = format!("`{key}`: expected [units, memories], found shape {shape:?}");
        return Err(file.misfit(reason).into());
    };
    let rows = (0..count).flat_map(|k| (0..dim).map(move |i| i * count + k));
    let rows: Vec<f32> = rows.map(|at| values[at] as f32).collect();
    Ok(Patterns::from_rows("memories", &rows, dim)?)
}

fn compare(
    golden: &mut Golden,
    file: &File,
    key: &str,
    ours: &[f64],
    tolerance: f64,
) -> Result<()> {
    let expected = values(file, key, Some(ours.len()))?;
    golden.compare_values(NAME, key, ours, &expected, tolerance)
}
