//! `attractor_top_k`: the best patterns of a column by their ids, with probabilities.

use std::cmp::Ordering;
use std::sync::Arc;

use attractor_core::kernel::top;
use datafusion::arrow::array::{
    Array, ArrayRef, Float64Array, ListArray, StructArray, new_empty_array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::kernels::cmp::lt_eq;
use datafusion::arrow::compute::{sort_to_indices, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result as Outcome, ScalarValue};
use datafusion::logical_expr::function::{
    AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs,
};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use crate::arguments::{Constants, Question, Shape, are_several, evaluated};
use crate::pattern::{READABLE, readable};
use crate::state::{Arrived, doubles, fields, list, list_type};
use crate::{Error, Result};

pub(crate) const SHAPE: Shape = Shape {
    function: "attractor_top_k",
    arguments: "id, pattern, cue, k, score, parameter, [format]",
    pattern: PATTERN,
    cue: 2,
    score: 4,
};
const ID: usize = 0;
const PATTERN: usize = 1;
const K: usize = 3;

/// The aggregate `attractor_top_k`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AttractorTopK {
    signature: Signature,
}

impl AttractorTopK {
    pub(crate) fn new() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

/// The question, and how many patterns are kept.
fn asked(count: usize, constant: Constants<'_>) -> Result<(Question, usize)> {
    let question = SHAPE.question(count, constant)?;
    let k = match SHAPE.constant("k", K, constant)? {
        ScalarValue::Int64(Some(k)) if k > 0 => usize::try_from(k).ok(),
        _ => None,
    };
    let fail = || {
        let found = constant(K).map_or_else(String::new, |value| value.to_string());
        Error::argument(SHAPE.function, "k", "an integer of at least 1", found)
    };
    Ok((question, k.ok_or_else(fail)?))
}

/// The type that ids are compared and kept in.
fn id_type(found: &DataType) -> Result<DataType> {
    match found {
        found if found.is_integer() => Ok(found.clone()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(DataType::Utf8),
        DataType::Dictionary(_, value) => id_type(value),
        other => {
            let expected = "a column of integers or of text";
            Err(Error::argument(SHAPE.function, "id", expected, other))
        }
    }
}

impl AggregateUDFImpl for AttractorTopK {
    fn name(&self) -> &str {
        SHAPE.function
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Outcome<Vec<DataType>> {
        SHAPE.check(types.len())?;
        let mut types = types.to_vec();
        types[ID] = id_type(&types[ID])?;
        types[PATTERN] = readable(&types[PATTERN])
            .ok_or_else(|| Error::argument(SHAPE.function, "pattern", READABLE, &types[PATTERN]))?;
        if !types[K].is_integer() && types[K] != DataType::Null {
            let expected = "an integer of at least 1";
            return Err(Error::argument(SHAPE.function, "k", expected, &types[K]).into());
        }
        types[K] = DataType::Int64;
        SHAPE.coerce(&mut types)?;
        Ok(types)
    }

    fn return_type(&self, types: &[DataType]) -> Outcome<DataType> {
        SHAPE.check(types.len())?;
        let one = list_type(DataType::Struct(ranked(&types[ID])));
        Ok(match are_several(&types[SHAPE.cue]) {
            true => list_type(one),
            false => one,
        })
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Outcome<Vec<FieldRef>> {
        let [ids, scores, sums, count] = STATE;
        let id = id_type(args.input_fields[ID].data_type())?;
        let numbers = || list_type(DataType::Float64);
        let columns = [
            (ids, list_type(id)),
            (scores, numbers()),
            (sums, numbers()),
            (count, DataType::UInt64),
        ];
        Ok(fields(&args, columns))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Outcome<Box<dyn Accumulator>> {
        let (question, k) = asked(args.exprs.len(), &|at| {
            args.exprs.get(at).and_then(evaluated)
        })?;
        question
            .reader
            .check(args.expr_fields[PATTERN].data_type())?;
        Ok(Box::new(Search {
            found: vec![Found::default(); question.rows],
            question,
            k,
            id: id_type(args.expr_fields[ID].data_type())?,
            patterns: 0,
        }))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        Some(Box::new(|call, context| {
            SHAPE.planned(call, context, &|count, constant| {
                Ok(asked(count, constant)?.0.reader)
            })
        }))
    }
}

const STATE: [&str; 4] = ["ids", "scores", "sums", "patterns"];

/// A pattern as the answer to a cue.
fn ranked(id: &DataType) -> Fields {
    Fields::from(vec![
        Field::new("id", id.clone(), true),
        Field::new("score", DataType::Float64, true),
        Field::new("probability", DataType::Float64, true),
    ])
}

/// The best patterns of one cue.
#[derive(Debug, Clone, Default)]
struct Found {
    /// Ids and scores, the best first, of equal scores the smaller id.
    best: Vec<(ScalarValue, f64)>,
    /// Weights of all patterns, kept or not, relative to the best score: `sum_j exp(s_j - s_best)`.
    sum: f64,
}

impl Found {
    fn join(&mut self, other: Self, most: usize) {
        let (Some((_, ours)), Some((_, theirs))) = (self.best.first(), other.best.first()) else {
            if self.best.is_empty() {
                *self = other;
            }
            return;
        };
        let top = ours.max(*theirs);
        self.sum = self.sum * (ours - top).exp() + other.sum * (theirs - top).exp();
        self.best.extend(other.best);
        self.best.sort_by(|(id, score), (other_id, other_score)| {
            let ids = || id.partial_cmp(other_id).unwrap_or(Ordering::Equal);
            other_score.total_cmp(score).then_with(ids)
        });
        self.best.truncate(most);
    }
}

/// A search that is not finished.
#[derive(Debug)]
struct Search {
    question: Question,
    k: usize,
    id: DataType,
    /// For each cue.
    found: Vec<Found>,
    patterns: u64,
}

impl Search {
    fn join(&mut self, found: impl IntoIterator<Item = Found>, patterns: u64) {
        for (ours, theirs) in self.found.iter_mut().zip(found) {
            ours.join(theirs, self.k);
        }
        self.patterns += patterns;
    }
}

/// Rows in the order of their ids: of patterns that match equally well, the kernel keeps the first.
fn by_id(columns: &[ArrayRef]) -> Outcome<Vec<ArrayRef>> {
    let ids = &columns[ID];
    let rows = ids.len();
    let ascending = rows < 2
        || lt_eq(&ids.slice(0, rows - 1), &ids.slice(1, rows - 1))?.true_count() == rows - 1;
    if ascending {
        return Ok(vec![ids.clone(), columns[PATTERN].clone()]);
    }
    let order = sort_to_indices(ids, None, None)?;
    [ID, PATTERN]
        .iter()
        .map(|&at| Ok(take(&columns[at], &order, None)?))
        .collect()
}

impl Accumulator for Search {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Outcome<()> {
        let ordered = by_id(columns)?;
        let (ids, column) = (&ordered[ID], &ordered[PATTERN]);
        let patterns = self.question.reader.read(column)?;
        if patterns.rows.is_empty() {
            return Ok(());
        }
        if let Some(&row) = patterns.rows.iter().find(|&&row| ids.is_null(row)) {
            return Err(Error::Pattern {
                function: SHAPE.function,
                row,
                expected: "an id".into(),
                found: "NULL".into(),
            }
            .into());
        }
        let count = patterns.rows.len();
        let (store, cues) = self.question.asked(patterns.values, count)?;
        let top = top(&store, cues, self.question.score, self.k).map_err(Error::from)?;
        let found: Vec<Found> = top
            .rows()
            .map(|row| {
                // Of the best one the probability is 1 over the sum.
                let sum = row.first().map_or(0.0, |best| best.probability.recip());
                let id = |index: usize| ScalarValue::try_from_array(ids, patterns.rows[index]);
                let best = row
                    .iter()
                    .map(|ranked| Ok((id(ranked.index)?, ranked.score)));
                let best = best.collect::<Outcome<Vec<_>>>()?;
                Ok(Found { best, sum })
            })
            .collect::<Outcome<_>>()?;
        self.join(found, count as u64);
        Ok(())
    }

    fn state(&mut self) -> Outcome<Vec<ScalarValue>> {
        let best = || self.found.iter().flat_map(|found| &found.best);
        let scores = best().map(|(_, score)| *score).collect();
        let sums = self.found.iter().map(|found| found.sum).collect();
        let ids = self.ids(best().map(|(id, _)| id.clone()))?;
        Ok(vec![
            ScalarValue::List(Arc::new(list(ids))),
            doubles(scores),
            doubles(sums),
            ScalarValue::UInt64(Some(self.patterns)),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Outcome<()> {
        let arrived = Arrived::new(SHAPE.function, &STATE, states)?;
        let rows = self.question.rows;
        for row in 0..arrived.rows() {
            let patterns = arrived.count(3, row)?;
            if patterns == 0 {
                continue;
            }
            let ids = arrived.items(0, row)?;
            // As many for each cue.
            let kept = usize::try_from(patterns).map_or(self.k, |count| count.min(self.k));
            if ids.len() != rows * kept || ids.data_type() != &self.id {
                let expected = format!("{rows} x {kept} of {}", self.id);
                let found = format!("{} of {}", ids.len(), ids.data_type());
                return Err(arrived.fail(0, &expected, found).into());
            }
            let scores = arrived.doubles(1, row, rows * kept)?;
            let sums = arrived.doubles(2, row, rows)?;
            let found: Vec<Found> = (0..rows)
                .map(|cue| {
                    let id = |at| ScalarValue::try_from_array(&ids, at);
                    let best =
                        (cue * kept..(cue + 1) * kept).map(|at| Ok((id(at)?, scores.value(at))));
                    Ok(Found {
                        best: best.collect::<Outcome<_>>()?,
                        sum: sums.value(cue),
                    })
                })
                .collect::<Outcome<_>>()?;
            self.join(found, patterns);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Outcome<ScalarValue> {
        let one = list_type(DataType::Struct(ranked(&self.id)));
        if self.patterns == 0 {
            return ScalarValue::try_from(&match self.question.several {
                true => list_type(one),
                false => one,
            });
        }
        let best = || self.found.iter().flat_map(|found| &found.best);
        let probabilities = self.found.iter().flat_map(|found| {
            let top = found.best.first().map_or(0.0, |(_, score)| *score);
            let weight = move |score: f64| ((score - top).exp() / found.sum).min(1.0);
            found.best.iter().map(move |(_, score)| weight(*score))
        });
        let columns: Vec<ArrayRef> = vec![
            self.ids(best().map(|(id, _)| id.clone()))?,
            Arc::new(Float64Array::from_iter_values(
                best().map(|(_, score)| *score),
            )),
            Arc::new(Float64Array::from_iter_values(probabilities)),
        ];
        let answers: ArrayRef = Arc::new(StructArray::new(ranked(&self.id), columns, None));
        if !self.question.several {
            return Ok(ScalarValue::List(Arc::new(list(answers))));
        }
        let lists = ListArray::new(
            Arc::new(Field::new_list_field(answers.data_type().clone(), true)),
            OffsetBuffer::from_lengths(self.found.iter().map(|found| found.best.len())),
            answers,
            None,
        );
        Ok(ScalarValue::List(Arc::new(list(Arc::new(lists)))))
    }

    fn size(&self) -> usize {
        let best = self.found.iter().flat_map(|found| &found.best);
        let best: usize = best.map(|(id, _)| id.size() + 8).sum();
        size_of_val(self) + best + self.found.len() * size_of::<Found>() + self.question.bytes()
    }
}

impl Search {
    /// Ids as an array, which may be empty.
    fn ids(&self, ids: impl Iterator<Item = ScalarValue>) -> Outcome<ArrayRef> {
        let ids: Vec<ScalarValue> = ids.collect();
        match ids.is_empty() {
            true => Ok(new_empty_array(&self.id)),
            false => ScalarValue::iter_to_array(ids),
        }
    }
}
