//! The scale of residuals.

/// Median of a sum of C squared standard normal numbers.
const MEDIANS: [f64; 4] = [0.454_936, 1.386_294, 2.365_974, 3.356_694];

/// Scale of normal numbers whose squares, summed over C channels, have these weights, by the weighted median: chance agreement
/// of sites that show something else moves it little.
pub(super) fn spread<const C: usize>(weights: &[f32], squares: &[f32]) -> Option<f32> {
    let pairs = squares.iter().zip(weights);
    let mut known: Vec<(f32, f32)> = pairs
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(square, weight)| (*square, *weight))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5
        * known
            .iter()
            .map(|(_, weight)| f64::from(*weight))
            .sum::<f64>();
    let mut sum = 0.0;
    let median = known.iter().find(|(_, weight)| {
        sum += f64::from(*weight);
        sum >= half
    })?;
    Some((f64::from(median.0) / MEDIANS[C - 1]).sqrt() as f32)
}
