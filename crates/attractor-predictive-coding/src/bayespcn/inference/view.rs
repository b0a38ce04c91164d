//! The network as inference sees it: matrices in its precision, with what is worth keeping between
//! searches.

use std::sync::OnceLock;

use super::clamp::Clamp;
use crate::bayespcn::posterior::MatrixNormal;
use crate::linalg::{Factor, Mat, Real};

/// One layer of one particle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet<'a, T = f64> {
    /// The mean, of the sensory layer perhaps as reduced by a [`Clamp`].
    pub(crate) map: Factor<'a, T>,
    /// `F^T`, with the covariance `F^T F`.
    pub(crate) factor: Factor<'a, T>,
    /// Width of the layer, whatever the map leaves out.
    pub(crate) outputs: usize,
}

/// One particle.
#[derive(Debug, Clone)]
pub(crate) struct View<'a, T = f64> {
    pub(crate) sheets: Vec<Sheet<'a, T>>,
    pub(crate) log_weight: f64,
}

impl<'a> View<'a> {
    /// The posteriors themselves.
    pub(crate) fn whole(layers: &'a [MatrixNormal], log_weight: f64) -> Self {
        let sheets = layers.iter().map(|layer| {
            let (mean, factor) = (layer.mean.view(), layer.factor.view());
            Sheet {
                map: Factor {
                    forward: mean,
                    backward: mean.transpose(),
                    stored: None,
                    lower: false,
                },
                factor: Factor {
                    forward: factor.transpose(),
                    backward: factor,
                    stored: Some(&layer.factor),
                    lower: true,
                },
                outputs: layer.outputs(),
            }
        });
        Self {
            sheets: sheets.collect(),
            log_weight,
        }
    }
}

/// A matrix in the precision of inference: as [`crate::linalg::Sweeps`] reads it, and also the other way
/// round if several rows will pass at once, because products are fastest in the order of storage.
#[derive(Debug)]
pub(crate) struct Stored<T> {
    forward: Option<Mat<T>>,
    backward: Mat<T>,
    lower: bool,
}

impl<T: Real> Stored<T> {
    /// `map [inputs, n]`.
    pub(crate) fn map(map: &Mat, lower: bool, both: bool) -> Self {
        Self {
            forward: both.then(|| map.cast()),
            backward: map.cast_transposed(),
            lower,
        }
    }

    /// `F^T` for an upper triangular `F`.
    fn factor(factor: &Mat, both: bool) -> Self {
        Self {
            forward: both.then(|| factor.cast_transposed()),
            backward: factor.cast(),
            lower: true,
        }
    }

    pub(crate) fn view(&self) -> Factor<'_, T> {
        let backward = self.backward.view();
        let forward = self.forward.as_ref();
        Factor {
            forward: forward.map_or(backward.transpose(), |forward| forward.view()),
            backward,
            stored: Some(&self.backward),
            lower: self.lower,
        }
    }
}

/// All of a particle but its sensory weights.
#[derive(Debug)]
pub(crate) struct StoredParticle<T> {
    maps: Vec<Stored<T>>,
    factors: Vec<Stored<T>>,
    dim: usize,
}

impl<T: Real> StoredParticle<T> {
    pub(crate) fn new(layers: &[MatrixNormal], both: bool) -> Self {
        let maps = layers[1..].iter();
        let factors = layers.iter();
        Self {
            maps: maps
                .map(|layer| Stored::map(&layer.mean, false, both))
                .collect(),
            factors: factors
                .map(|layer| Stored::factor(&layer.factor, both))
                .collect(),
            dim: layers[0].outputs(),
        }
    }

    /// With sensory weights.
    pub(crate) fn view<'a>(&'a self, sensory: &'a Stored<T>, log_weight: f64) -> View<'a, T> {
        let maps = [sensory].into_iter().chain(&self.maps);
        let sheets = maps
            .zip(&self.factors)
            .enumerate()
            .map(|(l, (map, factor))| {
                let map = map.view();
                Sheet {
                    map,
                    factor: factor.view(),
                    outputs: if l == 0 {
                        self.dim
                    } else {
                        map.forward.ncols()
                    },
                }
            });
        View {
            sheets: sheets.collect(),
            log_weight,
        }
    }
}

/// Sensory weights as some known entries see them.
#[derive(Debug)]
pub(crate) struct ClampedWeights<T> {
    pub(crate) clamp: Clamp,
    pub(crate) map: Stored<T>,
}

impl<T: Real> ClampedWeights<T> {
    pub(crate) fn new(weights: &Mat, known: Option<&[usize]>, both: bool) -> Self {
        let clamp = Clamp::new(weights, known);
        let (map, lower) = clamp.map(weights);
        Self {
            map: Stored::map(map, lower, both),
            clamp,
        }
    }
}

/// What reads derive from the posteriors of all particles, made when first needed.
#[derive(Debug)]
pub(crate) struct Derived<T> {
    pub(crate) networks: OnceLock<Vec<StoredParticle<T>>>,
    /// Sensory weights for rows with every entry clamped.
    pub(crate) clamped: OnceLock<Vec<ClampedWeights<T>>>,
    /// Sensory weights as they are.
    pub(crate) plain: OnceLock<Vec<Stored<T>>>,
}

impl<T> Default for Derived<T> {
    fn default() -> Self {
        Self {
            networks: OnceLock::new(),
            clamped: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }
}

/// For either precision.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    pub(crate) single: Derived<f32>,
    pub(crate) double: Derived<f64>,
}

/// A precision that something is kept in.
pub(crate) trait Cached: Real {
    /// What is kept in this precision.
    fn derived(caches: &Caches) -> &Derived<Self>;
}

impl Cached for f32 {
    fn derived(caches: &Caches) -> &Derived<Self> {
        &caches.single
    }
}

impl Cached for f64 {
    fn derived(caches: &Caches) -> &Derived<Self> {
        &caches.double
    }
}
