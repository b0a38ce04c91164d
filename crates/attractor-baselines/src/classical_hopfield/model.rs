use attractor_core::kernel::{PatternIds, Tags};
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Identification, Identify, Persist, Recall, Result,
    check, spans,
};
use burn::tensor::{Device, Tensor, TensorData};

use super::{ClassicalHopfieldConfig, LearningRule, rules};
use crate::binary::{self, Dynamics};
use crate::input;

/// Fields this small against the largest possible one are ties: below it, rounding decides.
const TIE: f64 = 1e-12;

/// Hopfield network of +1 and -1. See the [module](super).
#[derive(Debug, Clone)]
pub struct ClassicalHopfield {
    pub(super) config: ClassicalHopfieldConfig,
    pub(super) device: Device,
    /// Row-major `[n, dim]`.
    pub(super) patterns: Vec<i8>,
    pub(super) ids: PatternIds,
    /// Row-major `[dim, dim]`; of Hebb's rule D times the weights, in whole numbers.
    weights: Vec<f64>,
    /// What is added to the fields, in the units of `weights`; empty for none.
    pub(super) biases: Vec<f64>,
    tie: f64,
}

impl ClassicalHopfield {
    pub(super) fn new(config: ClassicalHopfieldConfig, device: &Device) -> Self {
        Self {
            config,
            device: device.clone().without_autodiff(),
            patterns: Vec::new(),
            ids: PatternIds::new(),
            weights: vec![0.0; config.dim * config.dim],
            biases: Vec::new(),
            tie: 0.0,
        }
    }

    /// The configuration.
    pub fn config(&self) -> &ClassicalHopfieldConfig {
        &self.config
    }

    /// The weights W `[dim, dim]`.
    pub fn weights(&self) -> Tensor<2> {
        let scale = self.scale();
        let values: Vec<f32> = self.weights.iter().map(|w| (w * scale) as f32).collect();
        let dim = self.config.dim;
        Tensor::from_data(TensorData::new(values, [dim, dim]), &self.device)
    }

    /// The same memory with a bias theta for each unit, in units of the weights W: unit i prefers the
    /// sign of `sum_j W_ij s_j + theta_i`, and the energy falls by `sum_i theta_i s_i`.
    ///
    /// # Errors
    /// [`Error::Width`] unless there is one for each unit; NaN or infinity.
    pub fn with_biases(mut self, biases: &[f32]) -> Result<Self> {
        let dim = self.config.dim;
        if biases.len() != dim {
            return Err(Error::Width {
                what: "biases",
                expected: dim,
                rows: 1,
                found: biases.len(),
            });
        }
        check::finite("biases", biases, dim)?;
        let scale = self.scale();
        self.biases = biases.iter().map(|&bias| f64::from(bias) / scale).collect();
        self.settle();
        Ok(self)
    }

    fn scale(&self) -> f64 {
        match self.config.rule {
            LearningRule::Hebb => 1.0 / self.config.dim as f64,
            _ => 1.0,
        }
    }

    /// Weights of everything stored, from scratch.
    pub(super) fn relearn(&mut self) -> Result<()> {
        let dim = self.config.dim;
        self.weights.fill(0.0);
        match self.config.rule {
            LearningRule::PseudoInverse if self.patterns.is_empty() => {}
            LearningRule::PseudoInverse => {
                self.weights = rules::projection(&self.patterns, dim, self.config.keep_diagonal)?;
            }
            _ => {
                let patterns = std::mem::take(&mut self.patterns);
                self.learn(&patterns);
                self.patterns = patterns;
            }
        }
        self.settle();
        Ok(())
    }

    /// More patterns `[n, dim]` by a local rule.
    fn learn(&mut self, patterns: &[i8]) {
        let dim = self.config.dim;
        match self.config.rule {
            LearningRule::Hebb => rules::hebb(&mut self.weights, patterns, dim, 1.0),
            _ => patterns
                .chunks_exact(dim)
                .for_each(|pattern| rules::storkey(&mut self.weights, pattern)),
        }
    }

    fn settle(&mut self) {
        let reach = |row: &[f64]| row.iter().map(|w| w.abs()).sum::<f64>();
        let rows = self.weights.chunks_exact(self.config.dim);
        let bias = self
            .biases
            .iter()
            .map(|bias| bias.abs())
            .fold(0.0, f64::max);
        self.tie = TIE * (rows.map(reach).fold(0.0, f64::max) + bias);
    }
}

impl Dynamics for ClassicalHopfield {
    /// `W s`.
    type Fields = Vec<f64>;

    /// The weights of 1000 units pass from memory once for so many cues.
    const TOGETHER: usize = 16;

    fn fields(&self, state: &[i8]) -> Vec<f64> {
        let mut fields = rules::fields(&self.weights, state);
        for (field, bias) in fields.iter_mut().zip(&self.biases) {
            *field += bias;
        }
        fields
    }

    fn fields_of(&self, states: &[i8], dim: usize) -> Vec<Vec<f64>> {
        let mut all = rules::fields_of(&self.weights, states, dim);
        for fields in &mut all {
            for (field, bias) in fields.iter_mut().zip(&self.biases) {
                *field += bias;
            }
        }
        all
    }

    fn preference(&self, fields: &Vec<f64>, _: &[i8], i: usize) -> f64 {
        match fields[i].abs() > self.tie {
            true => fields[i],
            false => 0.0,
        }
    }

    fn flipped(&self, fields: &mut Vec<f64>, i: usize, value: i8) {
        let dim = self.config.dim;
        let change = 2.0 * f64::from(value);
        // Row i is column i.
        for (field, weight) in fields.iter_mut().zip(&self.weights[i * dim..(i + 1) * dim]) {
            *field += change * weight;
        }
    }

    fn all_flipped(&self, fields: &mut Vec<f64>, state: &[i8], flips: &[usize]) {
        // A flip reads one row of the weights, and writes the fields besides.
        if 2 * flips.len() > state.len() {
            *fields = self.fields(state);
            return;
        }
        for &i in flips {
            self.flipped(fields, i, state[i]);
        }
    }

    fn energy(&self, fields: &Vec<f64>, state: &[i8]) -> f64 {
        let dim = self.config.dim;
        let all: f64 = fields
            .iter()
            .zip(state)
            .map(|(h, &s)| h * f64::from(s))
            .sum();
        let own: f64 = (0..dim).map(|i| self.weights[i * dim + i]).sum();
        // Half of the biases is in the fields.
        let pairs = self.biases.iter().zip(state);
        let biased: f64 = pairs.map(|(bias, &s)| bias * f64::from(s)).sum();
        -0.5 * (all - own + biased) * self.scale()
    }
}

impl AssociativeMemory for ClassicalHopfield {
    fn name(&self) -> &'static str {
        "classical-hopfield"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        self.write_as(patterns, &Tags::default())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        binary::recall(self, &self.config.schedule, cues, None, &self.device)
    }

    fn len(&self) -> usize {
        self.patterns.len() / self.config.dim
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        binary::stored(&self.patterns, self.config.dim, &self.device)
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_identify(&self) -> Option<&dyn Identify> {
        Some(self)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Forget for ClassicalHopfield {
    fn clear(&mut self) {
        self.patterns.clear();
        self.ids.clear();
        self.weights.fill(0.0);
        self.settle();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        let dim = self.config.dim;
        binary::stored_index(index, self.len())?;
        self.ids.remove(index)?;
        let gone: Vec<i8> = self
            .patterns
            .drain(index * dim..(index + 1) * dim)
            .collect();
        match self.config.rule {
            LearningRule::Hebb => rules::hebb(&mut self.weights, &gone, dim, -1.0),
            _ => return self.relearn(),
        }
        self.settle();
        Ok(())
    }

    fn remove_id(&mut self, id: u64) -> Result<()> {
        self.remove(self.ids.index_of(id)?)
    }
}

impl Identify for ClassicalHopfield {
    fn pattern_ids(&self) -> Result<&PatternIds> {
        Ok(&self.ids)
    }

    /// By overlap.
    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        let parts = (&self.ids, self.config.dim, &self.device);
        binary::nearest(cues, parts, k, |cue| {
            let patterns = self.patterns.chunks_exact(cue.len());
            let product = |pattern: &[i8]| {
                let pairs = pattern.iter().zip(cue);
                pairs.map(|(&m, &s)| i32::from(m * s)).sum()
            };
            patterns.map(product).collect()
        })
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let dim = self.config.dim;
        let patterns = input::accept("patterns", patterns, dim, &self.device)?;
        let signs = binary::signs("patterns", &check::to_host(patterns)?)?;
        self.ids.push(signs.len() / dim, tags)?;
        self.patterns.extend_from_slice(&signs);
        if self.config.rule == LearningRule::PseudoInverse {
            return self.relearn();
        }
        self.learn(&signs);
        self.settle();
        Ok(())
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.ids.set_label(id, label)
    }
}

impl Complete for ClassicalHopfield {
    /// Known entries are held; the others start as the cue has them.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        binary::recall(self, &self.config.schedule, cues, Some(known), &self.device)
    }
}
