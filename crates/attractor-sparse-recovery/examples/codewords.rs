//! A memory of 4^40 words that keeps 60 constraints: words of 100 numbers are corrected from ever more wrong
//! entries, and what was verified is counted. Beside it what theory expects.
//!
//! `cargo run -p attractor-sparse-recovery --example codewords`

use attractor_core::{Failure, rng};
use attractor_sparse_recovery::curve::expected_capacity;
use attractor_sparse_recovery::ensembles::{self, Ensemble};
use attractor_sparse_recovery::linalg::columns;
use attractor_sparse_recovery::recovery::{Settings, Solver, Status, recover};
use rand::RngExt;

const ENTRIES: usize = 100;
const DIMENSION: usize = 40;
const WORDS: usize = 40;
/// The alphabet of coordinates.
const LETTERS: [f64; 4] = [-1.5, -0.5, 0.5, 1.5];

fn main() -> Result<(), Failure> {
    let subspace = ensembles::subspace(Ensemble::Gaussian, ENTRIES, DIMENSION, 0)?;
    let constraints = subspace.constraint_count();
    println!(
        "{constraints} constraints on {ENTRIES} numbers; about {:.1} errors are expected to be corrected",
        expected_capacity(ENTRIES, constraints)
    );
    println!("errors  recalled  certified  rejected or open");
    for errors in (2..=30).step_by(4) {
        let mut random = rng::stream(errors as u64, "codewords");
        let mut pick = |below: usize| random.random_range(0..below);
        let mut draw = || -> Vec<Vec<f64>> {
            let mut word = || {
                let letters = (0..DIMENSION).map(|_| LETTERS[pick(LETTERS.len())]);
                letters.collect()
            };
            (0..WORDS).map(|_| word()).collect()
        };
        let words = subspace.points(&draw())?;
        let mut cues: Vec<Vec<f64>> = (0..WORDS)
            .map(|j| (0..ENTRIES).map(|i| words[(i, j)]).collect())
            .collect();
        for (index, cue) in cues.iter_mut().enumerate() {
            let order =
                rng::permutation(&mut rng::indexed_stream(0, "places", index as u64), ENTRIES);
            order[..errors].iter().for_each(|&place| cue[place] = 10.0);
        }
        let batch = columns(ENTRIES, &cues)?;
        let found = recover(&subspace, &batch, &Solver::Admm, &Settings::default())?;
        let right = |j: &usize| {
            let answer = cues[*j].iter().zip(&found[*j].error).map(|(y, e)| y - e);
            answer
                .enumerate()
                .all(|(i, x)| (x - words[(i, *j)]).abs() < 1e-6)
        };
        let recalled = (0..WORDS).filter(right).count();
        let exact = found
            .iter()
            .filter(|own| own.status == Status::Exact)
            .count();
        let open = found.iter().filter(|own| !own.status.is_recalled()).count();
        println!("{errors:>6}  {recalled:>8}  {exact:>9}  {open:>16}");
    }
    Ok(())
}
