//! `cargo xtask verify`: our numbers against golden files and oracles.
//!
//! A system is one file here and one line in [`SYSTEMS`]. Sizes and settings come from the golden file:
//! shapes, numbers in the names of tensors, metadata ([`File`](file::File)). So files of any size verify.

mod bayespcn;
mod entropic;
mod factual_recall;
mod file;
mod firing_rate;
mod golden;
mod hopfield_layers;
mod inference;
mod kernel;
mod models;
mod networks;
mod observation;
mod predictive_coding;
mod priors;
mod random_features;
mod report;
mod sparse_recovery;
mod spiking;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use attractor::core::Backend;

use golden::Golden;

/// What is verified, in the order of the table.
const SYSTEMS: &[System] = &[
    kernel::SYSTEM,
    priors::SYSTEM,
    random_features::SYSTEM,
    networks::SYSTEM,
    models::CIFAR,
    models::MNIST,
    models::MONET,
    observation::SYSTEM,
    inference::GRADIENT,
    inference::PREDICTIVE_CODING,
    bayespcn::SYSTEM,
    predictive_coding::SYSTEM,
    firing_rate::SYSTEM,
    spiking::SYSTEM,
    entropic::SYSTEM,
    sparse_recovery::SYSTEM,
    factual_recall::SYSTEM,
    hopfield_layers::SYSTEM,
];

/// Names the folder of golden files that are too large to be kept with the code.
const MORE_FILES: &str = "ATTRACTOR_GOLDEN";

/// A system and how it is checked.
struct System {
    name: &'static str,
    /// Golden files that its check reads, without extension. None: it works out itself what it expects.
    files: &'static [&'static str],
    check: fn(&mut Golden) -> Result<()>,
}

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of golden files, of the names and the structure of those in fixtures/golden but of any
    /// size; by default these and those in the folder that ATTRACTOR_GOLDEN names
    #[arg(long, value_name = "DIR")]
    golden: Option<PathBuf>,
    /// One JSON object per check instead of a table
    #[arg(long)]
    json: bool,
    /// Compute backend
    #[arg(long, default_value = "flex")]
    backend: Backend,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let folders = match &args.golden {
        Some(folder) => vec![folder.clone()],
        None => {
            let fixtures = crate::paths::root().join("fixtures/golden");
            let more = std::env::var_os(MORE_FILES).filter(|folder| !folder.is_empty());
            let more = more.map(PathBuf::from);
            [Some(fixtures), more].into_iter().flatten().collect()
        }
    };
    let mut golden = Golden::new(folders, args.backend.open()?);
    let present = golden.present()?;
    let known = || SYSTEMS.iter().flat_map(|system| system.files);
    let mut notes = report::Notes {
        unknown: present
            .iter()
            .filter(|name| known().all(|known| known != name))
            .cloned()
            .collect(),
        ..report::Notes::default()
    };
    let absent = |system: &System| -> Vec<&'static str> {
        let files = system.files.iter().copied();
        files.filter(|&name| !present.contains(name)).collect()
    };
    SYSTEMS
        .iter()
        .find(|system| !system.files.is_empty() && absent(system).is_empty())
        .with_context(|| {
            let wanted: Vec<String> = SYSTEMS
                .iter()
                .filter(|system| !system.files.is_empty())
                .map(|system| format!("{} ({})", system.name, system.files.join(", ")))
                .collect();
            format!(
                "nothing to verify in {}: expected the golden files of {}",
                golden.places(),
                wanted.join(", ")
            )
        })?;
    for system in SYSTEMS {
        let absent = absent(system);
        if !absent.is_empty() {
            notes.skipped.push((system.name, absent));
        } else if let Err(error) = (system.check)(&mut golden) {
            // The others are still worth knowing.
            notes.errors.push((system.name, error));
        }
    }
    match args.json {
        true => notes.print_json(&golden)?,
        false => notes.print_table(&golden),
    }
    let good = notes.errors.is_empty() && report::failed(&golden.checks) == 0;
    Ok(match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
