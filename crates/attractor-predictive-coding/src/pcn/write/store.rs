//! Writing: training on all patterns that are kept, or a solution in one shot.

use std::ops::ControlFlow;

use attractor_core::{Error, Result};
use burn::tensor::Tensor;

use super::config::{Ridge, WriteConfig};
use super::report::{Progress, Stopped, WriteReport};
use crate::pcn::Pcn;
use crate::pcn::model::Kept;

impl Pcn {
    /// Stores patterns `[n, dim]`: trains until a rule stops it, on all patterns that are kept. What
    /// was learned before is where it starts from.
    ///
    /// `observer` is called after each epoch and may break off; the patterns then count as written, as
    /// well as they have been learned.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`Error::Config`], also if energies leave the
    /// finite numbers or if no unit is active. Nothing is stored and nothing changes then.
    pub fn write_with(
        &mut self,
        patterns: Tensor<2>,
        config: &WriteConfig,
        observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<WriteReport> {
        config.validate()?;
        let patterns = self.rows("patterns", patterns)?;
        self.change(|memory| {
            memory.admit(patterns);
            if let Some(ridge) = &config.ridge {
                memory.solve(ridge)?;
            }
            let report = memory.learn(config, observer)?;
            memory.release();
            Ok(report)
        })
    }

    /// Trains on the kept patterns again.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`]; [`Error::Unsupported`] without `keep_patterns`; as
    /// [`Self::write_with`].
    pub fn train_with(
        &mut self,
        config: &WriteConfig,
        observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<WriteReport> {
        config.validate()?;
        self.kept("Pcn::train_with")?;
        self.change(|memory| {
            if let Some(ridge) = &config.ridge {
                memory.solve(ridge)?;
            }
            memory.learn(config, observer)
        })
    }

    /// Stores patterns `[n, dim]` without gradient steps: infers hidden values with the weights as
    /// they are, then solves for the weights of the data on all patterns that are kept. Exact for up
    /// to as many patterns as the lowest hidden layer has units, as `lambda` tends to 0.
    ///
    /// # Errors
    /// As [`Self::write_with`].
    pub fn write_ridge(&mut self, patterns: Tensor<2>, ridge: &Ridge) -> Result<WriteReport> {
        ridge.validate()?;
        let patterns = self.rows("patterns", patterns)?;
        self.change(|memory| {
            memory.admit(patterns);
            memory.solve(ridge)?;
            let report = memory.report(&ridge.inference, Vec::new(), Stopped::Epochs)?;
            memory.release();
            Ok(report)
        })
    }

    /// The kept patterns with their hidden values.
    pub(crate) fn kept(&self, what: &'static str) -> Result<&Kept> {
        if self.state.len == 0 {
            return Err(Error::EmptyMemory);
        }
        self.state.kept.as_ref().ok_or_else(|| Error::Unsupported {
            what,
            capability: "patterns that are kept one by one",
            part: "a memory without `keep_patterns`".into(),
        })
    }

    /// Adds patterns to those that are trained on.
    pub(crate) fn admit(&mut self, patterns: Tensor<2>) {
        let count = patterns.dims()[0];
        let codes = self.network().start(count);
        self.state.len += count;
        self.state.kept = Some(match self.state.kept.take() {
            None => Kept { patterns, codes },
            Some(kept) => Kept {
                patterns: Tensor::cat(vec![kept.patterns, patterns], 0),
                codes: kept
                    .codes
                    .into_iter()
                    .zip(codes)
                    .map(|(old, new)| Tensor::cat(vec![old, new], 0))
                    .collect(),
            },
        });
    }

    /// Lets go of patterns that are not to be kept.
    fn release(&mut self) {
        if !self.config.keep_patterns {
            self.state.kept = None;
        }
    }
}
