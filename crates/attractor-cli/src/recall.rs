//! `attractor recall`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use attractor::core::Identify;
use attractor::prelude::*;

use crate::Settings;
use crate::album::Album;
use crate::out::say;
use crate::page;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Damaged copies
    #[arg(required = true, value_name = "CUE")]
    cues: Vec<PathBuf>,
    /// How many stored photos to name
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    top: u16,
    /// Write one page with pictures: cue, recalled photo, what was taken for covered, runners-up
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

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
    pub(crate) path: String,
    pub(crate) score: f64,
    pub(crate) probability: Option<f64>,
    #[serde(skip)]
    pub(crate) index: usize,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let album = Album::open(&settings.memory)?;
    let mut all = Vec::new();
    for cue in &args.cues {
        let found =
            find(&album, cue, args.top.into()).with_context(|| cue.display().to_string())?;
        if !settings.json {
            tell(&found, settings);
        }
        all.push(found);
    }
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&all)?);
    }
    if let Some(path) = &args.html {
        let text = page::render(&album, &all, &settings.memory)?;
        std::fs::write(path, text).with_context(|| path.display().to_string())?;
        if !settings.quiet && !settings.json {
            say!("pictures: {}", path.display());
        }
    }
    let strangers = all.iter().any(|found| found.recognised == Some(false));
    Ok(ExitCode::from(u8::from(strangers)))
}

fn find(album: &Album, path: &Path, top: usize) -> Result<Found> {
    let cue = folder::load_one(path, &album.options())?;
    let values = cue.rows(&[0])?;
    let tensor = cue.tensor(&[0], &album.device)?;
    let mut found = Found {
        cue: path.display().to_string(),
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
        Err(attractor::core::Error::Unsupported { .. }) => {
            let nearest = album.memory.nearest(tensor, top)?.remove(0);
            let candidates = nearest.candidates.into_iter().map(|found| Candidate {
                id: found.id,
                path: found.label.unwrap_or_default(),
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
        path: photos[index].path.clone(),
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

fn tell(found: &Found, settings: &Settings) {
    let best = found.candidates.first().map_or("", |best| &best.path);
    if settings.quiet {
        match found.recognised {
            Some(false) => say!("none"),
            _ => say!("{best}"),
        }
        return;
    }
    match found.recognised {
        Some(true) => say!("{} is {best}", found.cue),
        Some(false) => say!("{} is none of the stored photos", found.cue),
        None => say!(
            "{} is most like {best} (below eight stored photos nobody can say what a stranger looks like)",
            found.cue
        ),
    }
    for candidate in &found.candidates {
        let probability = candidate.probability.map_or_else(String::new, percent);
        say!(
            "  {probability:>7}  {}  (id {})",
            candidate.path,
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

pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
