//! The aggregates on many machines: what the programs `attractor-scheduler` and `attractor-executor` add to those of
//! Ballista, and the client's side.
//!
//! Ballista's own programs cannot run a query with an aggregate that they were not compiled with. Plans name it; the
//! scheduler must know it to plan, and executors to run. Nothing else is sent, so that no codec is needed. All options are
//! those of Ballista's programs.

use std::sync::Arc;

use ballista::prelude::SessionContextExt;
use ballista_core::extension::SessionConfigExt;
use ballista_core::object_store::{
    runtime_env_with_s3_support, session_config_with_s3_support, session_state_with_s3_support,
};
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::ExecutorProcessConfig;
use ballista_scheduler::config::SchedulerConfig;
use datafusion::common::Result;
use datafusion::execution::{FunctionRegistry, SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use tracing_subscriber::EnvFilter;

/// Largest message between client, scheduler and executors by default, in bytes: plans with the cues of one query, once
/// for each task, and states and answers. Ballista's own default, 16 MiB, is what a plan with some 4 million entries of cues
/// fills.
pub const MESSAGE_BYTES: usize = 64 << 20;

/// What a scheduler plans with: DataFusion's functions, Ballista's and ours.
fn scheduler_state(config: SessionConfig) -> Result<SessionState> {
    let mut state = session_state_with_s3_support(config)?;
    for aggregate in crate::aggregates() {
        state.register_udaf(Arc::new(aggregate))?;
    }
    Ok(state)
}

/// A scheduler that knows the aggregates.
pub fn with_aggregates(config: SchedulerConfig) -> SchedulerConfig {
    config
        .with_override_config_producer(Arc::new(session_config_with_s3_support))
        .with_override_session_builder(Arc::new(scheduler_state))
}

/// Makes an executor know the aggregates.
pub fn add_aggregates(config: &mut ExecutorProcessConfig) {
    let mut registry = BallistaFunctionRegistry::default();
    for aggregate in crate::aggregates() {
        let name = aggregate.name().to_owned();
        registry
            .aggregate_functions
            .insert(name, Arc::new(aggregate));
    }
    config.override_function_registry = Some(Arc::new(registry));
    config.override_config_producer = Some(Arc::new(session_config_with_s3_support));
    config.override_runtime_producer = Some(Arc::new(runtime_env_with_s3_support));
}

/// What a client asks with: Ballista's configuration, messages of [`MESSAGE_BYTES`], the options of `s3://` files.
pub fn client_config() -> SessionConfig {
    session_config_with_s3_support().with_ballista_grpc_client_max_message_size(MESSAGE_BYTES)
}

/// A context whose queries run on the cluster of the scheduler at `df://host:port`. Tables are registered in it as in any
/// other; their files must be where every executor reads them under the same name.
///
/// # Errors
/// An address that is none. A scheduler that does not answer is an error of the first query.
pub async fn connect(url: &str) -> Result<SessionContext> {
    connect_with(url, client_config()).await
}

/// [`connect`] with a configuration made of [`client_config`]. Ballista's options must be in it: what `SET` changes of
/// them later, the connection does not see.
///
/// # Errors
/// As [`connect`].
pub async fn connect_with(url: &str, config: SessionConfig) -> Result<SessionContext> {
    let runtime = runtime_env_with_s3_support(&config)?;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .build();
    let context = SessionContext::remote_with_state(url, state).await?;
    // Behind the connection, which replaces the functions of the state by its own.
    crate::register(&context);
    Ok(context)
}

/// Lines of a program's log on standard output, as `RUST_LOG` or else `level` asks.
pub fn log_lines(level: &str) {
    let filter = std::env::var(EnvFilter::DEFAULT_ENV);
    let filter = EnvFilter::new(filter.unwrap_or_else(|_| level.to_owned()));
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter(filter)
        .init();
}
