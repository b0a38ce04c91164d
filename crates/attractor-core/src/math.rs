//! Elementary functions in the form that compilers turn into vector instructions.
//!
//! The system library's functions are called once for each number, which in the loops that matter
//! here costs more than everything around them.

/// Below this the exponential of a double is not a normal number; it is taken as 0.
const LOWEST: f64 = -708.0;
/// `1.5 * 2^52`: adding it rounds to an integer, which then stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// log 2 in two parts: multiples of the first by small integers are exact.
const LOG_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);

/// `1 / k!`: on `|r| <= log(2) / 2` the terms that are left out stay below 1e-17.
const INVERSE_FACTORIALS: [f64; 14] = {
    let mut all = [1.0; 14];
    let mut k = 1;
    while k < 14 {
        all[k] = all[k - 1] / k as f64;
        k += 1;
    }
    all
};

/// `exp(x)` for x at most 0, to the last bits of a double; 0 below -708.
///
/// Inlined without branches, so that a loop over it becomes vector instructions.
///
/// # Source
/// `x = k log 2 + r`, the series of `exp(r)`, and k put into the exponent's bits.
#[inline(always)]
pub fn exp_non_positive(x: f64) -> f64 {
    let kept = if x < LOWEST { LOWEST } else { x };
    let shifted = kept * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (kept - k * LOG_2.0) - k * LOG_2.1;
    let mut sum = INVERSE_FACTORIALS[13];
    for at in (0..13).rev() {
        sum = sum * r + INVERSE_FACTORIALS[at];
    }
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    if x < LOWEST { 0.0 } else { sum * power }
}

/// Arguments beyond this leave the three parts of pi / 2 below too few bits.
const FAR: f32 = 8192.0;
/// `1.5 * 2^23`, as [`ROUND`].
const ROUND_F32: f32 = 12_582_912.0;
/// pi / 2 in three parts: multiples of the first two by the integers that occur are exact.
const HALF_PI: [f32; 3] = [1.570_312_5, 4.837_513e-4, 7.549_79e-8];

/// Replaces each angle by its cosine and puts its sine beside it, to 1e-7, over the shorter of the two
/// slices.
pub fn sin_cos(angles: &mut [f32], sines: &mut [f32]) {
    // Without a way out of the loop, it becomes vector instructions.
    let far = |any: bool, angle: &f32| any | (angle.abs() > FAR);
    if angles.iter().fold(false, far) {
        for (angle, sine) in angles.iter_mut().zip(sines) {
            (*sine, *angle) = angle.sin_cos();
        }
        return;
    }
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // Safety: the processor has these instructions, as was just asked.
            return unsafe { sin_cos_avx512(angles, sines) };
        }
        if is_x86_feature_detected!("avx2") {
            // Safety: as above.
            return unsafe { sin_cos_avx2(angles, sines) };
        }
    }
    sin_cos_rows(angles, sines);
}

/// The same operations in wider registers: no number differs.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn sin_cos_avx512(angles: &mut [f32], sines: &mut [f32]) {
    sin_cos_rows(angles, sines);
}

/// As above.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sin_cos_avx2(angles: &mut [f32], sines: &mut [f32]) {
    sin_cos_rows(angles, sines);
}

#[inline(always)]
fn sin_cos_rows(angles: &mut [f32], sines: &mut [f32]) {
    for (angle, sine) in angles.iter_mut().zip(sines) {
        (*sine, *angle) = sin_cos_near(*angle);
    }
}

/// Sine and cosine of `x = n pi / 2 + r` from the series at r, exchanged and signed by n.
#[inline(always)]
fn sin_cos_near(x: f32) -> (f32, f32) {
    let shifted = x * std::f32::consts::FRAC_2_PI + ROUND_F32;
    let n = shifted - ROUND_F32;
    let quadrant = shifted.to_bits();
    let r = ((x - n * HALF_PI[0]) - n * HALF_PI[1]) - n * HALF_PI[2];
    let q = r * r;
    let odd = ((q * (1.0 / 362_880.0) - 1.0 / 5_040.0) * q + 1.0 / 120.0) * q - 1.0 / 6.0;
    let even = ((q * (-1.0 / 3_628_800.0) + 1.0 / 40_320.0) * q - 1.0 / 720.0) * q + 1.0 / 24.0;
    let sine = r + r * q * odd;
    let cosine = 1.0 + q * (q * even - 0.5);
    let exchanged = quadrant & 1 == 1;
    let (first, second) = (
        if exchanged { cosine } else { sine },
        if exchanged { sine } else { cosine },
    );
    let sign = |value: f32, bit: u32| f32::from_bits(value.to_bits() ^ ((bit & 2) << 30));
    (
        sign(first, quadrant),
        sign(second, quadrant.wrapping_add(1)),
    )
}

/// `sum_k signs_k weights_k` over the shorter of the two, in an order that depends on the length
/// alone.
pub fn dot_signs(signs: &[i8], weights: &[f64]) -> f64 {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // Safety: the processor has these instructions, as was just asked.
            return unsafe { dot_signs_avx512(signs, weights) };
        }
        if is_x86_feature_detected!("avx2") {
            // Safety: as above.
            return unsafe { dot_signs_avx2(signs, weights) };
        }
    }
    dot_signs_lanes(signs, weights)
}

/// The same operations in wider registers: no number differs.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn dot_signs_avx512(signs: &[i8], weights: &[f64]) -> f64 {
    dot_signs_lanes(signs, weights)
}

/// As above.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn dot_signs_avx2(signs: &[i8], weights: &[f64]) -> f64 {
    dot_signs_lanes(signs, weights)
}

#[inline(always)]
fn dot_signs_lanes(signs: &[i8], weights: &[f64]) -> f64 {
    let length = signs.len().min(weights.len());
    let (signs, last_signs) = signs[..length].as_chunks::<32>();
    let (weights, last_weights) = weights[..length].as_chunks::<32>();
    let mut sums = [0.0f64; 32];
    for (signs, weights) in signs.iter().zip(weights) {
        for ((sum, &sign), weight) in sums.iter_mut().zip(signs).zip(weights) {
            *sum += f64::from(sign) * weight;
        }
    }
    for ((sum, &sign), weight) in sums.iter_mut().zip(last_signs).zip(last_weights) {
        *sum += f64::from(sign) * weight;
    }
    let mut width = 16;
    while width > 0 {
        let (low, high) = sums.split_at_mut(width);
        low.iter_mut().zip(high).for_each(|(a, b)| *a += *b);
        width /= 2;
    }
    sums[0]
}

/// A step of Adam in double precision: see [`crate::adam`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamRates {
    /// Weights of the past in both moments.
    pub decay: (f64, f64),
    /// Step size over `1 - decay.0^t`.
    pub rate: f64,
    /// `1 - decay.1^t`.
    pub correction: f64,
    /// Added to the root of the second moment.
    pub floor: f64,
}

impl AdamRates {
    /// Moves both moments by the slopes and writes what comes after `before`, over the shortest of the
    /// slices.
    pub fn step(
        &self,
        next: &mut [f64],
        (before, slopes): (&[f64], &[f64]),
        (mean, square): (&mut [f64], &mut [f64]),
    ) {
        let (given, moments) = ((before, slopes), (mean, square));
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                // Safety: the processor has these instructions, as was just asked.
                return unsafe { adam_avx512(*self, next, given, moments) };
            }
            if is_x86_feature_detected!("avx2") {
                // Safety: as above.
                return unsafe { adam_avx2(*self, next, given, moments) };
            }
        }
        adam_rows(*self, next, given, moments);
    }
}

/// The same operations in wider registers: no number differs.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn adam_avx512(
    rates: AdamRates,
    next: &mut [f64],
    given: (&[f64], &[f64]),
    moments: (&mut [f64], &mut [f64]),
) {
    adam_rows(rates, next, given, moments);
}

/// As above.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn adam_avx2(
    rates: AdamRates,
    next: &mut [f64],
    given: (&[f64], &[f64]),
    moments: (&mut [f64], &mut [f64]),
) {
    adam_rows(rates, next, given, moments);
}

#[inline(always)]
fn adam_rows(
    rates: AdamRates,
    next: &mut [f64],
    (before, slopes): (&[f64], &[f64]),
    (mean, square): (&mut [f64], &mut [f64]),
) {
    let (first, second) = rates.decay;
    let moments = mean.iter_mut().zip(square);
    let given = before.iter().zip(slopes);
    for (next, ((before, slope), (mean, square))) in next.iter_mut().zip(given.zip(moments)) {
        *mean = first * *mean + (1.0 - first) * slope;
        *square = second * *square + (1.0 - second) * slope * slope;
        let length = (*square / rates.correction).sqrt() + rates.floor;
        *next = before - rates.rate * *mean / length;
    }
}

/// `log sum exp`, which is minus infinity for no terms.
pub fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if top.is_finite() {
        top + values.map(|value| (value - top).exp()).sum::<f64>().ln()
    } else {
        top
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_adam_do_not_depend_on_the_registers() {
        let rates = AdamRates {
            decay: (0.9, 0.999),
            rate: 0.1,
            correction: 0.001,
            floor: 1e-8,
        };
        for length in [0, 1, 7, 8, 33] {
            let of = |k: usize| -> Vec<f64> {
                let number = |i: usize| ((i * 37 + k * 11) % 101) as f64 / 17.0 - 2.5;
                (0..length).map(number).collect()
            };
            let squares = |k| of(k).iter().map(|x| x * x).collect::<Vec<f64>>();
            let (before, slopes) = (of(0), of(1));
            let (mut mean, mut square, mut next) = (of(2), squares(3), vec![0.0; length]);
            rates.step(&mut next, (&before, &slopes), (&mut mean, &mut square));
            for i in 0..length {
                let m = 0.9 * of(2)[i] + (1.0 - 0.9) * slopes[i];
                let v = 0.999 * squares(3)[i] + (1.0 - 0.999) * slopes[i] * slopes[i];
                let expected = before[i] - 0.1 * m / ((v / 0.001).sqrt() + 1e-8);
                assert_eq!((mean[i], square[i], next[i]), (m, v, expected));
            }
        }
    }

    #[test]
    fn products_with_signs() {
        for length in [0, 1, 31, 32, 33, 95, 200] {
            let signs: Vec<i8> = (0..length)
                .map(|i| if i * i % 7 < 3 { 1 } else { -1 })
                .collect();
            // Whole numbers: exact in any order.
            let weights: Vec<f64> = (0..length)
                .map(|i| f64::from(i * 37 % 101) - 50.0)
                .collect();
            let pairs = signs.iter().zip(&weights);
            let expected: f64 = pairs.map(|(&s, w)| f64::from(s) * w).sum();
            assert_eq!(dot_signs(&signs, &weights), expected);
            assert_eq!(dot_signs_lanes(&signs, &weights), expected);
        }
    }

    #[test]
    fn sines_and_cosines() {
        // Miri is thousands of times slower.
        let most = if cfg!(miri) { 500 } else { 200_000 };
        let near = (-most..=most).map(|i| i as f32 * 0.0407);
        let far = [8191.9f32, -8192.0, 8192.1, 1e6, -3e7, 0.0, 1e-30];
        for group in [near.collect::<Vec<f32>>(), far.to_vec()] {
            let mut cosines = group.clone();
            let mut sines = vec![0.0; group.len()];
            sin_cos(&mut cosines, &mut sines);
            for ((&x, &sine), &cosine) in group.iter().zip(&sines).zip(&cosines) {
                let (s, c) = f64::from(x).sin_cos();
                assert!((f64::from(sine) - s).abs() < 1.5e-7, "sin {x}: {sine} {s}");
                assert!(
                    (f64::from(cosine) - c).abs() < 1.5e-7,
                    "cos {x}: {cosine} {c}"
                );
            }
        }
        let mut bad = [f32::NAN, f32::INFINITY, 1.0];
        let mut sines = [0.0; 3];
        sin_cos(&mut bad, &mut sines);
        assert!(bad[0].is_nan() && sines[1].is_nan());
        assert!((sines[2] - 1f32.sin()).abs() < 1e-7);
    }

    #[test]
    fn as_the_library_has_it() {
        let count = if cfg!(miri) { 500 } else { 200_000 };
        for i in 0..count {
            let x = -f64::from(i) * 3.51e-3;
            let expected = x.exp();
            let ours = exp_non_positive(x);
            assert!((ours - expected).abs() <= 1e-15 * expected, "{x}: {ours}");
        }
        assert_eq!(exp_non_positive(0.0), 1.0);
        assert_eq!(exp_non_positive(-0.0), 1.0);
        assert_eq!(exp_non_positive(-709.0), 0.0);
        assert_eq!(exp_non_positive(f64::NEG_INFINITY), 0.0);
        assert!(exp_non_positive(f64::NAN).is_nan());
    }
}
