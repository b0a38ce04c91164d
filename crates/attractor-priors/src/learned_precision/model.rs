use attractor_core::kernel::{
    Partial, PatternIds, PatternStore, Ranked, Score, Tags, read_with_values, squared_distances,
    top,
};
use attractor_core::{
    Energy, Error, MemoryPrior, Persist, Result, StoredCodes, Train, check, spans,
};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, activation};

use super::{LearnedPrecisionConfig, Precision};

/// Gaussian mixture with a learned precision matrix. See the [module](super).
#[derive(Clone)]
pub struct LearnedPrecision {
    pub(super) config: LearnedPrecisionConfig,
    pub(super) precision: Precision,
    /// The codes.
    pub(super) store: PatternStore,
    /// The codes, whitened by the present precision.
    keys: PatternStore,
    optimiser: Option<ModuleOptimizer>,
}

impl std::fmt::Debug for LearnedPrecision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LearnedPrecision")
            .field("config", &self.config)
            .field("len", &self.store.len())
            .field("dim", &self.store.dim())
            .finish_non_exhaustive()
    }
}

impl LearnedPrecision {
    pub(super) fn new(config: LearnedPrecisionConfig, dim: usize, device: &Device) -> Result<Self> {
        let device = device.clone().without_autodiff();
        Ok(Self {
            config,
            precision: Precision::identity(config.form, dim, &device)?,
            store: PatternStore::new(dim, &device)?,
            keys: PatternStore::new(dim, &device)?,
            optimiser: None,
        })
    }

    /// The configuration.
    pub fn config(&self) -> LearnedPrecisionConfig {
        self.config
    }

    /// The present precision.
    pub fn precision(&self) -> &Precision {
        &self.precision
    }

    /// The same memory with another precision.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if it is for codes of another width.
    pub fn with_precision(mut self, precision: Precision) -> Result<Self> {
        if precision.dim() != self.store.dim() {
            return Err(Error::Mismatch {
                what: "LearnedPrecision",
                expected: format!("codes of {} entries", self.store.dim()),
                part: "the precision",
                found: format!("{} rows", precision.dim()),
            });
        }
        self.precision = precision;
        self.whiten_all()?;
        Ok(self)
    }

    pub(super) fn whiten_all(&mut self) -> Result<()> {
        let mut keys = self.keys.clone();
        keys.clear();
        for block in self.store.block_tensors() {
            let white = self.precision.whiten(block);
            check::batch(
                "codes times the root of the precision",
                &white,
                self.store.dim(),
            )?;
            keys.push(white)?;
        }
        self.keys = keys;
        Ok(())
    }

    fn partial(&self, states: Tensor<2>) -> Result<Partial> {
        check::shape("states", &states, self.store.dim())?;
        let states = self.precision.whiten(states);
        read_with_values(
            &self.keys,
            &self.store,
            states,
            Score::SquaredDistance { variance: 1.0 },
        )
    }
}

impl Energy for LearnedPrecision {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.partial(states)?.log_sum_exp()?.neg())
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.precision.apply(states.clone() - self.attract(states)?))
    }
}

impl MemoryPrior for LearnedPrecision {
    fn name(&self) -> &'static str {
        "learned_precision"
    }

    fn store(&mut self, codes: Tensor<2>) -> Result<()> {
        self.store_as(codes, &Tags::default())
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        self.partial(states)?.mean()
    }

    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let partial = self.partial(states)?;
        Ok((partial.mean()?, partial.log_sum_exp()?.neg()))
    }

    fn stored(&self) -> Option<&dyn StoredCodes> {
        Some(self)
    }

    fn stored_mut(&mut self) -> Option<&mut dyn StoredCodes> {
        Some(self)
    }

    fn as_train(&mut self) -> Option<&mut dyn Train> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }

    fn len(&self) -> usize {
        self.store.len()
    }

    fn dim(&self) -> usize {
        self.store.dim()
    }

    fn clear(&mut self) {
        self.store.clear();
        self.keys.clear();
    }
}

impl StoredCodes for LearnedPrecision {
    fn codes(&self) -> Result<Tensor<2>> {
        self.store.to_tensor()
    }

    fn codes_at(&self, indices: &[usize]) -> Result<Tensor<2>> {
        self.store.select(indices)
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.store.remove(index)?;
        self.keys.remove(index)
    }

    fn ids(&self) -> Option<&PatternIds> {
        Some(self.store.ids())
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.store.set_label(id, label)
    }

    fn store_as(&mut self, codes: Tensor<2>, tags: &Tags) -> Result<()> {
        let codes = codes.without_autodiff();
        check::batch("codes", &codes, self.store.dim())?;
        let keys = self.precision.whiten(codes.clone());
        check::batch(
            "codes times the root of the precision",
            &keys,
            self.store.dim(),
        )?;
        self.store.push_as(codes, tags)?;
        self.keys.push(keys)
    }

    fn nearest(&self, states: Tensor<2>, k: usize) -> Result<Vec<Vec<Ranked>>> {
        check::shape("states", &states, self.store.dim())?;
        let states = self.precision.whiten(states.without_autodiff());
        let score = Score::SquaredDistance { variance: 1.0 };
        Ok(top(&self.keys, states, score, k)?.rows().collect())
    }
}

impl Train for LearnedPrecision {
    /// One Adam step on the squared error of one fixed-point iteration, as in the paper.
    fn train_step(
        &mut self,
        patterns: Tensor<2>,
        cues: Tensor<2>,
        targets: Tensor<2>,
        learning_rate: f64,
    ) -> Result<f32> {
        let [rows, width] = cues.dims();
        let _span = spans::train("learned-precision", rows, width);
        check::episode(&patterns, &cues, &targets, self.store.dim())?;
        let precision = self.precision.clone().train();
        let (keys, queries) = (precision.whiten(patterns.clone()), precision.whiten(cues));
        let scores = squared_distances(queries, keys)?.mul_scalar(-0.5);
        let answers = activation::softmax(scores, 1).matmul(patterns);
        let loss = (answers - targets).square().mean();
        let value = check::to_host(loss.clone().without_autodiff())?[0];
        let gradients = GradientsParams::from_grads(loss.backward(), &precision);
        let optimiser = self
            .optimiser
            .get_or_insert_with(|| AdamConfig::new().init());
        self.precision = optimiser.step(learning_rate, precision, gradients).valid();
        self.whiten_all()?;
        Ok(value)
    }
}
