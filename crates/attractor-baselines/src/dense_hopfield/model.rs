use attractor_core::kernel::{PatternIds, Tags};
use attractor_core::{
    AssociativeMemory, Complete, Forget, Identification, Identify, Persist, Recall, Result, check,
    math, spans,
};
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
    pub(super) config: DenseHopfieldConfig,
    device: Device,
    table: Table,
    /// `columns[i][k]` is entry i of pattern k: what one unit's update reads in one go.
    pub(super) columns: Vec<Vec<i8>>,
    pub(super) ids: PatternIds,
}

/// Overlaps with the patterns, and what the votes of all units have in common.
#[derive(Debug, Default)]
pub(crate) struct Overlaps {
    values: Vec<i32>,
    pulls: Vec<f64>,
    leans: f64,
    size: f64,
}

impl DenseHopfield {
    pub(super) fn new(config: DenseHopfieldConfig, device: &Device) -> Self {
        Self {
            config,
            device: device.clone().without_autodiff(),
            table: Table::new(config.separation, config.rule, config.dim),
            columns: vec![Vec::new(); config.dim],
            ids: PatternIds::new(),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &DenseHopfieldConfig {
        &self.config
    }

    /// Overlaps after unit `i` has become `value`.
    fn turn(&self, fields: &mut Overlaps, i: usize, value: i8) {
        let change = 2 * i32::from(value);
        for (overlap, &entry) in fields.values.iter_mut().zip(&self.columns[i]) {
            *overlap += change * i32::from(entry);
        }
    }

    /// Brings the common part of the votes up to date with the overlaps.
    fn refresh(&self, fields: &mut Overlaps) {
        let Overlaps { values, pulls, .. } = fields;
        (fields.leans, fields.size) = self.table.parts(values, self.config.dim, pulls);
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
        let mut fields = Overlaps {
            values,
            ..Overlaps::default()
        };
        self.refresh(&mut fields);
        fields
    }

    fn preference(&self, fields: &Overlaps, state: &[i8], i: usize) -> f64 {
        let own = f64::from(state[i]);
        let vote = math::dot_signs(&self.columns[i], &fields.pulls) + own * fields.leans;
        match vote.abs() > TIE * fields.size {
            true => vote,
            false => 0.0,
        }
    }

    fn flipped(&self, fields: &mut Overlaps, i: usize, value: i8) {
        self.turn(fields, i, value);
        self.refresh(fields);
    }

    fn all_flipped(&self, fields: &mut Overlaps, state: &[i8], flips: &[usize]) {
        for &i in flips {
            self.turn(fields, i, state[i]);
        }
        self.refresh(fields);
    }

    fn energy(&self, fields: &Overlaps, _: &[i8]) -> f64 {
        self.table.energy(&fields.values, self.config.dim)
    }
}

impl AssociativeMemory for DenseHopfield {
    fn name(&self) -> &'static str {
        "dense-hopfield"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        self.write_as(patterns, &Tags::default())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        binary::recall(self, &self.config.schedule, cues, None, &self.device)
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

impl Forget for DenseHopfield {
    fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
        self.ids.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        binary::stored_index(index, self.len())?;
        self.ids.remove(index)?;
        for column in &mut self.columns {
            column.remove(index);
        }
        Ok(())
    }

    fn remove_id(&mut self, id: u64) -> Result<()> {
        self.remove(self.ids.index_of(id)?)
    }
}

impl Identify for DenseHopfield {
    fn pattern_ids(&self) -> Result<&PatternIds> {
        Ok(&self.ids)
    }

    /// By overlap.
    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        let parts = (&self.ids, self.config.dim, &self.device);
        binary::nearest(cues, parts, k, |cue| self.fields(cue).values)
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let dim = self.config.dim;
        let patterns = input::accept("patterns", patterns, dim, &self.device)?;
        let signs = binary::signs("patterns", &check::to_host(patterns)?)?;
        self.ids.push(signs.len() / dim, tags)?;
        for (i, column) in self.columns.iter_mut().enumerate() {
            column.extend(signs.iter().skip(i).step_by(dim));
        }
        Ok(())
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.ids.set_label(id, label)
    }
}

impl Complete for DenseHopfield {
    /// Known entries are held; the others start as the cue has them.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        binary::recall(self, &self.config.schedule, cues, Some(known), &self.device)
    }
}
