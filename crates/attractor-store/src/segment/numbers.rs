//! Numbers of patterns as they are written, in each precision.

use attractor_core::kernel::Precision;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};
use half::{bf16, f16};

/// Appends `values` as they are written: little-endian.
pub(crate) fn encode(precision: Precision, values: &[f32], out: &mut Vec<u8>) {
    out.reserve(values.len() * precision.bytes());
    match precision {
        Precision::F32 => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        Precision::F16 => {
            let rounded = values.iter().map(|&value| f16::from_f32(value));
            out.extend(rounded.flat_map(f16::to_le_bytes));
        }
        Precision::Bf16 => {
            let rounded = values.iter().map(|&value| bf16::from_f32(value));
            out.extend(rounded.flat_map(bf16::to_le_bytes));
        }
    }
}

/// The numbers of `bytes` as single precision, which holds all of them; `out` has as many places.
pub(crate) fn decode(precision: Precision, bytes: &[u8], out: &mut [f32]) {
    debug_assert_eq!(bytes.len(), out.len() * precision.bytes());
    match precision {
        Precision::F32 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *out = f32::from_le_bytes(*bytes);
            }
        }
        // Conversions by vector instructions where the machine has them.
        Precision::F16 => match bytemuck::try_cast_slice::<u8, u16>(bytes) {
            Ok(values) if cfg!(target_endian = "little") => {
                values.reinterpret_cast::<f16>().convert_to_f32_slice(out)
            }
            _ => {
                for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
                    *out = f16::from_le_bytes(*bytes).to_f32();
                }
            }
        },
        Precision::Bf16 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *out = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
            }
        }
    }
}
