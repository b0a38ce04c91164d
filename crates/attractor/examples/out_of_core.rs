//! A store three times as large as the memory that the program may use, written and read.
//!
//! ```sh
//! cargo run --release -p attractor --example out_of_core --features store                 # 128 MiB of memory
//! cargo run --release -p attractor --example out_of_core --features store -- 1024 /data   # 1 GiB, store in /data
//! ```

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use attractor::core::kernel::Score;
use attractor::core::{check, rng};
use attractor::prelude::*;
use attractor::store::{Annotations, Precision, ReadOptions, Store, StoreConfig};

const DIM: usize = 64;
const MIB: u64 = 1 << 20;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let limit = match arguments.next() {
        Some(text) => text
            .parse::<u64>()
            .map_err(|_| format!("expected MiB of memory, found `{text}`"))?,
        None => 128,
    };
    let place = tempfile::tempdir()?;
    let folder = match arguments.next() {
        Some(folder) => PathBuf::from(folder).join("out-of-core"),
        None => place.path().join("out-of-core"),
    };
    let device = Backend::Flex.open()?;

    for precision in [Precision::F32, Precision::F16] {
        let path = folder.join(precision.to_string());
        let rows = (3 * limit * MIB) as usize / DIM / precision.bytes();
        let (seconds, wanted) = write(&path, precision, rows, &device)?;
        let store = Store::open(&path)?;
        let bytes = store.snapshot().bytes();
        println!(
            "{rows} patterns of {DIM} numbers in {precision}: {} MiB, written at {:.0} MB/s",
            bytes / MIB,
            rate(bytes, seconds)
        );

        let plain = Instant::now();
        read_files(&path)?;
        let plain = plain.elapsed().as_secs_f64();
        println!("  files alone, one thread: {:.0} MB/s", rate(bytes, plain));
        let options = ReadOptions::new();
        let score = Score::SquaredDistance { variance: 0.05 };
        for cues in [1, 64] {
            let mut batch = wanted.clone().repeat_dim(0, cues);
            batch = batch + rng::normal(&mut rng::stream(0, "noise"), [cues, DIM], &device) * 0.1;
            let begun = Instant::now();
            let answer = store.read(batch.clone(), score, &options)?;
            let seconds = begun.elapsed().as_secs_f64();
            let error = (answer.mean()? - wanted.clone())
                .abs()
                .max()
                .into_scalar::<f32>();
            println!(
                "  {cues} cues: {:.0} MB/s, {:.2} s; recalled pattern {} with an error of {error:.0e}",
                rate(bytes, seconds),
                seconds,
                answer.best[0]
            );
            let begun = Instant::now();
            let best = store.top(batch, score, 10, &options)?;
            let seconds = begun.elapsed().as_secs_f64();
            println!(
                "  {cues} cues, the best ten: {:.0} MB/s, {seconds:.2} s; the first is pattern {}",
                rate(bytes, seconds),
                best[0].candidates[0].id
            );
        }
    }
    if let Some(peak) = peak_of_memory() {
        println!("largest size of the process: {} of {limit} MiB", peak / MIB);
        if peak > limit * MIB {
            return Err("the process was larger than it may be".into());
        }
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Normal patterns, in batches. Gives the seconds that storing took, and one of the patterns.
fn write(
    path: &Path,
    precision: Precision,
    rows: usize,
    device: &Device,
) -> Result<(f64, Tensor<2>), Failure> {
    let mut store = Store::create(path, StoreConfig::new(DIM, precision))?;
    let (mut left, mut seconds, mut wanted) = (rows, 0.0, None);
    let mut batch = 0;
    while left > 0 {
        let rows = left.min((8 * MIB) as usize / 4 / DIM);
        let mut stream = rng::indexed_stream(0, "patterns", batch);
        let patterns = rng::normal::<2>(&mut stream, [rows, DIM], device);
        if batch == 3 {
            let row = check::to_host(patterns.clone().narrow(0, 5, 1))?;
            let row = row
                .into_iter()
                .map(|value| precision.round(value))
                .collect();
            wanted = Some(check::from_host("pattern", row, DIM, device)?);
        }
        let begun = Instant::now();
        store.append(patterns, &Annotations::default())?;
        seconds += begun.elapsed().as_secs_f64();
        left -= rows;
        batch += 1;
    }
    let wanted = wanted.ok_or("a limit of at least 16 MiB")?;
    Ok((seconds, wanted))
}

/// What the disk, or the system's memory of it, gives.
fn read_files(path: &Path) -> std::io::Result<()> {
    let mut buffer = vec![0; 4 << 20];
    for entry in std::fs::read_dir(path)? {
        let mut file = std::fs::File::open(entry?.path())?;
        while file.read(&mut buffer)? > 0 {}
    }
    Ok(())
}

fn rate(bytes: u64, seconds: f64) -> f64 {
    bytes as f64 / 1e6 / seconds
}

/// Bytes of memory that the process had at most, where the system says so.
fn peak_of_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}
