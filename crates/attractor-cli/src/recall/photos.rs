//! Which stored photo a cue is of.

use std::path::Path;

use anyhow::Result;
use attractor::core::{Error, Identify};
use attractor::prelude::*;

use super::headline;
use crate::Settings;
use crate::album::Album;
use crate::out::{percent, say};

/// What is known of one cue.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Found {
    pub(crate) cue: String,
    /// Whether it is of a stored photo, as far as the memory can tell; nothing below eight stored photos.
    pub(crate) recognised: Option<bool>,
    /// Probability that it is of none.
    pub(crate) none: Option<f64>,
    /// Share of the cue that the best photo does not explain: covered, torn off, scribbled over.
    pub(crate) covered: Option<f32>,
    /// Standard deviation of the noise on the rest, with values in 0 to 1.
    pub(crate) noise: Option<f32>,
    pub(crate) candidates: Vec<Candidate>,
    #[serde(skip)]
    pub(crate) values: Vec<f32>,
    #[serde(skip)]
    pub(crate) explained: Option<Vec<f32>>,
}

#[derive(Debug, serde::Serialize)]
pub(crate) struct Candidate {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) score: f64,
    pub(crate) probability: Option<f64>,
    #[serde(skip)]
    pub(crate) index: usize,
}

/// The photo in a file.
pub(crate) fn find(album: &Album, path: &Path, top: usize) -> Result<Found> {
    let cue = folder::load_one(path, &album.options())?;
    identify(album, &cue, path.display().to_string(), top)
}

/// A photo that was loaded as those of the memory were.
pub(crate) fn identify(album: &Album, cue: &ImageSet, name: String, top: usize) -> Result<Found> {
    let values = cue.rows(&[0])?;
    let tensor = cue.tensor(&[0], &album.device)?;
    let mut found = Found {
        cue: name,
        recognised: None,
        none: None,
        covered: None,
        noise: None,
        explained: None,
        candidates: Vec::new(),
        values,
    };
    let answer = match album.memory.answers(tensor.clone()) {
        Ok(mut answers) => answers.remove(0),
        // Too few are stored to say what strangers reach: the order alone is known.
        Err(Error::Unsupported { .. }) => {
            let nearest = album.memory.nearest(tensor, top)?.remove(0);
            let candidates = nearest.candidates.into_iter().map(|found| Candidate {
                id: found.id,
                name: found.label.unwrap_or_default(),
                score: found.score,
                probability: found.probability,
                index: found.index,
            });
            found.candidates = candidates.collect();
            return Ok(found);
        }
        Err(error) => return Err(error.into()),
    };
    let photos = album.photos()?;
    let mut order: Vec<usize> = (0..photos.len()).collect();
    order.sort_by(|&a, &b| answer.scores[b].total_cmp(&answer.scores[a]));
    let candidates = order.iter().take(top).map(|&index| Candidate {
        id: photos[index].id,
        name: photos[index].name.clone(),
        score: answer.scores[index].into(),
        probability: Some(answer.posterior[index]),
        index,
    });
    found.candidates = candidates.collect();
    found.recognised = Some(answer.accepted);
    found.none = Some(answer.none);
    found.covered = Some(answer.evidence.unexplained);
    found.noise = Some(answer.evidence.scale);
    found.explained = Some(answer.evidence.weights);
    Ok(found)
}

pub(super) fn tell(found: &Found, settings: &Settings) {
    let best = found.candidates.first().map_or("", |best| &best.name);
    let unsure = format!(
        "most like {best} (below eight stored photos nobody can say what a stranger looks like)"
    );
    if !headline(
        [&found.cue, best],
        found.recognised,
        ["photos", &unsure],
        settings,
    ) {
        return;
    }
    for candidate in &found.candidates {
        let probability = candidate.probability.map_or_else(String::new, percent);
        say!(
            "  {probability:>7}  {}  (id {})",
            candidate.name,
            candidate.id
        );
    }
    if let Some(none) = found.none {
        say!("  {:>7}  none of them", percent(none));
    }
    if let (Some(covered), Some(noise)) = (found.covered, found.noise) {
        say!(
            "  taken for covered: {}; noise on the rest: {noise:.2} of 1",
            percent(covered.into())
        );
    }
}
