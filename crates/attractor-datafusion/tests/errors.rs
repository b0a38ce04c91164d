//! What is wrong with a call is said when the query is planned, or, where only the rows show it, when they are read.

mod common;

use std::sync::Arc;

use attractor_datafusion::{Error, register};
use common::{Memory, schema};
use datafusion::common::DataFusionError;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;

fn context() -> SessionContext {
    let context = SessionContext::new();
    register(&context);
    let memory = Memory::random(5, 10, 2);
    let table = MemTable::try_new(schema(2), vec![vec![memory.batch(0..10, &[])]]);
    context
        .register_table("m", Arc::new(table.unwrap()))
        .unwrap();
    context
}

/// The error of planning a query, which is not run.
async fn planned(sql: &str) -> DataFusionError {
    let frame = match context().sql(sql).await {
        Ok(frame) => frame,
        Err(error) => return error,
    };
    match frame.create_physical_plan().await {
        Ok(_) => panic!("{sql} was planned"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn types_and_numbers_of_arguments() {
    for (call, expected) in [
        (
            "attractor_read(pattern, [1, 2])",
            "attractor_read: expected the arguments (pattern, cue, score, parameter, [format]), found 2 of them",
        ),
        (
            "attractor_read(label, [1, 2], 'dot', 1)",
            "attractor_read: pattern: expected a column of bytes, or of lists of floats or of integers of at most 16 \
             bits, found Utf8",
        ),
        (
            "attractor_read(pattern, 1, 'dot', 1)",
            "attractor_read: cue: expected a list of numbers, or a list of such lists of one width, found Int64",
        ),
        (
            "attractor_read(pattern, ['a'], 'dot', 1)",
            "attractor_read: cue: expected a list of numbers, or a list of such lists of one width, found List",
        ),
        (
            "attractor_read(pattern, [1, 2], 7, 1)",
            "attractor_read: score: expected 'squared_distance' (and its variance) or 'dot' (and beta), found Int64",
        ),
        (
            "attractor_read(pattern, [1, 2], 'dot', 'warm')",
            "attractor_read: parameter: expected a number, found Utf8",
        ),
        (
            "attractor_top_k(id, pattern, [1, 2], 'dot', 1)",
            "attractor_top_k: expected the arguments (id, pattern, cue, k, score, parameter, [format]), found 5 of them",
        ),
        (
            "attractor_top_k(pattern, pattern, [1, 2], 3, 'dot', 1)",
            "attractor_top_k: id: expected a column of integers or of text, found FixedSizeBinary(8)",
        ),
        (
            "attractor_top_k(id, pattern, [1, 2], 2.5, 'dot', 1)",
            "attractor_top_k: k: expected an integer of at least 1, found Float64",
        ),
    ] {
        let error = planned(&format!("SELECT {call} FROM m")).await.to_string();
        assert!(error.contains(expected), "{call}: {error}");
    }
}

#[tokio::test]
async fn values_of_arguments() {
    for (call, expected) in [
        (
            "attractor_read(pattern, [1, 2], 'cosine', 1)",
            "attractor_read: score: expected 'squared_distance' (and its variance) or 'dot' (and beta), found cosine",
        ),
        (
            "attractor_read(pattern, [1, 2], 'squared_distance', 0)",
            "attractor_read: variance: expected a number of single precision greater than 0, found 0.0",
        ),
        (
            "attractor_read(pattern, [1, 2], 'dot', 1e300)",
            "attractor_read: beta: expected a number of single precision greater than 0, found 1e300",
        ),
        (
            "attractor_read(pattern, [1, 2], 'dot', NULL)",
            "attractor_read: beta: expected a number of single precision greater than 0, found NULL",
        ),
        (
            "attractor_read(pattern, [1, NULL], 'dot', 1)",
            "attractor_read: cue: expected a list of numbers, or a list of such lists of one width, found NULL at entry 1",
        ),
        (
            "attractor_read(pattern, [1, 1e300], 'dot', 1)",
            "attractor_read: cue: expected a list of numbers, or a list of such lists of one width, found \
             inf at entry 1",
        ),
        (
            "attractor_read(pattern, NULL, 'dot', 1)",
            "attractor_read: cue: expected a list of numbers, or a list of such lists of one width, found NULL",
        ),
        (
            "attractor_read(pattern, [[1, 2], [1, 2, 3]], 'dot', 1)",
            "attractor_read: cue: expected a list of numbers, or a list of such lists of one width, found cues of 2 and \
             of 3 entries",
        ),
        (
            "attractor_read(pattern, [id, 2], 'dot', 1)",
            "attractor_read: cue: expected a constant, the same for all rows, found an expression over rows",
        ),
        (
            "attractor_read(pattern, [1, 2], 'dot', id)",
            "attractor_read: parameter: expected a constant, the same for all rows, found an expression over rows",
        ),
        (
            "attractor_read(pattern, [1, 2], 'dot', 1, 'f8')",
            "attractor_read: format: expected 'f32', 'f16' or 'bf16', found f8",
        ),
        (
            "attractor_read(DISTINCT pattern, [1, 2], 'dot', 1)",
            "attractor_read: pattern: expected every pattern that the rows hold, found DISTINCT",
        ),
        (
            "attractor_read(pattern, [1, 2], 'dot', 1 ORDER BY id)",
            "attractor_read: pattern: expected patterns in any order, found ORDER BY",
        ),
        (
            "attractor_top_k(id, pattern, [1, 2], 0, 'dot', 1)",
            "attractor_top_k: k: expected an integer of at least 1, found 0",
        ),
        (
            "attractor_top_k(id, pattern, [1, 2], -3, 'dot', 1)",
            "attractor_top_k: k: expected an integer of at least 1, found -3",
        ),
        // The width is known from the column's type.
        (
            "attractor_read(pattern, [1, 2, 3], 'dot', 1)",
            "attractor_read: pattern: expected 12 bytes, four for each of the cue's 3 entries, found 8 bytes",
        ),
        (
            "attractor_top_k(id, pattern, [1, 2, 3, 4], 1, 'dot', 1)",
            "attractor_top_k: pattern: expected a format, 'f16' or 'bf16', as the last argument, found 8 bytes for 4 \
             entries and no format",
        ),
        (
            "attractor_read(pattern, [1, 2, 3], 'dot', 1, 'f16')",
            "attractor_read: pattern: expected 6 bytes, as many as the cue's 3 entries have, found 8 bytes",
        ),
    ] {
        let error = planned(&format!("SELECT {call} FROM m")).await;
        assert!(error.to_string().contains(expected), "{call}: {error}");
        // Callers can match it.
        let root = match error.find_root() {
            DataFusionError::External(cause) => cause.downcast_ref::<Error>().cloned(),
            _ => None,
        };
        assert!(root.is_some(), "{call}: {error:?}");
    }
}

#[tokio::test]
async fn what_only_rows_show() {
    let rows = "(VALUES (1, [1.0, 2.0]), (2, [1.0, 'NaN'::DOUBLE])) AS m(id, pattern)";
    for (table, call, expected) in [
        (
            rows,
            "attractor_read(pattern, [1, 2], 'dot', 1)",
            "patterns: expected finite numbers, found NaN at row 1, column 1",
        ),
        (
            rows,
            "attractor_read(pattern, [1, 2, 3], 'dot', 1)",
            "attractor_read: pattern in row 0 of a batch: expected 3 entries, as many as the cue has, found 2",
        ),
        (
            "(VALUES (NULL, [1.0, 2.0])) AS m(id, pattern)",
            "attractor_top_k(arrow_cast(id, 'Int64'), pattern, [1, 2], 1, 'dot', 1)",
            "attractor_top_k: pattern in row 0 of a batch: expected an id, found NULL",
        ),
    ] {
        let context = context();
        let frame = context
            .sql(&format!("SELECT {call} FROM {table}"))
            .await
            .unwrap();
        let error = frame.collect().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{call}: {error}");
    }
}
