//! How well a division of pixels into segments agrees with the true one.

use std::collections::BTreeMap;

use crate::{Error, Result};

/// Adjusted Rand index of two labellings of the same pixels: 1 for equal partitions whatever their
/// labels, 0 on average for independent ones, below 0 for worse.
///
/// With `n_ij` pixels of label `i` in one and `j` in the other, `C(n) = n (n - 1) / 2`,
/// `A = sum_i C(n_i.)` and `B = sum_j C(n_.j)`:
///
/// ```text
/// ARI = (sum_ij C(n_ij) - A B / C(n)) / ((A + B) / 2 - A B / C(n))
/// ```
///
/// L. Hubert, P. Arabie, *Comparing Partitions*, Journal of Classification 2, 1985.
///
/// # Errors
/// [`Error::Size`] if the lengths differ, if there are fewer than two pixels, and if both
/// partitions are trivial in the same way (one segment, or one pixel in each), where the index is
/// 0 / 0.
pub fn adjusted_rand_index(truth: &[usize], found: &[usize]) -> Result<f64> {
    if truth.len() != found.len() {
        return Err(Error::Size {
            what: "labels found",
            expected: format!("{} pixels", truth.len()),
            found: found.len(),
        });
    }
    if truth.len() < 2 {
        return Err(Error::Size {
            what: "labels",
            expected: "at least two pixels".into(),
            found: truth.len(),
        });
    }
    let mut cells = BTreeMap::<(usize, usize), u64>::new();
    let mut rows = BTreeMap::<usize, u64>::new();
    let mut columns = BTreeMap::<usize, u64>::new();
    for (&i, &j) in truth.iter().zip(found) {
        *cells.entry((i, j)).or_default() += 1;
        *rows.entry(i).or_default() += 1;
        *columns.entry(j).or_default() += 1;
    }
    let (index, a, b) = (
        pairs(cells.values()),
        pairs(rows.values()),
        pairs(columns.values()),
    );
    let all = pairs(&[truth.len() as u64]);
    let expected = a * b / all;
    let most = 0.5 * (a + b);
    // Equal only if both are 0 or both are `all`, which whole numbers decide exactly.
    if (a == 0.0 && b == 0.0) || (a == all && b == all) {
        return Err(Error::Size {
            what: "segments of both labellings",
            expected: "a partition that is neither one segment nor single pixels".into(),
            found: rows.len(),
        });
    }
    Ok((index - expected) / (most - expected))
}

/// [`adjusted_rand_index`] over the pixels whose true label is not `background`, the usual measure
/// of how well a model separates objects: the background would dominate it.
///
/// # Errors
/// As [`adjusted_rand_index`], of the pixels that are left.
pub fn foreground_adjusted_rand_index(
    truth: &[usize],
    found: &[usize],
    background: usize,
) -> Result<f64> {
    if truth.len() != found.len() {
        return Err(Error::Size {
            what: "labels found",
            expected: format!("{} pixels", truth.len()),
            found: found.len(),
        });
    }
    let pairs = truth.iter().zip(found).filter(|(i, _)| **i != background);
    let (truth, found): (Vec<usize>, Vec<usize>) = pairs.unzip();
    adjusted_rand_index(&truth, &found)
}

/// Pairs of pixels within segments of those sizes.
fn pairs<'a>(sizes: impl IntoIterator<Item = &'a u64>) -> f64 {
    sizes
        .into_iter()
        .map(|&n| n * n.saturating_sub(1) / 2)
        .sum::<u64>() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let ari = |a: &[usize], b: &[usize]| adjusted_rand_index(a, b).unwrap();
        assert_eq!(ari(&[0, 0, 1, 1], &[0, 0, 1, 1]), 1.0);
        // One cell of 2 of 6 pairs: (1 - 1/3) / (3/2 - 1/3) = 4/7.
        assert!((ari(&[0, 0, 1, 2], &[0, 0, 1, 1]) - 4.0 / 7.0).abs() < 1e-12);
        // No pair in common: (0 - 2/3) / (2 - 2/3) = -1/2.
        assert!((ari(&[0, 0, 1, 1], &[0, 1, 0, 1]) + 0.5).abs() < 1e-12);
        // One segment tells nothing.
        assert_eq!(ari(&[0, 0, 1, 1], &[3, 3, 3, 3]), 0.0);
        // 3 + 3 pixels with one misplaced: cells 2, 1, 3; index 4, A 6, B 3 + 3 + ... = C(2) + C(4).
        let (index, a, b, all) = (4.0, 6.0, 7.0, 15.0);
        let expected = a * b / all;
        let known = (index - expected) / (0.5 * (a + b) - expected);
        assert!((ari(&[0, 0, 0, 1, 1, 1], &[5, 5, 7, 7, 7, 7]) - known).abs() < 1e-12);
    }

    #[test]
    fn labels_and_roles_do_not_matter() {
        let a = [0, 0, 1, 1, 2, 2, 2, 1, 0, 3];
        let b = [1, 1, 1, 0, 2, 2, 0, 0, 1, 2];
        let value = adjusted_rand_index(&a, &b).unwrap();
        let renamed = b.map(|label| [9, 4, 7][label]);
        assert_eq!(adjusted_rand_index(&a, &renamed).unwrap(), value);
        assert_eq!(adjusted_rand_index(&b, &a).unwrap(), value);
        let order = [3, 9, 1, 0, 7, 2, 8, 5, 4, 6];
        let [a, b] = [a, b].map(|labels| order.map(|at| labels[at]));
        assert_eq!(adjusted_rand_index(&a, &b).unwrap(), value);
    }

    #[test]
    fn the_background_does_not_count() {
        let truth = [0, 0, 0, 1, 1, 2, 2];
        let found = [1, 2, 5, 1, 1, 2, 2];
        assert_eq!(
            foreground_adjusted_rand_index(&truth, &found, 0).unwrap(),
            1.0
        );
        assert!(adjusted_rand_index(&truth, &found).unwrap() < 1.0);
    }

    #[test]
    fn undefined_cases_are_errors() {
        let message = |a: &[usize], b: &[usize]| adjusted_rand_index(a, b).unwrap_err().to_string();
        assert_eq!(
            message(&[0, 1], &[0]),
            "labels found: expected 2 pixels, found 1"
        );
        assert_eq!(
            message(&[], &[]),
            "labels: expected at least two pixels, found 0"
        );
        assert!(message(&[4, 4, 4], &[2, 2, 2]).contains("neither one segment nor single pixels"));
        assert!(message(&[0, 1, 2], &[2, 1, 0]).contains("neither one segment nor single pixels"));
        let error = foreground_adjusted_rand_index(&[0, 0, 1], &[0, 0, 1], 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "labels: expected at least two pixels, found 1"
        );
        assert!(foreground_adjusted_rand_index(&[0, 1], &[0], 0).is_err());
    }
}
