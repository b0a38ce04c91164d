//! Measures reads of a firing-rate memory; prints one JSON line for each size, and how time grows with
//! units and with patterns. Threads are set by `RAYON_NUM_THREADS`.

use attractor_core::Backend;
use benches::Line;
use benches::firing_rate::{SIZES, run, slope};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), attractor_core::Failure> {
    let device = Backend::Flex.open()?;
    let mut lines: Vec<Line> = Vec::new();
    for size in SIZES {
        lines.push(run(size, 7, &device)?);
        println!("{}", serde_json::to_string(&lines[lines.len() - 1])?);
    }
    let of = |kept: fn(&(usize, usize)) -> bool| {
        let pairs = SIZES.iter().zip(&lines).filter(|(size, _)| kept(size));
        let (sizes, lines): (Vec<_>, Vec<_>) =
            pairs.map(|(size, line)| (*size, line.clone())).unzip();
        slope(&sizes, &lines)
    };
    println!("time grows with N P to the power {:.2}", of(|_| true));
    println!("with N alone, at P = 14, {:.2}", of(|size| size.1 == 14));
    println!(
        "with P alone, at N = 1000, {:.2}",
        of(|size| size.0 == 1000)
    );
    Ok(())
}
