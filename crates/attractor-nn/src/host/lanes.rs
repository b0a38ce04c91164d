//! Exponentials of rows in vectors.

#[cfg(target_arch = "x86_64")]
use attractor_core::simd::x86::{Avx2, Avx512};
use attractor_core::simd::{Instructions, Lanes, Portable};

/// `row = exp(row - max)`, none of which is above `max`; the sum.
pub(super) fn exponentials(row: &mut [f32], max: f32) -> f32 {
    // Safety: the instructions are those of this machine.
    unsafe {
        match Instructions::best() {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => avx512(row, max),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => avx2(row, max),
            Instructions::Portable => each::<Portable>(row, max),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(row: &mut [f32], max: f32) -> f32 {
    unsafe { each::<Avx512>(row, max) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(row: &mut [f32], max: f32) -> f32 {
    unsafe { each::<Avx2>(row, max) }
}

/// # Safety
/// The instructions of `L` must be available.
#[inline(always)]
unsafe fn each<L: Lanes>(row: &mut [f32], max: f32) -> f32 {
    let whole = row.len() - row.len() % L::WIDTH;
    let (body, rest) = row.split_at_mut(whole);
    // Safety: every pointer is the start of a vector inside `body` or of an array of at least one vector.
    unsafe {
        let top = L::splat(max);
        let mut sum = L::splat(0.0);
        for chunk in body.chunks_exact_mut(L::WIDTH) {
            let value = L::load(chunk.as_ptr()).sub(top).exp_non_positive();
            value.store(chunk.as_mut_ptr());
            sum = sum.add(value);
        }
        if !rest.is_empty() {
            let mut last = [f32::NEG_INFINITY; 16];
            last[..rest.len()].copy_from_slice(rest);
            let value = L::load(last.as_ptr()).sub(top).exp_non_positive();
            value.store(last.as_mut_ptr());
            rest.copy_from_slice(&last[..rest.len()]);
            sum = sum.add(value);
        }
        sum.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_of_awkward_lengths() {
        for length in [1, 7, 8, 15, 16, 17, 40] {
            let row: Vec<f32> = (0..length)
                .map(|i| (i * 7 % 11) as f32 * -1.7 + 3.0)
                .collect();
            for kind in Instructions::all() {
                let mut ours = row.clone();
                // Safety: `all` lists what the machine has.
                let sum = unsafe {
                    match kind {
                        #[cfg(target_arch = "x86_64")]
                        Instructions::Avx512 => avx512(&mut ours, 3.0),
                        #[cfg(target_arch = "x86_64")]
                        Instructions::Avx2 => avx2(&mut ours, 3.0),
                        Instructions::Portable => each::<Portable>(&mut ours, 3.0),
                    }
                };
                let exact: Vec<f64> = row.iter().map(|&x| f64::from(x - 3.0).exp()).collect();
                for (ours, exact) in ours.iter().zip(&exact) {
                    assert!((f64::from(*ours) - exact).abs() < 1e-6 * exact, "{kind:?}");
                }
                assert!((f64::from(sum) - exact.iter().sum::<f64>()).abs() < 1e-5);
            }
        }
    }
}
