//! GELU and its derivative for whole rows.
//!
//! Hundreds of thousands of values pass through here in one read. `exp` and `erfc` of the system
//! library took half of the time of inference; these loops become vector instructions.

/// The normal distribution function below 0 is `exp(-a^2 / 2) h(u)`, `u = (a - 2.5) / (a + 2.5)`:
/// coefficients of the Chebyshev expansion of `h` in powers of `u`, relative error below 5e-15.
const TAIL: [f64; 26] = [
    1.41331331380575326e-01,
    -2.28069759749971651e-01,
    1.13135884069886825e-01,
    -2.45496207772744578e-02,
    -5.12584000112286959e-03,
    2.95300307800791398e-03,
    8.32633702858772209e-04,
    -3.55791383566175453e-04,
    -2.16684965738495495e-04,
    1.23362658487620516e-05,
    4.88605089363172124e-05,
    1.49298416033393096e-05,
    -5.38667182866741739e-06,
    -6.05979888837346803e-06,
    -1.54144799287141691e-06,
    8.11533353989379747e-07,
    8.84617670481882028e-07,
    2.94507949740751468e-07,
    -1.05790113951715561e-07,
    -1.75755029236514602e-07,
    -5.96016798752219260e-08,
    3.20420032753134425e-08,
    2.82817831374849799e-08,
    1.12504805014556720e-09,
    -4.08323416120836539e-09,
    -9.29085185429907167e-10,
];

/// Where the tail's variable is 0.
const MIDDLE: f64 = 2.5;
/// `exp` of less is 0 here.
const LOWEST: f64 = -708.0;
/// Adding and subtracting it rounds to a whole number, which then is in the last bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// `ln 2` as a number with zeros at the end and the rest.
const LN2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);

/// `z = x Phi(x)` and `slope = dz / dx`.
pub(super) fn gelu(x: &[f64], z: &mut [f64], slope: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, as was just asked.
        return unsafe { gelu_avx2(x, z, slope) };
    }
    rows(x, z, slope);
}

/// The same operations in wider registers: no number differs.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn gelu_avx2(x: &[f64], z: &mut [f64], slope: &mut [f64]) {
    rows(x, z, slope);
}

#[inline(always)]
fn rows(x: &[f64], z: &mut [f64], slope: &mut [f64]) {
    for ((&x, z), slope) in x.iter().zip(z).zip(slope) {
        (*z, *slope) = one(x);
    }
}

#[inline(always)]
fn one(x: f64) -> (f64, f64) {
    let a = x.abs();
    let bell = exp_negative(-0.5 * a * a);
    let u = (a - MIDDLE) / (a + MIDDLE);
    let mut tail = TAIL[25];
    for at in (0..25).rev() {
        tail = tail * u + TAIL[at];
    }
    let below = bell * tail;
    let phi = if x < 0.0 { below } else { 1.0 - below };
    // 1 / sqrt(2 pi).
    let density = bell * 0.398_942_280_401_432_7;
    (x * phi, phi + x * density)
}

/// `exp` of a number that is not positive: halves and doubles of `exp` of at most `ln(2) / 2`.
#[inline(always)]
fn exp_negative(value: f64) -> f64 {
    let clipped = if value < LOWEST { LOWEST } else { value };
    let shifted = clipped * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = (clipped - whole * LN2.0) - whole * LN2.1;
    let mut sum = INVERSE_FACTORIALS[13];
    for at in (0..13).rev() {
        sum = sum * rest + INVERSE_FACTORIALS[at];
    }
    let bits = shifted.to_bits().wrapping_add(1023) << 52;
    let result = sum * f64::from_bits(bits);
    if value < LOWEST { 0.0 } else { result }
}

/// `1 / k!`.
const INVERSE_FACTORIALS: [f64; 14] = {
    let mut all = [1.0; 14];
    let mut k = 1;
    while k < 14 {
        all[k] = all[k - 1] / k as f64;
        k += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_system_library() {
        let x: Vec<f64> = (-90_000..=90_000).map(|i| f64::from(i) * 4.7e-4).collect();
        let (mut z, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        gelu(&x, &mut z, &mut slope);
        for ((&x, z), slope) in x.iter().zip(z).zip(slope) {
            let phi = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
            let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            // Relative to the function itself down to where squares round.
            let tolerance = 1e-13 * (1.0 + x * x);
            assert!(
                (z - x * phi).abs() <= tolerance * (x * phi).abs() + 1e-300,
                "{x}: {z}"
            );
            let expected = phi + x * density;
            let size = phi + (x * density).abs();
            assert!(
                (slope - expected).abs() <= tolerance * size + 1e-300,
                "{x}: {slope}"
            );
        }
        let bad = [f64::NAN, f64::INFINITY];
        gelu(&bad, &mut [0.0; 2], &mut [0.0; 2]);
    }
}
