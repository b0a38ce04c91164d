//! The aggregates in one process: equal to the kernel for any cut of the memory, over any part of it that SQL names.

mod common;

use std::sync::Arc;

use attractor_core::kernel::Score;
use attractor_datafusion::{cue, cues, register};
use common::{Memory, answers, literal, schema};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::ScalarValue;
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::datasource::MemTable;
use datafusion::logical_expr::{col, lit};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use proptest::prelude::*;

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(future)
}

/// A context with a table `m` of these partitions.
fn context(dim: usize, partitions: Vec<Vec<RecordBatch>>, threads: usize) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(threads);
    let context = SessionContext::new_with_config(config);
    register(&context);
    let table = MemTable::try_new(schema(dim), partitions).unwrap();
    context.register_table("m", Arc::new(table)).unwrap();
    context
}

/// The rows of a query as one batch.
async fn rows(context: &SessionContext, sql: &str) -> RecordBatch {
    let frame = context
        .sql(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let batches = frame
        .collect()
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let schema = batches[0].schema();
    datafusion::arrow::compute::concat_batches(&schema, &batches).unwrap()
}

fn score_sql(score: Score) -> String {
    match score {
        Score::SquaredDistance { variance } => format!("'squared_distance', {variance}"),
        Score::Dot { beta } => format!("'dot', {beta}"),
    }
}

fn both(cues: &[f32], dim: usize, k: usize, score: Score) -> String {
    let (cues, score) = (literal(cues, dim), score_sql(score));
    format!(
        "attractor_read(pattern, {cues}, {score}) AS r, attractor_top_k(id, pattern, {cues}, {k}, {score}) AS t"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any partitions, any batches within them, any number of threads, rows without a pattern anywhere.
    #[test]
    fn any_cut_of_a_memory_answers_as_the_whole(
        (count, dim, seed) in (2usize..300, 1usize..40, 0u64..1000),
        cuts in prop::collection::vec((0usize..300, any::<bool>()), 0..12),
        (asked, k, threads) in (1usize..4, 1usize..12, 1usize..5),
        gone in prop::collection::vec(prop::bool::weighted(0.1), 300),
        (distance, parameter) in (any::<bool>(), 0.5f32..3.0),
    ) {
        let memory = Memory::random(seed, count, dim);
        prop_assume!(gone[..count].iter().any(|gone| !gone));
        let kept = memory.only(|row| !gone[row]);
        let score = match distance {
            true => Score::SquaredDistance { variance: parameter },
            false => Score::Dot { beta: 0.3 * parameter },
        };
        let cues = Memory::random(seed + 1, asked, dim).values;
        // Batch ends, some of which end a partition too; empty batches among them.
        let mut ends: Vec<(usize, bool)> =
            cuts.into_iter().map(|(at, partition)| (at.min(count), partition)).collect();
        ends.sort_unstable();
        ends.push((count, true));
        let (mut partitions, mut batches, mut first) = (Vec::new(), Vec::new(), 0);
        for (end, partition) in ends {
            batches.push(memory.batch(first..end, &gone));
            first = end;
            if partition {
                partitions.push(std::mem::take(&mut batches));
            }
        }
        let context = context(dim, partitions, threads);
        let batch = run(rows(&context, &format!("SELECT {} FROM m", both(&cues, dim, k, score))));
        let found = answers(batch.column(0), batch.column(1), 0, asked > 1);
        let expected = kept.asked(&cues, score, k);
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            found.is(expected);
        }
    }
}

/// A memory in three partitions of two batches, asked by SQL.
fn small() -> (Memory, SessionContext) {
    let memory = Memory::random(7, 120, 8);
    let part = |at: usize| memory.batch(20 * at..20 * (at + 1), &[]);
    let partitions = (0..3).map(|at| vec![part(2 * at), part(2 * at + 1)]);
    let context = context(8, partitions.collect(), 3);
    (memory, context)
}

const SCORE: Score = Score::SquaredDistance { variance: 2.0 };

#[test]
fn groups_and_conditions_read_a_part_of_a_memory() {
    let (memory, context) = small();
    let cue = Memory::random(8, 1, 8).values;
    let both = both(&cue, 8, 5, SCORE);
    let sql = format!("SELECT label, {both} FROM m WHERE id > 1000 GROUP BY label ORDER BY label");
    let batch = run(rows(&context, &sql));
    let labels = batch.column(0).as_string::<i32>();
    assert_eq!(batch.num_rows(), 4);
    for row in 0..4 {
        let label = labels.is_valid(row).then(|| labels.value(row));
        let part = memory.only(|at| memory.ids[at] > 1000 && memory.labels[at].as_deref() == label);
        assert!(part.len() > 10, "{label:?}");
        let found = answers(batch.column(1), batch.column(2), row, false);
        found[0].is(&part.asked(&cue, SCORE, 5)[0]);
    }
    // The same by FILTER, beside the whole.
    let read = format!(
        "attractor_read(pattern, {}, 'squared_distance', 2.0)",
        literal(&cue, 8)
    );
    let sql = format!("SELECT {both}, {read} FILTER (WHERE label = 'b') AS b FROM m");
    let batch = run(rows(&context, &sql));
    let part = memory.only(|at| memory.labels[at].as_deref() == Some("b"));
    let found = answers(batch.column(2), batch.column(1), 0, false);
    let expected = &part.asked(&cue, SCORE, 5)[0];
    assert_eq!(found[0].patterns, expected.patterns);
    assert!((found[0].evidence - expected.evidence).abs() < 1e-5);
}

#[test]
fn of_equal_scores_the_smaller_id_is_first_wherever_it_lies() {
    // Twelve copies of one pattern, which no order of rows or partitions tells apart.
    let mut memory = Memory::random(3, 12, 4);
    let one = memory.row(0).to_vec();
    memory.values = one.repeat(12);
    memory.ids = vec![40, 7, 99, 12, 3, 61, 8, 77, 21, 5, 30, 1];
    for width in [1, 3, 5, 12] {
        let batches = (0..12)
            .step_by(width)
            .map(|at| memory.batch(at..(at + width).min(12), &[]));
        let partitions = batches.map(|batch| vec![batch]).collect();
        let context = context(4, partitions, 3);
        let sql = format!("SELECT {} FROM m", both(&one, 4, 3, SCORE));
        let batch = run(rows(&context, &sql));
        let found = answers(batch.column(0), batch.column(1), 0, false);
        let best: Vec<(u64, f64)> = found[0].best.iter().map(|best| (best.0, best.1)).collect();
        assert_eq!(best, [(1, 0.0), (3, 0.0), (5, 0.0)], "batches of {width}");
        assert!(
            found[0]
                .best
                .iter()
                .all(|best| (best.2 - 1.0 / 12.0).abs() < 1e-9)
        );
    }
}

#[test]
fn of_no_patterns_the_answer_is_null() {
    let (_, context) = small();
    let both = both(&[0.0; 8], 8, 3, SCORE);
    let batch = run(rows(
        &context,
        &format!("SELECT {both} FROM m WHERE id > 100000"),
    ));
    assert!(batch.column(0).is_null(0) && batch.column(1).is_null(0));
    // A group all of whose patterns are NULL.
    let memory = Memory::random(7, 8, 8);
    let gone: Vec<bool> = (0..8).map(|row| row % 4 == 0).collect();
    let context = context_of(&memory, &gone);
    let sql = format!("SELECT {both} FROM m GROUP BY label ORDER BY label");
    let batch = run(rows(&context, &sql));
    assert_eq!(batch.num_rows(), 4);
    assert!(batch.column(0).is_null(0) && batch.column(1).is_null(0));
    assert!(batch.column(0).is_valid(1) && batch.column(1).is_valid(1));
}

fn context_of(memory: &Memory, gone: &[bool]) -> SessionContext {
    context(
        memory.dim,
        vec![vec![memory.batch(0..memory.len(), gone)]],
        2,
    )
}

#[test]
fn parquet_files_and_half_formats_are_read_as_they_are() {
    let (memory, context) = small();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.parquet");
    let path = path.to_str().unwrap();
    let cue = Memory::random(8, 1, 8).values;
    run(async {
        let frame = context.table("m").await.unwrap();
        frame
            .write_parquet(path, DataFrameWriteOptions::new(), None)
            .await
            .unwrap();
        let options = ParquetReadOptions::default();
        context
            .register_parquet("file", path, options)
            .await
            .unwrap();
    });
    let sql = format!("SELECT {} FROM file", both(&cue, 8, 4, SCORE));
    let batch = run(rows(&context, &sql));
    answers(batch.column(0), batch.column(1), 0, false)[0].is(&memory.asked(&cue, SCORE, 4)[0]);

    // 1.5, -2 and 0.25 are the same in all formats; their bytes are not.
    for (format, row) in [
        ("f32", "0000c03f000000c00000803e"),
        ("f16", "003e00c00034"),
        ("bf16", "c03f00c0803e"),
    ] {
        for kind in ["BYTEA", "FixedSizeBinary"] {
            let bytes = match kind {
                "BYTEA" => format!("x'{row}'"),
                _ => format!("arrow_cast(x'{row}', 'FixedSizeBinary({})')", row.len() / 2),
            };
            let sql = format!(
                "SELECT attractor_read(p, [1.0, 1.0, 1.0], 'dot', 1.0, '{format}') AS r FROM (SELECT {bytes} AS p)"
            );
            let batch = run(rows(&context, &sql));
            let answer = batch
                .column(0)
                .as_struct()
                .column(0)
                .as_list::<i32>()
                .value(0);
            let expected = datafusion::arrow::array::Float32Array::from(vec![1.5, -2.0, 0.25]);
            assert_eq!(answer.as_primitive(), &expected, "{format} {kind}");
        }
    }
}

/// Lists of floats and of small integers, text as ids, one cue among several.
#[test]
fn lists_and_text_are_what_sql_writes() {
    let context = SessionContext::new();
    register(&context);
    let table = "(VALUES ('x', [1, -1, 1]), ('y', [-1, -1, 1]), ('z', NULL)) AS m(name, bits)";
    let sql = format!(
        "SELECT attractor_top_k(name, arrow_cast(bits, 'List(Int8)'), [[1, -1, 0.5], [-1, -1, 1]], 1, 'dot', 4) AS t
         FROM {table}"
    );
    let batch = run(rows(&context, &sql));
    let lists = batch.column(0).as_list::<i32>().value(0);
    let ids: Vec<String> = (0..2)
        .map(|cue| {
            let best = lists.as_list::<i32>().value(cue);
            best.as_struct()
                .column(0)
                .as_string::<i32>()
                .value(0)
                .to_owned()
        })
        .collect();
    assert_eq!(ids, ["x", "y"]);
}

#[test]
fn a_cue_without_text() {
    let (memory, context) = small();
    let values = Memory::random(8, 2, 8).values;
    let expected = memory.asked(&values, SCORE, 1);
    let ask = |cue| {
        let arguments = vec![col("pattern"), cue, lit("squared_distance"), lit(2.0)];
        let read = attractor_datafusion::attractor_read()
            .call(arguments)
            .alias("r");
        let batches = run(async {
            let frame = context
                .table("m")
                .await
                .unwrap()
                .aggregate(vec![], vec![read])
                .unwrap();
            frame.collect().await.unwrap()
        });
        batches[0].column(0).clone()
    };
    let evidence = |column: &dyn Array| {
        let column = column
            .as_struct()
            .column_by_name("log_evidence")
            .unwrap()
            .clone();
        column
            .as_primitive::<datafusion::arrow::datatypes::Float64Type>()
            .values()
            .to_vec()
    };
    let one = evidence(&ask(cue(&values[..8])));
    assert!((one[0] - expected[0].evidence).abs() < 1e-5);
    let both = ask(cues(&values, 8).unwrap());
    let both = evidence(&both.as_list::<i32>().value(0));
    for (found, expected) in both.iter().zip(&expected) {
        assert!((found - expected.evidence).abs() < 1e-5);
    }
    let error = cues(&values[..9], 8).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cues: expected shape [n, 8], found [1, 9]"
    );

    // A parameter of a prepared statement.
    let batches = run(async {
        let sql = "SELECT attractor_read(pattern, $1, 'squared_distance', 2.0) AS r FROM m";
        let frame = context.sql(sql).await.unwrap();
        let datafusion::logical_expr::Expr::Literal(value, _) = cue(&values[..8]) else {
            unreachable!("a cue is a literal");
        };
        let frame = frame
            .with_param_values(Vec::<ScalarValue>::from([value]))
            .unwrap();
        frame.collect().await.unwrap()
    });
    assert!((evidence(batches[0].column(0))[0] - expected[0].evidence).abs() < 1e-5);
}

/// An engine that hands every argument over as a column must not repeat the cue for each row.
#[test]
fn the_cue_is_in_the_plan_once() {
    let (_, context) = small();
    let sql = format!("EXPLAIN SELECT {} FROM m", both(&[0.5; 8], 8, 3, SCORE));
    let batch = run(rows(&context, &sql));
    let plan = batch.column(1).as_string::<i32>().value(0).to_owned();
    assert!(plan.contains("Dictionary(Int32, List"), "{plan}");
}

#[test]
fn answers_are_columns_like_others() {
    let (memory, context) = small();
    let cue = Memory::random(8, 1, 8).values;
    let literal = literal(&cue, 8);
    let sql = format!(
        "SELECT best.id, m.label FROM
           (SELECT unnest(attractor_top_k(id, pattern, {literal}, 3, 'squared_distance', 2.0)) AS best FROM m) AS t
         JOIN m ON m.id = best.id ORDER BY best.probability DESC"
    );
    let batch = run(rows(&context, &sql));
    let ids = datafusion::arrow::compute::cast(
        batch.column(0),
        &datafusion::arrow::datatypes::DataType::Int64,
    );
    let ids = ids.unwrap();
    let expected = memory.asked(&cue, SCORE, 3).remove(0);
    let expected: Vec<i64> = expected.best.iter().map(|best| best.0 as i64).collect();
    assert_eq!(
        ids.as_primitive::<Int64Type>().values(),
        expected.as_slice()
    );
    let labels = batch.column(1).as_string::<i32>();
    for (row, id) in expected.iter().enumerate() {
        let at = memory
            .ids
            .iter()
            .position(|found| *found as i64 == *id)
            .unwrap();
        assert_eq!(
            labels.is_valid(row).then(|| labels.value(row)),
            memory.labels[at].as_deref()
        );
    }
}
