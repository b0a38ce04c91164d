//! The page of a recall: one file, without a network.

use std::path::Path;

use anyhow::Result;
use attractor::evaluation::figures::ImageGrid;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, context};

use crate::album::Album;
use crate::recall::{Found, percent};

pub(crate) fn render(album: &Album, found: &[Found], memory: &Path) -> Result<String> {
    let mut cues = Vec::new();
    for one in found {
        let mut candidates = Vec::new();
        for candidate in &one.candidates {
            candidates.push(context! {
                path => candidate.path.clone(),
                id => candidate.id,
                score => format!("{:.0}", candidate.score),
                probability => candidate.probability.map(percent),
                picture => picture(album, album.stored(candidate.index)?)?,
            });
        }
        cues.push(context! {
            cue => one.cue.clone(),
            recognised => one.recognised,
            none => one.none.map(percent),
            covered => one.covered.map(|share| percent(share.into())),
            noise => one.noise.map(|noise| format!("{noise:.2}")),
            picture => picture(album, one.values.clone())?,
            overlay => match &one.explained {
                None => None,
                Some(weights) => Some(picture(album, overlay(&one.values, weights))?),
            },
            candidates => candidates,
        });
    }
    let mut environment = Environment::new();
    environment.add_template("page.html", include_str!("page.html"))?;
    let template = environment.get_template("page.html")?;
    let memory = memory.display().to_string();
    Ok(template.render(context! { memory, cues, stored => album.photos()?.len() })?)
}

/// A picture as the address of its own bytes.
fn picture(album: &Album, values: Vec<f32>) -> Result<String> {
    let png = ImageGrid::new(vec![vec![album.picture(values)?]])?.png()?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

/// The cue in grey, red where the best photo does not explain it.
fn overlay(values: &[f32], weights: &[f32]) -> Vec<f32> {
    let plane = weights.len();
    let channels = values.len() / plane;
    let grey = |site: usize| {
        (0..channels).map(|c| values[c * plane + site]).sum::<f32>() / channels as f32
    };
    let mut planes = vec![0.0; 3 * plane];
    for site in 0..plane {
        let (grey, covered) = (0.25 + 0.6 * grey(site), 1.0 - weights[site]);
        planes[site] = grey + covered * (0.9 - grey);
        planes[plane + site] = grey * (1.0 - 0.8 * covered);
        planes[2 * plane + site] = grey * (1.0 - 0.8 * covered);
    }
    planes
}
