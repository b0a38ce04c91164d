//! What a superposition can do that a list cannot: everything here is exact up to rounding.

use attractor_core::{Error, MemoryPrior, Merge, Result, check};
use burn::tensor::Tensor;

use super::RandomFeatures;
use super::encode::{NOTHING, log_add, log_subtract};

impl RandomFeatures {
    /// Adds `weights_k phi(m_k)` for codes `[n, d]`: a pattern of weight 2 is as deep as one written
    /// twice.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there is one weight for each code; [`Error::Config`] unless all are
    /// above 0; a wrong width, no rows, NaN or infinite entries. Nothing is stored then.
    pub fn write_weighted(&mut self, codes: Tensor<2>, weights: &[f32]) -> Result<()> {
        let added = self.sum_of(codes, weights)?;
        self.combine(&added, false);
        self.written += weights.len();
        Ok(())
    }

    /// Subtracts the features of codes `[n, d]`: the memory equals one in which they were never
    /// written. Codes that never were leave a negative trace.
    ///
    /// # Errors
    /// [`Error::Index`] if there are more codes than the memory holds; as
    /// [`Self::write_weighted`].
    pub fn forget(&mut self, codes: Tensor<2>) -> Result<()> {
        let rows = codes.dims()[0];
        let gone = self.sum_of(codes, &vec![1.0; rows])?;
        if rows > self.written {
            return Err(Error::Index {
                what: "codes to forget",
                len: self.written + 1,
                index: rows,
            });
        }
        self.combine(&gone, true);
        self.written -= rows;
        if self.written == 0 {
            // What is left is rounding.
            self.clear();
        }
        Ok(())
    }

    /// Multiplies everything stored by `factor`: older patterns become shallower than those written
    /// later. Energies rise by `-log(factor) / beta`, gradients stay.
    ///
    /// # Errors
    /// [`Error::Config`] unless `factor` is above 0 and at most 1.
    pub fn decay(&mut self, factor: f32) -> Result<()> {
        if !(factor > 0.0 && factor <= 1.0) {
            return Err(Error::config(
                "decay",
                "must be above 0 and at most 1",
                factor,
            ));
        }
        let positive = self.config.features.is_positive();
        let change = |sum: &f32| match positive {
            true => (sum + factor.ln()).max(NOTHING),
            false => sum * factor,
        };
        self.set_sums(self.sums.iter().map(change).collect());
        Ok(())
    }

    /// Takes away everything that `other` holds.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the specifications differ; [`Error::Index`] if `other` holds more.
    pub fn subtract(&mut self, other: &Self) -> Result<()> {
        self.require_same(other, "RandomFeatures::subtract")?;
        if other.written > self.written {
            return Err(Error::Index {
                what: "codes to forget",
                len: self.written + 1,
                index: other.written,
            });
        }
        let gone: Vec<f64> = other.sums.iter().map(|&sum| sum.into()).collect();
        self.combine(&gone, true);
        self.written -= other.written;
        if self.written == 0 {
            self.clear();
        }
        Ok(())
    }

    /// `sum_k weights_k phi(m_k)`.
    fn sum_of(&self, codes: Tensor<2>, weights: &[f32]) -> Result<Vec<f64>> {
        let codes = codes.without_autodiff().to_device(&self.device);
        check::batch("codes", &codes, self.dim)?;
        let rows = codes.dims()[0];
        if weights.len() != rows {
            return Err(Error::Rows {
                what: "weights",
                expected: rows,
                found: weights.len(),
            });
        }
        let bad = weights
            .iter()
            .find(|&&weight| !(weight.is_finite() && weight > 0.0));
        if let Some(bad) = bad {
            return Err(Error::config("weights", "must be finite and above 0", bad));
        }
        let codes = self.centred(codes);
        check::norms("codes less the centre", &codes, self.largest_norm())?;
        self.map
            .superpose(&codes, weights, &self.directions, self.config.count)
    }

    fn combine(&mut self, other: &[f64], subtract: bool) {
        let positive = self.config.features.is_positive();
        let pairs = self.sums.iter().zip(other);
        let sums = pairs.map(|(&ours, &other)| {
            let ours = f64::from(ours);
            let sum = match (positive, subtract) {
                (true, false) => log_add(ours, other),
                (true, true) => log_subtract(ours, other),
                (false, false) => ours + other,
                (false, true) => ours - other,
            };
            sum as f32
        });
        self.set_sums(sums.collect());
    }

    /// Whether the two memories superpose the same features: the first difference is named.
    pub(super) fn require_same(&self, other: &Self, what: &'static str) -> Result<()> {
        let (a, b) = (&self.config, &other.config);
        let given = |memory: &Self| match memory.directions.given_values() {
            Some(values) => format!("{:?}", fingerprint(values)),
            None => "drawn".to_owned(),
        };
        let fields = [
            ("dim", self.dim.to_string(), other.dim.to_string()),
            (
                "features",
                format!("{:?}", a.features),
                format!("{:?}", b.features),
            ),
            ("count", a.count.to_string(), b.count.to_string()),
            ("beta", a.beta.to_string(), b.beta.to_string()),
            ("seed", a.seed.to_string(), b.seed.to_string()),
            (
                "directions",
                format!("{:?}", a.directions),
                format!("{:?}", b.directions),
            ),
            (
                "centre",
                format!("{:?}", a.centre),
                format!("{:?}", b.centre),
            ),
            (
                "typical",
                format!("{:?}", a.typical),
                format!("{:?}", b.typical),
            ),
            ("given directions", given(self), given(other)),
        ];
        match fields.into_iter().find(|(_, ours, theirs)| ours != theirs) {
            None => Ok(()),
            Some((field, ours, theirs)) => Err(Error::Mismatch {
                what,
                expected: format!("{field} {ours}"),
                part: "the other memory",
                found: format!("{field} {theirs}"),
            }),
        }
    }
}

/// 64-bit FNV-1a over the bits of directions and phases.
fn fingerprint((values, phases): &(Vec<f32>, Vec<f32>)) -> u64 {
    let bits = values
        .iter()
        .chain(phases)
        .flat_map(|value| value.to_le_bytes());
    bits.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

impl Merge for RandomFeatures {
    /// The sum of both superpositions.
    ///
    /// # Errors
    /// [`Error::Mismatch`] naming the first setting that differs.
    fn merge(mut self, other: Self) -> Result<Self> {
        self.require_same(&other, "RandomFeatures::merge")?;
        let other_sums: Vec<f64> = other.sums.iter().map(|&sum| sum.into()).collect();
        self.combine(&other_sums, false);
        self.written += other.written;
        Ok(self)
    }
}
