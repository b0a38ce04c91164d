use attractor_core::kernel::{PatternIds, PatternStore};
use attractor_core::{Error, MemoryPrior, Result, StoredCodes, check};
use burn::tensor::{Device, Tensor, TensorData};

use super::learn::{FitReport, learn};
use super::separation::{Separation, gaps_of};
use super::{FeatureScale, KernelisedConfig, MapKind};
use crate::store::largest_norm;

/// Norms of features up to this are 0, of codes whose entries go to 1 or beyond; of smaller codes, as much
/// less.
const NORM_FLOOR: f32 = 1e-12;
/// Squares in this range add up without loss.
const SQUARES: (f32, f32) = (1e-30, 1e37);
/// No division by less than this.
const LEAST: f32 = f32::MIN_POSITIVE;

/// The norm up to which features of codes `[n, d]` are 0, `[n, 1]`.
pub(super) fn floors(codes: &Tensor<2>) -> Tensor<2> {
    let largest = codes.clone().detach().max_abs_dim(1);
    largest
        .clamp_max(1.0)
        .mul_scalar(NORM_FLOOR)
        .clamp_min(LEAST)
}

/// Norms of rows `[n, d]` of any magnitude, `[n, 1]`.
pub(super) fn lengths(rows: &Tensor<2>) -> Tensor<2> {
    let squares = rows.clone().square().sum_dim(1);
    let low = squares.clone().lower_elem(SQUARES.0);
    let outside = low.bool_or(squares.clone().greater_elem(SQUARES.1));
    // The largest entry of such a row becomes 1.
    let scale = rows.clone().detach().max_abs_dim(1).clamp_min(LEAST);
    let scaled = rows.clone() / scale.clone();
    let safe = scaled.square().sum_dim(1).sqrt() * scale;
    squares.sqrt().mask_where(outside, safe)
}

/// Kernelised Hopfield network. See the [module](super).
#[derive(Debug, Clone)]
pub struct Kernelised {
    pub(super) config: KernelisedConfig,
    pub(super) dim: usize,
    width: usize,
    pub(super) device: Device,
    /// W `[D, d]`; none for the identity.
    pub(super) map: Option<Tensor<2>>,
    pub(super) report: Option<FitReport>,
    /// Codes and the norms of their features, `(m_k, r_k)`; with raw features r is 1.
    pub(super) values: PatternStore,
    /// Features as they are compared and a bias, `(f_k / r_k, -log(r_k) / beta)`. A query that ends
    /// in 0 reads with the weights p, one that ends in 1 with the weights q.
    pub(super) keys: PatternStore,
    /// What `keys` is while W is the identity and nothing is stored.
    blank: PatternStore,
    /// Of the codes, whatever W is.
    pub(super) ids: PatternIds,
}

impl Kernelised {
    pub(super) fn new(config: KernelisedConfig, dim: usize, device: &Device) -> Result<Self> {
        // Until W is learned it is the identity.
        let width = dim;
        let device = device.clone().without_autodiff();
        let blank = PatternStore::new(width + 1, &device)?;
        Ok(Self {
            values: PatternStore::new(dim + 1, &device)?,
            keys: blank.clone(),
            blank,
            ids: PatternIds::new(),
            config,
            dim,
            width,
            device,
            map: None,
            report: None,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &KernelisedConfig {
        &self.config
    }

    /// Entries of a feature, D: as many as a code has until W is learned.
    pub fn width(&self) -> usize {
        self.width
    }

    /// W `[D, d]`; none while it is the identity.
    pub fn map(&self) -> Option<&Tensor<2>> {
        self.map.as_ref()
    }

    /// How W was learned, if it was learned here.
    pub fn report(&self) -> Option<&FitReport> {
        self.report.as_ref()
    }

    /// The same memory with W `[D, d]` that was made elsewhere; D may differ from before.
    ///
    /// # Errors
    /// [`Error::Width`] unless rows have as many entries as a code; no rows, NaN or infinity.
    pub fn with_map(mut self, map: Tensor<2>) -> Result<Self> {
        check::batch("map", &map, self.dim)?;
        self.report = None;
        self.set_map(Some(map.without_autodiff().to_device(&self.device)))?;
        Ok(self)
    }

    /// The same memory at another inverse temperature.
    ///
    /// # Errors
    /// [`Error::Config`] unless it is above 0.
    pub fn with_beta(mut self, beta: f32) -> Result<Self> {
        self.config.beta = beta;
        self.config.validate()?;
        self.set_map(self.map.clone())?;
        Ok(self)
    }

    /// Learns W from the codes stored now, starting afresh as the configuration says.
    ///
    /// # Errors
    /// [`Error::Rows`] with fewer than two codes.
    ///
    /// # Complexity
    /// As [`learn`].
    pub fn refit(&mut self) -> Result<&FitReport> {
        let codes = check::to_host(match self.is_empty() {
            true => return Err(Error::EmptyMemory),
            false => self.codes()?,
        })?;
        let (map, report) = learn(&codes, self.dim, &self.config.separation)?;
        let width = map.len() / self.dim;
        let map = Tensor::from_data(TensorData::new(map, [width, self.dim]), &self.device);
        self.set_map(Some(map))?;
        Ok(self.report.insert(report))
    }

    /// How far apart the stored codes lie as they are compared.
    ///
    /// # Errors
    /// [`Error::Rows`] with fewer than two codes.
    ///
    /// # Complexity
    /// `O(n^2 D)`.
    pub fn separation(&self) -> Result<Separation> {
        Separation::of(&self.keys.to_host()?, self.width + 1)
    }

    /// Features `W x` `[b, D]` of codes `[b, d]`.
    ///
    /// # Errors
    /// A wrong width, no rows.
    pub fn features(&self, codes: Tensor<2>) -> Result<Tensor<2>> {
        check::shape("states", &codes, self.dim)?;
        Ok(self.apply(codes))
    }

    pub(super) fn apply(&self, codes: Tensor<2>) -> Tensor<2> {
        match &self.map {
            Some(map) => {
                let map = map.clone().to_device(&codes.device());
                codes.matmul(map.transpose())
            }
            None => codes,
        }
    }

    /// `W^T f`, `[b, D]` to `[b, d]`.
    pub(super) fn adjoint(&self, features: Tensor<2>) -> Tensor<2> {
        match &self.map {
            Some(map) => {
                let map = map.clone().to_device(&features.device());
                features.matmul(map)
            }
            None => features,
        }
    }

    pub(super) fn set_map(&mut self, map: Option<Tensor<2>>) -> Result<()> {
        let dim = self.dim;
        let codes: Vec<Tensor<2>> = self
            .values
            .block_tensors()
            .map(|block| block.narrow(1, 0, dim))
            .collect();
        let width = map.as_ref().map_or(dim, |map| map.dims()[0]);
        let before = (
            std::mem::replace(&mut self.width, width),
            std::mem::replace(&mut self.map, map),
            std::mem::replace(&mut self.keys, PatternStore::new(width + 1, &self.device)?),
            std::mem::replace(&mut self.values, PatternStore::new(dim + 1, &self.device)?),
        );
        let set = codes.into_iter().try_for_each(|block| self.append(block));
        if set.is_err() {
            (self.width, self.map, self.keys, self.values) = before;
        }
        set
    }

    /// Stores codes and their features.
    pub(super) fn append(&mut self, codes: Tensor<2>) -> Result<()> {
        let features = self.apply(codes.clone());
        let [rows, _] = features.dims();
        check::batch("features of the codes", &features, self.width)?;
        let (keys, norms) = match self.config.features {
            FeatureScale::Raw => {
                let limit = largest_norm(self.config.beta);
                let what = match self.map {
                    Some(_) => "features of the codes",
                    None => "codes",
                };
                check::norms(what, &features, limit)?;
                (features, Tensor::ones([rows, 1], &self.device))
            }
            FeatureScale::Unit => {
                let norms = lengths(&features);
                // A code without an image matches nothing; its norm must not weigh it up.
                let absent = norms.clone().lower_equal(floors(&codes));
                let norms = norms.mask_fill(absent, 1.0);
                (features / norms.clone(), norms)
            }
        };
        let bias = norms.clone().log().div_scalar(-self.config.beta);
        self.keys.push(Tensor::cat(vec![keys, bias], 1))?;
        self.values.push(Tensor::cat(vec![codes, norms], 1))
    }

    /// Whether W is to be learned now that the codes from `first` on were added.
    pub(super) fn wants_fit(&self, first: usize) -> Result<bool> {
        if self.config.map == MapKind::Identity || self.len() < 2 {
            return Ok(false);
        }
        match (&self.map, self.config.refit_below) {
            (None, _) => Ok(true),
            (Some(_), None) => Ok(false),
            (Some(_), Some(limit)) => {
                let gaps = gaps_of(&self.keys.to_host()?, self.width + 1, first);
                Ok(gaps.into_iter().any(|gap| gap < f64::from(limit)))
            }
        }
    }
}

impl Kernelised {
    /// Removes everything; a map that was learned is forgotten with the codes.
    pub(super) fn forget(&mut self) {
        self.values.clear();
        self.keys.clear();
        self.ids.clear();
        if self.report.take().is_some() {
            self.map = None;
            self.width = self.dim;
            self.keys = self.blank.clone();
        }
    }
}
