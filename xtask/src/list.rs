//! `cargo xtask list`: what there is.

use std::process::ExitCode;

use anyhow::Result;
use attractor::catalogue::{self, Context, Recipe};
use attractor::core::Backend;
use attractor::core::observation::OBSERVATIONS;
use attractor::datasets::{DataRoot, NAMES};
use attractor::evaluation::Experiment;
use attractor::evaluation::experiment::Part;
use attractor::inference::INFERENCES;
use attractor::priors::PRIORS;
use attractor_experiments::PROTOCOLS;
use comfy_table::{Table, presets};

use crate::out::say;

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON object instead of tables
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let experiments = crate::paths::experiments()?;
    let root = DataRoot::from_environment(None);
    let data = |name: &str| {
        root.find(name)
            .map(|found| found.path.display().to_string())
    };
    if args.json {
        let value = serde_json::json!({
            "experiments": experiments.iter().map(described).collect::<Vec<_>>(),
            "protocols": PROTOCOLS.iter().map(|protocol| serde_json::json!({
                "name": protocol.name, "summary": protocol.summary,
            })).collect::<Vec<_>>(),
            "recipes": catalogue::recipes().iter().map(|recipe| serde_json::json!({
                "name": recipe.name, "summary": recipe.summary, "citation": recipe.citation,
                "capabilities": capabilities(recipe), "options": recipe.options(),
            })).collect::<Vec<_>>(),
            "parts": parts().map(|(kind, name, summary)| serde_json::json!({
                "part": kind, "kind": name, "summary": summary,
            })).collect::<Vec<_>>(),
            "backends": Backend::ALL.map(|backend| serde_json::json!({
                "name": backend.name(), "compiled": backend.is_compiled(),
            })),
            "datasets": NAMES.iter().map(|name| serde_json::json!({
                "name": name, "found": data(name),
            })).collect::<Vec<_>>(),
        });
        say!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = plain(["experiment", "what", "data set", "presets", "source"]);
    for experiment in &experiments {
        let presets: Vec<&str> = experiment.presets.keys().map(|p| p.name()).collect();
        let (tables, figures): (Vec<&Part>, Vec<&Part>) = experiment
            .parts
            .iter()
            .partition(|part| !part.tasks.is_empty());
        let systems: usize = tables.iter().map(|part| part.series.len()).sum();
        let mut what = Vec::new();
        what.extend((systems > 0).then(|| format!("{systems} systems")));
        what.extend((!figures.is_empty()).then(|| format!("{} figures", figures.len())));
        table.add_row([
            experiment.name.clone(),
            what.join(", "),
            experiment.dataset(),
            presets.join(", "),
            experiment.source.clone(),
        ]);
    }
    say!("{table}\n");
    let mut table = plain(["recipe", "what it is", "can also", "options (defaults)"]);
    for recipe in catalogue::recipes() {
        table.add_row([
            recipe.name.clone(),
            recipe.summary.clone(),
            capabilities(recipe).join(", "),
            options(recipe),
        ]);
    }
    say!("{table}\n");
    let mut table = plain(["part of `variational`", "kind", "what it is (options)"]);
    for (part, kind, summary) in parts() {
        table.add_row([part, kind, summary]);
    }
    say!("{table}\n");
    let mut table = plain(["backend", "in this build"]);
    for backend in Backend::ALL {
        let compiled = match backend.is_compiled() {
            true => "yes".to_owned(),
            false => format!("no: add --features {backend}"),
        };
        table.add_row([backend.name().to_owned(), compiled]);
    }
    say!("{table}\n");
    let mut table = plain(["data set", "found at"]);
    for name in NAMES {
        table.add_row([
            (*name).to_owned(),
            data(name).unwrap_or_else(|| "not present".into()),
        ]);
    }
    say!("{table}");
    Ok(ExitCode::SUCCESS)
}

fn described(file: &Experiment) -> serde_json::Value {
    let part = |part: &Part| {
        let series = part.series.iter().map(|series| {
            serde_json::json!({
                "name": series.name,
                "representation": series.representation(part),
                "ours": series.ours,
                "recipe": series.options.get("recipe"),
            })
        });
        serde_json::json!({
            "name": part.name,
            "title": part.title,
            "tasks": part.tasks,
            "series": series.collect::<Vec<_>>(),
        })
    };
    serde_json::json!({
        "name": file.name,
        "title": file.title,
        "dataset": file.dataset(),
        "source": file.source,
        "protocol": file.protocol,
        "presets": file.presets.keys().map(|preset| preset.name()).collect::<Vec<_>>(),
        "parts": file.parts.iter().map(part).collect::<Vec<_>>(),
    })
}

/// What a memory can do beyond writing and reading, asked of one on four numbers.
fn capabilities(recipe: &Recipe) -> Vec<&'static str> {
    let built = || -> attractor::core::Result<Vec<&'static str>> {
        let device = Backend::Flex.open()?;
        let mut context = Context::pixels(4, &device)?;
        context.autoencoder = Some(context.model.clone());
        let mut options = attractor::core::Options::new();
        if recipe.name == "variational" {
            // It has no default prior.
            options = "prior = { kind = 'gaussian_mixture' }"
                .parse()
                .unwrap_or_default();
        }
        Ok(recipe.build(&options, &context)?.capabilities())
    };
    // One that is not compiled in cannot be asked.
    built().unwrap_or_default()
}

/// Options and their defaults on one line; tables by their names alone.
fn options(recipe: &Recipe) -> String {
    let options = recipe.options();
    let short = options.iter().map(|(key, value)| match value {
        toml::Value::Table(table) => match table.get("kind") {
            Some(kind) => format!("{key}: {kind}"),
            None => key.clone(),
        },
        // A single-precision default in as many digits as it has.
        toml::Value::Float(value) if f64::from(*value as f32) == *value => {
            format!("{key} = {}", *value as f32)
        }
        value => format!("{key} = {value}"),
    });
    short.collect::<Vec<_>>().join(", ")
}

/// Part, name and summary of everything that the recipe `variational` composes.
fn parts() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let priors = PRIORS
        .iter()
        .map(|entry| ("prior", entry.name, entry.summary));
    let inferences = INFERENCES
        .iter()
        .map(|entry| ("inference", entry.name, entry.summary));
    let observations = OBSERVATIONS
        .iter()
        .map(|entry| ("observation", entry.name, entry.summary));
    priors.chain(inferences).chain(observations)
}

/// A table with a rule under its header and nothing else.
pub(crate) fn plain<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    table
}
