//! Loads the splits of a data set and says what is in them and what was left out:
//! `cargo run --example describe -- NAME_OR_PATH [DATA_DIR]`.

use std::path::Path;
use std::time::Instant;

use attractor_core::Failure;
use attractor_datasets::{DataError, DataRoot, Split, load};

fn main() -> Result<(), Failure> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "builtin".into());
    let data_dir = std::env::args().nth(2);
    let root = DataRoot::from_environment(data_dir.as_deref().map(Path::new));
    for split in [Split::Train, Split::Test] {
        let start = Instant::now();
        let set = match load(&name, split, &root) {
            Err(error @ DataError::Absent { .. }) => {
                println!("no {} split: {error}", split.name());
                continue;
            }
            set => set?,
        };
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{} {}: {} images of {}",
            set.name,
            split.name(),
            set.len(),
            set.shape
        );
        println!("  classes: {}", set.classes.join(", "));
        println!("  sha256: {}, read in {seconds:.2} s", set.fingerprint);
        for line in set.report.lines() {
            println!("  {line}");
        }
    }
    Ok(())
}
