//! What a store holds: width and precision of its patterns, and what is stored beside them.

use std::fmt;

use attractor_core::kernel::Precision;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

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
