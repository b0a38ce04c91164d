//! The SQL of `docs/distributed.md` runs, and says what the page says.

mod common;

use std::sync::Arc;

use attractor_datafusion::register;
use common::Memory;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Schema};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;

/// The fenced blocks of a language on a page.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let parts = page.split(&fence).skip(1);
    parts
        .filter_map(|part| part.split("\n```").next())
        .collect()
}

fn context() -> SessionContext {
    let memory = Memory::random(11, 40, 4);
    let batch = memory.batch(0..40, &[]);
    let day = |at: usize| format!("202{}-06-01", 3 + at % 2);
    let days: ArrayRef = Arc::new(StringArray::from_iter_values((0..40).map(day)));
    let mut fields = batch.schema().fields().to_vec();
    fields.push(Arc::new(Field::new("taken", DataType::Utf8, false)));
    let columns = [batch.columns(), &[days]].concat();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
    let context = SessionContext::new();
    register(&context);
    context.register_table("memory", Arc::new(table)).unwrap();
    context
}

#[tokio::test]
async fn the_page_runs() {
    let page = include_str!("../../../docs/distributed.md");
    let queries = blocks(page, "sql");
    assert_eq!(queries.len(), 4);
    let mut answers = Vec::new();
    for sql in &queries {
        let frame = context()
            .sql(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        let batches = frame
            .collect()
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        let schema = batches[0].schema();
        answers.push(datafusion::arrow::compute::concat_batches(&schema, &batches).unwrap());
    }
    let [by_label, best, labels, cues] = answers.as_slice() else {
        unreachable!("there are four");
    };
    // Labels a, b, c and none in turn: b and none have the odd rows, which are of the second year.
    assert_eq!(by_label.num_rows(), 2);
    assert_eq!(best.num_rows(), 5);
    let probabilities = best.column(1).as_primitive::<Float64Type>().values();
    assert!(probabilities.is_sorted_by(|a, b| a >= b));
    assert_eq!(labels.num_rows(), 4);
    let total: f64 = labels
        .column(1)
        .as_primitive::<Float64Type>()
        .values()
        .iter()
        .sum();
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    for column in cues.columns() {
        assert_eq!(column.as_list::<i32>().value(0).len(), 4);
    }
}
