//! A scheduler of Ballista that knows `attractor_read` and `attractor_top_k`. Options are those of Ballista's own;
//! its log goes to standard output.

use attractor_datafusion::cluster;
use ballista_core::error::{BallistaError, Result};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{Config, SchedulerConfig};
use ballista_scheduler::scheduler_process::start_server;
use clap::Parser;

/// Plans are walked recursively: more than the default stack of a thread, as in Ballista's own program.
const STACK_BYTES: usize = 32 << 20;

fn main() -> Result<()> {
    let options = Config::parse();
    cluster::log_lines(&options.log_level_setting);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build()?
        .block_on(serve(options))
}

async fn serve(options: Config) -> Result<()> {
    let address = format!("{}:{}", options.bind_host, options.bind_port);
    let address = address.parse().map_err(|error| {
        BallistaError::Configuration(format!(
            "expected an address and a port to bind to, found {address}: {error}"
        ))
    })?;
    let config: SchedulerConfig = options.try_into()?;
    let config = cluster::with_aggregates(config);
    let cluster = BallistaCluster::new_from_config(&config).await?;
    start_server(cluster, address, config.into()).await
}
