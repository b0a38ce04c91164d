//! A scheduler and two executors on this machine: the answer is that of one process, also when an executor is killed
//! while it works. Run by `cargo test --features cluster`.
#![cfg(unix)]

mod common;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use attractor_core::kernel::Score;
use attractor_datafusion::{cluster, cues};
use ballista_core::extension::SessionConfigExt;
use common::{Memory, answers};
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::dataframe::{DataFrame, DataFrameWriteOptions};
use datafusion::logical_expr::{col, lit};
use datafusion::prelude::{ParquetReadOptions, SessionContext};

/// Longer than any step takes on a busy machine: nothing waits for ever.
const PATIENCE: Duration = Duration::from_secs(300);
const SCORE: Score = Score::SquaredDistance { variance: 8.0 };

/// A cluster that `cluster.sh` started, and stops when the test ends, well or not.
struct Cluster {
    dir: tempfile::TempDir,
    port: u16,
}

impl Cluster {
    fn start(executors: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_ports(executors);
        let output = script(dir.path(), "start")
            .args([
                "--executors",
                &executors.to_string(),
                "--port",
                &port.to_string(),
            ])
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        Self { dir, port }
    }

    async fn connect(&self) -> SessionContext {
        let url = format!("df://127.0.0.1:{}", self.port);
        cluster::connect(&url).await.unwrap()
    }

    /// How many lines of a program's log say that.
    fn said(&self, program: &str, what: &str) -> usize {
        let log = self.dir.path().join(format!("{program}.log"));
        let text = std::fs::read_to_string(log).unwrap();
        text.lines().filter(|line| line.contains(what)).count()
    }

    /// SIGKILL: no handler runs, nobody is told.
    fn kill(&self, program: &str) {
        let pid = std::fs::read_to_string(self.dir.path().join(format!("{program}.pid")));
        let status = Command::new("kill")
            .args(["-KILL", pid.unwrap().trim()])
            .status();
        assert!(status.unwrap().success());
    }

    fn logs(&self) -> String {
        let tail = |name: &str| {
            let path = self.dir.path().join(format!("{name}.log"));
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let last = lines[lines.len().saturating_sub(15)..].join("\n");
            format!("{name}:\n{last}\n")
        };
        ["scheduler", "executor-1", "executor-2"].map(tail).concat()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nothing can be done about a script that fails here; its message is on the terminal.
        let _ = script(self.dir.path(), "stop").status();
    }
}

fn script(dir: &Path, command: &str) -> Command {
    let programs = Path::new(env!("CARGO_BIN_EXE_attractor-scheduler"));
    let mut script = Command::new("bash");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/cluster.sh"));
    script.arg(command).arg(dir);
    script.env("ATTRACTOR_BIN", programs.parent().unwrap());
    script
}

/// A port for the scheduler such that those of the executors are free too.
fn free_ports(executors: u16) -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let taken = |base: &u16| {
        let first = base.checked_add(10 * executors + 2);
        let all = first.is_some() && free(*base);
        all && (1..=executors).all(|k| (0..3).all(|more| free(base + 10 * k + more)))
    };
    (0..100)
        .map(|_| {
            TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port()
        })
        .find(taken)
        .expect("ports for a cluster")
}

/// The memory as Parquet files of `rows` patterns each, in a folder.
async fn files(memory: &Memory, rows: usize, dir: &Path) -> PathBuf {
    let folder = dir.join("memory");
    std::fs::create_dir(&folder).unwrap();
    let local = SessionContext::new();
    for (at, first) in (0..memory.len()).step_by(rows).enumerate() {
        let batch = memory.batch(first..(first + rows).min(memory.len()), &[]);
        let path = folder.join(format!("{at}.parquet"));
        let frame = local.read_batch(batch).unwrap();
        let options = DataFrameWriteOptions::new().with_single_file_output(true);
        frame
            .write_parquet(path.to_str().unwrap(), options, None)
            .await
            .unwrap();
    }
    folder
}

async fn memory_of(context: &SessionContext, folder: &Path) -> DataFrame {
    let path = format!("{}/", folder.display());
    let options = ParquetReadOptions::default();
    context
        .register_parquet("memory", path, options)
        .await
        .unwrap();
    context.table("memory").await.unwrap()
}

/// Both aggregates of a table, for all labels or each.
fn ask(memory: DataFrame, question: &[f32], dim: usize, by_label: bool) -> DataFrame {
    let asked = || cues(question, dim).unwrap();
    let score = || [lit("squared_distance"), lit(8.0)];
    let read = [vec![col("pattern"), asked()], score().to_vec()].concat();
    let top = [
        vec![col("id"), col("pattern"), asked(), lit(5)],
        score().to_vec(),
    ]
    .concat();
    let read = attractor_datafusion::attractor_read().call(read).alias("r");
    let top = attractor_datafusion::attractor_top_k().call(top).alias("t");
    let group = if by_label { vec![col("label")] } else { vec![] };
    memory.aggregate(group, vec![read, top]).unwrap()
}

async fn collect(frame: DataFrame) -> datafusion::common::Result<RecordBatch> {
    let batches = tokio::time::timeout(PATIENCE, frame.collect()).await;
    let batches = batches.expect("an answer or an error in time")?;
    let schema = batches[0].schema();
    Ok(datafusion::arrow::compute::concat_batches(
        &schema, &batches,
    )?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_answers_as_one_process_does() {
    let (memory, dim) = (Memory::random(1, 4000, 24), 24);
    let question = Memory::random(2, 3, dim).values;
    let cluster = Cluster::start(2);
    let folder = files(&memory, 500, cluster.dir.path()).await;
    let context = cluster.connect().await;
    let table = memory_of(&context, &folder).await;

    let whole = collect(ask(table.clone(), &question, dim, false)).await;
    let whole = whole.unwrap_or_else(|error| panic!("{error}\n{}", cluster.logs()));
    let found = answers(whole.column(0), whole.column(1), 0, true);
    for (found, expected) in found.iter().zip(memory.asked(&question, SCORE, 5)) {
        found.is(&expected);
    }
    // Not one executor alone did it.
    for executor in ["executor-1", "executor-2"] {
        assert!(
            cluster.said(executor, "Finished task") > 0,
            "{}",
            cluster.logs()
        );
    }

    let labels = collect(ask(table, &question, dim, true)).await.unwrap();
    assert_eq!(labels.num_rows(), 4);
    for row in 0..4 {
        let column = labels.column(0);
        let label =
            datafusion::arrow::compute::cast(column, &datafusion::arrow::datatypes::DataType::Utf8);
        let label = label.unwrap();
        let label = column
            .is_valid(row)
            .then(|| label.as_string::<i32>().value(row).to_owned());
        let part = memory.only(|at| memory.labels[at] == label);
        let found = answers(labels.column(1), labels.column(2), row, true);
        for (found, expected) in found.iter().zip(part.asked(&question, SCORE, 5)) {
            found.is(&expected);
        }
    }

    // By SQL, and a mistake in it: the same words as from one process.
    let sql = "SELECT attractor_read(pattern, [1.0, 2.0], 'dot', 1.0) AS r FROM memory";
    let frame = context.sql(sql).await;
    let error = match frame {
        Ok(frame) => collect(frame).await.unwrap_err(),
        Err(error) => error,
    };
    let expected = "attractor_read: pattern: expected 8 bytes, four for each of the cue's 2 entries, found 96 bytes";
    assert!(error.to_string().contains(expected), "{error}");
}

/// Cues that fill more than a message are an error, of the connection, and the next query is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_beyond_the_cap_of_messages_is_an_error() {
    let (memory, dim) = (Memory::random(1, 100, 24), 24);
    let question = Memory::random(2, 4000, dim).values;
    let cluster = Cluster::start(1);
    let folder = files(&memory, 100, cluster.dir.path()).await;
    let context = cluster.connect().await;
    let table = memory_of(&context, &folder).await;
    let config = cluster::client_config().with_ballista_grpc_client_max_message_size(100_000);
    let url = format!("df://127.0.0.1:{}", cluster.port);
    let small = cluster::connect_with(&url, config).await.unwrap();
    let small = memory_of(&small, &folder).await;
    // Two aggregates of 4000 x 24 numbers of four bytes.
    let error = collect(ask(small, &question, dim, false))
        .await
        .unwrap_err();
    let error = error.to_string();
    assert!(error.contains("the limit is: 100000 bytes"), "{error}");
    let batch = collect(ask(table, &question, dim, false)).await.unwrap();
    assert_eq!(
        answers(batch.column(0), batch.column(1), 0, true).len(),
        4000
    );
}

/// A query that takes some seconds, and the moment when executor 2 has finished a first part of it.
async fn interrupted(
    cluster: &Cluster,
    memory: &Memory,
    question: &[f32],
) -> tokio::task::JoinHandle<datafusion::common::Result<RecordBatch>> {
    let folder = files(memory, 1 << 13, cluster.dir.path()).await;
    let context = cluster.connect().await;
    let table = memory_of(&context, &folder).await;
    let query = tokio::spawn(collect(ask(table, question, memory.dim, false)));
    let begun = Instant::now();
    while cluster.said("executor-2", "Finished task") == 0 {
        assert!(
            !query.is_finished(),
            "too fast to be interrupted:\n{}",
            cluster.logs()
        );
        assert!(begun.elapsed() < PATIENCE, "{}", cluster.logs());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    query
}

/// The executor's unfinished task, and what it had finished, which lay on it, are computed again by the other one.
#[tokio::test(flavor = "multi_thread")]
async fn an_executor_that_is_killed_costs_time_and_nothing_else() {
    let memory = Memory::random(3, 1 << 17, 64);
    let question = Memory::random(4, 256, 64).values;
    let cluster = Cluster::start(2);
    let query = interrupted(&cluster, &memory, &question).await;
    cluster.kill("executor-2");
    assert!(
        !query.is_finished(),
        "too fast to be interrupted:\n{}",
        cluster.logs()
    );

    let batch = query.await.unwrap();
    let batch = batch.unwrap_or_else(|error| panic!("{error}\n{}", cluster.logs()));
    let found = answers(batch.column(0), batch.column(1), 0, true);
    assert_eq!(found.len(), 256);
    for (found, expected) in found.iter().zip(memory.asked(&question, SCORE, 5)) {
        found.is(&expected);
    }
    // It had finished a part of the answer, which went with it.
    let lost = cluster.said("scheduler", "on lost Executor executor-2");
    assert!(lost > 0, "{}", cluster.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_executor_is_left_the_query_fails() {
    let memory = Memory::random(3, 1 << 17, 64);
    let question = Memory::random(4, 256, 64).values;
    let cluster = Cluster::start(2);
    let query = interrupted(&cluster, &memory, &question).await;
    cluster.kill("executor-1");
    cluster.kill("executor-2");
    let error = query.await.unwrap().unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("no executors remain to run the tasks"),
        "{error}"
    );
}
