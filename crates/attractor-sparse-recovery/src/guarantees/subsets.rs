//! All subsets of one size.

use attractor_core::{Error, Result};

/// Subsets that are visited at most.
pub const MOST_SUBSETS: u64 = 20_000_000;

/// Subsets of `t` of `n`, or `None` where they are too many.
fn count(n: usize, t: usize) -> Option<u64> {
    let mut count = 1u64;
    for i in 0..t.min(n - t) {
        count = count.checked_mul((n - i) as u64)? / (i + 1) as u64;
        (count <= MOST_SUBSETS).then_some(())?;
    }
    Some(count)
}

/// Visits every subset of `t` of `0..n`, rising, in lexicographic order.
///
/// # Errors
/// [`Error::Config`] unless `1 <= t <= n`, and beyond [`MOST_SUBSETS`].
pub(super) fn each(n: usize, t: usize, mut visit: impl FnMut(&[usize])) -> Result<()> {
    if t == 0 || t > n {
        let rule = "must be from 1 to the number of columns";
        return Err(Error::config("size of a subset", rule, t));
    }
    if count(n, t).is_none() {
        let rule = "must be at most 20000000 to visit all";
        return Err(Error::config("subsets", rule, format!("{t} of {n}")));
    }
    let mut chosen: Vec<usize> = (0..t).collect();
    loop {
        visit(&chosen);
        let Some(place) = (0..t).rev().find(|&i| chosen[i] < n - t + i) else {
            return Ok(());
        };
        chosen[place] += 1;
        for i in place + 1..t {
            chosen[i] = chosen[i - 1] + 1;
        }
    }
}

/// Every vector of signs of that length, up to a common one: the first is +1.
pub(super) fn signs(length: usize) -> impl Iterator<Item = Vec<f64>> {
    let sign = |bits: u64, i: usize| {
        if i > 0 && bits >> (i - 1) & 1 == 1 {
            -1.0
        } else {
            1.0
        }
    };
    let all = 0..1u64 << length.saturating_sub(1);
    all.map(move |bits| (0..length).map(|i| sign(bits, i)).collect())
}
