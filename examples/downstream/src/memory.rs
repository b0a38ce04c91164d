//! A memory of one's own.

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{AssociativeMemory, Error, Forget, Recall, Result, check, spans};
use serde::{Deserialize, Serialize};

/// Options of a [`Median`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MedianConfig {
    /// Patterns the median is taken of; the nearest.
    pub neighbours: usize,
}

impl Default for MedianConfig {
    fn default() -> Self {
        Self { neighbours: 1 }
    }
}

impl MedianConfig {
    /// An empty memory of patterns of `dim` entries.
    ///
    /// # Errors
    /// [`Error::Config`] unless both numbers are above 0.
    pub fn init(self, dim: usize) -> Result<Median> {
        if dim == 0 || self.neighbours == 0 {
            let found = format!("{self:?} for patterns of {dim} entries");
            return Err(Error::config("MedianConfig", "must be above 0", found));
        }
        Ok(Median {
            config: self,
            dim,
            patterns: Vec::new(),
        })
    }
}

/// Answers each cue with the entrywise median of the nearest patterns: an odd pattern among them does not
/// show, as it would in their mean.
#[derive(Debug, Clone)]
pub struct Median {
    config: MedianConfig,
    dim: usize,
    patterns: Vec<Vec<f32>>,
}

impl Median {
    fn answer(&self, cue: &[f32]) -> Vec<f32> {
        let far = |pattern: &[f32]| -> f32 {
            let pairs = pattern.iter().zip(cue);
            pairs.map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let mut order: Vec<(f32, &Vec<f32>)> = (self.patterns.iter())
            .map(|pattern| (far(pattern), pattern))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        order.truncate(self.config.neighbours);
        let entry = |at: usize| {
            let mut values: Vec<f32> = order.iter().map(|(_, pattern)| pattern[at]).collect();
            values.sort_by(f32::total_cmp);
            let middle = values.len() / 2;
            match values.len() % 2 {
                1 => values[middle],
                _ => (values[middle - 1] + values[middle]) / 2.0,
            }
        };
        (0..self.dim).map(entry).collect()
    }
}

impl AssociativeMemory for Median {
    fn name(&self) -> &'static str {
        "median"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        check::batch("patterns", &patterns, self.dim)?;
        let values = check::to_host(patterns)?;
        self.patterns
            .extend(values.chunks_exact(self.dim).map(<[f32]>::to_vec));
        Ok(())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", &cues, self.dim)?;
        let device = cues.device();
        let cues = check::to_host(cues)?;
        let answers = cues.chunks_exact(self.dim).flat_map(|cue| self.answer(cue));
        let state = check::from_host("answers", answers.collect(), self.dim, &device)?;
        Ok(Recall::single_pass(state))
    }

    fn len(&self) -> usize {
        self.patterns.len()
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let device = Device::default();
        check::from_host("patterns", self.patterns.concat(), self.dim, &device)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }
}

impl Forget for Median {
    fn clear(&mut self) {
        self.patterns.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        if index >= self.len() {
            return Err(Error::Index {
                what: "patterns",
                len: self.len(),
                index,
            });
        }
        self.patterns.remove(index);
        Ok(())
    }
}
