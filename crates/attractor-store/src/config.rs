//! What a store holds: width and precision of its patterns, and what is stored beside them.

use std::fmt;

use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};
use half::{bf16, f16};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How the numbers of patterns are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision: what is stored is what was given.
    F32,
    /// IEEE half precision: 11 significant bits, up to 65504, about 3 decimal digits.
    F16,
    /// The upper half of single precision: 8 significant bits, the whole range.
    Bf16,
}

impl Precision {
    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// The largest number.
    pub fn largest(self) -> f32 {
        match self {
            Self::F32 => f32::MAX,
            Self::F16 => f16::MAX.to_f32(),
            Self::Bf16 => bf16::MAX.to_f32(),
        }
    }

    /// What is read again after `value` was stored: the nearest number of this precision, of two equally near ones the
    /// even one; infinite where it is too large.
    pub fn round(self, value: f32) -> f32 {
        match self {
            Self::F32 => value,
            Self::F16 => f16::from_f32(value).to_f32(),
            Self::Bf16 => bf16::from_f32(value).to_f32(),
        }
    }

    /// Appends `values` as they are written: little-endian.
    pub(crate) fn encode(self, values: &[f32], out: &mut Vec<u8>) {
        out.reserve(values.len() * self.bytes());
        match self {
            Self::F32 => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Self::F16 => {
                let rounded = values.iter().map(|&value| f16::from_f32(value));
                out.extend(rounded.flat_map(f16::to_le_bytes));
            }
            Self::Bf16 => {
                let rounded = values.iter().map(|&value| bf16::from_f32(value));
                out.extend(rounded.flat_map(bf16::to_le_bytes));
            }
        }
    }

    /// The numbers of `bytes` as single precision, which holds all of them; `out` has as many places.
    pub(crate) fn decode(self, bytes: &[u8], out: &mut [f32]) {
        debug_assert_eq!(bytes.len(), out.len() * self.bytes());
        match self {
            Self::F32 => {
                for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                    *out = f32::from_le_bytes(*bytes);
                }
            }
            // Conversions by vector instructions where the machine has them.
            Self::F16 => match bytemuck::try_cast_slice::<u8, u16>(bytes) {
                Ok(values) if cfg!(target_endian = "little") => {
                    values.reinterpret_cast::<f16>().convert_to_f32_slice(out)
                }
                _ => {
                    for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
                        *out = f16::from_le_bytes(*bytes).to_f32();
                    }
                }
            },
            Self::Bf16 => {
                for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
                    *out = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
                }
            }
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

/// What a payload column holds; any value may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Whole numbers from -2^63 to 2^63 - 1.
    Whole,
    /// Double precision.
    Real,
}

/// A payload column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name: letters, digits and `_`, not beginning with a digit.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// What a store holds, said once when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Numbers of a pattern, d.
    pub dim: usize,
    /// How they are written.
    pub precision: Precision,
    /// Columns beside id, label and pattern.
    #[serde(default)]
    pub payload: Vec<Field>,
    /// What the memory is that these are the patterns of, in words of its own: a configuration as TOML, say. The store
    /// keeps it, in its manifest and in every segment, and does not read it.
    #[serde(default)]
    pub specification: String,
}

impl StoreConfig {
    /// Patterns of `dim` numbers, with nothing but labels beside them.
    pub fn new(dim: usize, precision: Precision) -> Self {
        Self {
            dim,
            precision,
            payload: Vec::new(),
            specification: String::new(),
        }
    }

    /// The same with one more payload column.
    pub fn with_field(mut self, name: impl Into<String>, kind: Kind) -> Self {
        let name = name.into();
        self.payload.push(Field { name, kind });
        self
    }

    /// The same with the specification of the memory.
    pub fn with_specification(mut self, text: impl Into<String>) -> Self {
        self.specification = text.into();
        self
    }

    /// Bytes of a pattern on disk.
    pub fn pattern_bytes(&self) -> usize {
        self.dim * self.precision.bytes()
    }

    /// Checks the rules.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming what is broken.
    pub fn validate(&self) -> Result<()> {
        let rule = |what, rule, found: &dyn fmt::Display| -> Result<()> {
            Err(attractor_core::Error::config(what, rule, found).into())
        };
        // What Parquet counts with 31 bits.
        let most = i32::MAX as usize / 8;
        if self.dim == 0 || self.dim > most {
            return rule("StoreConfig.dim", "must be from 1 to 268435455", &self.dim);
        }
        for (at, Field { name, .. }) in self.payload.iter().enumerate() {
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if !(plain && starts) {
                return rule(
                    "StoreConfig.payload",
                    "names must be letters, digits and `_`, and begin with no digit",
                    &format!("`{name}`"),
                );
            }
            let taken = ["id", "label", "pattern"].contains(&name.to_ascii_lowercase().as_str())
                || self.payload[..at]
                    .iter()
                    .any(|other| other.name.eq_ignore_ascii_case(name));
            if taken {
                return rule(
                    "StoreConfig.payload",
                    "names must differ from each other and from id, label and pattern, whatever their case",
                    &format!("`{name}`"),
                );
            }
        }
        Ok(())
    }

    /// Whether numbers can be stored: the first that cannot is named.
    pub(crate) fn check_numbers(&self, values: &[f32]) -> Result<()> {
        attractor_core::check::finite("patterns", values, self.dim)?;
        let over = |&value: &f32| self.precision.round(value).is_infinite();
        match self.precision {
            Precision::F32 => Ok(()),
            precision => match values.iter().position(over) {
                Some(at) => Err(Error::Overflow {
                    precision,
                    row: at / self.dim,
                    column: at % self.dim,
                    value: values[at],
                }),
                None => Ok(()),
            },
        }
    }
}
