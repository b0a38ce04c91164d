//! Exponentials of whole slices: the library function takes most of a learning step, one call at a
//! time.

/// Below this the exponential of a double is not a normal number; it is taken as the smallest.
const LOWEST: f64 = -708.0;
/// `1.5 * 2^52`: adding it rounds to an integer, which then stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// log 2 in two parts: multiples of the first by small integers are exact.
const LOG_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);
/// Coefficients of the exponential's series, from the 13th power down: an error below 1e-17 on
/// `|r| <= log(2) / 2`.
const SERIES: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// Replaces each `x`, at most `shift`, by `exp((x - shift) * factor)`, and returns their sum.
pub(super) fn exponentials(values: &mut [f64], shift: f64, factor: f64) -> f64 {
    for value in values.iter_mut() {
        *value = exp((*value - shift) * factor);
    }
    values.iter().sum()
}

/// `exp(x)` for x at most 0, by `x = k log 2 + r`.
#[inline]
fn exp(x: f64) -> f64 {
    let x = x.max(LOWEST);
    let rounded = x * std::f64::consts::LOG2_E + ROUND;
    let k = rounded - ROUND;
    let r = x - k * LOG_2.0 - k * LOG_2.1;
    let series = SERIES.iter().fold(0.0, |sum, c| sum * r + c);
    let power = f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52);
    series * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_library_has_it() {
        for i in 0..200_000 {
            let x = -f64::from(i) * 3.51e-3;
            let expected = x.exp();
            assert!((exp(x) - expected).abs() <= 1e-15 * expected, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f64::NEG_INFINITY) < 1e-307);
        let mut values = [1.0, 3.0, f64::NEG_INFINITY];
        let sum = exponentials(&mut values, 3.0, 0.5);
        assert!((sum - 1.0 - (-1.0f64).exp()).abs() < 1e-15);
        assert_eq!(values[1], 1.0);
    }
}
