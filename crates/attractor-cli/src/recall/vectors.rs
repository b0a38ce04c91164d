//! Which stored vector a cue is of.

use std::path::Path;

use anyhow::Result;
use attractor::baselines::Distance;
use attractor::core::{Identify, check};
use attractor::prelude::*;
use attractor_listing::file_name;

use super::headline;
use crate::Settings;
use crate::embeddings::{Vectors, nearness};
use crate::out::{percent, say};
use crate::vectors::{self, Description, Problem};

/// Vectors that are compared with the memory at once.
const TOGETHER: usize = 1024;

/// What is known of one cue.
#[derive(Debug, serde::Serialize)]
pub(super) struct Found {
    cue: String,
    /// Whether it is of a stored vector; nothing where too few are stored to tell.
    pub(super) recognised: Option<bool>,
    /// Share of vectors of nothing stored that come as close, measured on stored ones that are left out.
    strangers: f64,
    candidates: Vec<Candidate>,
}

#[derive(Debug, serde::Serialize)]
struct Candidate {
    id: u64,
    name: String,
    /// Cosine of the angle, or distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    cosine: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f64>,
}

/// Every vector of a file is a cue.
pub(super) fn find(
    known: &mut Vectors,
    path: &Path,
    given: &Description,
    top: usize,
) -> Result<Vec<Found>> {
    let table = vectors::read(path, given)?;
    let dim = known.memory.dim();
    if table.dim != dim {
        return Err(Problem::Width {
            path: path.into(),
            row: 0,
            expected: dim,
            found: table.dim,
        }
        .into());
    }
    let distance = known.memory.config().distance;
    let name = file_name(path);
    let mut all = Vec::with_capacity(table.len());
    for part in table.values.chunks(TOGETHER * dim) {
        let cues = check::from_host("cues", part.to_vec(), dim, &known.device)?;
        for found in Identify::nearest(&known.memory, cues, top)? {
            let score = found
                .candidates
                .first()
                .map_or(f64::NEG_INFINITY, |best| best.score);
            let standing = known.standing(score)?;
            let candidates = found.candidates.into_iter().map(|found| {
                let near = nearness(distance, found.score);
                let cosine = distance == Distance::Cosine;
                Candidate {
                    id: found.id,
                    name: found.label.unwrap_or_default(),
                    cosine: cosine.then_some(near),
                    distance: (!cosine).then_some(near),
                }
            });
            all.push(Found {
                cue: format!("{name}#{}", all.len()),
                recognised: standing.recognised,
                strangers: standing.strangers,
                candidates: candidates.collect(),
            });
        }
    }
    Ok(all)
}

pub(super) fn tell(found: &Found, settings: &Settings) {
    let best = found.candidates.first().map_or("", |best| &best.name);
    let unsure =
        format!("nearest to {best} (too few vectors are stored to say how near strangers come)");
    if !headline(
        [&found.cue, best],
        found.recognised,
        ["vectors", &unsure],
        settings,
    ) {
        return;
    }
    for candidate in &found.candidates {
        let (what, near) = match (candidate.cosine, candidate.distance) {
            (Some(cosine), _) => ("cosine", cosine),
            (None, distance) => ("distance", distance.unwrap_or_default()),
        };
        say!(
            "  {what} {near:8.4}  {}  (id {})",
            candidate.name,
            candidate.id
        );
    }
    if found.recognised.is_some() {
        say!(
            "  strangers that come as near: {}",
            percent(found.strangers)
        );
    }
}
