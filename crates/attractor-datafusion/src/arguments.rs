//! What a call asks: cues, score, format, k, from the constants among its arguments.

use std::sync::Arc;

use attractor_core::kernel::Score;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, Schema};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{ColumnarValue, Expr};
use datafusion::physical_plan::PhysicalExpr;

use crate::pattern::{Format, Reader};
use crate::{Error, Result};

/// The values of those arguments that are constants.
pub(crate) type Constants<'a> = &'a dyn Fn(usize) -> Option<ScalarValue>;

/// The arguments of an aggregate, in order: names for messages, and how many there must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) function: &'static str,
    /// As in messages.
    pub(crate) arguments: &'static str,
    pub(crate) pattern: usize,
    pub(crate) cue: usize,
    /// Place of the score, behind which come its parameter and perhaps the format.
    pub(crate) score: usize,
}

impl Shape {
    /// # Errors
    /// [`Error::Arguments`] unless the number is right.
    pub(crate) fn check(&self, found: usize) -> Result<()> {
        match (self.score + 2..=self.score + 3).contains(&found) {
            true => Ok(()),
            false => Err(Error::Arguments {
                function: self.function,
                expected: self.arguments,
                found,
            }),
        }
    }

    /// The types of cue, score, parameter and format as they are read, put in their places.
    ///
    /// # Errors
    /// [`Error::Argument`] naming the one of another type.
    pub(crate) fn coerce(&self, types: &mut [DataType]) -> Result<()> {
        let (cue, score, parameter) = (self.cue, self.score, self.score + 1);
        types[cue] = cue_type(&types[cue])
            .ok_or_else(|| Error::argument(self.function, "cue", CUE, &types[cue]))?;
        types[score] = self.text("score", SCORES, &types[score])?;
        // NULL is what a parameter of a prepared statement has for a type; as a value it is refused later.
        if !types[parameter].is_numeric() && types[parameter] != DataType::Null {
            let found = &types[parameter];
            return Err(Error::argument(
                self.function,
                "parameter",
                "a number",
                found,
            ));
        }
        types[parameter] = DataType::Float64;
        if let Some(format) = types.get_mut(self.score + 2) {
            *format = self.text("format", Format::NAMES, format)?;
        }
        Ok(())
    }

    fn text(&self, argument: &'static str, expected: &str, found: &DataType) -> Result<DataType> {
        match found {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
                Ok(DataType::Utf8)
            }
            other => Err(Error::argument(self.function, argument, expected, other)),
        }
    }

    /// What the constants ask. `constant(at)` is the value of an argument, if it is a constant.
    ///
    /// # Errors
    /// [`Error::Argument`] naming the one that is not a constant or has no such value.
    pub(crate) fn question(&self, count: usize, constant: Constants<'_>) -> Result<Question> {
        self.check(count)?;
        let (cues, rows, several) = self.cues(&self.constant("cue", self.cue, constant)?)?;
        let score = self.score(
            &self.constant("score", self.score, constant)?,
            &self.constant("parameter", self.score + 1, constant)?,
        )?;
        let format = match count > self.score + 2 {
            false => None,
            true => {
                let value = self.constant("format", self.score + 2, constant)?;
                let name = value.try_as_str().flatten();
                let format = name.and_then(Format::of);
                let fail = || Error::argument(self.function, "format", Format::NAMES, &value);
                Some(format.ok_or_else(fail)?)
            }
        };
        let dim = cues.len() / rows;
        Ok(Question {
            cues,
            rows,
            several,
            score,
            reader: Reader {
                function: self.function,
                dim,
                format,
            },
        })
    }

    /// The value of an argument that must be one for all rows.
    pub(crate) fn constant(
        &self,
        argument: &'static str,
        at: usize,
        constant: Constants<'_>,
    ) -> Result<ScalarValue> {
        constant(at).ok_or_else(|| {
            let expected = "a constant, the same for all rows";
            Error::argument(self.function, argument, expected, "an expression over rows")
        })
    }

    fn score(&self, name: &ScalarValue, parameter: &ScalarValue) -> Result<Score> {
        let number = |what: &'static str| -> Result<f32> {
            let (value, found) = match parameter {
                ScalarValue::Float64(Some(value)) => (*value as f32, format!("{value:?}")),
                other => (f32::NAN, other.to_string()),
            };
            let expected = "a number of single precision greater than 0";
            match value.is_finite() && value > 0.0 {
                true => Ok(value),
                false => Err(Error::argument(self.function, what, expected, found)),
            }
        };
        match name.try_as_str().flatten() {
            Some("squared_distance") => Ok(Score::SquaredDistance {
                variance: number("variance")?,
            }),
            Some("dot") => Ok(Score::Dot {
                beta: number("beta")?,
            }),
            _ => Err(Error::argument(self.function, "score", SCORES, name)),
        }
    }

    /// The cues row by row, how many, and whether they were given as a list of them.
    fn cues(&self, value: &ScalarValue) -> Result<(Vec<f32>, usize, bool)> {
        let fail =
            |found: &dyn ToString| Error::argument(self.function, "cue", CUE, found.to_string());
        let value = match value {
            ScalarValue::Dictionary(_, value) => value,
            value => value,
        };
        let ScalarValue::List(list) = value else {
            return Err(fail(&value.data_type()));
        };
        if value.is_null() {
            return Err(fail(&"NULL"));
        }
        let entries = list.value(0);
        let several = matches!(entries.data_type(), DataType::List(_));
        let rows: Vec<ArrayRef> = match entries.as_list_opt::<i32>() {
            None => vec![entries],
            Some(_) if entries.null_count() > 0 => return Err(fail(&"NULL for a cue")),
            Some(rows) => (0..rows.len()).map(|row| rows.value(row)).collect(),
        };
        let dim = rows.first().map_or(0, |row| row.len());
        if dim == 0 {
            return Err(fail(&"no entries"));
        }
        let mut cues = Vec::with_capacity(rows.len() * dim);
        for row in &rows {
            if row.len() != dim {
                let found = format!("cues of {dim} and of {} entries", row.len());
                return Err(fail(&found));
            }
            let Some(numbers) = row.as_primitive_opt::<Float32Type>() else {
                return Err(fail(row.data_type()));
            };
            for (column, number) in numbers.iter().enumerate() {
                match number {
                    Some(number) if number.is_finite() => cues.push(number),
                    Some(number) => return Err(fail(&format!("{number:?} at entry {column}"))),
                    None => return Err(fail(&format!("NULL at entry {column}"))),
                }
            }
        }
        Ok((cues, rows.len(), several))
    }

    /// The call as it is run: checked where its constants are known, with the cue as a dictionary of one entry. An
    /// engine hands every argument over as a column: for each row a key, and not the whole cue again.
    ///
    /// # Errors
    /// As [`Shape::question`]; [`Error::Argument`] for `DISTINCT` and `ORDER BY`, which mean nothing here.
    pub(crate) fn planned(
        &self,
        mut call: AggregateFunction,
        context: &SimplifyContext,
        ask: &dyn Fn(usize, Constants<'_>) -> Result<Reader>,
    ) -> datafusion::common::Result<Expr> {
        if call.params.distinct {
            let expected = "every pattern that the rows hold";
            return Err(Error::argument(self.function, "pattern", expected, "DISTINCT").into());
        }
        if !call.params.order_by.is_empty() {
            let expected = "patterns in any order";
            return Err(Error::argument(self.function, "pattern", expected, "ORDER BY").into());
        }
        // Values of a prepared statement, which are not given yet.
        let arguments = &call.params.args;
        let is_open = |expression: &Expr| Ok(matches!(expression, Expr::Placeholder(_)));
        let mut open = false;
        for argument in arguments {
            open |= argument.exists(is_open)?;
        }
        if !open {
            let reader = ask(arguments.len(), &|at| match arguments.get(at) {
                Some(Expr::Literal(value, _)) => Some(value.clone()),
                _ => None,
            })?;
            reader.check(&context.get_data_type(&arguments[self.pattern])?)?;
        }
        if let Some(Expr::Literal(value, _)) = call.params.args.get_mut(self.cue)
            && let ScalarValue::List(_) = value
        {
            let list = Box::new(value.clone());
            *value = ScalarValue::Dictionary(Box::new(DataType::Int32), list);
        }
        Ok(Expr::AggregateFunction(call))
    }
}

const CUE: &str = "a list of numbers, or a list of such lists of one width";
const SCORES: &str = "'squared_distance' (and its variance) or 'dot' (and beta)";

/// A list of single precision, or a list of such lists.
fn cue_type(found: &DataType) -> Option<DataType> {
    let list = |item| DataType::List(Arc::new(Field::new_list_field(item, true)));
    let item = |found: &DataType| match found {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            Some(field.data_type().clone())
        }
        _ => None,
    };
    match found {
        DataType::Null => Some(list(DataType::Float32)),
        DataType::Dictionary(_, value) => cue_type(value).map(|_| found.clone()),
        found => {
            let inner = item(found)?;
            match item(&inner) {
                None => inner.is_numeric().then(|| list(DataType::Float32)),
                Some(inner) => inner.is_numeric().then(|| list(list(DataType::Float32))),
            }
        }
    }
}

/// Whether a cue of this type is a list of cues, whose answer is a list of answers.
pub(crate) fn are_several(cue: &DataType) -> bool {
    match cue {
        DataType::Dictionary(_, value) => are_several(value),
        DataType::List(field) => matches!(field.data_type(), DataType::List(_)),
        _ => false,
    }
}

/// The value of an argument of a physical plan, if it is a constant.
pub(crate) fn evaluated(argument: &Arc<dyn PhysicalExpr>) -> Option<ScalarValue> {
    let nothing = RecordBatch::new_empty(Arc::new(Schema::empty()));
    match argument.evaluate(&nothing) {
        Ok(ColumnarValue::Scalar(value)) => Some(value),
        _ => None,
    }
}

/// The cues of a call and how they are compared with patterns.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Row-major `[rows, d]`.
    pub(crate) cues: Vec<f32>,
    pub(crate) rows: usize,
    /// Whether the answer is a list, one for each cue.
    pub(crate) several: bool,
    pub(crate) score: Score,
    pub(crate) reader: Reader,
}
