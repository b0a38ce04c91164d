//! Exponentials of whole slices: the library function takes most of a learning step, one call at a
//! time.

use attractor_core::math::exp_non_positive;

/// Replaces each `x`, at most `shift`, by `exp((x - shift) * factor)`, and returns their sum.
pub(super) fn exponentials(values: &mut [f64], shift: f64, factor: f64) -> f64 {
    for value in values.iter_mut() {
        *value = exp_non_positive((*value - shift) * factor);
    }
    values.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifted_and_scaled() {
        let mut values = [1.0, 3.0, f64::NEG_INFINITY];
        let sum = exponentials(&mut values, 3.0, 0.5);
        assert!((sum - 1.0 - (-1.0f64).exp()).abs() < 1e-15);
        assert_eq!(values[1..], [1.0, 0.0]);
    }
}
