//! Which candidates a first pass keeps.

/// Which of `width` numbers in each row are among its `count` lowest; the first of equal ones, and no NaN before a number.
/// All of them from a `count` of `width` on.
pub fn lowest_of_rows(values: &[f32], width: usize, count: usize) -> Vec<bool> {
    if count >= width {
        return vec![true; values.len()];
    }
    let mut kept = vec![false; values.len()];
    if count == 0 {
        return kept;
    }
    for (row, kept) in values.chunks_exact(width).zip(kept.chunks_exact_mut(width)) {
        let mut order: Vec<usize> = (0..width).collect();
        let before = |a: &usize, b: &usize| row[*a].total_cmp(&row[*b]).then(a.cmp(b));
        order.select_nth_unstable_by(count - 1, before);
        order[..count].iter().for_each(|at| kept[*at] = true);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_are_kept() {
        let rows = [3.0, 1.0, f32::NAN, 2.0, 0.0, 0.0, 0.0, f32::INFINITY];
        let kept = lowest_of_rows(&rows, 4, 2);
        assert_eq!(kept, [false, true, false, true, true, true, false, false]);
        assert_eq!(lowest_of_rows(&rows, 4, 0), [false; 8]);
        assert_eq!(lowest_of_rows(&rows, 4, 9), [true; 8]);
    }
}
