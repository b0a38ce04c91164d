//! Measures recall of the dense-memory family and prints one JSON line per bench.
//!
//! `bench-family [TEXT [RUNS]]` keeps the benches whose name contains the text. Threads are set by
//! `RAYON_NUM_THREADS`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let only = words.first().map_or("", String::as_str);
    let runs = words.get(1).map_or(Ok(15), |runs| runs.parse())?;
    for line in benches::family::run(only, runs)? {
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
