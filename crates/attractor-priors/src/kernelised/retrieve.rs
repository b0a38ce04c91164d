//! Retrieval as the papers have it: iterate on features, mix codes once.

use attractor_core::recall::TraceTerm;
use attractor_core::{Outcome, Recall, Result, Stopping, Trace, check};
use burn::tensor::{Bool, Tensor, TensorData};

use super::Kernelised;
use super::read::{Query, half_squared};

impl Kernelised {
    /// Recalls from queries `[b, d]`: `max_steps` updates, the last of which mixes codes.
    ///
    /// The energies are those of the features, `|z|^2 / 2 - Psi(beta k) / beta`, also with unit
    /// features, whose states are normalised once and not again; they never rise. A row stops when no
    /// entry of its features moves by more than the tolerance; `steps` counts its updates.
    ///
    /// # Errors
    /// An empty memory, a wrong width, a broken rule of `stopping`.
    ///
    /// # Complexity
    /// `4 b n D` operations per step, `2 b d D` once and `2 b n d` once.
    ///
    /// # Source
    /// Wu et al. 2024, section 2; the keys are cached rather than mapped again for every query.
    pub fn retrieve(&self, queries: Tensor<2>, stopping: Stopping) -> Result<Recall> {
        stopping.validate()?;
        let (features, found) = self.iterate(queries, stopping)?;
        let query = Query {
            features,
            length: None,
        };
        let reading = self.read(&query, false)?;
        let last = check::to_host(self.feature_energy(&query.features, reading.psi))?;
        let mut energies = found.energies;
        energies.push(last.clone());
        let first = energies.first().cloned().unwrap_or_default();
        Ok(Recall {
            state: reading.answer,
            decoded: None,
            outcomes: found.outcomes,
            steps: found.steps,
            energy_first: first,
            energy_last: last,
            trace: Trace {
                terms: vec![TraceTerm {
                    name: "total".into(),
                    values: energies,
                }],
            },
            recalled: Vec::new(),
        })
    }

    /// Weights p `[b, n]` with which [`Self::retrieve`] mixes the codes.
    ///
    /// # Errors
    /// As [`Self::retrieve`].
    pub fn retrieval_weights(&self, queries: Tensor<2>, stopping: Stopping) -> Result<Tensor<2>> {
        stopping.validate()?;
        let (features, _) = self.iterate(queries, stopping)?;
        Ok(self.separate(self.scores(&features)?))
    }

    /// `|z|^2 / 2 - Psi / beta` of features `[b, D]`.
    pub(super) fn feature_energy(&self, features: &Tensor<2>, psi: Tensor<1>) -> Tensor<1> {
        half_squared(features) - psi.div_scalar(self.config.beta)
    }

    /// All updates but the one that mixes codes.
    fn iterate(&self, queries: Tensor<2>, stopping: Stopping) -> Result<(Tensor<2>, Progress)> {
        let mut features = self.query(queries)?.features;
        let [rows, width] = features.dims();
        let device = features.device();
        let end = match stopping.max_steps {
            1 => Outcome::SinglePass,
            _ => Outcome::MaxSteps,
        };
        let mut found = Progress {
            outcomes: vec![end; rows],
            steps: vec![stopping.max_steps; rows],
            energies: Vec::new(),
        };
        for step in 1..stopping.max_steps {
            let (mut next, psi) = self.pull(&features)?;
            let energies = self.feature_energy(&features, psi);
            found.energies.push(check::to_host(energies)?);
            if found.settled().any(|settled| settled) {
                let mask = TensorData::new(found.settled().collect::<Vec<_>>(), [rows, 1]);
                let mask = Tensor::<2, Bool>::from_data(mask, &device).expand([rows, width]);
                next = next.mask_where(mask, features.clone());
            }
            if stopping.tolerance > 0.0 && step.is_multiple_of(stopping.check_every) {
                let scale = next.clone().abs().clamp_min(1.0);
                let moved = (next.clone() - features).abs() / scale;
                let moved = check::to_host(moved.max_dim(1))?;
                found.look(&moved, stopping.tolerance, step + 1);
            }
            features = next;
            if found.settled().all(|settled| settled) {
                break;
            }
        }
        Ok((features, found))
    }
}

/// What happened to each row.
struct Progress {
    outcomes: Vec<Outcome>,
    steps: Vec<usize>,
    energies: Vec<Vec<f32>>,
}

impl Progress {
    /// Whether each row has stopped.
    fn settled(&self) -> impl Iterator<Item = bool> {
        let outcomes = self.outcomes.iter();
        outcomes.map(|&end| end == Outcome::Converged)
    }

    /// Stops the rows that moved by no more than `tolerance`, after `steps` updates.
    fn look(&mut self, moved: &[f32], tolerance: f32, steps: usize) {
        for (row, &moved) in moved.iter().enumerate() {
            if moved <= tolerance && self.outcomes[row] != Outcome::Converged {
                self.outcomes[row] = Outcome::Converged;
                self.steps[row] = steps;
            }
        }
    }
}
