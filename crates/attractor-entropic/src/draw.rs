//! Draws of a level from weights.

use attractor_core::rng::Rng;
use rand::RngExt;

/// An index drawn with probability in proportion to its weight, never one of weight 0; none if all are 0.
pub(crate) fn index(weights: &[f64], rng: &mut Rng) -> Option<usize> {
    let mut sum = 0.0;
    let sums = weights.iter().map(|weight| {
        sum += weight;
        sum
    });
    below(&sums.collect::<Vec<_>>(), rng)
}

/// The same of weights that are summed up: `sums[k]` is that of the first k + 1.
pub(crate) fn below(sums: &[f64], rng: &mut Rng) -> Option<usize> {
    let total = sums.last().copied().filter(|&total| total > 0.0)?;
    let mark = total * rng.random::<f64>();
    // Where the sum comes to lie above the mark it rises: there is a weight. Rounding may leave the mark at the
    // total, which the last weight reaches.
    let at = sums.partition_point(|&sum| sum <= mark);
    Some(at.min(sums.partition_point(|&sum| sum < total)))
}

/// `counts[k] exp(-(k - centre)^2 / (2 width^2))` over all k, up to a factor: the largest is 1, so that no
/// column is lost where the exponential underflows. Without a centre, in proportion to the counts.
pub(crate) fn around(counts: &[f64], centre: Option<usize>, width: f64) -> Vec<f64> {
    let log = |(k, &count): (usize, &f64)| match (count > 0.0, centre) {
        (false, _) => f64::NEG_INFINITY,
        (true, None) => count.ln(),
        (true, Some(centre)) => {
            let far = (k as f64 - centre as f64) / width;
            count.ln() - far * far / 2.0
        }
    };
    let logs: Vec<f64> = counts.iter().enumerate().map(log).collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match most == f64::NEG_INFINITY {
        true => vec![0.0; counts.len()],
        false => logs.iter().map(|log| (log - most).exp()).collect(),
    }
}

/// Entropy in bits of a column or block of counts; 0 if it is empty.
pub(crate) fn entropy(counts: impl Iterator<Item = u64>) -> f64 {
    let (mut sum, mut logs) = (0u64, 0.0);
    let mut active = 0;
    for count in counts.filter(|&count| count > 0) {
        sum += count;
        logs += count as f64 * (count as f64).log2();
        active += 1;
    }
    match active {
        0 | 1 => 0.0,
        _ => ((sum as f64).log2() - logs / sum as f64).max(0.0),
    }
}
