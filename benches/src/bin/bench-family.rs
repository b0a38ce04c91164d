//! Measures recall of the dense-memory family and prints one JSON line per bench.
//!
//! `bench-family [TEXT [RUNS]]` keeps the benches whose name contains the text. Threads are set by
//! `RAYON_NUM_THREADS`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), attractor_core::Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let only = words.first().map_or("", String::as_str);
    let runs = match words.get(1) {
        Some(runs) => attractor_core::failure::number("runs", runs)?,
        None => 15,
    };
    for line in benches::family::run(only, runs)? {
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
