//! What a memory bears: patterns written one by one, and reads from several threads at once. Prints its figures; fails if an answer
//! is wrong.
//!
//! `cargo run --example limits -- [PATTERNS 1000000] [READS 1000] [THREADS 8]`

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use attractor::catalogue::{self, Context};
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::failure::number;
use attractor::core::{Error, Failure, Options, check, rng};
use attractor::prelude::*;

/// Entries of a pattern.
const DIM: usize = 16;
/// Writes between two lines.
const LINES: usize = 4;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let mut next = |name: &str, default: usize| match given.next() {
        Some(text) => number(name, &text),
        None => Ok(default),
    };
    let (patterns, reads, threads) = (
        next("PATTERNS", 1_000_000)?,
        next("READS", 1_000)?,
        next("THREADS", 8)?,
    );
    let device = Backend::Flex.open()?;
    let context = Context::pixels(DIM, &device)?;
    let mut memory = catalogue::build("gmm", &Options::new(), &context)?;
    let all = rng::normal_vec(&mut rng::stream(1, "limits"), patterns * DIM);
    let row = |at: usize| &all[at * DIM..(at + 1) * DIM];
    let begun = Instant::now();
    for at in 0..patterns {
        memory.write(tensor(row(at), &device)?)?;
        if (at + 1) % (patterns / LINES).max(1) == 0 {
            println!(
                "{} written: {:.1} s, {}",
                at + 1,
                begun.elapsed().as_secs_f64(),
                peak()
            );
        }
    }
    let stored = check::to_host(memory.stored_states()?)?;
    same("stored patterns", stored == all)?;
    drop(stored);

    // Each thread reads every pattern of its own, shifted a little, and must find it; all share one memory.
    let memory: &dyn AssociativeMemory = &*memory;
    let (done, begun) = (AtomicUsize::new(0), Instant::now());
    let read = std::thread::scope(|scope| {
        let thread = |_| {
            scope.spawn(|| {
                answers(memory, (&done, reads), &all).map_err(|failure| failure.to_string())
            })
        };
        let started: Vec<_> = (0..threads).map(thread).collect();
        let joined = started.into_iter().map(|thread| thread.join());
        joined
            .map(|outcome| outcome.unwrap_or_else(|_| Err("a thread panicked".to_owned())))
            .collect::<Result<Vec<()>, String>>()
    });
    read?;
    println!(
        "{reads} reads of {patterns} patterns from {threads} threads: {:.1} s, {}",
        begun.elapsed().as_secs_f64(),
        peak()
    );
    Ok(())
}

/// Reads patterns, shifted a little, until all threads together have read often enough.
fn answers(
    memory: &dyn AssociativeMemory,
    (done, reads): (&AtomicUsize, usize),
    all: &[f32],
) -> Result<(), Failure> {
    let device = Backend::Flex.open()?;
    loop {
        let read = done.fetch_add(1, Ordering::Relaxed);
        if read >= reads {
            return Ok(());
        }
        let at = read * 7919 % (all.len() / DIM) * DIM;
        let expected = &all[at..at + DIM];
        let cue: Vec<f32> = expected.iter().map(|value| value + 0.01).collect();
        let found = check::to_host(memory.read(tensor(&cue, &device)?)?.data())?;
        let gaps = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        let gap = gaps.fold(0.0, f32::max);
        same(&format!("answer {read}, {gap} off"), gap < 0.02)?;
    }
}

fn tensor(row: &[f32], device: &Device) -> Result<Tensor<2>, Error> {
    check::from_host("a pattern", row.to_vec(), DIM, device)
}

fn same(what: &str, well: bool) -> Result<(), Failure> {
    match well {
        true => Ok(()),
        false => Err(format!("not as expected: {what}").into()),
    }
}

/// The most memory that the process has held, where the system says it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or("peak unknown".into(), |kib| {
        format!("at most {} MiB", kib >> 10)
    })
}
