//! Random subspaces, sparse constraints and corrupted words.

use attractor_core::rng::{self, Rng, indexed_stream};
use attractor_core::{Error, Result};
use faer::Mat;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use crate::expander::Constraints;
use crate::linalg::{col, joined};
use crate::subspace::{Evidence, RankRule, Subspace};

/// What spans the subspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ensemble {
    /// Columns of independent normal entries.
    Gaussian,
    /// Columns of independent signs.
    Sign,
    /// Rows of the orthonormal cosine transform, drawn without replacement.
    Dct,
}

/// Values of the wrong entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errors {
    /// Standard normal, at random places.
    Gaussian,
    /// +1 or -1, at random places.
    Sign,
    /// Standard normal, where the word is largest.
    AtLargest,
}

/// A corrupted word.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The point of the subspace.
    pub pattern: Vec<f64>,
    /// The error.
    pub error: Vec<f64>,
    /// Their sum.
    pub cue: Vec<f64>,
}

fn normal(random: &mut Rng) -> f64 {
    random.sample(StandardNormal)
}

fn sign(random: &mut Rng) -> f64 {
    match random.random::<bool>() {
        true => 1.0,
        false => -1.0,
    }
}

/// Row `k` of the orthonormal cosine transform (DCT-II) of `n` entries.
pub fn dct_row(n: usize, k: usize) -> Vec<f64> {
    let size = n as f64;
    let factor = (if k == 0 { 1.0 } else { 2.0 } / size).sqrt();
    let angle = |i: usize| std::f64::consts::PI * k as f64 * (2 * i + 1) as f64 / (2.0 * size);
    (0..n).map(|i| factor * angle(i).cos()).collect()
}

/// A random subspace of dimension `r` in `n`.
///
/// # Errors
/// [`Error::Config`] unless `1 <= r <= n`.
pub fn subspace(ensemble: Ensemble, n: usize, r: usize, seed: u64) -> Result<Subspace> {
    if r == 0 || r > n {
        let rule = "must be from 1 to the entries of a pattern";
        return Err(Error::config("dimension of the subspace", rule, r));
    }
    let mut random = rng::stream(seed, "sparse recovery subspace");
    let spanning = match ensemble {
        Ensemble::Gaussian => Mat::from_fn(n, r, |_, _| normal(&mut random)),
        Ensemble::Sign => Mat::from_fn(n, r, |_, _| sign(&mut random)),
        Ensemble::Dct => {
            let chosen = rng::permutation(&mut random, n);
            let rows: Vec<Vec<f64>> = chosen[..r].iter().map(|&k| dct_row(n, k)).collect();
            joined(n, &rows)
        }
    };
    let own = Subspace::fit(&spanning, false, RankRule::Exact)?;
    // These vectors are all that there is.
    Ok(own.with_evidence(Evidence::Settled))
}

/// Word number `index` of a subspace, `count` entries of it wrong.
///
/// # Errors
/// [`Error::Config`] if more entries are to be wrong than there are.
pub fn words(
    subspace: &Subspace,
    count: usize,
    errors: Errors,
    seed: u64,
    index: u64,
) -> Result<Word> {
    let n = subspace.width();
    at_most(count, n)?;
    let mut random = indexed_stream(seed, "sparse recovery word", index);
    let coordinates = (0..subspace.rank()).map(|_| normal(&mut random));
    let pattern = col(&subspace.points(&[coordinates.collect()])?, 0).to_vec();
    let mut order = rng::permutation(&mut random, n);
    if errors == Errors::AtLargest {
        order.sort_by(|&a, &b| pattern[b].abs().total_cmp(&pattern[a].abs()));
    }
    let mut error = vec![0.0; n];
    for &place in &order[..count] {
        error[place] = match errors {
            Errors::Sign => sign(&mut random),
            Errors::Gaussian | Errors::AtLargest => normal(&mut random),
        };
    }
    let cue = pattern.iter().zip(&error).map(|(x, e)| x + e).collect();
    Ok(Word {
        pattern,
        error,
        cue,
    })
}

/// As many errors as there are entries at most.
fn at_most(count: usize, n: usize) -> Result<()> {
    if count <= n {
        return Ok(());
    }
    let rule = "must be at most the entries of a word";
    let found = format!("{count} for {n} entries");
    Err(Error::config("wrong entries", rule, found))
}

/// The first word of [`words`].
///
/// # Errors
/// As [`words`].
pub fn word(subspace: &Subspace, count: usize, errors: Errors, seed: u64) -> Result<Word> {
    words(subspace, count, errors, seed, 0)
}

/// Entries of sparse constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// Standard normal.
    Gaussian,
    /// +1 or -1.
    Sign,
}

impl Weights {
    fn draw(self, random: &mut Rng) -> f64 {
        match self {
            Self::Gaussian => normal(random),
            Self::Sign => sign(random),
        }
    }
}

/// `m` constraints of `n` entries, each in with probability `theta`: the Bernoulli-Gaussian law of sparse
/// dictionary learning.
///
/// # Errors
/// [`Error::Config`] unless `0 <= theta <= 1`.
pub fn bernoulli(m: usize, n: usize, theta: f64, weights: Weights, seed: u64) -> Result<Mat<f64>> {
    if !(0.0..=1.0).contains(&theta) {
        return Err(Error::config("theta", "must be from 0 to 1", theta));
    }
    let mut random = rng::stream(seed, "sparse recovery constraints");
    Ok(Mat::from_fn(m, n, |_, _| {
        match random.random::<f64>() < theta {
            true => weights.draw(&mut random),
            false => 0.0,
        }
    }))
}

/// Columns that are drawn anew before a graph is given up.
const TRIES: usize = 1000;

/// `m` constraints of `n` entries, `degree` of them on every entry, any two entries with at most `shared`
/// constraints in common: a left-regular graph.
///
/// # Errors
/// [`Error::Config`] if `degree` is 0 or above `m`, or no such graph is found.
pub fn left_regular(
    (m, n): (usize, usize),
    degree: usize,
    shared: usize,
    weights: Weights,
    seed: u64,
) -> Result<Constraints> {
    if degree == 0 || degree > m {
        let rule = "must be from 1 to the number of constraints";
        return Err(Error::config("degree", rule, degree));
    }
    let mut random = rng::stream(seed, "sparse recovery graph");
    let mut rows_of: Vec<Vec<usize>> = Vec::with_capacity(n);
    // By constraint, the entries that it has.
    let mut entries: Vec<Vec<usize>> = vec![Vec::new(); m];
    let mut common = vec![0usize; n];
    for place in 0..n {
        let fits = (0..TRIES).find_map(|_| {
            let mut rows = Vec::with_capacity(degree);
            while rows.len() < degree {
                let row = random.random_range(0..m);
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
            let others = || rows.iter().flat_map(|&row| &entries[row]);
            others().for_each(|&other| common[other] += 1);
            let fits = others().all(|&other| common[other] <= shared);
            others().for_each(|&other| common[other] = 0);
            rows.sort_unstable();
            fits.then_some(rows)
        });
        let Some(rows) = fits else {
            let rule = "must leave room for a graph";
            let found = format!("{shared} for {n} entries on {m} constraints");
            return Err(Error::config("constraints in common", rule, found));
        };
        rows.iter().for_each(|&row| entries[row].push(place));
        rows_of.push(rows);
    }
    let mut triplets = Vec::with_capacity(n * degree);
    for (place, rows) in rows_of.into_iter().enumerate() {
        triplets.extend(
            rows.into_iter()
                .map(|row| (row, place, weights.draw(&mut random))),
        );
    }
    Constraints::from_triplets((m, n), &triplets)
}

/// Sparse errors without a word: the entries `count` of `n` that are not 0.
///
/// # Errors
/// [`Error::Config`] if more entries are to be wrong than there are.
pub fn sparse_error(
    n: usize,
    count: usize,
    weights: Weights,
    seed: u64,
    index: u64,
) -> Result<Vec<f64>> {
    at_most(count, n)?;
    let mut random = indexed_stream(seed, "sparse recovery error", index);
    let order = rng::permutation(&mut random, n);
    let mut error = vec![0.0; n];
    for &place in &order[..count] {
        error[place] = weights.draw(&mut random);
    }
    Ok(error)
}
