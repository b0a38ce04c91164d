//! Observation models by name. To add one, add a line to [`OBSERVATIONS`].

use serde::Deserialize;

use super::{Gaussian, Laplace, ObservationModel, StudentT, Truncated};
use crate::options::{Entry, Options, choose, read};
use crate::{Error, Result};

/// An observation model from its table.
#[derive(Debug)]
pub struct BuiltObservation {
    /// The model. Where `masked` is true, it still has to be wrapped in [`super::Masked`] with the
    /// mask of each read.
    pub model: Box<dyn ObservationModel>,
    /// Whether reads must be given the mask of known entries.
    pub masked: bool,
}

/// A line of [`OBSERVATIONS`].
pub type ObservationEntry = Entry<fn(&Options) -> Result<BuiltObservation>>;

/// Every observation model. Defaults suit pixels in `[0, 1]`: variance 0.01, scale 0.1, 2 degrees
/// of freedom, cap 0.01.
pub const OBSERVATIONS: &[ObservationEntry] = &[
    Entry {
        name: "gaussian",
        summary: "squared error (variance)",
        build: |options| {
            let Variance { variance } = read(WHAT, "gaussian", options)?;
            plain(Gaussian::new(variance)?)
        },
    },
    Entry {
        name: "masked",
        summary: "another model on the known entries only (inner)",
        build: |options| {
            let Inner { inner } = read(WHAT, "masked", options)?;
            let inner = inner.map_or_else(|| plain(Gaussian::new(0.01)?), |inner| build(&inner))?;
            if inner.masked {
                return Err(Error::config(
                    WHAT,
                    "must not mask twice",
                    "masked in masked",
                ));
            }
            Ok(BuiltObservation {
                masked: true,
                ..inner
            })
        },
    },
    Entry {
        name: "laplace",
        summary: "absolute error (scale)",
        build: |options| {
            let Scale { scale } = read(WHAT, "laplace", options)?;
            plain(Laplace::new(scale)?)
        },
    },
    Entry {
        name: "student_t",
        summary: "logarithmic growth (degrees, scale)",
        build: |options| {
            let Student { degrees, scale } = read(WHAT, "student_t", options)?;
            plain(StudentT::new(degrees, scale)?)
        },
    },
    Entry {
        name: "truncated",
        summary: "squared error up to a cap (cap, variance)",
        build: |options| {
            let Cap { cap, variance } = read(WHAT, "truncated", options)?;
            plain(Truncated::new(cap, variance)?)
        },
    },
];

const WHAT: &str = "observation";

/// The observation model that a table such as `{ kind = "laplace", scale = 0.1 }` asks for.
///
/// # Errors
/// [`Error::UnknownName`], [`Error::Config`] naming the unknown key or the broken rule.
pub fn build(table: &Options) -> Result<BuiltObservation> {
    let (entry, options) = choose(WHAT, OBSERVATIONS, table)?;
    (entry.build)(&options)
}

fn plain(model: impl ObservationModel + 'static) -> Result<BuiltObservation> {
    Ok(BuiltObservation {
        model: Box::new(model),
        masked: false,
    })
}

/// Options of one kind, with their defaults.
macro_rules! options {
    ($name:ident { $($field:ident = $default:expr),+ }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct $name {
            $($field: f32),+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default),+ }
            }
        }
    };
}

options!(Variance { variance = 0.01 });
options!(Scale { scale = 0.1 });
options!(Student { degrees = 2.0, scale = 0.1 });
options!(Cap { cap = 0.01, variance = 0.01 });

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Inner {
    inner: Option<Options>,
}
