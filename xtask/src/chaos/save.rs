//! Every kind of memory, saved over an older one of its kind.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use attractor::catalogue::{self, Context};
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::options::Options;
use attractor::core::{Backend, check, rng};

use super::kill::{Chaos, Tally, names, xtask};

const DIM: usize = 6;
/// Patterns of the older and of the newer memory.
const COUNTS: [usize; 2] = [2, 3];
/// Patterns and entries of one that takes a while to be written.
const LARGE: [usize; 2] = [20_000, 64];
/// From the start of the child, which loads all memories first.
const WITHIN: Duration = Duration::from_secs(3);

/// Loads the memories of a folder and saves them in turns, older and newer, until it is killed.
pub(super) fn saving(folder: &Path) -> Result<ExitCode> {
    let device = Backend::Flex.open()?;
    let mut pairs = Vec::new();
    for name in names(&folder.join("0")) {
        let load = |side: &str| attractor::load(&folder.join(side).join(&name), &device);
        pairs.push((folder.join("now").join(&name), [load("0")?, load("1")?]));
    }
    // Bounded, should nobody kill it.
    for round in 0..100_000 {
        for (path, pair) in &pairs {
            pair[round % 2].save(path)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn run(chaos: &mut Chaos) -> Result<Tally> {
    let device = Backend::Flex.open()?;
    let folder = chaos.path("memories");
    for part in ["0", "1", "now"] {
        std::fs::create_dir_all(folder.join(part)).context("a temporary folder")?;
    }
    let mut kinds = 0;
    for recipe in catalogue::recipes() {
        kinds += usize::from(pair(&recipe.name, &folder, &device)?);
    }
    let [rows, dim] = LARGE;
    for (side, more) in [0, 1].into_iter().enumerate() {
        let mut large =
            catalogue::build("nearest", &Options::new(), &Context::pixels(dim, &device)?)?;
        large.write(patterns(rows + more, dim, &device)?)?;
        large.save(&folder.join(side.to_string()).join("large"))?;
    }
    let expected: Vec<(String, [Vec<u8>; 2])> = names(&folder.join("0"))
        .into_iter()
        .map(|name| {
            // As a memory that was loaded saves itself again.
            let side = |side: &str| -> Result<Vec<u8>> {
                let path = folder.join(side).join(&name);
                attractor::load(&path, &device)?.save(&path)?;
                Ok(std::fs::read(path)?)
            };
            let sides = [side("0")?, side("1")?];
            std::fs::write(folder.join("now").join(&name), &sides[0])?;
            Ok((name, sides))
        })
        .collect::<Result<_>>()?;
    let mut tally = Tally::default();
    let (mut written, mut halves) = (0, 0);
    for _ in 0..chaos.times {
        let running = chaos.kill(xtask(&["chaos", "--saving"])?.arg(&folder), WITHIN)?;
        tally.count(running);
        for (name, sides) in &expected {
            let now = std::fs::read(folder.join("now").join(name))?;
            let whole = sides.contains(&now);
            tally.expect(whole, || {
                format!("`{name}` is neither the older nor the newer memory")
            });
            written += usize::from(now == sides[1]);
        }
        let parts = names(&folder.join("now"));
        halves += parts.iter().filter(|name| name.ends_with(".part")).count();
    }
    // What a kill leaves beside the files hinders nobody.
    for (name, sides) in &expected {
        let path = folder.join("now").join(name);
        attractor::load(&folder.join("1").join(name), &device)?.save(&path)?;
        tally.expect(std::fs::read(&path)? == sides[1], || {
            format!("`{name}` cannot be saved again")
        });
    }
    let parts = names(&folder.join("now"));
    tally.expect(parts.len() == expected.len(), || {
        format!("left behind: {parts:?}")
    });
    tally.notes.push(format!(
        "{kinds} kinds of memory and one of 5 MB; the newer one was found {written} times, {halves} times one being written"
    ));
    Ok(tally)
}

/// Saves an older and a newer memory of a recipe; false if it needs a model that is not there.
fn pair(recipe: &str, folder: &Path, device: &Device) -> Result<bool> {
    let options: Options = match recipe {
        "pcn" => "hidden = [8, 8]\nwrite = { epochs = 5 }",
        "bayespcn" | "gpcn" => "hidden = 8",
        "firing-rate" => "threshold = 0.0",
        _ => "",
    }
    .parse()?;
    let mut context = Context::pixels(DIM, device)?;
    context.autoencoder = Some(context.model.clone());
    for (side, count) in COUNTS.into_iter().enumerate() {
        let Ok(mut memory) = catalogue::build(recipe, &options, &context) else {
            return Ok(false);
        };
        // A hypercube of six neurons has no room for a third.
        for count in [count, 1] {
            if memory.is_empty()
                && memory.write(patterns(count, DIM, device)?).is_err()
                && count == 1
            {
                return Ok(false);
            }
        }
        let path = folder.join(side.to_string()).join(recipe);
        (*memory).save(&path)?;
    }
    Ok(true)
}

/// Normal rows, of which each has an entry above 0 and one below.
fn patterns(rows: usize, dim: usize, device: &Device) -> Result<Tensor<2>> {
    let mut values = rng::normal_vec(&mut rng::stream(rows as u64, "chaos"), rows * dim);
    for row in values.chunks_exact_mut(dim) {
        row[0] = row[0].abs() + 0.2;
        row[1] = -row[1].abs() - 0.2;
    }
    Ok(check::from_host("patterns", values, dim, device)?)
}
