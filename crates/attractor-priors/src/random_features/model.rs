use attractor_core::{Energy, Error, MemoryPrior, Persist, Result, check};
use burn::tensor::{Device, Tensor, TensorData};

use super::RandomFeaturesConfig;
use super::directions::Directions;
use super::encode::{Map, NOTHING};
use super::read::Reading;

/// Armijo's constant: the share of the predicted decrease that a step must achieve.
const SUFFICIENT: f32 = 1e-4;
/// Rounding of log S^ in single precision: differences below it are no rise of the energy.
const ROUNDING: f32 = 2e-6;
/// Angles up to about this are told from each other by their cosines.
const LARGEST_ANGLE: f64 = 1e5;
/// Exponents up to this keep their weights.
const LARGEST_EXPONENT: f64 = 1e6;
/// Halvings of a step at most.
const HALVINGS: usize = 20;

/// Dense associative memory with random features. See the [module](super).
#[derive(Debug, Clone)]
pub struct RandomFeatures {
    pub(super) config: RandomFeaturesConfig,
    pub(super) dim: usize,
    pub(super) device: Device,
    pub(super) map: Map,
    pub(super) directions: Directions,
    /// `[1, dim]`, if codes are centred.
    pub(super) centre: Option<Tensor<2>>,
    /// T, all first parts and then all second parts; of the positive kinds its logarithm.
    pub(super) sums: Vec<f32>,
    /// The same on the device, `[parts, Y]`.
    pub(super) superposition: Tensor<2>,
    pub(super) written: usize,
}

impl RandomFeatures {
    pub(super) fn new(config: RandomFeaturesConfig, dim: usize, device: &Device) -> Result<Self> {
        let device = device.clone().without_autodiff();
        let directions = Directions::drawn(&config, dim, &device);
        Ok(Self::assemble(config, dim, directions, device))
    }

    /// An empty memory with directions `[count, dim]` that were made elsewhere, and phases `[count]`
    /// for `cos`.
    ///
    /// # Errors
    /// As [`RandomFeaturesConfig::init`]; [`Error::Rows`] unless there are `count` of each.
    pub fn with_directions(
        config: RandomFeaturesConfig,
        directions: Tensor<2>,
        phases: Vec<f32>,
        device: &Device,
    ) -> Result<Self> {
        let dim = directions.dims()[1];
        config.check(dim)?;
        let device = device.clone().without_autodiff();
        let values = check::to_host(directions.without_autodiff())?;
        let directions = Directions::given(&config, dim, (values, phases), &device)?;
        Ok(Self::assemble(config, dim, directions, device))
    }

    fn assemble(
        config: RandomFeaturesConfig,
        dim: usize,
        directions: Directions,
        device: Device,
    ) -> Self {
        let centre = (!config.centre.is_empty()).then(|| {
            let values: Vec<f32> = config.centre.iter().copied().cycle().take(dim).collect();
            Tensor::from_data(TensorData::new(values, [1, dim]), &device)
        });
        let mut memory = Self {
            map: Map::new(&config, dim),
            superposition: Tensor::zeros([config.features.parts(), config.count], &device),
            config,
            dim,
            device,
            directions,
            centre,
            sums: Vec::new(),
            written: 0,
        };
        memory.clear();
        memory
    }

    /// The configuration.
    pub fn config(&self) -> &RandomFeaturesConfig {
        &self.config
    }

    /// T, all first parts and then all second parts; of the positive kinds its logarithm.
    pub fn superposed(&self) -> &[f32] {
        &self.sums
    }

    /// Features phi `[n, parts * count]` of codes `[n, d]`.
    ///
    /// # Errors
    /// A wrong width, no rows.
    pub fn features(&self, codes: Tensor<2>) -> Result<Tensor<2>> {
        check::shape("codes", &codes, self.dim)?;
        self.map.features(&self.centred(codes), &self.directions)
    }

    /// For each state `[b, d]`, whether the estimate of S lies below the floor, so that energy and
    /// gradient say nothing there. Never with the positive kinds.
    ///
    /// # Errors
    /// As [`Energy::energy`].
    pub fn clipped(&self, states: Tensor<2>) -> Result<Vec<bool>> {
        let energies = check::to_host(self.energy(states)?)?;
        let ceiling = self.energy_ceiling();
        Ok(energies
            .into_iter()
            .map(|energy| ceiling.is_some_and(|ceiling| energy >= ceiling))
            .collect())
    }

    pub(super) fn centred(&self, codes: Tensor<2>) -> Tensor<2> {
        match &self.centre {
            Some(centre) => codes.clone() - centre.clone().to_device(&codes.device()),
            None => codes,
        }
    }

    /// Replaces T, on the host and on the device.
    pub(super) fn set_sums(&mut self, sums: Vec<f32>) {
        let shape = [self.config.features.parts(), self.config.count];
        let data = TensorData::new(sums.clone(), shape);
        self.superposition = Tensor::from_data(data, &self.device);
        self.sums = sums;
    }

    /// The largest squared norm of a code whose features single precision holds: angles have an error of
    /// this root times 1e-7, exponents one of this times 1e-7.
    pub(super) fn largest_norm(&self) -> f64 {
        let within = if self.config.features.is_positive() {
            LARGEST_EXPONENT
        } else {
            LARGEST_ANGLE * LARGEST_ANGLE
        };
        within / f64::from(self.config.beta)
    }

    /// The energy of states about which nothing is known.
    pub(super) fn ceiling(&self) -> f32 {
        -self.config.floor.ln() / self.config.beta
    }

    fn checked_reading(&self, states: Tensor<2>, gradient: bool) -> Result<Reading> {
        if self.written == 0 {
            return Err(Error::EmptyMemory);
        }
        check::shape("states", &states, self.dim)?;
        // The features of states beyond this are what rounding makes of them: nothing is said there.
        let norms = self.centred(states.clone()).square().sum_dim(1);
        let beyond = norms.lower_equal_scalar(self.largest_norm().min(f32::MAX.into()) as f32);
        let beyond = beyond.bool_not();
        let shape = states.shape();
        let Reading { energy, gradient } = self.reading(states, gradient)?;
        Ok(Reading {
            energy: energy.mask_fill(beyond.clone().squeeze_dim(1), f32::NAN),
            gradient: gradient.map(|all| all.mask_fill(beyond.expand(shape), f32::NAN)),
        })
    }
}

impl Energy for RandomFeatures {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.checked_reading(states, false)?.energy)
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.gradient_with_energy(states)?.0)
    }
}

impl MemoryPrior for RandomFeatures {
    fn name(&self) -> &'static str {
        "random_features"
    }

    fn store(&mut self, codes: Tensor<2>) -> Result<()> {
        let rows = codes.dims()[0];
        self.write_weighted(codes, &vec![1.0; rows])
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.attract_with_energy(states)?.0)
    }

    /// A gradient step of length 1, which for the exact energy is one step of mean shift; the noise
    /// of the features may make it too long, so every row halves its own until the energy falls.
    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let (gradient, energy) = self.gradient_with_energy(states.clone())?;
        let rows = states.dims()[0];
        let slope = gradient.clone().square().sum_dim(1);
        let slack = ROUNDING / self.config.beta;
        let before: Tensor<2> = energy.clone().unsqueeze_dim::<2>(1).add_scalar(slack);
        let mut rate = Tensor::<2>::ones([rows, 1], &states.device());
        let mut next = states.clone();
        for _ in 0..HALVINGS {
            let trial = states.clone() - gradient.clone() * rate.clone();
            let reached: Tensor<2> = self.energy(trial.clone())?.unsqueeze_dim(1);
            let enough = before.clone() - slope.clone() * rate.clone().mul_scalar(SUFFICIENT);
            // NaN compares false: such a trial is refused.
            let accepted = reached.lower_equal(enough);
            next = next.mask_where(accepted.clone().expand(states.shape()), trial);
            let done = accepted.clone().all().try_into_scalar::<bool>();
            if done.map_err(|error| Error::Device(error.to_string()))? {
                break;
            }
            // A row that has been accepted keeps its rate, and so its trial, from here on.
            let halved = rate.clone().mul_scalar(0.5);
            rate = halved.mask_where(accepted, rate);
        }
        // A row that found no step because its energy or slope is no number stands still without having
        // arrived anywhere: it becomes no number itself.
        let lost: Tensor<2> = energy.clone().unsqueeze_dim::<2>(1) + slope;
        Ok((next + lost.mul_scalar(0.0), energy))
    }

    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let Reading { energy, gradient } = self.checked_reading(states.clone(), true)?;
        Ok((gradient.unwrap_or_else(|| states.zeros_like()), energy))
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }

    fn energy_ceiling(&self) -> Option<f32> {
        (!self.config.features.is_positive()).then(|| self.ceiling())
    }

    /// Patterns written less patterns forgotten.
    fn len(&self) -> usize {
        self.written
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn clear(&mut self) {
        let empty = if self.config.features.is_positive() {
            NOTHING
        } else {
            0.0
        };
        self.set_sums(vec![
            empty;
            self.config.features.parts() * self.config.count
        ]);
        self.written = 0;
    }
}
