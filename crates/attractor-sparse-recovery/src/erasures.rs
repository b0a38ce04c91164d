//! Recall where only some entries are known: erasures, and wrong entries among the known ones.
//!
//! With the known rows `A_K` of the basis, the answer is determined exactly if `A_K` has full column rank. Then
//! the `|K| - r` constraints of the known entries alone find the errors among them, and the rest follows by
//! least squares. With `|K| = r` nothing is left to check by.

use std::collections::BTreeMap;

use attractor_core::Result;
use faer::Mat;

use crate::input;
use crate::linalg::{LeastSquares, col, pick_rows};
use crate::recovery::{Found, Settings, Solver, Status, recover};
use crate::subspace::{Evidence, RankRule, Subspace};

/// One completed cue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Completed {
    /// The answer, n entries; the cue itself, with 0 where nothing is known, if it is underdetermined.
    pub pattern: Vec<f64>,
    /// What was found among the known entries; its error has n entries, 0 where nothing is known.
    pub found: Found,
    /// Rank of the known rows of the basis.
    pub rank: usize,
}

/// Singular values of the known rows below this part of 1 leave the answer open.
const RANK: RankRule = RankRule::Tolerance(1e-7);

/// Completes cues, the columns of `cues [n, b]`, of which the entries with `true` are known, one mask per cue.
///
/// # Errors
/// As [`recover`]; [`Error::Rows`](attractor_core::Error::Rows) for another number of masks than of cues,
/// [`Error::Width`](attractor_core::Error::Width) for a mask of another width.
pub fn complete(
    subspace: &Subspace,
    cues: &Mat<f64>,
    known: &[Vec<bool>],
    solver: &Solver,
    settings: &Settings,
) -> Result<Vec<Completed>> {
    settings.validate(solver)?;
    input::items("masks", cues.ncols(), known.len())?;
    for mask in known {
        input::length("masks", subspace.width(), mask.len())?;
    }
    // What is not known is not looked at.
    let given = Mat::from_fn(cues.nrows(), cues.ncols(), |i, j| match known[j].get(i) {
        Some(false) => 0.0,
        _ => cues[(i, j)],
    });
    input::words("cues", given.as_ref(), subspace.width())?;
    // Cues of the same mask share their factors.
    let mut groups: BTreeMap<&[bool], Vec<usize>> = BTreeMap::new();
    for (cue, mask) in known.iter().enumerate() {
        groups.entry(mask).or_default().push(cue);
    }
    let mut answers: Vec<Option<Completed>> = vec![None; known.len()];
    for (mask, members) in groups {
        let own = Mask::new(subspace, mask)?;
        let solved = own.complete(subspace, &given, &members, solver, settings)?;
        for (cue, answer) in members.into_iter().zip(solved) {
            answers[cue] = Some(answer);
        }
    }
    Ok(answers.into_iter().flatten().collect())
}

/// The known entries and what they say about the rest.
struct Mask {
    places: Vec<usize>,
    rank: usize,
    /// The subspace of the known entries alone, and the solution from there; `None` where they leave it open.
    within: Option<(Subspace, LeastSquares)>,
}

impl Mask {
    fn new(subspace: &Subspace, known: &[bool]) -> Result<Self> {
        let places: Vec<usize> = (0..known.len()).filter(|&i| known[i]).collect();
        let rows = pick_rows(subspace.basis(), &places);
        if places.is_empty() || subspace.rank() == 0 {
            return Ok(Self {
                places,
                rank: 0,
                within: None,
            });
        }
        // Singular values of rows of an orthonormal basis are at most 1: the rule is about a part of 1.
        let own = Subspace::fit(&rows, false, RANK)?.with_evidence(Evidence::Settled);
        let floor = own.spectrum().iter().filter(|&&value| value > 1e-7).count();
        let rank = own.rank().min(floor);
        let solution = match rank == subspace.rank() {
            true => LeastSquares::new(rows),
            false => None,
        };
        Ok(Self {
            places,
            rank,
            within: solution.map(|solution| (own, solution)),
        })
    }

    fn complete(
        &self,
        subspace: &Subspace,
        cues: &Mat<f64>,
        members: &[usize],
        solver: &Solver,
        settings: &Settings,
    ) -> Result<Vec<Completed>> {
        let n = subspace.width();
        let spread = |values: &[f64]| {
            let mut whole = vec![0.0; n];
            self.places
                .iter()
                .zip(values)
                .for_each(|(&i, x)| whole[i] = *x);
            whole
        };
        let cue = |member: usize| -> Vec<f64> {
            let cue = col(cues, member);
            self.places.iter().map(|&i| cue[i]).collect()
        };
        // A subspace of dimension 0 is one point, which needs no entries.
        let point = subspace.rank() == 0;
        let Some((own, solution)) = &self.within else {
            let answer = |&member: &usize| {
                let status = match point {
                    true => Status::Interpolated,
                    false => Status::Underdetermined,
                };
                Completed {
                    pattern: match point {
                        true => subspace.mean().to_vec(),
                        false => spread(&cue(member)),
                    },
                    found: Found::nothing(n, status, 0.0),
                    rank: self.rank,
                }
            };
            return Ok(members.iter().map(answer).collect());
        };
        let mean: Vec<f64> = self.places.iter().map(|&i| subspace.mean()[i]).collect();
        let centred: Vec<Vec<f64>> = members
            .iter()
            .map(|&member| cue(member).iter().zip(&mean).map(|(x, m)| x - m).collect())
            .collect();
        let within = crate::linalg::joined(self.places.len(), &centred);
        let found = recover(own, &within, solver, settings)?;
        let solved = found.into_iter().zip(centred).zip(members);
        solved
            .map(|((found, centred), &member)| {
                let right: Vec<f64> = centred
                    .iter()
                    .zip(&found.error)
                    .map(|(y, e)| y - e)
                    .collect();
                let coordinates = solution.solve(&right);
                let mut pattern = col(&subspace.points(&[coordinates])?, 0).to_vec();
                let status = match found.status {
                    // No constraint is left among the known entries.
                    Status::Underdetermined => Status::Interpolated,
                    status => status,
                };
                let status = status.given(subspace.evidence(), settings.noise > 0.0);
                if status.is_recalled() {
                    // What is known and not in error stays as it is.
                    let given = cue(member);
                    for ((&i, value), error) in self.places.iter().zip(given).zip(&found.error) {
                        if *error == 0.0 {
                            pattern[i] = value;
                        }
                    }
                }
                Ok(Completed {
                    pattern,
                    found: Found {
                        error: spread(&found.error),
                        support: found.support.iter().map(|&k| self.places[k]).collect(),
                        status,
                        ..found
                    },
                    rank: self.rank,
                })
            })
            .collect()
    }
}
