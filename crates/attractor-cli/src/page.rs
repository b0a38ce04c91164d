//! The page of a recall: one file, without a network.

use std::path::Path;

use anyhow::Result;
use attractor::evaluation::figures::ImageGrid;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, Value, context};

use crate::album::Album;
use crate::out::percent;
use crate::recall::Found;

const STYLE: &str = include_str!("page.css");

/// The page of some cues.
pub(crate) fn render(album: &Album, found: &[Found], memory: &Path) -> Result<String> {
    let cues: Vec<Value> = found
        .iter()
        .map(|one| facts(album, one))
        .collect::<Result<_>>()?;
    let memory = memory.display().to_string();
    let (environment, stored) = (templates()?, album.photos()?.len());
    let page = environment.get_template("page.html")?;
    Ok(page.render(context! { style => STYLE, memory, cues, stored })?)
}

/// The part of a page that one cue is.
pub(crate) fn section(album: &Album, found: &Found) -> Result<String> {
    let (environment, one) = (templates()?, facts(album, found)?);
    let section = environment.get_template("section.html")?;
    Ok(section.render(context! { one })?)
}

/// A page to drop pictures on.
pub(crate) fn drop_here(stored: usize, memory: &Path) -> Result<String> {
    let (environment, memory) = (templates()?, memory.display().to_string());
    let page = environment.get_template("drop.html")?;
    Ok(page.render(context! { style => STYLE, memory, stored })?)
}

fn templates() -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    environment.add_template("page.html", include_str!("page.html"))?;
    environment.add_template("section.html", include_str!("section.html"))?;
    environment.add_template("drop.html", include_str!("serve/drop.html"))?;
    Ok(environment)
}

/// What a section shows.
fn facts(album: &Album, one: &Found) -> Result<Value> {
    let mut candidates = Vec::new();
    for candidate in &one.candidates {
        candidates.push(context! {
            name => candidate.name.clone(),
            id => candidate.id,
            score => format!("{:.0}", candidate.score.round() + 0.0),
            probability => candidate.probability.map(percent),
            picture => picture(album, album.stored(candidate.index)?)?,
        });
    }
    let overlaid = overlay(one)
        .map(|planes| picture(album, planes))
        .transpose()?;
    Ok(context! {
        cue => one.cue.clone(),
        recognised => one.recognised,
        none => one.none.map(percent),
        covered => one.covered.map(|share| percent(share.into())),
        noise => one.noise.map(|noise| format!("{noise:.2}")),
        picture => picture(album, one.values.clone())?,
        overlay => overlaid,
        candidates => candidates,
    })
}

/// A picture as the address of its own bytes.
fn picture(album: &Album, values: Vec<f32>) -> Result<String> {
    let png = ImageGrid::new(vec![vec![album.picture(values)?]])?.png()?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

/// The cue in grey, red where the best photo does not explain it: three planes.
pub(crate) fn overlay(found: &Found) -> Option<Vec<f32>> {
    let (values, weights) = (&found.values, found.explained.as_ref()?);
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
    Some(planes)
}
