//! Writes the seeds of each target into a folder of its name: `cargo run -p attractor-fuzzing --example seeds -- fuzz/corpus`.

use std::path::PathBuf;

use attractor::core::Failure;

fn main() -> Result<(), Failure> {
    let root = std::env::args_os().nth(1).map(PathBuf::from);
    let root = root.unwrap_or_else(|| "fuzz/corpus".into());
    for target in attractor_fuzzing::TARGETS {
        let folder = root.join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
    }
    Ok(())
}
