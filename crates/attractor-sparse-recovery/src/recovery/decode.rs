//! Any solver over a batch of cues, and what was verified of every answer.

mod propose;

use attractor_core::Result;
use faer::Mat;
use rayon::prelude::*;

use super::admm::{Block, Problem, Projector};
use super::polish::{Polished, Proposal, polish, polish_within};
use super::real::{Precision, Real};
use super::{Found, Settings, Solver, Status, amp::Amp, position};
use crate::linalg::{apply, col, norm};
use crate::{Subspace, input};

/// Cues that iterate together on one thread.
const BLOCK: usize = 32;
/// Iterations after which answers are first polished, and by how much the next time is later.
const FIRST_LOOK: usize = 20;
const NEXT_LOOK: f64 = 1.4;
/// Iterations from which supports of more entries than constraints are cut to as many.
const CROWDED: usize = 300;

/// Finds the error of every cue, the columns of `cues [n, b]`.
///
/// # Errors
/// [`Error::Width`](attractor_core::Error::Width) for cues of another width,
/// [`Error::NonFinite`](attractor_core::Error::NonFinite); as [`Settings::validate`].
pub fn recover(
    subspace: &Subspace,
    cues: &Mat<f64>,
    solver: &Solver,
    settings: &Settings,
) -> Result<Vec<Found>> {
    recover_from(subspace, cues, &[], solver, settings)
}

/// The same where somebody has proposed errors: one for each cue, or none at all. Those that can be verified are
/// taken, the solver does the others.
///
/// # Errors
/// As [`recover`], for proposals too; [`Error::Rows`](attractor_core::Error::Rows) for another number of them.
pub fn recover_from(
    subspace: &Subspace,
    cues: &Mat<f64>,
    proposals: &[Option<Vec<f64>>],
    solver: &Solver,
    settings: &Settings,
) -> Result<Vec<Found>> {
    settings.validate(solver)?;
    input::words("cues", cues.as_ref(), subspace.width())?;
    if !proposals.is_empty() {
        input::items("proposals", cues.ncols(), proposals.len())?;
    }
    for proposal in proposals.iter().flatten() {
        input::vector("proposals", proposal, subspace.width())?;
    }
    match settings.precision {
        Precision::Double => Run::<f64>::new(subspace, solver, settings)?.all(cues, proposals),
        Precision::Single => Run::<f32>::new(subspace, solver, settings)?.all(cues, proposals),
    }
}

struct Run<'a, T: Real> {
    subspace: &'a Subspace,
    solver: &'a Solver,
    settings: &'a Settings,
    projector: Projector<T>,
    /// For those that iterate in double precision.
    exact: Projector,
    amp: Option<Amp>,
    /// Whether columns of the constraints are 0 or parallel, so that they are in no general position.
    structured: bool,
}

/// A cue that needs correction.
struct Open {
    syndrome: Vec<f64>,
    centred: Vec<f64>,
    problem: Problem,
    tolerance: f64,
    /// An error that fulfils the constraints, for which a certificate is looked for.
    held: Option<Polished>,
    iterations: usize,
}

/// What is left of a cue at first sight.
enum Start {
    Done(Found),
    Open(Box<Open>),
}

impl From<Found> for Start {
    fn from(found: Found) -> Self {
        Self::Done(found)
    }
}

impl<'a, T: Real> Run<'a, T> {
    fn new(subspace: &'a Subspace, solver: &'a Solver, settings: &'a Settings) -> Result<Self> {
        let passing = *solver == Solver::MessagePassing && subspace.constraint_count() > 0;
        Ok(Self {
            subspace,
            solver,
            settings,
            projector: Projector::of(subspace),
            exact: Projector::of(subspace),
            structured: position::is_structured(subspace, settings),
            amp: passing
                .then(|| Amp::new(subspace.constraints()))
                .transpose()?,
        })
    }

    fn all(&self, cues: &Mat<f64>, proposals: &[Option<Vec<f64>>]) -> Result<Vec<Found>> {
        let blocks: Vec<usize> = (0..cues.ncols()).step_by(BLOCK).collect();
        let found: Result<Vec<Vec<Found>>> = blocks
            .into_par_iter()
            .map(|first| {
                let last = (first + BLOCK).min(cues.ncols());
                self.block(cues, proposals, first..last)
            })
            .collect();
        let (evidence, noisy) = (self.subspace.evidence(), self.settings.noise > 0.0);
        let settled = |found: Found| Found {
            status: found.status.given(evidence, noisy),
            ..found
        };
        Ok(found?.into_iter().flatten().map(settled).collect())
    }

    fn block(
        &self,
        cues: &Mat<f64>,
        proposals: &[Option<Vec<f64>>],
        range: std::ops::Range<usize>,
    ) -> Result<Vec<Found>> {
        let mut answers: Vec<Option<Found>> = Vec::new();
        let mut open: Vec<(usize, Open)> = Vec::new();
        for (place, cue) in range.enumerate() {
            let proposal = proposals.get(cue).and_then(Option::as_ref);
            match self.start(col(cues, cue), proposal)? {
                Start::Done(found) => answers.push(Some(found)),
                Start::Open(own) => {
                    answers.push(None);
                    open.push((place, *own));
                }
            }
        }
        let (places, open): (Vec<usize>, Vec<Open>) = open.into_iter().unzip();
        for (place, found) in places.into_iter().zip(self.iterate(&open)?) {
            answers[place] = Some(found);
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// The answer, if none of alternating directions is needed.
    fn start(&self, cue: &[f64], proposal: Option<&Vec<f64>>) -> Result<Start> {
        let (n, constraints) = (cue.len(), self.subspace.constraints());
        let centred = self.subspace.centre(cue);
        let syndrome = apply(constraints, &centred);
        let tolerance = self.settings.tolerance * norm(cue);
        let residual = norm(&syndrome);
        if syndrome.is_empty() {
            return Ok(Found::nothing(n, Status::Underdetermined, residual).into());
        }
        if residual <= tolerance.max(self.settings.noise) {
            return Ok(Found::nothing(n, Status::Stored, residual).into());
        }
        let problem = Problem {
            shortest: apply(constraints.transpose(), &syndrome),
            eta: self.settings.noise,
            without: None,
        };
        let mut own = Box::new(Open {
            syndrome,
            centred,
            problem,
            tolerance,
            held: None,
            iterations: 0,
        });
        if let Some(proposal) = proposal
            && let Some(found) = self.verify(&mut own, proposal, 1)?
        {
            return Ok(found.into());
        }
        if own.held.is_some() || *self.solver == Solver::Admm {
            return Ok(Start::Open(own));
        }
        let Some((error, iterations)) = self.propose(&own)? else {
            return Ok(Start::Open(own));
        };
        match self.verify(&mut own, &error, iterations)? {
            Some(found) => Ok(found.into()),
            None if own.held.is_some() => Ok(Start::Open(own)),
            None => {
                let found = self.unverified(&own, &error.clone(), error, iterations)?;
                Ok(found.into())
            }
        }
    }

    fn misses(&self, own: &Open, error: &[f64]) -> f64 {
        let fit = apply(self.subspace.constraints(), error);
        let rest: Vec<f64> = own
            .syndrome
            .iter()
            .zip(fit)
            .map(|(s, fit)| s - fit)
            .collect();
        norm(&rest)
    }

    fn proposal<'b>(&'b self, own: &'b Open, error: &'b [f64]) -> Proposal<'b> {
        Proposal {
            constraints: self.subspace.constraints(),
            syndrome: &own.syndrome,
            error,
            dual: None,
        }
    }

    /// The answer, if there is a certificate at once; otherwise what fulfils the constraints is held.
    fn verify(&self, own: &mut Open, error: &[f64], iterations: usize) -> Result<Option<Found>> {
        let polished = polish(self.proposal(own, error), own.tolerance)?;
        let Some(polished) = polished.filter(|found| found.residual <= own.tolerance) else {
            return Ok(None);
        };
        own.iterations = iterations;
        if polished.is_certified() {
            return Ok(Some(self.certified(polished, iterations)));
        }
        own.held = Some(polished);
        Ok(None)
    }

    /// Whether no other error has as few entries: true in general position for up to half as many as there
    /// are constraints. Structured constraints must not have a column within the span of the support's.
    fn is_singled_out(&self, support: &[usize]) -> bool {
        let few = 2 * support.len() <= self.subspace.constraint_count();
        few && (!self.structured || position::spans_no_other(self.subspace, support, self.settings))
    }

    fn certified(&self, polished: Polished, iterations: usize) -> Found {
        let status = match (
            self.settings.noise > 0.0,
            self.is_singled_out(&polished.support),
        ) {
            (true, true) => Status::WithinNoise,
            (false, true) => Status::Exact,
            (_, false) => Status::L1Optimal,
        };
        found(polished, status, iterations)
    }

    /// Nothing was verified but, perhaps, that what was proposed fulfils the constraints.
    fn unverified(
        &self,
        own: &Open,
        proposed: &[f64],
        error: Vec<f64>,
        iterations: usize,
    ) -> Result<Found> {
        let noisy = self.settings.noise > 0.0;
        let polished = polish(self.proposal(own, proposed), own.tolerance)?
            .filter(|polished| !noisy && polished.residual <= own.tolerance);
        Ok(match polished {
            Some(polished) if self.is_singled_out(&polished.support) => {
                found(polished, Status::Consistent, iterations)
            }
            _ => Found {
                support: (0..error.len()).filter(|&i| error[i] != 0.0).collect(),
                residual: self.misses(own, &error),
                status: Status::Unverified,
                certificate: None,
                iterations,
                error,
            },
        })
    }

    /// Alternating directions for what is left.
    fn iterate(&self, open: &[Open]) -> Result<Vec<Found>> {
        let problems: Vec<Problem> = open.iter().map(|own| own.problem.clone()).collect();
        let mut answers: Vec<Option<Found>> = vec![None; open.len()];
        let mut block = Block::new(&self.projector, &problems)?;
        let held = open.iter().enumerate();
        for (index, polished) in held.filter_map(|(i, own)| Some((i, own.held.as_ref()?))) {
            block.warm(index, &polished.error, &vec![0.0; polished.error.len()])?;
        }
        let mut look = FIRST_LOOK as f64;
        for count in 1..=self.settings.max_iterations {
            if block.active().is_empty() {
                break;
            }
            block.step();
            let due = count as f64 >= look || count == self.settings.max_iterations;
            if !due {
                continue;
            }
            look *= NEXT_LOOK;
            for index in block.active() {
                let own = &open[index];
                let ended = own.held.is_some() && count >= self.settings.certificate_iterations;
                let last = ended || count == self.settings.max_iterations;
                answers[index] = match (self.look(own, &block, index, count)?, &own.held) {
                    (Some(found), _) => Some(found),
                    (None, _) if !last => continue,
                    (None, Some(held)) => {
                        let status = match self.is_singled_out(&held.support) {
                            true => Status::Consistent,
                            false => Status::Unverified,
                        };
                        Some(found(held.clone(), status, own.iterations))
                    }
                    (None, None) => {
                        let (z, error) = (block.z(index)?, block.error(index)?);
                        Some(self.unverified(own, &z, error, count)?)
                    }
                };
                block.freeze(index)?;
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// The certified answer, if the iterations have come so far.
    fn look(
        &self,
        own: &Open,
        block: &Block<'_, T>,
        index: usize,
        count: usize,
    ) -> Result<Option<Found>> {
        let (z, dual) = (block.z(index)?, block.dual(index)?);
        // Early supports are crowded, and solving for them is not worth it.
        let crowded = z.iter().filter(|x| **x != 0.0).count() > own.syndrome.len();
        if crowded && count < CROWDED && own.held.is_none() {
            return Ok(None);
        }
        let proposal = Proposal {
            dual: Some(&dual),
            ..self.proposal(own, &z)
        };
        if let Some(held) = &own.held {
            let proposal = Proposal {
                error: &held.error,
                ..proposal
            };
            let polished = polish(proposal, own.tolerance)?.filter(Polished::is_certified);
            return Ok(polished.map(|polished| self.certified(polished, own.iterations)));
        }
        let polished = match self.settings.noise > 0.0 {
            true => polish_within(proposal, self.settings.noise)?,
            false => polish(proposal, own.tolerance)?
                .filter(|polished| polished.residual <= own.tolerance),
        };
        let certified = polished.filter(Polished::is_certified);
        Ok(certified.map(|polished| self.certified(polished, count)))
    }
}

fn found(polished: Polished, status: Status, iterations: usize) -> Found {
    let certificate = polished.is_certified().then_some(polished.off_support);
    Found {
        error: polished.error,
        support: polished.support,
        residual: polished.residual,
        status,
        iterations,
        certificate,
    }
}
