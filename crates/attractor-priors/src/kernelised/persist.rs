//! To and from files: the map, and codes and features as they are compared, bit by bit.

use attractor_core::file::Loading;
use attractor_core::weights::{Weights, modules};
use attractor_core::{Persist, Restore, Result};

use super::{FitReport, Kernelised, KernelisedConfig};

/// `(m_k, r_k)`, `[n, d + 1]`.
const CODES: &str = "codes";
/// `(f_k / r_k, -log(r_k) / beta)`, `[n, D + 1]`.
const FEATURES: &str = "features";
const MAP: &str = "map";
/// Of a map that was learned: the loss before each step, and the other numbers of [`FitReport`].
const LOSSES: &str = "report.losses";
const REPORT: &str = "report";

impl Persist for Kernelised {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&self.config)?;
        file.insert_store(CODES, &self.values)?;
        self.ids.write_to(&mut file, CODES)?;
        file.insert_store(FEATURES, &self.keys)?;
        if let Some(map) = &self.map {
            file.insert_tensor(MAP, map.clone())?;
        }
        if let Some(report) = &self.report {
            file.insert_doubles(LOSSES, &[report.losses.len()], report.losses.clone());
            let numbers = vec![
                report.loss_first,
                report.loss_last,
                report.separation_first,
                report.separation,
            ];
            file.insert_doubles(REPORT, &[numbers.len()], numbers);
            file.insert_wholes("report.steps", &[1], vec![report.steps as u64]);
        }
        Ok(file)
    }
}

impl Restore for Kernelised {
    const KIND: &'static str = "kernelised";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: KernelisedConfig = file.config()?;
        let [_, columns] = modules::shape::<2>(file, CODES)?;
        let dim = columns.saturating_sub(1);
        let made = config.init(dim, loading.device());
        let mut prior = made.map_err(|error| file.refuse(error))?;
        let device = prior.device.clone();
        if file.contains(MAP) {
            let [width, _] = modules::shape::<2>(file, MAP)?;
            let map = file.tensor(MAP, [width, dim], &device)?;
            let set = prior.set_map(Some(map));
            set.map_err(|error| file.refuse(error))?;
        }
        prior.values = file.store(CODES, dim + 1, &device)?;
        prior.ids = prior.values.ids().clone();
        prior.keys = file.store(FEATURES, prior.width() + 1, &device)?;
        let (expected, found) = (prior.values.len(), prior.keys.len());
        if expected != found {
            return Err(file.fail(format!(
                "`{FEATURES}`: expected {expected} rows, one for each code, found {found}"
            )));
        }
        if file.contains(REPORT) {
            let losses = file.numbers(LOSSES)?.1;
            let numbers = file.numbers(REPORT)?.1;
            let &[loss_first, loss_last, separation_first, separation] = numbers.as_slice() else {
                let found = numbers.len();
                return Err(file.fail(format!("`{REPORT}`: expected 4 numbers, found {found}")));
            };
            prior.report = Some(FitReport {
                losses,
                loss_first,
                loss_last,
                separation_first,
                separation,
                steps: file.wholes("report.steps", &[1])?[0] as usize,
            });
        }
        Ok(prior)
    }
}
