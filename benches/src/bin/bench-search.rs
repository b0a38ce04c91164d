//! Exact search for the ten nearest, and the softmax read, of large stores: one JSON line for each.
//!
//! `bench-search [--runs K] [--only TEXT]`. Threads are set by `RAYON_NUM_THREADS`.

use attractor_core::Failure;
use benches::search;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Failure> {
    let (mut runs, mut only) = (5, String::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word.as_str() {
            "--runs" => runs = attractor_core::failure::number("--runs", &value)?,
            "--only" => only = value,
            _ => Err(format!("unknown argument `{word}`; known: --runs, --only"))?,
        }
    }
    for store in search::STORES {
        for kept in search::PRECISIONS {
            for line in search::run(store, kept, runs, &only)? {
                println!("{}", serde_json::to_string(&line)?);
            }
        }
    }
    Ok(())
}
