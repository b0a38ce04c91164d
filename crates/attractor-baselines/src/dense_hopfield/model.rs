use attractor_core::{AssociativeMemory, Complete, Error, Forget, Recall, Result, check};
use burn::tensor::{Device, Tensor};

use super::DenseHopfieldConfig;
use super::separation::Table;
use crate::binary::{self, Dynamics};
use crate::input;

/// Votes this small against what was summed are ties: below it, rounding decides.
const TIE: f64 = 4.0 * f64::EPSILON;

/// Dense associative memory of +1 and -1. See the [module](super).
#[derive(Debug, Clone)]
pub struct DenseHopfield {
    config: DenseHopfieldConfig,
    device: Device,
    table: Table,
    /// `columns[i][k]` is entry i of pattern k: what one unit's update reads in one go.
    columns: Vec<Vec<i8>>,
}

/// Overlaps with the patterns and the largest of them.
pub(crate) struct Overlaps {
    values: Vec<i32>,
    top: i32,
}

impl Overlaps {
    fn new(values: Vec<i32>) -> Self {
        let top = values.iter().copied().max().unwrap_or(0);
        Self { values, top }
    }
}

impl DenseHopfield {
    pub(super) fn new(config: DenseHopfieldConfig, device: &Device) -> Self {
        Self {
            config,
            device: device.clone().without_autodiff(),
            table: Table::new(config.separation, config.rule, config.dim),
            columns: vec![Vec::new(); config.dim],
        }
    }

    /// The configuration.
    pub fn config(&self) -> &DenseHopfieldConfig {
        &self.config
    }
}

impl Dynamics for DenseHopfield {
    type Fields = Overlaps;

    fn fields(&self, state: &[i8]) -> Overlaps {
        let mut values = vec![0; self.len()];
        for (column, &own) in self.columns.iter().zip(state) {
            for (value, &entry) in values.iter_mut().zip(column) {
                *value += i32::from(entry * own);
            }
        }
        Overlaps::new(values)
    }

    fn preference(&self, fields: &Overlaps, state: &[i8], i: usize) -> f64 {
        let at = (self.config.dim, fields.top);
        let (vote, size) = self
            .table
            .vote(&fields.values, &self.columns[i], state[i], at);
        match vote.abs() > TIE * size {
            true => vote,
            false => 0.0,
        }
    }

    fn flipped(&self, fields: &mut Overlaps, i: usize, value: i8) {
        let change = 2 * i32::from(value);
        let pairs = fields.values.iter_mut().zip(&self.columns[i]);
        fields.top = pairs.fold(i32::MIN, |top, (overlap, &entry)| {
            *overlap += change * i32::from(entry);
            top.max(*overlap)
        });
    }

    fn energy(&self, fields: &Overlaps, _: &[i8]) -> f64 {
        self.table.energy(&fields.values, self.config.dim)
    }
}

impl AssociativeMemory for DenseHopfield {
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let dim = self.config.dim;
        let patterns = input::accept("patterns", patterns, dim, &self.device)?;
        let signs = binary::signs("patterns", &check::to_host(patterns)?)?;
        for (i, column) in self.columns.iter_mut().enumerate() {
            column.extend(signs.iter().skip(i).step_by(dim));
        }
        Ok(())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let place = (self.len(), &self.device);
        check::shape("cues", &cues, self.config.dim)?;
        binary::recall(self, &self.config.schedule, cues, None, place)
    }

    fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        let (columns, rows) = (&self.columns, 0..self.len());
        let patterns: Vec<i8> = rows
            .flat_map(|k| columns.iter().map(move |column| column[k]))
            .collect();
        binary::stored(&patterns, self.config.dim, &self.device)
    }
}

impl Forget for DenseHopfield {
    fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        let len = self.len();
        if index >= len {
            return Err(Error::Index {
                what: "pattern",
                len,
                index,
            });
        }
        for column in &mut self.columns {
            column.remove(index);
        }
        Ok(())
    }
}

impl Complete for DenseHopfield {
    /// Known entries are held; the others start as the cue has them.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let place = (self.len(), &self.device);
        check::shape("cues", &cues, self.config.dim)?;
        binary::recall(self, &self.config.schedule, cues, Some(known), place)
    }
}
