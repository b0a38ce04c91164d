//! How much the Hopfield family holds: recall against load, and how capacities grow.
//!
//! ```sh
//! cargo run --example capacity -- classical   # 1000 units: Hebb, Storkey, pseudo-inverse
//! cargo run --example capacity -- size        # Hebb's rule with 500 to 4000 units
//! cargo run --example capacity -- family      # every model through the same patterns
//! cargo run --example capacity -- growth      # polynomial networks: capacity against units
//! ```

use std::ops::ControlFlow;
use std::time::Instant;

use attractor::capacity::{self, Model, Point, Protocol, laws};
use attractor::core::failure::known;
use attractor::prelude::*;

fn sweep(models: &[Model], protocol: &Protocol, device: &Device) -> Result<Vec<Point>, Failure> {
    let start = Instant::now();
    let points = capacity::sweep(models, protocol, device, &mut |_| ControlFlow::Continue(()))?;
    println!(
        "\n{} units, {} % of a cue flipped, {} seeds of {} cues; {:.1} s",
        protocol.dim,
        100.0 * protocol.flipped,
        protocol.seeds,
        protocol.cues,
        start.elapsed().as_secs_f64()
    );
    Ok(points)
}

/// Share recalled, and wrong entries, against load.
fn table(models: &[Model], points: &[Point]) {
    for model in models {
        let recalled = capacity::curve(points, &model.name, |point| point.recalled);
        let errors = capacity::curve(points, &model.name, |point| point.bit_error);
        let cells = recalled.iter().zip(&errors).map(|(share, error)| {
            let (load, share) = (share.load, share.mean);
            format!("{load:.3}: {share:.2} ({:.1} %)", 100.0 * error.mean)
        });
        let line: Vec<String> = cells.collect();
        print!("{:<16} {}", model.name, line.join("  "));
        match capacity::crossing(&recalled, 0.5) {
            Some(count) => println!("  half at {:.3}", count / points[0].dim as f64),
            None => println!(),
        }
    }
}

fn classical(device: &Device) -> Result<(), Failure> {
    let models: Vec<Model> = capacity::family(1000).into_iter().take(3).collect();
    for flipped in [0.0, 0.1] {
        let protocol = Protocol {
            dim: 1000,
            counts: vec![
                50, 100, 120, 130, 138, 145, 155, 170, 200, 300, 400, 500, 600, 800,
            ],
            cues: 50,
            flipped,
            seeds: 3,
            ..Protocol::default()
        };
        table(&models, &sweep(&models, &protocol, device)?);
    }
    Ok(())
}

/// The collapse sharpens with the number of units.
fn size(device: &Device) -> Result<(), Failure> {
    let models: Vec<Model> = capacity::family(1).into_iter().take(1).collect();
    for dim in [500, 1000, 2000, 4000] {
        let loads = [0.1, 0.12, 0.13, 0.138, 0.145, 0.155, 0.17, 0.2];
        let protocol = Protocol {
            dim,
            counts: loads
                .map(|load| (load * dim as f64).round() as usize)
                .to_vec(),
            cues: 60,
            seeds: 4,
            ..Protocol::default()
        };
        let points = sweep(&models, &protocol, device)?;
        table(&models, &points);
        let errors = capacity::curve(&points, "hebb", |point| point.bit_error);
        if let Some(count) = capacity::crossing(&errors, 0.016) {
            println!("1.6 % wrong at {:.4}", count / dim as f64);
        }
    }
    Ok(())
}

fn family(device: &Device) -> Result<(), Failure> {
    let models = capacity::family(100);
    let protocol = Protocol {
        dim: 100,
        counts: vec![5, 10, 14, 20, 30, 50, 75, 100, 200, 500, 1000, 2000],
        cues: 40,
        flipped: 0.1,
        seeds: 3,
        ..Protocol::default()
    };
    table(&models, &sweep(&models, &protocol, device)?);
    Ok(())
}

/// Patterns at which one update of a stored pattern leaves one entry in a hundred wrong.
fn growth(device: &Device) -> Result<(), Failure> {
    for (power, dims) in [
        (2u32, vec![128, 256, 512, 1024]),
        (3, vec![32, 64, 128, 256]),
        (4, vec![24, 36, 54, 81]),
    ] {
        let protocol = Protocol {
            cues: 200,
            seeds: 5,
            ..Protocol::default()
        };
        let go_on = &mut |_: &Point| ControlFlow::Continue(());
        let found = capacity::growth(power, &dims, &protocol, device, go_on)?;
        for &(dim, count) in &found {
            let law = laws::polynomial_with_errors(dim as usize, power, 0.01)?;
            println!("power {power}: 1 % wrong at {count:.0} patterns, law {law:.0}");
        }
        if let Some((exponent, factor)) = capacity::power(&found) {
            println!("power {power}: capacity = {factor:.4} D^{exponent:.3}");
        }
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let device = Backend::available()[0].open()?;
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    known(&wanted, &["classical", "size", "family", "growth"])?;
    let asked = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if asked("classical") {
        classical(&device)?;
    }
    if asked("size") {
        size(&device)?;
    }
    if asked("family") {
        family(&device)?;
    }
    if asked("growth") {
        growth(&device)?;
    }
    Ok(())
}
