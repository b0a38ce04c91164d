//! The memory.

use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Persist, Recall, Recognise, Result, check, spans,
};
use burn::tensor::{Device, Tensor};
use faer::Mat;

use super::{Split, SubspaceUnionConfig, split};
use crate::erasures;
use crate::linalg::{col, max_abs, norm};
use crate::memory::{Answers, host_columns};
use crate::recovery::{Found, Status, recover};

const NAME: &str = "subspace-union";

/// A memory of several subspaces; see the [module](super).
#[derive(Debug, Clone)]
pub struct SubspaceUnion {
    pub(super) config: SubspaceUnionConfig,
    device: Device,
    /// Patterns as columns.
    pub(super) patterns: Mat<f64>,
    split: Option<Split>,
}

/// What one subspace says of a cue.
struct Candidate {
    pattern: Vec<f64>,
    found: Found,
}

/// Relative difference of sums of absolute values at which two answers are equally good.
const EQUAL: f64 = 1e-6;

impl SubspaceUnion {
    pub(super) fn new(config: SubspaceUnionConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        Ok(Self {
            patterns: Mat::zeros(config.dim, 0),
            config,
            device: device.clone(),
            split: None,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &SubspaceUnionConfig {
        &self.config
    }

    /// The subspaces and who belongs to which.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn split(&self) -> Result<&Split> {
        self.split.as_ref().ok_or(Error::EmptyMemory)
    }

    pub(super) fn replace(&mut self, patterns: Mat<f64>) -> Result<()> {
        self.split = match patterns.ncols() {
            0 => None,
            _ => Some(split(&patterns, &self.config)?),
        };
        self.patterns = patterns;
        Ok(())
    }

    /// The best answer to every cue, given what each subspace says.
    fn choose(&self, said: Vec<Vec<Candidate>>, cues: &Mat<f64>) -> Result<Recall> {
        let mut answers = Answers::new(self.config.dim);
        let mut said: Vec<_> = said.into_iter().map(Vec::into_iter).collect();
        for j in 0..cues.ncols() {
            let all: Vec<Candidate> = said.iter_mut().filter_map(Iterator::next).collect();
            let rank = |own: &Candidate| (!own.found.status.is_recalled(), own.found.l1());
            let best = all.iter().min_by(|a, b| {
                let (a, b) = (rank(a), rank(b));
                a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
            });
            let best = best.ok_or(Error::EmptyMemory)?;
            let open = all.iter().any(|other| is_rival(best, other));
            let found = Found {
                status: if open {
                    Status::Underdetermined
                } else {
                    best.found.status
                },
                ..best.found.clone()
            };
            answers.push(&best.pattern, col(cues, j), &found, 0.0);
        }
        answers.recall(&self.device)
    }
}

/// Whether another subspace explains the cue as well by another pattern.
fn is_rival(best: &Candidate, other: &Candidate) -> bool {
    let size = best.found.l1().max(EQUAL * norm(&best.pattern));
    let apart = best.pattern.iter().zip(&other.pattern).map(|(a, b)| a - b);
    let apart = max_abs(&apart.collect::<Vec<_>>());
    best.found.status.is_recalled()
        && other.found.status.is_recalled()
        && other.found.l1() <= best.found.l1() + EQUAL * size
        && apart > 1e-4 * max_abs(&best.pattern)
}

impl AssociativeMemory for SubspaceUnion {
    fn name(&self) -> &'static str {
        NAME
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let new = host_columns("patterns", &patterns, self.config.dim)?;
        let old = self.patterns.ncols();
        let all = Mat::from_fn(self.config.dim, old + new.ncols(), |i, j| match j < old {
            true => self.patterns[(i, j)],
            false => new[(i, j - old)],
        });
        self.replace(all)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let split = self.split()?;
        let cues = host_columns("cues", &cues, self.config.dim)?;
        let mut said = Vec::new();
        for own in &split.subspaces {
            let found = recover(own, &cues, &self.config.solver, &self.config.settings)?;
            let candidates = found.into_iter().enumerate().map(|(j, found)| {
                let pattern = col(&cues, j).iter().zip(&found.error);
                Candidate {
                    pattern: pattern.map(|(y, e)| y - e).collect(),
                    found,
                }
            });
            said.push(candidates.collect());
        }
        self.choose(said, &cues)
    }

    fn len(&self) -> usize {
        self.patterns.ncols()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        self.split()?;
        let columns = (0..self.patterns.ncols()).flat_map(|j| col(&self.patterns, j));
        let values = columns.map(|x| *x as f32).collect();
        check::from_host("patterns", values, self.config.dim, &self.device)
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Complete for SubspaceUnion {
    /// An answer needs known entries that single out one subspace: where they leave a choice, the row is
    /// `Underdetermined`.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        let split = self.split()?;
        let columns = host_columns("cues", &cues, self.config.dim)?;
        let mask = check::known(&known, cues.dims())?;
        let rows = mask.chunks_exact(self.config.dim);
        let known: Vec<Vec<bool>> = rows
            .map(|row| row.iter().map(|&x| x == 1.0).collect())
            .collect();
        let given = Mat::from_fn(self.config.dim, columns.ncols(), |i, j| match known[j][i] {
            true => columns[(i, j)],
            false => 0.0,
        });
        let (solver, settings) = (&self.config.solver, &self.config.settings);
        let mut said = Vec::new();
        for own in &split.subspaces {
            let completed = erasures::complete(own, &given, &known, solver, settings)?;
            let candidates = completed.into_iter().map(|own| Candidate {
                pattern: own.pattern,
                found: own.found,
            });
            said.push(candidates.collect());
        }
        self.choose(said, &given)
    }
}

impl Recognise for SubspaceUnion {
    /// `1 - |y - P y| / |y - mean|` of the nearest subspace.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let split = self.split()?;
        let columns = host_columns("cues", &cues, self.config.dim)?;
        let score = |j: usize| {
            let cue = col(&columns, j);
            let of = |own: &crate::Subspace| {
                let length = norm(&own.centre(cue));
                match length > 0.0 {
                    true => (1.0 - norm(&own.missed(cue)) / length).clamp(0.0, 1.0),
                    false => 1.0,
                }
            };
            split.subspaces.iter().map(of).fold(0.0, f64::max) as f32
        };
        let scores: Vec<f32> = (0..columns.ncols()).map(score).collect();
        Ok(Tensor::from_floats(scores.as_slice(), &self.device))
    }
}

impl Forget for SubspaceUnion {
    fn clear(&mut self) {
        self.patterns = Mat::zeros(self.config.dim, 0);
        self.split = None;
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        let len = self.patterns.ncols();
        if index >= len {
            return Err(Error::Index {
                what: "pattern",
                len,
                index,
            });
        }
        let rest = Mat::from_fn(self.config.dim, len - 1, |i, j| {
            self.patterns[(i, j + usize::from(j >= index))]
        });
        self.replace(rest)
    }
}
