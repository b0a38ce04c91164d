//! States and answers as values of Arrow: lists of one element, and what is in them.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray, UInt64Array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, UInt64Type};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::function::StateFieldsArgs;
use datafusion::logical_expr::utils::format_state_name;

use crate::{Error, Result};

/// The type of a list.
pub(crate) fn list_type(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// One list, of these items.
pub(crate) fn list(items: ArrayRef) -> ListArray {
    let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths([items.len()]);
    ListArray::new(field, offsets, items, None)
}

/// One list of doubles as a value.
pub(crate) fn doubles(items: Vec<f64>) -> ScalarValue {
    ScalarValue::List(Arc::new(list(Arc::new(Float64Array::from(items)))))
}

/// The columns of a state.
pub(crate) fn fields<const N: usize>(
    args: &StateFieldsArgs<'_>,
    columns: [(&'static str, DataType); N],
) -> Vec<FieldRef> {
    let field = |(name, of): (&'static str, DataType)| {
        Arc::new(Field::new(format_state_name(args.name, name), of, true))
    };
    columns.into_iter().map(field).collect()
}

/// The states that arrive in a batch, column by column.
pub(crate) struct Arrived<'a> {
    function: &'static str,
    names: &'static [&'static str],
    columns: &'a [ArrayRef],
}

impl<'a> Arrived<'a> {
    /// # Errors
    /// [`Error::State`] if there are other columns than those.
    pub(crate) fn new(
        function: &'static str,
        names: &'static [&'static str],
        columns: &'a [ArrayRef],
    ) -> Result<Self> {
        match columns.len() == names.len() {
            true => Ok(Self {
                function,
                names,
                columns,
            }),
            false => Err(Error::State {
                function,
                field: "all",
                expected: format!("{} columns", names.len()),
                found: columns.len().to_string(),
            }),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }

    /// The number in a row of a column.
    pub(crate) fn count(&self, column: usize, row: usize) -> Result<u64> {
        let numbers: Option<&UInt64Array> = self.columns[column].as_primitive_opt::<UInt64Type>();
        let numbers = numbers.filter(|numbers| numbers.is_valid(row));
        let found = || self.columns[column].data_type().to_string();
        let numbers = numbers.ok_or_else(|| self.fail(column, "a count", found()))?;
        Ok(numbers.value(row))
    }

    /// The list in a row of a column.
    pub(crate) fn items(&self, column: usize, row: usize) -> Result<ArrayRef> {
        let lists = self.columns[column].as_list_opt::<i32>();
        let lists = lists.filter(|lists| lists.is_valid(row));
        let found = || self.columns[column].data_type().to_string();
        let lists = lists.ok_or_else(|| self.fail(column, "a list", found()))?;
        Ok(lists.value(row))
    }

    /// The doubles in a row of a column.
    pub(crate) fn doubles(&self, column: usize, row: usize, count: usize) -> Result<Float64Array> {
        let items = self.items(column, row)?;
        let numbers = items.as_primitive_opt::<Float64Type>();
        let numbers = numbers.filter(|numbers| numbers.len() == count && numbers.null_count() == 0);
        let expected = || format!("{count} doubles");
        let found = || format!("{} of {}", items.len(), items.data_type());
        let numbers = numbers.ok_or_else(|| self.fail(column, &expected(), found()))?;
        Ok(numbers.clone())
    }

    pub(crate) fn fail(&self, column: usize, expected: &str, found: String) -> Error {
        Error::State {
            function: self.function,
            field: self.names[column],
            expected: expected.into(),
            found,
        }
    }
}
