//! What is learned, and reading with it.

use attractor_core::{Error, Outcome, Recall, Result, Trace, check};
use burn::tensor::{Device, Tensor};
use faer::Mat;

use super::SparseRecoveryConfig;
use crate::dictionary;
use crate::erasures;
use crate::expander::Constraints;
use crate::linalg::col;
use crate::recovery::{Found, Settings, Status, recover_from};
use crate::subspace::{Evidence, Factor, Subspace};

/// A memory that keeps the constraints its patterns fulfil; see the [module](super).
#[derive(Debug, Clone)]
pub struct SparseRecovery {
    pub(super) config: SparseRecoveryConfig,
    pub(super) device: Device,
    pub(super) factor: Factor,
    pub(super) learned: Option<Learned>,
}

/// What follows from the patterns.
#[derive(Debug, Clone)]
pub(super) struct Learned {
    pub(super) subspace: Subspace,
    /// Sparse constraints, if a full set was found.
    pub(super) sparse: Option<Constraints>,
}

/// What the memory says of a cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognition {
    /// It fulfils the constraints.
    Stored,
    /// So many entries keep it from doing so.
    Corrupted {
        /// Wrong entries.
        errors: usize,
    },
    /// No few errors explain it.
    Unknown,
    /// The memory has no constraints, or none that its patterns settle.
    Undecided,
}

impl SparseRecovery {
    pub(super) fn new(config: SparseRecoveryConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        Ok(Self {
            factor: Factor::new(config.dim),
            config,
            device: device.clone(),
            learned: None,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &SparseRecoveryConfig {
        &self.config
    }

    /// The subspace of the patterns.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn subspace(&self) -> Result<&Subspace> {
        Ok(&self.learned()?.subspace)
    }

    /// Whether the patterns written so far settle the constraints: where they do not, reads are
    /// `Underdetermined` (with noise, or where the rank was looked for and no gap found).
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn evidence(&self) -> Result<Evidence> {
        Ok(self.subspace()?.evidence())
    }

    /// The sparse constraints; `None` unless the configuration asks for them and a full set was found.
    pub fn sparse_constraints(&self) -> Option<&Constraints> {
        self.learned.as_ref()?.sparse.as_ref()
    }

    /// Wrong entries that it is expected to correct: [`crate::curve::expected_capacity`].
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn expected_capacity(&self) -> Result<f64> {
        let own = self.subspace()?;
        Ok(crate::curve::expected_capacity(
            own.width(),
            own.constraint_count(),
        ))
    }

    pub(super) fn learned(&self) -> Result<&Learned> {
        self.learned.as_ref().ok_or(Error::EmptyMemory)
    }

    /// Learns from a factor and takes it over; nothing changes on an error.
    pub(super) fn learn(&mut self, factor: Factor) -> Result<()> {
        let subspace = factor.subspace(self.config.centred, self.config.rank)?;
        let sparse = match self.config.sparse {
            true => self.sparsify(&subspace)?,
            false => None,
        };
        self.learned = Some(Learned { subspace, sparse });
        self.factor = factor;
        Ok(())
    }

    fn sparsify(&self, subspace: &Subspace) -> Result<Option<Constraints>> {
        let found = dictionary::learn(subspace.constraints(), &self.config.dictionary)?;
        match found.filter(dictionary::Dictionary::is_complete) {
            Some(found) => Constraints::from_dense(found.rows.as_ref()).map(Some),
            None => Ok(None),
        }
    }

    fn settings(&self, subspace: &Subspace) -> Settings {
        Settings {
            noise: self.config.settings.noise + self.config.noise * subspace.noise(),
            ..self.config.settings
        }
    }

    /// Checked cues `[b, n]` as columns.
    pub(super) fn columns(&self, what: &'static str, batch: &Tensor<2>) -> Result<Mat<f64>> {
        host_columns(what, batch, self.config.dim)
    }

    /// The error found in every cue `[b, n]`, with what was verified.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`]; as [`attractor_core::AssociativeMemory::read`].
    pub fn recover(&self, cues: &Tensor<2>) -> Result<Vec<Found>> {
        let learned = self.learned()?;
        self.recover_columns(learned, &self.columns("cues", cues)?)
    }

    fn recover_columns(&self, learned: &Learned, cues: &Mat<f64>) -> Result<Vec<Found>> {
        let subspace = &learned.subspace;
        let mut proposals = Vec::new();
        if let Some(sparse) = &learned.sparse {
            let centred = (0..cues.ncols()).map(|j| subspace.centre(col(cues, j)));
            let syndromes: Result<Vec<Vec<f64>>> =
                centred.map(|cue| sparse.syndrome(&cue)).collect();
            let decoded = self.config.decoder.decode_all(sparse, &syndromes?)?;
            proposals.extend(
                decoded
                    .into_iter()
                    .map(|own| own.success.then_some(own.error)),
            );
        }
        let settings = self.settings(subspace);
        recover_from(subspace, cues, &proposals, &self.config.solver, &settings)
    }

    /// Tells stored, corrupted and unknown cues `[b, n]` apart.
    ///
    /// # Errors
    /// As [`SparseRecovery::recover`].
    pub fn recognise(&self, cues: &Tensor<2>) -> Result<Vec<Recognition>> {
        let told = |found: Found| match found.status {
            Status::Stored => Recognition::Stored,
            Status::Underdetermined | Status::Unsettled => Recognition::Undecided,
            status if status.is_recalled() => Recognition::Corrupted {
                errors: found.support.len(),
            },
            _ => Recognition::Unknown,
        };
        Ok(self.recover(cues)?.into_iter().map(told).collect())
    }

    pub(super) fn read_columns(&self, cues: &Mat<f64>) -> Result<Recall> {
        let found = self.recover_columns(self.learned()?, cues)?;
        let mut answers = Answers::new(self.config.dim);
        for (j, found) in found.iter().enumerate() {
            let cue = col(cues, j);
            let answer: Vec<f64> = cue.iter().zip(&found.error).map(|(y, e)| y - e).collect();
            let start = crate::linalg::norm(&self.subspace()?.missed(cue));
            answers.push(&answer, cue, found, start);
        }
        answers.recall(&self.device)
    }

    pub(super) fn complete_columns(&self, cues: &Mat<f64>, known: &[Vec<bool>]) -> Result<Recall> {
        let subspace = self.subspace()?;
        let settings = self.settings(subspace);
        let solver = &self.config.solver;
        let completed = erasures::complete(subspace, cues, known, solver, &settings)?;
        let mut answers = Answers::new(self.config.dim);
        for (j, own) in completed.iter().enumerate() {
            let given = col(cues, j).iter().zip(&known[j]);
            let given: Vec<f64> = given
                .map(|(x, known)| if *known { *x } else { 0.0 })
                .collect();
            answers.push(&own.pattern, &given, &own.found, 0.0);
        }
        answers.recall(&self.device)
    }
}

/// Checked rows as columns of double precision.
pub(crate) fn host_columns(
    what: &'static str,
    batch: &Tensor<2>,
    width: usize,
) -> Result<Mat<f64>> {
    let batch = batch.clone().without_autodiff();
    check::batch(what, &batch, width)?;
    let values = check::to_host(batch)?;
    let rows = values.len() / width;
    Ok(Mat::from_fn(width, rows, |i, j| {
        f64::from(values[j * width + i])
    }))
}

/// Answers on their way to a [`Recall`].
pub(crate) struct Answers {
    width: usize,
    values: Vec<f32>,
    outcomes: Vec<Outcome>,
    steps: Vec<usize>,
    energy_first: Vec<f32>,
    energy_last: Vec<f32>,
}

impl Answers {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width,
            values: Vec::new(),
            outcomes: Vec::new(),
            steps: Vec::new(),
            energy_first: Vec::new(),
            energy_last: Vec::new(),
        }
    }

    /// An answer; one that single precision does not hold is set back to the cue. Energies are lengths of what
    /// the constraints are missed by.
    pub(crate) fn push(&mut self, answer: &[f64], cue: &[f64], found: &Found, start: f64) {
        let held = answer.iter().all(|x| (*x as f32).is_finite());
        let values = if held { answer } else { cue };
        self.values.extend(values.iter().map(|x| *x as f32));
        self.outcomes.push(match held {
            true => found.status.outcome(),
            false => Outcome::Diverged,
        });
        self.steps.push(found.iterations.max(1));
        let finite = |x: f64| x.min(f64::from(f32::MAX)) as f32;
        self.energy_first.push(finite(start));
        self.energy_last.push(finite(found.residual));
    }

    pub(crate) fn recall(self, device: &Device) -> Result<Recall> {
        Ok(Recall {
            state: check::from_host("answers", self.values, self.width, device)?,
            decoded: None,
            outcomes: self.outcomes,
            steps: self.steps,
            energy_first: self.energy_first,
            energy_last: self.energy_last,
            trace: Trace::default(),
            recalled: Vec::new(),
        })
    }
}
