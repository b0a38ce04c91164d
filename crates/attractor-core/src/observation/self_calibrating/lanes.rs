//! Sites in blocks, which are vectors of the processor.

/// Sites in a block.
pub(super) const LANES: usize = 16;

/// Values of so many sites.
pub(super) type Block = [f32; LANES];

/// Values `[C, P]` with each channel padded to whole blocks.
pub(super) fn padded(values: &[f32], channels: usize, fill: f32) -> Vec<Block> {
    let sites = values.len() / channels;
    let blocks = sites.div_ceil(LANES);
    let mut all = vec![[fill; LANES]; channels * blocks];
    let pairs = all.chunks_exact_mut(blocks).zip(values.chunks_exact(sites));
    for (own, values) in pairs {
        for (block, values) in own.iter_mut().zip(values.chunks(LANES)) {
            block[..values.len()].copy_from_slice(values);
        }
    }
    all
}

/// Defines a function that runs a loop over [`crate::simd::Lanes`] with given instructions.
macro_rules! with_instructions {
    ($(#[$doc:meta])* fn $name:ident<const C: usize>($($arg:ident: $type:ty),* $(,)?) -> $result:ty = $body:ident) => {
        $(#[$doc])*
        pub(super) fn $name<const C: usize>(isa: Instructions, $($arg: $type),*) -> $result {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            unsafe fn avx512<const C: usize>($($arg: $type),*) -> $result {
                unsafe { $body::<crate::simd::x86::Avx512, C>($($arg),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2<const C: usize>($($arg: $type),*) -> $result {
                unsafe { $body::<Pair<crate::simd::x86::Avx2>, C>($($arg),*) }
            }
            // Safety: `isa` comes from detection; blocks are as wide as the vectors.
            unsafe {
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    Instructions::Avx512 => avx512::<C>($($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    Instructions::Avx2 => avx2::<C>($($arg),*),
                    Instructions::Portable => $body::<Pair<Portable>, C>($($arg),*),
                }
            }
        }
    };
}
pub(super) use with_instructions;

/// The expression with `$c` as a constant.
macro_rules! with_channels {
    ($channels:expr, $c:ident => $body:expr) => {
        match $channels {
            1 => {
                const $c: usize = 1;
                $body
            }
            2 => {
                const $c: usize = 2;
                $body
            }
            3 => {
                const $c: usize = 3;
                $body
            }
            _ => {
                const $c: usize = 4;
                $body
            }
        }
    };
}
pub(super) use with_channels;
