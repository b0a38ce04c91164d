//! Loops over sites in blocks that compilers turn into vector instructions.

/// Sites in a block.
pub(super) const LANES: usize = 16;
/// `1.5 * 2^23`: adding it rounds to an integer, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;
/// Below this an exponential is not a normal number; it is taken as that of -87.
const LOWEST: f32 = -87.0;
/// Minimax coefficients of `2^r` on `[-1/2, 1/2]`, highest first.
const EXP2: [f32; 6] = [
    0.001_330_060_7,
    0.009_669_691,
    0.055_505_585,
    0.240_222_83,
    std::f32::consts::LN_2,
    1.0,
];

/// `exp(x)` for x at most 88, to 3e-6 of its size; about 1e-38 below -87. Without branches.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let kept = if x < LOWEST { LOWEST } else { x };
    let power = kept * std::f32::consts::LOG2_E;
    let shifted = power + ROUND;
    let rest = power - (shifted - ROUND);
    let mut sum = EXP2[0];
    for coefficient in &EXP2[1..] {
        sum = sum * rest + coefficient;
    }
    f32::from_bits(sum.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// Sum of a block, in a fixed order.
#[inline(always)]
pub(super) fn sum(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for at in 0..width {
            lanes[at] += lanes[at + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Values `[C, P]` with each channel padded to whole blocks.
pub(super) fn padded(values: &[f32], channels: usize, fill: f32) -> Vec<[f32; LANES]> {
    let sites = values.len() / channels;
    let blocks = sites.div_ceil(LANES);
    let mut all = vec![[fill; LANES]; channels * blocks];
    for (own, values) in all.chunks_exact_mut(blocks).zip(values.chunks_exact(sites)) {
        for (block, values) in own.iter_mut().zip(values.chunks(LANES)) {
            block[..values.len()].copy_from_slice(values);
        }
    }
    all
}

/// Defines a function whose body is compiled for AVX-512, AVX2 and any machine, and chosen at run time. The same operations in
/// wider registers: no number differs.
macro_rules! in_widest_registers {
    ($(#[$doc:meta])* fn $name:ident<const C: usize>($($arg:ident: $type:ty),* $(,)?) -> $result:ty = $body:ident) => {
        $(#[$doc])*
        pub(super) fn $name<const C: usize>($($arg: $type),*) -> $result {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn avx512<const C: usize>($($arg: $type),*) -> $result {
                    $body::<C>($($arg),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2<const C: usize>($($arg: $type),*) -> $result {
                    $body::<C>($($arg),*)
                }
                if is_x86_feature_detected!("avx512f") {
                    // Safety: the processor has these instructions, as was just asked.
                    return unsafe { avx512::<C>($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // Safety: as above.
                    return unsafe { avx2::<C>($($arg),*) };
                }
            }
            $body::<C>($($arg),*)
        }
    };
}
pub(super) use in_widest_registers;
