//! GELU and its derivative for whole rows.
//!
//! Hundreds of thousands of values pass through here in one read. `exp` and `erfc` of the system
//! library took half of the time of inference; these loops become vector instructions.

use attractor_core::math::exp_non_positive;

/// The normal distribution function below 0 is `exp(-a^2 / 2) h(u)`, `u = (a - 2.5) / (a + 2.5)`:
/// coefficients of the Chebyshev expansion of `h` in powers of `u`, relative error below 5e-15.
const TAIL: [f64; 26] = [
    1.413_313_313_805_753_3e-1,
    -2.280_697_597_499_716_5e-1,
    1.131_358_840_698_868_2e-1,
    -2.454_962_077_727_445_8e-2,
    -5.125_840_001_122_87e-3,
    2.953_003_078_007_914e-3,
    8.326_337_028_587_722e-4,
    -3.557_913_835_661_754_5e-4,
    -2.166_849_657_384_955e-4,
    1.233_626_584_876_205_2e-5,
    4.886_050_893_631_721e-5,
    1.492_984_160_333_931e-5,
    -5.386_671_828_667_417e-6,
    -6.059_798_888_373_468e-6,
    -1.541_447_992_871_417e-6,
    8.115_333_539_893_797e-7,
    8.846_176_704_818_82e-7,
    2.945_079_497_407_514_7e-7,
    -1.057_901_139_517_155_6e-7,
    -1.757_550_292_365_146e-7,
    -5.960_167_987_522_192_6e-8,
    3.204_200_327_531_344e-8,
    2.828_178_313_748_498e-8,
    1.125_048_050_145_567_2e-9,
    -4.083_234_161_208_365e-9,
    -9.290_851_854_299_072e-10,
];

/// Where the tail's variable is 0.
const MIDDLE: f64 = 2.5;
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
    let bell = exp_non_positive(-0.5 * a * a);
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
