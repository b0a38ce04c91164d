use attractor_core::error::require_positive;
use attractor_core::{Error, Result};

use crate::algebra::{Matrix, finite, spectrum};
use crate::network::Network;

/// The weights of a hypercube network of K units. See the [module](super).
#[derive(Debug, Clone, PartialEq)]
pub struct CubeNetwork {
    /// J `[K, K]`, the self-connection on its diagonal.
    pub(super) coupling: Matrix,
    /// J transposed, unless J is symmetric.
    pub(super) columns: Option<Matrix>,
    /// a, for each unit.
    pub(super) pooled: Vec<f64>,
    /// c.
    pub(super) inhibition: f64,
    /// h.
    pub(super) drive: f64,
    /// b: unit k has the drives h + b_k and h - b_k. Empty for none.
    pub(super) bias: Vec<f64>,
}

impl CubeNetwork {
    /// From a coupling J `[K, K]` (whose diagonal counts), inhibitions of each neuron by itself (`same`, a_s)
    /// and by its opponent (`opposing`, a_o) `[K]`, the global inhibition c and the drive h.
    ///
    /// # Errors
    /// [`Error::Width`] for sizes that do not fit; [`Error::NonFinite`]; [`Error::Config`] if a weight would be
    /// above 0: `c >= |J_kl|`, `c + a_s >= J_kk`, `c + a_o >= -J_kk`.
    pub fn new(
        mut coupling: Matrix,
        same: &[f64],
        opposing: &[f64],
        inhibition: f64,
        drive: f64,
    ) -> Result<Self> {
        let [units, columns] = coupling.shape();
        for (what, found) in [
            ("coupling", columns),
            ("inhibition of the same side", same.len()),
            ("inhibition of the opposing side", opposing.len()),
        ] {
            if found != units {
                return Err(Error::Width {
                    what,
                    expected: units,
                    rows: 1,
                    found,
                });
            }
        }
        for (what, values) in [
            ("inhibition of the same side", same),
            ("inhibition of the opposing side", opposing),
            ("global inhibition and drive", &[inhibition, drive]),
        ] {
            finite(what, values, values.len())?;
        }
        for k in 0..units {
            for l in 0..units {
                let excess = match k == l {
                    // What cannot be told from rounding of sums is none.
                    true => (coupling.at(k, k) - same[k]).max(-coupling.at(k, k) - opposing[k]),
                    false => coupling.at(k, l).abs(),
                };
                if excess > inhibition * (1.0 + 1e-12) {
                    let rule = "must keep every weight at or below 0";
                    let found = format!("c = {inhibition} against {excess} at units {k}, {l}");
                    return Err(Error::config("global inhibition", rule, found));
                }
            }
            let folded = coupling.at(k, k) - 0.5 * (same[k] - opposing[k]);
            coupling.set(k, k, folded);
        }
        let pooled = same.iter().zip(opposing).map(|(s, o)| 0.5 * (s + o));
        Ok(Self {
            columns: (!coupling.is_symmetric()).then(|| coupling.transposed()),
            pooled: pooled.collect(),
            coupling,
            inhibition,
            drive,
            bias: Vec::new(),
        })
    }

    /// With one inhibition a for both sides, and the drive that lets about `rate` spikes per tau flow in every
    /// active neuron of a vertex whose fields `xi_k (J xi)_k` are `field` on average:
    /// `h = rate (c K + a - field)`.
    ///
    /// # Errors
    /// As [`CubeNetwork::new`]; [`Error::Config`] unless `rate` is above 0.
    pub fn pooled(
        coupling: Matrix,
        pooled: f64,
        inhibition: f64,
        rate: f64,
        field: f64,
    ) -> Result<Self> {
        require_positive("rate", rate)?;
        let units = coupling.shape()[0];
        let drive = rate * (inhibition * units as f64 + pooled - field);
        let pooled = vec![pooled; units];
        Self::new(coupling, &pooled, &pooled, inhibition, drive)
    }

    /// K.
    pub fn units(&self) -> usize {
        self.pooled.len()
    }

    /// J with the self-connections.
    pub fn coupling(&self) -> &Matrix {
        &self.coupling
    }

    /// The pooled inhibitions a `[K]`.
    pub fn pooled_inhibition(&self) -> &[f64] {
        &self.pooled
    }

    /// c.
    pub fn inhibition(&self) -> f64 {
        self.inhibition
    }

    /// h.
    pub fn drive(&self) -> f64 {
        self.drive
    }

    pub(super) fn is_symmetric(&self) -> bool {
        self.columns.is_none()
    }

    /// J_.k, contiguous.
    pub(super) fn column(&self, k: usize) -> &[f64] {
        self.columns.as_ref().unwrap_or(&self.coupling).row(k)
    }

    pub(super) fn bias(&self, k: usize) -> f64 {
        self.bias.get(k).copied().unwrap_or(0.0)
    }

    /// The drives of all neurons `[2 K]`.
    pub(super) fn drives(&self) -> Vec<f64> {
        let of = |i: usize| self.drive + side(i) * self.bias(i / 2);
        (0..2 * self.units()).map(of).collect()
    }

    /// All weights `[2 K C, 2 K C]` of a network with C identical copies of every neuron, next to each other.
    pub fn weights(&self, copies: usize) -> Matrix {
        let neurons = 2 * self.units() * copies;
        Matrix::from_fn(neurons, neurons, |i, j| {
            let (i, j) = (i / copies, j / copies);
            let (k, l) = (i / 2, j / 2);
            let own = if k == l { self.pooled[k] } else { 0.0 };
            -self.inhibition + side(i) * side(j) * self.coupling.at(k, l) - own
        })
    }

    /// The same network with all its weights.
    ///
    /// # Errors
    /// None for a network that exists.
    pub fn dense(&self) -> Result<Network> {
        Network::dense(&self.weights(1), self.drives())
    }

    /// The same network as encoders and decoders: one latent dimension for each eigenvector of a symmetric J
    /// that is not silent (for each unit otherwise), and one for each pair of neurons.
    ///
    /// # Errors
    /// [`Error::Config`] if J has no eigenvalues that the iteration finds.
    pub fn low_rank(&self) -> Result<Network> {
        let units = self.units();
        // J = left right, and both with signs.
        let (left, right) = match self.is_symmetric() {
            false => (
                self.coupling.clone(),
                Matrix::from_fn(units, units, |k, l| f64::from(k == l)),
            ),
            true => {
                let spectrum = spectrum(&self.coupling)?;
                let size = |value: &f64| value.abs();
                let largest = spectrum.values.iter().map(size).fold(0.0, f64::max);
                let loud = |&v: &usize| spectrum.values[v].abs() > 1e-12 * largest;
                let kept: Vec<usize> = (0..units).filter(loud).collect();
                let vector = |k: usize, v: usize| spectrum.vectors[(k, kept[v])];
                (
                    Matrix::from_fn(units, kept.len(), |k, v| {
                        vector(k, v) * spectrum.values[kept[v]]
                    }),
                    Matrix::from_fn(kept.len(), units, |v, k| vector(k, v)),
                )
            }
        };
        let signed = left.shape()[1];
        let encoders = Matrix::from_fn(2 * units, signed + units, |i, v| match v < signed {
            true => side(i) * left.at(i / 2, v),
            false if v - signed == i / 2 => -self.inhibition - self.pooled[i / 2],
            false => -self.inhibition,
        });
        let decoders = Matrix::from_fn(signed + units, 2 * units, |v, i| match v < signed {
            true => side(i) * right.at(v, i / 2),
            false => f64::from(v - signed == i / 2),
        });
        Network::low_rank(encoders, &decoders, 0.0, self.drives())
    }
}

/// The sign of neuron i.
pub(super) fn side(i: usize) -> f64 {
    match i.is_multiple_of(2) {
        true => 1.0,
        false => -1.0,
    }
}
