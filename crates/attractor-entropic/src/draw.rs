//! Draws of a level from weights.

use attractor_core::rng::Rng;
use rand::RngExt;

/// An index drawn with probability in proportion to its weight, never one of weight 0; none if all are 0.
pub(crate) fn index(weights: &[f64], rng: &mut Rng) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let mark = total * rng.random::<f64>();
    let mut sum = 0.0;
    let mut last = None;
    for (at, &weight) in weights.iter().enumerate() {
        if weight > 0.0 {
            sum += weight;
            last = Some(at);
            if sum > mark {
                break;
            }
        }
    }
    last
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
