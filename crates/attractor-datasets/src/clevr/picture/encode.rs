//! Linear radiance to sRGB values.

use std::sync::OnceLock;

const STEPS: usize = 4096;

/// The sRGB value in `[0, 1]` of a linear one, clipped: from a table, exact to 1/10 of a byte's
/// step.
pub(crate) fn srgb(linear: f32) -> f32 {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        (0..=STEPS + 1)
            .map(|i| exact(i as f32 / STEPS as f32))
            .collect()
    });
    let at = linear.clamp(0.0, 1.0) * STEPS as f32;
    let index = at as usize;
    table[index] + (table[index + 1] - table[index]) * (at - index as f32)
}

fn exact(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

/// A byte of a value in `[0, 1]`. Casts from float saturate, so this also clips.
pub(crate) fn byte(value: f32) -> u8 {
    (value * 255.0 + 0.5) as u8
}
