use attractor_core::Result;
use serde::{Deserialize, Serialize};

/// An elementwise function without constant part, of random projections of unit keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nonlinearity {
    /// `z`: the control, whose features do not profit from width.
    He1,
    /// The normalised Hermite polynomial `(z^2 - 1) / sqrt 2`.
    He2,
    /// `(z^3 - 3 z) / sqrt 6`
    He3,
    /// `(z^4 - 6 z^2 + 3) / sqrt 24`
    He4,
    /// `max(z, 0) - 1 / sqrt(2 pi) - z / 2`: the rectifier without its parts of degree 0 and 1.
    ReluCentred,
}

impl Nonlinearity {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::He1,
        Self::He2,
        Self::He3,
        Self::He4,
        Self::ReluCentred,
    ];

    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::He1 => "he1",
            Self::He2 => "he2",
            Self::He3 => "he3",
            Self::He4 => "he4",
            Self::ReluCentred => "relu_centred",
        }
    }

    /// The one of that name.
    ///
    /// # Errors
    /// [`attractor_core::Error::UnknownName`] listing those there are.
    pub fn find(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| attractor_core::Error::UnknownName {
            what: "nonlinearity",
            name: name.into(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }

    /// The degree of its lowest part: `E[h(w.e) h(w.e')] = c <e, e'>^q + ..` for unit keys.
    pub fn degree(self) -> u32 {
        match self {
            Self::He1 => 1,
            Self::He2 | Self::ReluCentred => 2,
            Self::He3 => 3,
            Self::He4 => 4,
        }
    }

    /// The function.
    pub fn value(self, z: f64) -> f64 {
        let square = z * z;
        match self {
            Self::He1 => z,
            Self::He2 => (square - 1.0) / 2f64.sqrt(),
            Self::He3 => (square - 3.0) * z / 6f64.sqrt(),
            Self::He4 => ((square - 6.0) * square + 3.0) / 24f64.sqrt(),
            Self::ReluCentred => z.max(0.0) - 0.5 * z - (2.0 * std::f64::consts::PI).sqrt().recip(),
        }
    }
}
