//! What the tests of recovery share.

mod claims;
mod invariances;
mod iterations;
mod solvers;
mod transition;

use super::*;
use crate::ensembles::{self, Ensemble, Errors, Word};
use crate::linalg::{columns, max_abs};
use crate::subspace::Subspace;

const ALL: [Ensemble; 3] = [Ensemble::Gaussian, Ensemble::Sign, Ensemble::Dct];

fn words(subspace: &Subspace, count: usize, errors: Errors, seed: u64, many: u64) -> Vec<Word> {
    (0..many)
        .map(|i| ensembles::words(subspace, count, errors, seed, i).unwrap())
        .collect()
}

fn run(subspace: &Subspace, words: &[Word], solver: Solver) -> Vec<Found> {
    let cues: Vec<Vec<f64>> = words.iter().map(|word| word.cue.clone()).collect();
    let cues = columns(subspace.width(), &cues).unwrap();
    recover(subspace, &cues, &solver, &Settings::default()).unwrap()
}

fn error_of(found: &Found, word: &Word) -> f64 {
    let apart: Vec<f64> = found
        .error
        .iter()
        .zip(&word.error)
        .map(|(a, b)| a - b)
        .collect();
    max_abs(&apart) / max_abs(&word.error).max(f64::MIN_POSITIVE)
}

fn recovered(found: &[Found], words: &[Word]) -> usize {
    found
        .iter()
        .zip(words)
        .filter(|(found, word)| error_of(found, word) < 1e-3)
        .count()
}
