//! `cargo xtask cite`: BibTeX of what was used.

use std::process::ExitCode;

use anyhow::{Result, bail};
use attractor::catalogue::cite::{self, Work};

use crate::list::plain;
use crate::out::say;
use crate::suggest::suggest;

/// Arguments of `cite`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Recipes, priors, observation models, protocols, data sets, or systems of an experiment; without any, what
    /// there is
    #[arg(value_name = "SYSTEM")]
    systems: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if args.systems.is_empty() {
        let mut table = plain(["what", "name", "works"]);
        for cited in cite::all() {
            table.add_row([&cited.what, &cited.name, &cited.keys.join(", ")]);
        }
        say!("{table}");
        return Ok(ExitCode::SUCCESS);
    }
    let experiments = crate::paths::experiments()?;
    let mut works: Vec<&Work> = Vec::new();
    let mut unknown = Vec::new();
    for name in &args.systems {
        let before = works.len();
        works.extend(cite::of(name));
        // A system of an experiment, by the name in its tables.
        let mut known = works.len() > before;
        for experiment in &experiments {
            for part in &experiment.parts {
                for series in part.series.iter().filter(|series| series.name == *name) {
                    known = true;
                    works.extend(cite::of_kind("protocol", &experiment.protocol));
                    let representation = series.representation(part);
                    works.extend(cite::of_kind("representation", representation.name()));
                    works.extend(cite::of_options(&series.options));
                }
            }
        }
        if !known {
            unknown.push(name.as_str());
        }
    }
    if let Some(name) = unknown.first() {
        let series = experiments.iter().flat_map(|experiment| &experiment.parts);
        let series = series.flat_map(|part| part.series.iter().map(|series| series.name.as_str()));
        let names = cite::all().iter().map(|cited| cited.name.as_str());
        bail!(
            "unknown system `{name}`{}; `cargo xtask cite` lists what there is",
            suggest(name, names.chain(series))
        );
    }
    match works.is_empty() {
        true => say!("% nothing to cite beside the experiment's own source"),
        false => say!("{}", cite::bibtex(works)),
    }
    Ok(ExitCode::SUCCESS)
}
