//! Energies of the self-calibrating observation model: one cue against many stored patterns.

use attractor_core::observation::self_calibrating::nuisance::{Geometry, Nuisance};
use attractor_core::observation::{ObservationModel, SelfCalibrating};
use attractor_core::{Backend, check, rng};
use burn::tensor::{Device, Tensor};

use crate::timing::measure;
use crate::{Line, Result};

/// Side of an image.
const SIDE: usize = 32;
const CHANNELS: usize = 3;

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// What is looked for, besides noise and cover.
    pub nuisances: &'static [Nuisance],
    /// Stored patterns.
    pub stored: usize,
    /// Whether it is the first pass of a shortlist.
    pub rough: bool,
}

/// What `bench-self-calibrating` runs.
pub const CASES: [Case; 6] = [
    Case::new(&[Nuisance::Affine], 100, false),
    Case::new(&[Nuisance::Affine], 1000, true),
    Case::new(&[Nuisance::Affine, Nuisance::GainField], 100, false),
    Case::new(&[Nuisance::Affine, Nuisance::Translation], 100, false),
    Case::new(&[Nuisance::Affine, Nuisance::Turn], 100, false),
    Case::new(&[Nuisance::Affine, Nuisance::Crop], 100, false),
];

impl Case {
    const fn new(nuisances: &'static [Nuisance], stored: usize, rough: bool) -> Self {
        Self {
            nuisances,
            stored,
            rough,
        }
    }

    /// Such as `self-calibrating/32x32x3x100/affine+turn`: sites, channels, stored patterns, and what is looked for.
    pub fn name(&self) -> String {
        let kinds: Vec<&str> = self.nuisances.iter().map(|kind| kind.name()).collect();
        let rough = if self.rough { ", first pass" } else { "" };
        let stored = self.stored;
        format!(
            "self-calibrating/{SIDE}x{SIDE}x{CHANNELS}x{stored}/{}{rough}",
            kinds.join("+")
        )
    }
}

/// A model and what it compares.
#[derive(Debug)]
pub struct Problem {
    case: Case,
    model: SelfCalibrating,
    cue: Tensor<2>,
    stored: Tensor<2>,
}

impl Problem {
    /// Draws waves of random directions as pictures; the cue is the first of them under noise.
    ///
    /// # Errors
    /// Those of the model.
    pub fn new(case: Case, device: &Device) -> Result<Self> {
        let geometry = Geometry {
            height: SIDE,
            width: SIDE,
        };
        let dim = CHANNELS * SIDE * SIDE;
        let mut random = rng::stream(0, "bench");
        let mut values = Vec::with_capacity(case.stored * dim);
        for _ in 0..case.stored * CHANNELS {
            let wave = rng::uniform_vec(&mut random, 3, 0.0, 1.0);
            values.extend((0..SIDE * SIDE).map(|site| {
                let (x, y) = ((site % SIDE) as f32, (site / SIDE) as f32);
                0.5 + 0.4 * (0.5 * wave[0] * x + 0.5 * wave[1] * y + 6.3 * wave[2]).sin()
            }));
        }
        let noise = rng::normal_vec(&mut random, dim);
        let cue = values[..dim].iter().zip(noise).map(|(x, n)| x + 0.1 * n);
        Ok(Self {
            model: SelfCalibrating::new(CHANNELS)?
                .with_nuisances(case.nuisances, Some(geometry))?,
            cue: check::from_host("cue", cue.collect(), dim, device)?,
            stored: check::from_host("stored", values, dim, device)?,
            case,
        })
    }

    /// Energies of every stored pattern.
    ///
    /// # Errors
    /// Those of the device.
    pub fn run(&self) -> Result<Vec<f32>> {
        check::to_host(match self.case.rough {
            true => self.model.rough_energies(&self.cue, self.stored.clone()),
            false => self.model.energies(&self.cue, self.stored.clone()),
        })
    }
}

/// Measures one case.
///
/// # Errors
/// Those of the model.
pub fn run(case: Case, runs: usize) -> Result<Line> {
    let problem = Problem::new(case, &Backend::Flex.open()?)?;
    let timing = measure(runs, || problem.run())?;
    // What it costs are exponentials and divisions, which are not counted.
    let mut line = Line::new(&case.name(), "attractor", 0.0, timing);
    line.rows_per_second = Some(1e3 / line.ms);
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cue_is_recognised_in_every_case() {
        for case in CASES {
            let case = Case { stored: 5, ..case };
            let energies = Problem::new(case, &Backend::Flex.open().unwrap())
                .unwrap()
                .run()
                .unwrap();
            assert!(
                energies[1..].iter().all(|energy| *energy > energies[0]),
                "{}",
                case.name()
            );
        }
        assert_eq!(
            CASES[3].name(),
            "self-calibrating/32x32x3x100/affine+translation"
        );
    }
}
