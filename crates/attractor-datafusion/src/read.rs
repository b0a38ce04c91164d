//! `attractor_read`: the softmax-weighted mean of a column of patterns, and how well they explain the cue.

use std::sync::Arc;

use attractor_core::Backend;
use attractor_core::burn::tensor::{Tensor, TensorData};
use attractor_core::check::to_host;
use attractor_core::kernel::{PatternStore, read};
use datafusion::arrow::array::{
    ArrayRef, Float32Array, Float64Array, ListArray, StructArray, UInt64Array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result as Outcome, ScalarValue};
use datafusion::logical_expr::function::{
    AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs,
};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use crate::arguments::{Question, Shape, are_several, evaluated};
use crate::pattern::{Patterns, READABLE, readable};
use crate::state::{Arrived, doubles, fields, list, list_type};
use crate::{Error, Result};

pub(crate) const SHAPE: Shape = Shape {
    function: "attractor_read",
    arguments: "pattern, cue, score, parameter, [format]",
    pattern: 0,
    cue: 1,
    score: 2,
};

/// The aggregate `attractor_read`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AttractorRead {
    signature: Signature,
}

impl AttractorRead {
    pub(crate) fn new() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for AttractorRead {
    fn name(&self) -> &str {
        SHAPE.function
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Outcome<Vec<DataType>> {
        SHAPE.check(types.len())?;
        let mut types = types.to_vec();
        let pattern = SHAPE.pattern;
        types[pattern] = readable(&types[pattern])
            .ok_or_else(|| Error::argument(SHAPE.function, "pattern", READABLE, &types[pattern]))?;
        SHAPE.coerce(&mut types)?;
        Ok(types)
    }

    fn return_type(&self, types: &[DataType]) -> Outcome<DataType> {
        SHAPE.check(types.len())?;
        let one = DataType::Struct(answer());
        Ok(match are_several(&types[SHAPE.cue]) {
            true => list_type(one),
            false => one,
        })
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Outcome<Vec<FieldRef>> {
        let numbers = || list_type(DataType::Float64);
        let [max, sum, weighted, count] = STATE;
        let types = [numbers(), numbers(), numbers(), DataType::UInt64];
        let [a, b, c, d] = types;
        Ok(fields(
            &args,
            [(max, a), (sum, b), (weighted, c), (count, d)],
        ))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Outcome<Box<dyn Accumulator>> {
        let question = SHAPE.question(args.exprs.len(), &|at| {
            args.exprs.get(at).and_then(evaluated)
        })?;
        question
            .reader
            .check(args.expr_fields[SHAPE.pattern].data_type())?;
        Ok(Box::new(Reading::new(question)))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        Some(Box::new(|call, context| {
            SHAPE.planned(call, context, &|count, constant| {
                Ok(SHAPE.question(count, constant)?.reader)
            })
        }))
    }
}

const STATE: [&str; 4] = ["max", "sum", "weighted", "patterns"];

/// What one cue is answered.
fn answer() -> Fields {
    Fields::from(vec![
        Field::new("answer", list_type(DataType::Float32), true),
        Field::new("log_evidence", DataType::Float64, true),
        Field::new("best_score", DataType::Float64, true),
        Field::new("patterns", DataType::UInt64, true),
    ])
}

/// A read that is not finished: for each cue the largest score m, `sum_k exp(s_k - m)` and
/// `sum_k exp(s_k - m) v_k`, in double precision. The kernel gives the same of each batch in single precision; joining
/// thousands of those there would round thousands of times.
#[derive(Debug)]
struct Reading {
    question: Question,
    max: Vec<f64>,
    sum: Vec<f64>,
    weighted: Vec<f64>,
    patterns: u64,
}

impl Reading {
    fn new(question: Question) -> Self {
        let (rows, dim) = (question.rows, question.reader.dim);
        Self {
            max: vec![0.0; rows],
            sum: vec![0.0; rows],
            weighted: vec![0.0; rows * dim],
            patterns: 0,
            question,
        }
    }

    /// Joins what is known of other patterns: `max` and `sum` of each cue, `weighted` of each entry.
    fn join(
        &mut self,
        (max, sum, weighted): (
            impl Fn(usize) -> f64,
            impl Fn(usize) -> f64,
            impl Fn(usize) -> f64,
        ),
        patterns: u64,
    ) {
        let dim = self.question.reader.dim;
        for row in 0..self.question.rows {
            // What holds nothing has no largest score.
            let largest = match self.patterns {
                0 => max(row),
                _ => self.max[row].max(max(row)),
            };
            let ours = match self.patterns {
                0 => 0.0,
                _ => (self.max[row] - largest).exp(),
            };
            let theirs = (max(row) - largest).exp();
            self.max[row] = largest;
            self.sum[row] = self.sum[row] * ours + sum(row) * theirs;
            for at in row * dim..(row + 1) * dim {
                self.weighted[at] = self.weighted[at] * ours + weighted(at) * theirs;
            }
        }
        self.patterns += patterns;
    }
}

impl Accumulator for Reading {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Outcome<()> {
        let Patterns { values, rows } = self.question.reader.read(&columns[SHAPE.pattern])?;
        if rows.is_empty() {
            return Ok(());
        }
        let (store, cues) = self.question.asked(values, rows.len())?;
        let partial = read(&store, cues, self.question.score).map_err(Error::from)?;
        let max = to_host(partial.max).map_err(Error::from)?;
        let sum = to_host(partial.sum).map_err(Error::from)?;
        let weighted = to_host(partial.weighted).map_err(Error::from)?;
        let double = |numbers: Vec<f32>| move |at: usize| f64::from(numbers[at]);
        let parts = (double(max), double(sum), double(weighted));
        self.join(parts, rows.len() as u64);
        Ok(())
    }

    fn state(&mut self) -> Outcome<Vec<ScalarValue>> {
        Ok(vec![
            doubles(self.max.clone()),
            doubles(self.sum.clone()),
            doubles(self.weighted.clone()),
            ScalarValue::UInt64(Some(self.patterns)),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Outcome<()> {
        let arrived = Arrived::new(SHAPE.function, &STATE, states)?;
        let (rows, dim) = (self.question.rows, self.question.reader.dim);
        for row in 0..arrived.rows() {
            let patterns = arrived.count(3, row)?;
            let max = arrived.doubles(0, row, rows)?;
            let sum = arrived.doubles(1, row, rows)?;
            let weighted = arrived.doubles(2, row, rows * dim)?;
            if patterns > 0 {
                let parts = (
                    |at| max.value(at),
                    |at| sum.value(at),
                    |at| weighted.value(at),
                );
                self.join(parts, patterns);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Outcome<ScalarValue> {
        let (rows, dim) = (self.question.rows, self.question.reader.dim);
        if self.patterns == 0 {
            let one = DataType::Struct(answer());
            return ScalarValue::try_from(&match self.question.several {
                true => list_type(one),
                false => one,
            });
        }
        let answers = (0..rows * dim).map(|at| (self.weighted[at] / self.sum[at / dim]) as f32);
        let evidence = (0..rows).map(|row| self.max[row] + self.sum[row].ln());
        let lists = ListArray::new(
            Arc::new(Field::new_list_field(DataType::Float32, true)),
            OffsetBuffer::from_repeated_length(dim, rows),
            Arc::new(Float32Array::from_iter_values(answers)),
            None,
        );
        let columns: Vec<ArrayRef> = vec![
            Arc::new(lists),
            Arc::new(Float64Array::from_iter_values(evidence)),
            Arc::new(Float64Array::from(self.max.clone())),
            Arc::new(UInt64Array::from(vec![self.patterns; rows])),
        ];
        let answers = Arc::new(StructArray::new(answer(), columns, None));
        Ok(match self.question.several {
            true => ScalarValue::List(Arc::new(list(answers))),
            false => ScalarValue::Struct(answers),
        })
    }

    fn size(&self) -> usize {
        let doubles = self.max.len() + self.sum.len() + self.weighted.len();
        size_of_val(self) + 8 * doubles + self.question.bytes()
    }
}

impl Question {
    /// The patterns of a batch and the cues, as the kernel takes them.
    ///
    /// # Errors
    /// [`Error::Core`] for entries that are not finite.
    pub(crate) fn asked(
        &self,
        values: Vec<f32>,
        patterns: usize,
    ) -> Result<(PatternStore, Tensor<2>)> {
        let device = Backend::Flex.open()?;
        let dim = self.reader.dim;
        let mut store = PatternStore::new(dim, &device)?;
        store.push(Tensor::from_data(
            TensorData::new(values, [patterns, dim]),
            &device,
        ))?;
        let cues = TensorData::new(self.cues.clone(), [self.rows, dim]);
        Ok((store, Tensor::from_data(cues, &device)))
    }

    /// Bytes beside the structure itself.
    pub(crate) fn bytes(&self) -> usize {
        self.cues.len() * 4
    }
}
