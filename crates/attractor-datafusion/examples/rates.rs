//! What the way through the engine costs: patterns a second of one read in memory, of the same read by SQL over a table
//! in memory, and over a Parquet file. `cargo run --example rates -- [PATTERNS] [ENTRIES] [CUES]`

use std::sync::Arc;
use std::time::Instant;

use attractor_core::burn::tensor::{Tensor, TensorData};
use attractor_core::kernel::{PatternStore, Score, read};
use attractor_core::{Backend, check, rng};
use attractor_datafusion::{attractor_read, cues, register};
use datafusion::arrow::array::{ArrayRef, FixedSizeBinaryArray, RecordBatch};
use datafusion::arrow::buffer::Buffer;
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::logical_expr::{col, lit};
use datafusion::prelude::{ParquetReadOptions, SessionContext};

const REPEATS: usize = 5;
/// What an engine cuts tables into.
const BATCH: usize = 8192;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<usize>());
    let mut next = |usual| arguments.next().and_then(|word| word.ok()).unwrap_or(usual);
    let (count, dim, asked) = (next(200_000), next(64), next(1));
    let own = |error| attractor_datafusion::Error::from(error);
    let device = Backend::Flex.open().map_err(own)?;
    let normal = |name, rows| {
        let tensor = rng::normal::<2>(&mut rng::stream(0, name), [rows, dim], &device);
        check::to_host(tensor).map_err(own)
    };
    let (values, question) = (normal("patterns", count)?, normal("cues", asked)?);

    let mut store = PatternStore::new(dim, &device).map_err(own)?;
    let patterns = TensorData::new(values.clone(), [count, dim]);
    store
        .push(Tensor::from_data(patterns, &device))
        .map_err(own)?;
    let variance = dim as f32;
    let kernel = || {
        let cues = Tensor::from_data(TensorData::new(question.clone(), [asked, dim]), &device);
        let score = Score::SquaredDistance { variance };
        let partial = read(&store, cues, score).map_err(own)?;
        check::to_host(partial.mean().map_err(own)?).map_err(own)
    };
    let mut best = f64::MAX;
    for _ in 0..REPEATS {
        let clock = Instant::now();
        kernel()?;
        best = best.min(clock.elapsed().as_secs_f64());
    }
    say("one read in memory", count, best, best);

    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let width = 4 * dim as i32;
    let column: ArrayRef = Arc::new(FixedSizeBinaryArray::try_new(
        width,
        Buffer::from_vec(bytes),
        None,
    )?);
    let whole = RecordBatch::try_from_iter([("pattern", column)])?;
    let batches: Vec<RecordBatch> = (0..count)
        .step_by(BATCH)
        .map(|first| whole.slice(first, BATCH.min(count - first)))
        .collect();
    let context = SessionContext::new();
    register(&context);
    let half = batches.len().div_ceil(2);
    let parts = batches.chunks(half).map(<[RecordBatch]>::to_vec).collect();
    let table = MemTable::try_new(whole.schema(), parts)?;
    context.register_table("memory", Arc::new(table))?;
    let file = std::env::temp_dir().join(format!("attractor-rates-{}.parquet", std::process::id()));
    let path = file.display().to_string();
    let written = context.table("memory").await?;
    written
        .write_parquet(
            &path,
            DataFrameWriteOptions::new().with_single_file_output(true),
            None,
        )
        .await?;
    context
        .register_parquet("file", &path, ParquetReadOptions::default())
        .await?;
    for (name, table) in [
        ("by SQL, a table in memory", "memory"),
        ("by SQL, a Parquet file", "file"),
    ] {
        let mut fastest = f64::MAX;
        for _ in 0..REPEATS {
            let score = [lit("squared_distance"), lit(f64::from(variance))];
            let arguments = [vec![col("pattern"), cues(&question, dim)?], score.to_vec()].concat();
            let call = attractor_read().call(arguments).alias("read");
            let clock = Instant::now();
            let frame = context.table(table).await?.aggregate(vec![], vec![call])?;
            frame.collect().await?;
            fastest = fastest.min(clock.elapsed().as_secs_f64());
        }
        say(name, count, fastest, best);
    }
    std::fs::remove_file(&file)?;
    Ok(())
}

fn say(what: &str, patterns: usize, seconds: f64, kernel: f64) {
    let rate = patterns as f64 / seconds / 1e6;
    println!(
        "{what:28} {:8.2} ms {rate:8.2} M patterns/s {:6.2} x",
        1e3 * seconds,
        seconds / kernel
    );
}
