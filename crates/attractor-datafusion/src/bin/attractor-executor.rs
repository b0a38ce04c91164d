//! An executor of Ballista that knows `attractor_read` and `attractor_top_k`. Options are those of Ballista's own;
//! its log goes to standard output. A second one on a host needs ports of its own: `--bind-port`, `--bind-grpc-port` and
//! `--bind-health-port`.

use std::net::SocketAddr;
use std::sync::Arc;

use attractor_datafusion::cluster;
use ballista_core::error::{BallistaError, Result};
use ballista_executor::config::Config;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::health::spawn_health_server;
use clap::Parser;

#[tokio::main]
async fn main() -> Result<()> {
    let options = Config::parse();
    cluster::log_lines(&options.log_level_setting);
    let health = format!("{}:{}", options.bind_host, options.bind_health_port);
    let health: SocketAddr = health.parse().map_err(|error| {
        BallistaError::Configuration(format!(
            "expected an address and a port for the health probe, found {health}: {error}"
        ))
    })?;
    let mut config: ExecutorProcessConfig = options.try_into()?;
    cluster::add_aggregates(&mut config);

    let (stop, stopped) = tokio::sync::oneshot::channel();
    let probe = spawn_health_server(health, config.health.clone(), stopped);
    let ended = start_executor_process(Arc::new(config)).await;
    // The probe ends with the executor; if it ended before, nobody listens.
    let _ = stop.send(());
    let probed = probe.await;
    ended?;
    probed.map_err(|error| BallistaError::General(format!("health probe: {error}")))?
}
