//! How many patterns the states are mixtures of that recall ends in.

use attractor::core::{MemoryPrior, Stopping};
use attractor::datasets::Split;
use attractor::evaluation::{Measurement, Metric};
use attractor::priors::kernelised::{Kernelised, KernelisedConfig, MapKind, metastable};
use serde::Deserialize;

use super::data::Source;
use crate::{Result, Session, Task};

/// Weights of a softmax above this count.
const THRESHOLD: f32 = 0.01;

/// Which memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Row {
    /// W = I at the given beta.
    Identity,
    /// The learned W.
    Learned,
    /// W = I at the beta that the lengths of learned features amount to.
    IdentityScaled,
}

/// What a series says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    row: Row,
    memory: KernelisedConfig,
    /// Another alpha than the memory's, for grids.
    #[serde(default)]
    alpha: Option<f32>,
    source: Source,
    queries: usize,
    steps: usize,
}

/// One number of patterns.
pub(super) struct States {
    options: Options,
    stored: usize,
    size: usize,
}

impl States {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let mut options: Options = task.options()?;
        let (level, stored) = (task.level()?, task.n_stored()?);
        let expected = "a whole number of patterns from 0 to all";
        if level < 0.0 || level.fract() != 0.0 || level > stored as f64 {
            return Err(task.misplaced("levels", expected, level));
        }
        options.memory.alpha = options.alpha.unwrap_or(options.memory.alpha);
        options.memory.separation.seed = task.cell.seed;
        options.memory.validate()?;
        options.source.check(task)?;
        match options.queries > 0 && options.steps > 0 && stored > 1 {
            true => Ok(Self {
                options,
                stored,
                size: level as usize,
            }),
            false => {
                let text = "expected `queries` and `steps` of at least 1 and at least two patterns";
                Err(task.refuse(text))
            }
        }
    }

    pub(super) fn needs(&self) -> Vec<(Split, usize)> {
        self.options.source.needs(self.stored, self.options.queries)
    }

    fn memory(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Kernelised> {
        let Options {
            row,
            memory,
            source,
            ..
        } = &self.options;
        let patterns = source.draw(task, session, self.stored, false)?;
        let device = session.device();
        let filled = |map| -> Result<Kernelised> {
            let config = KernelisedConfig {
                map,
                ..memory.clone()
            };
            let mut memory = config.init(patterns.dim, device)?;
            memory.store(patterns.tensor(device)?)?;
            Ok(memory)
        };
        match row {
            Row::Learned => filled(MapKind::Learned),
            Row::Identity => filled(MapKind::Identity),
            Row::IdentityScaled => {
                let learned = filled(MapKind::Learned)?.separation()?.mean_square;
                let identity = filled(MapKind::Identity)?;
                let factor = learned / identity.separation()?.mean_square.max(f64::MIN_POSITIVE);
                Ok(identity.with_beta((f64::from(memory.beta) * factor) as f32)?)
            }
        }
    }

    pub(super) fn measure(
        &self,
        task: Task<'_>,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let memory = self.memory(task, session)?;
        session.check()?;
        let Options {
            source,
            queries,
            steps,
            ..
        } = &self.options;
        let queries = source.draw(task, session, *queries, true)?;
        let queries = queries.tensor(session.device())?;
        let weights = memory.retrieval_weights(queries, Stopping::after(*steps))?;
        let threshold = match memory.config().alpha > 1.0 {
            true => 0.0,
            false => THRESHOLD,
        };
        let states = metastable(weights, threshold)?;
        let n = states.len();
        let same = states.iter().filter(|state| state.count == self.size);
        let of = |metric, value| Measurement { metric, value, n };
        let effective: f64 = states.iter().map(|state| state.effective).sum();
        Ok(vec![
            of(Metric::Share, 100.0 * same.count() as f64 / n as f64),
            of(Metric::MixtureSize, effective / n as f64),
            of(Metric::Beta, memory.config().beta.into()),
        ])
    }
}
