//! From points to curves, capacities and exponents.

use serde::{Deserialize, Serialize};

use super::Point;

/// A measure at one load, over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// Stored patterns, K.
    pub count: usize,
    /// `K / D`.
    pub load: f64,
    /// Mean over seeds.
    pub mean: f64,
    /// Standard deviation over seeds; 0 for one.
    pub deviation: f64,
    /// Seeds.
    pub seeds: usize,
}

/// The curve of one model: `measure` against the count, in the order of rising counts.
pub fn curve(points: &[Point], model: &str, measure: impl Fn(&Point) -> f64) -> Vec<Mean> {
    let mut own: Vec<&Point> = points.iter().filter(|point| point.model == model).collect();
    own.sort_by_key(|point| point.count);
    own.chunk_by(|a, b| a.count == b.count)
        .map(|group| {
            let n = group.len() as f64;
            let mean = group.iter().map(|point| measure(point)).sum::<f64>() / n;
            let squares = group.iter().map(|point| (measure(point) - mean).powi(2));
            let variance = squares.sum::<f64>() / (n - 1.0).max(1.0);
            Mean {
                count: group[0].count,
                load: group[0].load,
                mean,
                deviation: variance.sqrt(),
                seeds: group.len(),
            }
        })
        .collect()
}

/// The count at which a curve first passes `level`, falling or rising, between two measured counts on
/// a logarithmic axis. None if it never does.
pub fn crossing(curve: &[Mean], level: f64) -> Option<f64> {
    let pair = curve
        .windows(2)
        .find(|pair| (pair[0].mean >= level) != (pair[1].mean >= level))?;
    let share = (level - pair[0].mean) / (pair[1].mean - pair[0].mean);
    let (low, high) = ((pair[0].count as f64).ln(), (pair[1].count as f64).ln());
    Some((low + share * (high - low)).exp())
}

/// The exponent p and factor a of `y = a x^p` by least squares on logarithms. None without two
/// different x, or with numbers that are not above 0.
pub fn power(pairs: &[(f64, f64)]) -> Option<(f64, f64)> {
    if pairs.iter().any(|(x, y)| !(*x > 0.0 && *y > 0.0)) {
        return None;
    }
    let n = pairs.len() as f64;
    let logs = pairs.iter().map(|(x, y)| (x.ln(), y.ln()));
    let (sum_x, sum_y) = logs
        .clone()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (mut across, mut spread) = (0.0, 0.0);
    for (x, y) in logs {
        across += (x - mean_x) * (y - mean_y);
        spread += (x - mean_x).powi(2);
    }
    (spread > 0.0).then(|| {
        let exponent = across / spread;
        (exponent, (mean_y - exponent * mean_x).exp())
    })
}
