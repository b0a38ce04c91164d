//! The three answers to the missing cue.

use std::collections::HashSet;

use attractor_core::rng::{self, Rng};
use attractor_core::{Outcome, Result};
use rayon::prelude::*;

use super::back::Back;
use super::plane::Urn;
use super::{Method, Plane, Relation, SearchConfig, Side};

/// Changes of D below this share are rounding.
const IMPROVEMENT: f64 = 1e-12;

/// Draws that are tested together.
const TOGETHER: usize = 64;

/// What was recalled from one cue, and how.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The function of the plane that was chosen.
    pub object: Vec<u16>,
    /// Mean weight of its cells in the plane.
    pub weight: f64,
    /// D of the first draw; none where nothing was tested.
    pub first_distance: Option<f64>,
    /// D of the best draw.
    pub sampled_distance: Option<f64>,
    /// D of the answer.
    pub distance: Option<f64>,
    /// Draws that were tested.
    pub samples: usize,
    /// Draws that were better than all before.
    pub accepted_samples: usize,
    /// Times that no new draw was found.
    pub give_ups: usize,
    /// Neighbours that were tested.
    pub neighbours: usize,
    /// Steps of the search, each to a smaller D.
    pub steps: usize,
    /// How it ended.
    pub outcome: Outcome,
}

/// Function, its weights in the plane and D.
struct Candidate {
    object: Vec<u16>,
    weights: Vec<f64>,
    distance: f64,
}

impl Relation {
    /// Recalls the other side from a cue of `side`, whose columns may have weights. None if the cue is not
    /// recognised. The methods share the first draw for the same random stream.
    ///
    /// # Errors
    /// As [`Relation::project`].
    pub fn recall(
        &self,
        (side, cue, weights): (Side, &[u16], Option<&[f64]>),
        config: &SearchConfig,
        rng: &mut Rng,
    ) -> Result<Option<Response>> {
        if !self.accepts(side, cue)? {
            return Ok(None);
        }
        let plane = self.project(side, cue, weights)?;
        if !plane.accepted() {
            return Ok(None);
        }
        let object = plane.draw(rng);
        let given = plane.cells_of(&object);
        let mut response = Response {
            weight: 0.0,
            first_distance: None,
            sampled_distance: None,
            distance: None,
            samples: 1,
            accepted_samples: 1,
            give_ups: 0,
            neighbours: 0,
            steps: 0,
            outcome: Outcome::SinglePass,
            object: Vec::new(),
        };
        let mut best = Candidate {
            distance: 0.0,
            weights: given,
            object,
        };
        if config.method != Method::Random {
            let back = Back::new(self, (side, cue), weights, config.empty_back)?;
            best.distance = back.distance(&best.object, &best.weights);
            response.first_distance = Some(best.distance);
            self.sample(&back, &plane, config, &mut best, (&mut response, rng));
            response.sampled_distance = Some(best.distance);
            if config.method == Method::SearchAndTest {
                climb(&back, &plane, config, &mut best, (&mut response, rng));
            }
            response.distance = Some(best.distance);
        }
        response.weight = best.weights.iter().sum::<f64>() / best.weights.len() as f64;
        response.object = best.object;
        Ok(Some(response))
    }

    /// Recalls from each of the cues `[k, columns]` of a side. Cue r draws from stream r of the seed, so that
    /// the answers do not depend on the number of threads.
    ///
    /// # Errors
    /// As [`crate::Domain::check`].
    pub fn recall_batch(
        &self,
        side: Side,
        cues: &[u16],
        config: &SearchConfig,
        seed: u64,
    ) -> Result<Vec<Option<Response>>> {
        let own = self.config.domain(side);
        own.check("cues", cues)?;
        let rows = cues.par_chunks_exact(own.columns).enumerate();
        rows.map(|(row, cue)| {
            let mut rng = rng::indexed_stream(seed, "entropic recall", row as u64);
            self.recall((side, cue, None), config, &mut rng)
        })
        .collect()
    }

    /// The default of S and T.
    fn effort(&self) -> usize {
        2 * self.config.left.columns.max(self.config.right.columns) - 1
    }

    /// Keeps the best of S further draws, each a new one; of equally good ones the first.
    fn sample(
        &self,
        back: &Back<'_>,
        plane: &Plane,
        config: &SearchConfig,
        best: &mut Candidate,
        (response, rng): (&mut Response, &mut Rng),
    ) {
        let mut left = config.samples.unwrap_or(self.effort());
        let tries = config.tries.unwrap_or(self.effort());
        let (urn, functions) = (Urn::new(plane), plane.functions());
        let mut seen = HashSet::from([best.object.clone()]);
        // Nothing is closer than 0, and nothing else may be in the plane.
        while left > 0 && best.distance > 0.0 && (seen.len() as f64) < functions {
            let mut drawn = Vec::new();
            while drawn.len() < left.min(TOGETHER) && (seen.len() as f64) < functions {
                let mut draws = (0..tries).map(|_| urn.draw(rng));
                let object = draws.find(|object| !seen.contains(object));
                seen.extend(object.clone());
                drawn.push(object);
            }
            left -= drawn.len();
            let tested: Vec<Vec<u16>> = drawn.iter().flatten().cloned().collect();
            let weight = |column, level| plane.of_column(column)[level];
            let mut distances = back.distances(weight, &tested).into_iter();
            let mut tested = tested.into_iter();
            for object in drawn {
                if best.distance == 0.0 {
                    break;
                }
                if object.is_none() {
                    response.give_ups += 1;
                    continue;
                }
                let next = tested.next().zip(distances.next());
                let Some((object, distance)) = next else {
                    break;
                };
                response.samples += 1;
                if distance < best.distance {
                    response.accepted_samples += 1;
                    *best = Candidate {
                        weights: plane.cells_of(&object),
                        object,
                        distance,
                    };
                }
            }
        }
    }
}

/// Steps to neighbours, one column by one level within the plane, until none is closer.
fn climb(
    back: &Back<'_>,
    plane: &Plane,
    config: &SearchConfig,
    best: &mut Candidate,
    (response, rng): (&mut Response, &mut Rng),
) {
    let domain = plane.domain();
    let most = config.max_steps.unwrap_or(10 * domain.columns);
    response.outcome = Outcome::Converged;
    loop {
        // From scratch after each step, so that rounding does not add up.
        let reach = back.reach(&best.object, &best.weights);
        let mut found: Option<(f64, usize, u16)> = None;
        for at in rng::permutation(rng, 2 * domain.columns) {
            let (j, up) = (at / 2, at % 2 == 1);
            let level = best.object[j];
            let next = match up {
                true if usize::from(level) + 1 < domain.rows => level + 1,
                false if level > 0 => level - 1,
                _ => continue,
            };
            let weight = plane.cell(j, next);
            if weight <= 0.0 {
                continue;
            }
            response.neighbours += 1;
            let old = (usize::from(level), best.weights[j]);
            let distance = back.neighbour(&reach, j, old, (usize::from(next), weight));
            let bar = found.map_or(best.distance * (1.0 - IMPROVEMENT), |(least, ..)| least);
            if distance < bar {
                found = Some((distance, j, next));
                if !config.best_improvement {
                    break;
                }
            }
        }
        let Some((_, j, level)) = found else { return };
        if response.steps == most {
            response.outcome = Outcome::MaxSteps;
            return;
        }
        best.object[j] = level;
        best.weights[j] = plane.cell(j, level);
        best.distance = back.distance(&best.object, &best.weights);
        response.steps += 1;
    }
}
