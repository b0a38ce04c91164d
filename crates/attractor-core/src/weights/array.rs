//! One array of a file: its numbers in the precision that the file has them in.

use std::sync::OnceLock;

use burn::tensor::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Shape and numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    numbers: Numbers,
}

#[derive(Debug, Clone, PartialEq)]
enum Numbers {
    /// Of a file with F32, or with F16 or BF16, which single precision holds exactly.
    Single(Vec<f32>),
    Double {
        all: Vec<f64>,
        /// The same, rounded, once somebody has asked for that.
        rounded: OnceLock<Vec<f32>>,
    },
    /// Whole numbers of 64 bits without a sign, exactly: counts, names.
    Exact(Vec<u64>),
    /// Other whole numbers and truth values, as doubles.
    Whole(Dtype, Vec<f64>),
    /// Numbers of a kind that nobody reads: only what they are is kept.
    Other(Dtype),
}

impl Array {
    pub(super) fn single(shape: &[usize], values: Vec<f32>) -> Self {
        Self {
            shape: shape.to_vec(),
            numbers: Numbers::Single(values),
        }
    }

    pub(super) fn double(shape: &[usize], values: Vec<f64>) -> Self {
        Self {
            shape: shape.to_vec(),
            numbers: Numbers::Double {
                all: values,
                rounded: OnceLock::new(),
            },
        }
    }

    pub(super) fn exact(shape: &[usize], values: Vec<u64>) -> Self {
        Self {
            shape: shape.to_vec(),
            numbers: Numbers::Exact(values),
        }
    }

    pub(super) fn of(view: &TensorView<'_>) -> Self {
        let (shape, data) = (view.shape(), view.data());
        let halves = || data.as_chunks::<2>().0.iter().copied();
        match view.dtype() {
            Dtype::F32 => {
                let values = data.as_chunks::<4>().0.iter();
                Self::single(
                    shape,
                    values.map(|bytes| f32::from_le_bytes(*bytes)).collect(),
                )
            }
            Dtype::F16 => {
                let values = halves().map(|bytes| f16::from_le_bytes(bytes).to_f32());
                Self::single(shape, values.collect())
            }
            Dtype::BF16 => {
                let values = halves().map(|bytes| bf16::from_le_bytes(bytes).to_f32());
                Self::single(shape, values.collect())
            }
            Dtype::F64 => {
                let values = data.as_chunks::<8>().0.iter();
                Self::double(
                    shape,
                    values.map(|bytes| f64::from_le_bytes(*bytes)).collect(),
                )
            }
            Dtype::U64 => {
                let values = data.as_chunks::<8>().0.iter();
                Self::exact(
                    shape,
                    values.map(|bytes| u64::from_le_bytes(*bytes)).collect(),
                )
            }
            other => Self {
                shape: shape.to_vec(),
                numbers: match whole(other, data) {
                    Some(values) => Numbers::Whole(other, values),
                    None => Numbers::Other(other),
                },
            },
        }
    }

    /// What the numbers are, as files call it.
    pub(super) fn dtype(&self) -> Dtype {
        match self.numbers {
            Numbers::Single(_) => Dtype::F32,
            Numbers::Double { .. } => Dtype::F64,
            Numbers::Exact(_) => Dtype::U64,
            Numbers::Whole(dtype, _) | Numbers::Other(dtype) => dtype,
        }
    }

    /// The name of the type, for those that this library writes.
    pub(super) fn kind(&self) -> &'static str {
        match self.numbers {
            Numbers::Single(_) => "F32",
            Numbers::Double { .. } => "F64",
            Numbers::Exact(_) => "U64",
            Numbers::Whole(..) | Numbers::Other(_) => "other",
        }
    }

    pub(super) fn is_float(&self) -> bool {
        matches!(self.numbers, Numbers::Single(_) | Numbers::Double { .. })
    }

    /// The numbers as they are, whole ones, NaN and infinities included.
    ///
    /// # Errors
    /// For kinds of numbers that nobody reads.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, String> {
        match &self.numbers {
            Numbers::Single(values) => Ok(values.iter().copied().map(f64::from).collect()),
            Numbers::Double { all, .. } | Numbers::Whole(_, all) => Ok(all.clone()),
            Numbers::Exact(all) => Ok(all.iter().map(|&value| value as f64).collect()),
            Numbers::Other(dtype) => Err(format!("expected numbers, found {dtype:?}")),
        }
    }

    /// The finite numbers in single precision.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn singles(&self) -> Result<&[f32], String> {
        match &self.numbers {
            Numbers::Single(values) => finite(values).map(|()| values.as_slice()),
            Numbers::Double { all, rounded } => {
                finite(all)?;
                let rounded =
                    rounded.get_or_init(|| all.iter().map(|&value| value as f32).collect());
                match rounded.iter().position(|value| !value.is_finite()) {
                    None => Ok(rounded),
                    Some(at) => Err(format!(
                        "expected numbers that F32 holds, found {:e} at index {at}",
                        all[at]
                    )),
                }
            }
            _ => Err(not_float(self.dtype())),
        }
    }

    /// The finite numbers in double precision.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn doubles(&self) -> Result<Vec<f64>, String> {
        match &self.numbers {
            Numbers::Single(values) => {
                finite(values).map(|()| values.iter().copied().map(f64::from).collect())
            }
            Numbers::Double { all, .. } => finite(all).map(|()| all.clone()),
            _ => Err(not_float(self.dtype())),
        }
    }

    /// The whole numbers of 64 bits, as they are.
    ///
    /// # Errors
    /// What else they are.
    pub(super) fn wholes(&self) -> Result<&[u64], String> {
        match &self.numbers {
            Numbers::Exact(all) => Ok(all),
            _ => Err(format!("expected U64, found {:?}", self.dtype())),
        }
    }

    /// Gives the bytes for a file in parts.
    ///
    /// # Errors
    /// For numbers that this library does not write.
    pub(super) fn feed(&self, take: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        /// Numbers at once: enough for whoever takes them to be fast.
        const PART: usize = 4096;
        macro_rules! parts {
            ($values:expr) => {
                for part in $values.chunks(PART) {
                    let bytes: Vec<u8> = part.iter().flat_map(|x| x.to_le_bytes()).collect();
                    take(&bytes);
                }
            };
        }
        match &self.numbers {
            Numbers::Single(values) => parts!(values),
            Numbers::Double { all, .. } => parts!(all),
            Numbers::Exact(all) => parts!(all),
            Numbers::Whole(dtype, _) | Numbers::Other(dtype) => {
                return Err(format!("expected F32, F64 or U64, found {dtype:?}"));
            }
        }
        Ok(())
    }
}

/// Whole numbers of any width, and truth values, as doubles: exact up to 2^53.
fn whole(dtype: Dtype, data: &[u8]) -> Option<Vec<f64>> {
    macro_rules! of {
        ($int:ty, $bytes:literal) => {
            data.as_chunks::<$bytes>()
                .0
                .iter()
                .map(|bytes| <$int>::from_le_bytes(*bytes) as f64)
                .collect()
        };
    }
    Some(match dtype {
        Dtype::BOOL | Dtype::U8 => of!(u8, 1),
        Dtype::I8 => of!(i8, 1),
        Dtype::I16 => of!(i16, 2),
        Dtype::U16 => of!(u16, 2),
        Dtype::I32 => of!(i32, 4),
        Dtype::U32 => of!(u32, 4),
        Dtype::I64 => of!(i64, 8),
        _ => return None,
    })
}

/// What is said about numbers of another kind.
pub(super) fn not_float(found: Dtype) -> String {
    format!("expected F32, F16, BF16 or F64, found {found:?}")
}

fn finite<T: Copy + Into<f64>>(values: &[T]) -> Result<(), String> {
    let bad = |value: &T| !Into::<f64>::into(*value).is_finite();
    match values.iter().position(bad) {
        None => Ok(()),
        Some(at) => {
            let found: f64 = values[at].into();
            Err(format!(
                "expected finite numbers, found {found} at index {at}"
            ))
        }
    }
}
