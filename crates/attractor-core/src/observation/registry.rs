//! Observation models by name. To add one, add a line to [`OBSERVATIONS`].

use serde::Deserialize;

use super::self_calibrating::nuisance::{Geometry, Nuisance};
use super::{Gaussian, Laplace, ObservationModel, SelfCalibrating, StudentT, Truncated};
use crate::Result;
use crate::options::{Entry, Options, choose, read};

/// A line of [`OBSERVATIONS`].
pub type ObservationEntry = Entry<fn(&Options) -> Result<Box<dyn ObservationModel>>>;

/// Every observation model. What a read with a mask compares is any of them on the known entries
/// ([`super::Masked`]), which is no choice of its own. Defaults suit pixels in `[0, 1]`: variance 0.01, scale 0.1, 2 degrees
/// of freedom, cap 0.01.
pub const OBSERVATIONS: &[ObservationEntry] = &[
    Entry {
        name: "gaussian",
        summary: "squared error (variance)",
        build: |options| {
            let Variance { variance } = read(WHAT, "gaussian", options)?;
            Ok(Box::new(Gaussian::new(variance)?))
        },
    },
    Entry {
        name: "laplace",
        summary: "absolute error (scale)",
        build: |options| {
            let Scale { scale } = read(WHAT, "laplace", options)?;
            Ok(Box::new(Laplace::new(scale)?))
        },
    },
    Entry {
        name: "student_t",
        summary: "logarithmic growth (degrees, scale)",
        build: |options| {
            let Student { degrees, scale } = read(WHAT, "student_t", options)?;
            Ok(Box::new(StudentT::new(degrees, scale)?))
        },
    },
    Entry {
        name: "truncated",
        summary: "squared error up to a cap (cap, variance)",
        build: |options| {
            let Cap { cap, variance } = read(WHAT, "truncated", options)?;
            Ok(Box::new(Truncated::new(cap, variance)?))
        },
    },
    Entry {
        name: "self_calibrating",
        summary: "noise, covered sites and what else happened, inferred from each cue (channels, height, width, nuisances, shortlist)",
        build: |options| read::<Sites>(WHAT, "self_calibrating", options)?.build(),
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sites {
    channels: usize,
    height: Option<usize>,
    width: Option<usize>,
    nuisances: Vec<String>,
    shortlist: Option<usize>,
}

impl Default for Sites {
    fn default() -> Self {
        Self {
            channels: 1,
            height: None,
            width: None,
            nuisances: vec!["affine".into()],
            shortlist: None,
        }
    }
}

impl Sites {
    fn build(self) -> Result<Box<dyn ObservationModel>> {
        let geometry = Geometry::given(self.height, self.width)?;
        let kinds = self.nuisances.iter().map(|name| Nuisance::by_name(name));
        let kinds = kinds.collect::<Result<Vec<_>>>()?;
        let model = SelfCalibrating::new(self.channels)?.with_nuisances(&kinds, geometry)?;
        Ok(match self.shortlist {
            Some(count) => Box::new(model.with_shortlist(count)?),
            None => Box::new(model),
        })
    }
}

const WHAT: &str = "observation";

/// The observation model that a table such as `{ kind = "laplace", scale = 0.1 }` asks for.
///
/// # Errors
/// [`crate::Error::UnknownName`], [`crate::Error::Config`] naming the unknown key or the broken rule.
pub fn build(table: &Options) -> Result<Box<dyn ObservationModel>> {
    let (entry, options) = choose(WHAT, OBSERVATIONS, table)?;
    (entry.build)(&options)
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
