//! Reads of an associative memory as SQL aggregates: on one machine by [DataFusion](https://datafusion.apache.org),
//! on many by [Ballista](https://datafusion.apache.org/ballista).
//!
//! The softmax read is a mergeable aggregate (a running maximum, a sum and a weighted sum), so that a query engine
//! which knows it reads a memory of any size, in parts, wherever they lie, and any part of it that SQL can name:
//!
//! ```
//! use attractor_datafusion::register;
//! use datafusion::prelude::SessionContext;
//!
//! # #[tokio::main]
//! # async fn main() -> datafusion::common::Result<()> {
//! let context = SessionContext::new();
//! register(&context);
//! # context.sql("CREATE TABLE memory AS SELECT * FROM (VALUES (1, 'cat', [1.0, 0.0]), (2, 'dog', [0.0, 1.0])) AS m(id, label, pattern)").await?.collect().await?;
//! // A table of patterns: here rows of a query, usually Parquet files.
//! let answers = context
//!     .sql(
//!         "SELECT label, attractor_read(pattern, [0.9, 0.1], 'squared_distance', 0.05) AS read
//!          FROM memory WHERE label <> 'bird' GROUP BY label ORDER BY label",
//!     )
//!     .await?;
//! assert_eq!(answers.count().await?, 2);
//! # Ok(())
//! # }
//! ```
//!
//! | aggregate | answer |
//! | --- | --- |
//! | `attractor_read(pattern, cue, score, parameter [, format])` | `{answer, log_evidence, best_score, patterns}`: `sum_k w_k m_k`, `log sum_k exp(s_k)`, `max_k s_k`, how many patterns were read |
//! | `attractor_top_k(id, pattern, cue, k, score, parameter [, format])` | a list of `{id, score, probability}`, the best first; of equal scores the smaller id |
//!
//! - `pattern`: a column of `d` entries a row: a list (fixed in size or not) of floats or of integers of at most 16 bits, or
//!   little-endian bytes. Rows that are NULL are skipped, as SQL's aggregates do; `patterns` says how many were not. NULL,
//!   NaN or infinity within a pattern, and a pattern of another width than the cue, are errors.
//! - `cue`: a constant list of `d` numbers, or a list of such lists: one pass over the table answers all of them, with a list
//!   of answers. Single precision.
//! - `score`: `'squared_distance'`, `s_k = -|u - m_k|^2 / (2 variance)`, or `'dot'`, `s_k = beta u . m_k`, with the variance
//!   or beta as the parameter.
//! - `format`: what bytes are, `'f32'`, `'f16'` or `'bf16'`. Without it four bytes an entry are `f32`; two are an error,
//!   since they may be either.
//! - `id`: integers or text. A pattern whose id is NULL is an error.
//!
//! [`register_store`] makes a table of a store on disk (`attractor-store`): its files without what was deleted.
//!
//! Of no patterns the answer is NULL. Wrong arguments are an [`Error`] when the query is planned. Answers of any
//! partitioning differ by rounding alone (1e-5 of the answer is tested), and ids not at all.
//!
//! The crate is a workspace of its own, with a lock file of its own: a query engine is more code than the rest of
//! Attractor together, and whoever builds that does not compile or resolve it. Feature `cluster` adds the programs
//! `attractor-scheduler` and `attractor-executor` and the client's side (`cluster::connect`); `cluster.sh` beside this
//! file starts a cluster on one machine, and `docs/distributed.md` says how to use one.

mod arguments;
#[cfg(feature = "cluster")]
pub mod cluster;
mod error;
mod pattern;
mod read;
mod state;
mod store;
mod top;

use std::sync::Arc;

use datafusion::arrow::array::{Array, Float32Array, ListArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{AggregateUDF, Expr, lit};
use datafusion::prelude::SessionContext;

pub use error::{Error, Result};
pub use store::{StoreTable, register_store};

/// The aggregate `attractor_read`, for expressions and registries.
pub fn attractor_read() -> AggregateUDF {
    AggregateUDF::new_from_impl(read::AttractorRead::new())
}

/// The aggregate `attractor_top_k`, for expressions and registries.
pub fn attractor_top_k() -> AggregateUDF {
    AggregateUDF::new_from_impl(top::AttractorTopK::new())
}

/// Both aggregates.
pub(crate) fn aggregates() -> [AggregateUDF; 2] {
    [attractor_read(), attractor_top_k()]
}

/// Makes both aggregates known to a context, so that its SQL has them.
pub fn register(context: &SessionContext) {
    for aggregate in aggregates() {
        context.register_udaf(aggregate);
    }
}

/// A cue `[d]` as an expression: what `[0.1, 0.2]` is in SQL, without the text.
pub fn cue(entries: &[f32]) -> Expr {
    lit(ScalarValue::List(Arc::new(state::list(numbers(entries)))))
}

/// Cues `[b, d]`, row-major, as an expression.
///
/// # Errors
/// [`Error::Core`] (`Width`) unless the entries make rows of `dim`.
pub fn cues(entries: &[f32], dim: usize) -> Result<Expr> {
    if dim == 0 || !entries.len().is_multiple_of(dim) {
        return Err(attractor_core::Error::Width {
            what: "cues",
            expected: dim,
            rows: 1,
            found: entries.len(),
        }
        .into());
    }
    let rows = ListArray::new(
        Arc::new(Field::new_list_field(DataType::Float32, true)),
        OffsetBuffer::from_repeated_length(dim, entries.len() / dim),
        numbers(entries),
        None,
    );
    Ok(lit(ScalarValue::List(Arc::new(state::list(Arc::new(
        rows,
    ))))))
}

fn numbers(entries: &[f32]) -> Arc<dyn Array> {
    Arc::new(Float32Array::from(entries.to_vec()))
}

#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/distributed.md")]
    struct Distributed;
}
