//! `cargo xtask verify`: our numbers against golden files and oracles.

mod bayespcn;
mod inference;
mod kernel;
mod models;
mod networks;
mod predictive_coding;
mod priors;
mod random_features;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use attractor::core::Backend;
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::check::to_host;
use attractor::core::weights::Weights;
use serde::Serialize;

use crate::out::say;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON object per check instead of a table
    #[arg(long)]
    json: bool,
    /// Compute backend
    #[arg(long, default_value = "flex")]
    backend: Backend,
}

/// One comparison.
#[derive(Debug, Serialize)]
struct Check {
    system: &'static str,
    check: String,
    /// Our value at the entry that differs most.
    ours: f64,
    /// The golden value there.
    expected: f64,
    /// Largest difference, relative to values above 1.
    difference: f64,
    tolerance: f64,
    verdict: &'static str,
}

/// The golden files and the checks made so far.
struct Golden {
    device: Device,
    checks: Vec<Check>,
}

impl Golden {
    fn file(&self, name: &str) -> Result<Weights> {
        let path: PathBuf = crate::paths::root()
            .join("fixtures/golden")
            .join(format!("{name}.safetensors"));
        Ok(Weights::read(&path)?)
    }

    /// Compares a tensor with an array of a golden file.
    fn compare<const D: usize>(
        &mut self,
        system: &'static str,
        file: &Weights,
        key: &str,
        ours: Tensor<D>,
        tolerance: f64,
    ) -> Result<()> {
        let ours = to_host(ours)?;
        self.compare_values(system, key, &ours, file.values(key)?, tolerance)
    }

    fn compare_values(
        &mut self,
        system: &'static str,
        check: &str,
        ours: &[f32],
        expected: &[f32],
        tolerance: f64,
    ) -> Result<()> {
        anyhow::ensure!(
            ours.len() == expected.len(),
            "{system} {check}: expected {} values, found {}",
            expected.len(),
            ours.len()
        );
        let (ours, expected, difference) = ours
            .iter()
            .zip(expected)
            .map(|(&ours, &expected)| {
                let (ours, expected) = (f64::from(ours), f64::from(expected));
                let difference = (ours - expected).abs() / expected.abs().max(1.0);
                // NaN is the largest difference there is.
                (
                    ours,
                    expected,
                    if difference.is_nan() {
                        f64::INFINITY
                    } else {
                        difference
                    },
                )
            })
            .max_by(|a, b| a.2.total_cmp(&b.2))
            .with_context(|| format!("{system} {check}: no values"))?;
        self.checks.push(Check {
            system,
            check: check.to_owned(),
            ours,
            expected,
            difference,
            tolerance,
            verdict: if difference <= tolerance {
                "pass"
            } else {
                "FAIL"
            },
        });
        Ok(())
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut golden = Golden {
        device: args.backend.open()?,
        checks: Vec::new(),
    };
    kernel::check(&mut golden)?;
    priors::check(&mut golden)?;
    random_features::check(&mut golden)?;
    networks::check(&mut golden)?;
    models::check(&mut golden)?;
    inference::check(&mut golden)?;
    bayespcn::check(&mut golden)?;
    predictive_coding::check(&mut golden)?;
    let failed = golden
        .checks
        .iter()
        .filter(|check| check.verdict != "pass")
        .count();
    if args.json {
        for check in &golden.checks {
            say!("{}", serde_json::to_string(check)?);
        }
    } else {
        let mut table = crate::list::plain([
            "system",
            "check",
            "ours",
            "expected",
            "difference",
            "tolerance",
            "verdict",
        ]);
        for check in &golden.checks {
            table.add_row([
                check.system.to_owned(),
                check.check.clone(),
                format!("{:.6}", check.ours),
                format!("{:.6}", check.expected),
                format!("{:.1e}", check.difference),
                format!("{:.0e}", check.tolerance),
                check.verdict.to_owned(),
            ]);
        }
        say!("{table}\n\n{} checks, {failed} failed", golden.checks.len());
    }
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
