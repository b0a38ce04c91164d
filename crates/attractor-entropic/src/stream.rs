//! Registration from files that need not fit into memory.
//!
//! A [`Source`] is a tensor `[k, columns]` of a safetensors file. It is read in pieces, twice: every row is
//! checked before the first is registered, so that a file with a mistake stores nothing.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use attractor_core::{Error, Result};
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use crate::hetero::Relation;
use crate::object::{Domain, UNDEFINED};
use crate::quantiser::Quantiser;
use crate::register::Register;

/// Where objects come from.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// A safetensors file.
    pub path: PathBuf,
    /// Its tensor `[k, columns]`: levels as U8 or U16 (the largest number of the type is undefined), or as F32 or
    /// F64 whole numbers (NaN is undefined); with a quantiser, features as F32 or F64.
    pub tensor: String,
    /// From features to levels.
    pub quantiser: Option<&'a Quantiser>,
}

impl<'a> Source<'a> {
    /// Levels.
    pub fn levels(path: &Path, tensor: &str) -> Self {
        Self {
            path: path.into(),
            tensor: tensor.into(),
            quantiser: None,
        }
    }

    /// Features.
    pub fn features(path: &Path, tensor: &str, quantiser: &'a Quantiser) -> Self {
        Self {
            quantiser: Some(quantiser),
            ..Self::levels(path, tensor)
        }
    }

    fn open(&self, domain: Domain) -> Result<Rows<'_>> {
        let fail = |reason: String| Error::Weights {
            path: self.path.clone(),
            reason,
        };
        if let Some(quantiser) = self.quantiser
            && quantiser.domain() != domain
        {
            return Err(Error::Mismatch {
                what: "the memory",
                expected: format!("{domain:?}"),
                part: "the quantiser",
                found: format!("{:?}", quantiser.domain()),
            });
        }
        let mut file = File::open(&self.path).map_err(|error| fail(error.to_string()))?;
        let header = header(&mut file)
            .map_err(|reason| fail(format!("expected a safetensors file: {reason}")))?;
        // Not `SafeTensors::read_metadata`, which wants to see the data as well.
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|error| fail(format!("expected a safetensors file: {error}")))?;
        let info = metadata
            .info(&self.tensor)
            .ok_or_else(|| fail(format!("expected a tensor `{}`", self.tensor)))?;
        let rows = match info.shape[..] {
            [rows, columns] if rows > 0 && columns == domain.columns => rows,
            _ => {
                let (name, found) = (&self.tensor, &info.shape);
                let expected = format!("`{name}`: expected shape [n, {}]", domain.columns);
                return Err(fail(format!("{expected}, found {found:?}")));
            }
        };
        let size = match (info.dtype, self.quantiser) {
            (Dtype::U8, None) => 1,
            (Dtype::U16, None) => 2,
            (Dtype::F32, _) => 4,
            (Dtype::F64, _) => 8,
            (found, Some(_)) => {
                return Err(fail(format!(
                    "expected F32 or F64 features, found {found:?}"
                )));
            }
            (found, None) => {
                let expected = "expected levels as U8, U16, F32 or F64";
                return Err(fail(format!("{expected}, found {found:?}")));
            }
        };
        let start = (8 + header.len() + info.data_offsets.0) as u64;
        file.seek(SeekFrom::Start(start))
            .map_err(|error| fail(error.to_string()))?;
        Ok(Rows {
            source: self,
            domain,
            file,
            dtype: info.dtype,
            size,
            done: 0,
            rows,
        })
    }
}

/// What stands before the data.
fn header(file: &mut File) -> Result<Vec<u8>, String> {
    let mut length = [0; 8];
    file.read_exact(&mut length)
        .map_err(|error| error.to_string())?;
    let (length, mut bytes) = (u64::from_le_bytes(length), Vec::new());
    // The most that the format allows.
    if length > 100_000_000 {
        return Err(format!("a header of {length} bytes"));
    }
    let read = file.take(length).read_to_end(&mut bytes);
    match read.map_err(|error| error.to_string())? as u64 == length {
        true => Ok(bytes),
        false => Err("it ends in its header".into()),
    }
}

/// A place in a source.
struct Rows<'a> {
    source: &'a Source<'a>,
    domain: Domain,
    file: File,
    dtype: Dtype,
    /// Bytes of a number.
    size: usize,
    done: usize,
    rows: usize,
}

impl Rows<'_> {
    fn fail(&self, reason: String) -> Error {
        Error::Weights {
            path: self.source.path.clone(),
            reason: format!("`{}`: {reason}", self.source.tensor),
        }
    }

    /// The next objects, at most `most`; none at the end.
    fn next(&mut self, most: usize) -> Result<Option<Vec<u16>>> {
        let rows = most.min(self.rows - self.done);
        if rows == 0 {
            return Ok(None);
        }
        let mut bytes = vec![0; rows * self.domain.columns * self.size];
        let read = self.file.read_exact(&mut bytes);
        read.map_err(|error| self.fail(format!("row {}: {error}", self.done)))?;
        let numbers: Vec<f64> = match self.dtype {
            Dtype::U8 => {
                let number = |&x: &u8| if x == u8::MAX { f64::NAN } else { x.into() };
                bytes.iter().map(number).collect()
            }
            Dtype::U16 => {
                let pairs = bytes.as_chunks::<2>().0.iter().copied();
                let number = |x: u16| if x == UNDEFINED { f64::NAN } else { x.into() };
                pairs.map(u16::from_le_bytes).map(number).collect()
            }
            Dtype::F32 => {
                let parts = bytes.as_chunks::<4>().0.iter().copied();
                parts.map(|part| f32::from_le_bytes(part).into()).collect()
            }
            _ => {
                let parts = bytes.as_chunks::<8>().0.iter().copied();
                parts.map(f64::from_le_bytes).collect()
            }
        };
        let objects = match self.source.quantiser {
            Some(quantiser) => {
                if let Some(at) = numbers.iter().position(|x| x.is_infinite()) {
                    return Err(self.wrong("a finite feature or NaN", numbers[at], at));
                }
                quantiser.quantise(&numbers)?
            }
            None => {
                let level = |x: f64| {
                    x.is_nan() || x.fract() == 0.0 && (0.0..self.domain.rows as f64).contains(&x)
                };
                if let Some(at) = numbers.iter().position(|&x| !level(x)) {
                    let expected = format!("a level below {}", self.domain.rows);
                    return Err(self.wrong(&expected, numbers[at], at));
                }
                self.domain.levels(&numbers)?
            }
        };
        self.done += rows;
        Ok(Some(objects))
    }

    fn wrong(&self, expected: &str, found: f64, at: usize) -> Error {
        let (row, column) = (
            self.done + at / self.domain.columns,
            at % self.domain.columns,
        );
        self.fail(format!(
            "expected {expected}, found {found} at row {row}, column {column}"
        ))
    }
}

/// Registers every object of a source, at most `at_once` in memory at a time. Returns how many.
///
/// # Errors
/// [`Error::Weights`] naming the file and what does not fit; [`Error::Mismatch`] for a quantiser of other
/// objects; [`Error::Config`] for `at_once` 0. Nothing is stored then.
pub fn register_objects(
    register: &mut Register,
    source: &Source<'_>,
    at_once: usize,
) -> Result<usize> {
    attractor_core::error::require_nonzero("at_once", at_once)?;
    let domain = register.config().domain;
    let mut rows = source.open(domain)?;
    while rows.next(at_once)?.is_some() {}
    let mut rows = source.open(domain)?;
    while let Some(objects) = rows.next(at_once)? {
        register.register(&objects)?;
    }
    Ok(rows.done)
}

/// Registers every pair of two sources, at most `at_once` in memory at a time. Returns how many.
///
/// # Errors
/// As [`register_objects`]; [`Error::Rows`] unless there is one right object for each left one.
pub fn register_pairs(
    relation: &mut Relation,
    [left, right]: [&Source<'_>; 2],
    at_once: usize,
) -> Result<usize> {
    attractor_core::error::require_nonzero("at_once", at_once)?;
    let config = *relation.config();
    let open = || Ok::<_, Error>((left.open(config.left)?, right.open(config.right)?));
    let (mut a, mut b) = open()?;
    if a.rows != b.rows {
        return Err(Error::Rows {
            what: "the right source",
            expected: a.rows,
            found: b.rows,
        });
    }
    while a.next(at_once)?.is_some() {}
    while b.next(at_once)?.is_some() {}
    let (mut a, mut b) = open()?;
    while let (Some(left), Some(right)) = (a.next(at_once)?, b.next(at_once)?) {
        relation.register(&left, &right)?;
    }
    Ok(a.done)
}
