//! Measures the streaming read in seconds and prints one JSON line per shape and form.
//!
//! `bench-read [--runs K] [--only TEXT] [--all]`: `--only` keeps the benches whose name contains
//! the text, `--all` adds burn's own forms of the same read. Threads are set by
//! `RAYON_NUM_THREADS`.

use benches::{Line, gemm, read};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Arguments {
    runs: usize,
    only: String,
    all: bool,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        runs: 7,
        only: String::new(),
        all: false,
    };
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .ok_or_else(|| format!("`{word}` needs a value"))
        };
        match word.as_str() {
            "--runs" => {
                let text = value()?;
                let runs = text.parse::<usize>().ok().filter(|&runs| runs > 0);
                arguments.runs = runs.ok_or_else(|| {
                    format!("`--runs`: expected a number above 0, found `{text}`")
                })?;
            }
            "--only" => arguments.only = value()?,
            "--all" => arguments.all = true,
            _ => {
                return Err(format!(
                    "unknown argument `{word}`; known: --runs, --only, --all"
                ));
            }
        }
    }
    Ok(arguments)
}

fn print(line: &Line) -> Result<(), attractor_core::Failure> {
    println!("{}", serde_json::to_string(line)?);
    Ok(())
}

fn main() -> Result<(), attractor_core::Failure> {
    let arguments = parse(std::env::args().skip(1))?;
    if gemm::name().contains(&arguments.only) {
        print(&gemm::run(arguments.runs)?)?;
    }
    if read::copy_name().contains(&arguments.only) {
        print(&read::copy(arguments.runs)?)?;
    }
    for shape in read::SHAPES {
        if shape.name().contains(&arguments.only) {
            for line in read::run(shape, arguments.runs, arguments.all)? {
                print(&line)?;
            }
        }
    }
    Ok(())
}
