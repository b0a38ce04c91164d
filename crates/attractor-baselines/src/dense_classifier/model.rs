use attractor_core::error::require_positive;
use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{Error, Persist, Restore, Result, check, spans};
use burn::tensor::{Device, Tensor, TensorData};
use faer::Mat;

use super::DenseClassifierConfig;
use super::gradient::{answers, largest, overlaps, slope};
use crate::{input, persist};

const SYSTEM: &str = "dense_classifier";
const MEMORIES: &str = "memories";
/// Updates whose largest entry is below this are not scaled up: they are 0.
const SMALLEST: f64 = 1e-30;
/// Images of one pass over a large set.
const BATCH: usize = 1000;

/// Dense associative memory as a classifier. See the [module](super).
#[derive(Debug, Clone)]
pub struct DenseClassifier {
    pub(super) config: DenseClassifierConfig,
    device: Device,
    /// `[K, N + C]`
    pub(super) memories: Mat<f64>,
    /// G of the [module](super), as `memories`.
    velocity: Mat<f64>,
}

impl DenseClassifier {
    pub(super) fn new(config: DenseClassifierConfig, device: &Device) -> Self {
        let width = config.dim + config.classes;
        let mut random = attractor_core::rng::stream(config.seed, "dense classifier");
        let values = attractor_core::rng::normal_vec(&mut random, config.memories * width);
        let entry = |k: usize, i: usize| {
            config.start_mean + config.start_deviation * f64::from(values[k * width + i])
        };
        Self {
            config,
            device: device.clone().without_autodiff(),
            memories: Mat::from_fn(config.memories, width, entry),
            velocity: Mat::zeros(config.memories, width),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &DenseClassifierConfig {
        &self.config
    }

    /// The memories `[K, N + C]`, their class units last.
    pub fn memories(&self) -> Tensor<2> {
        let (rows, width) = (self.memories.nrows(), self.memories.ncols());
        let entry = |at: usize| self.memories[(at / width, at % width)] as f32;
        let values: Vec<f32> = (0..rows * width).map(entry).collect();
        Tensor::from_data(TensorData::new(values, [rows, width]), &self.device)
    }

    /// Answers c in (-1, 1) of every class, `[b, C]`, for images `[b, N]` in [-1, 1].
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries.
    pub fn scores(&self, images: Tensor<2>) -> Result<Tensor<2>> {
        let [rows, _] = images.dims();
        let mut values = Vec::with_capacity(rows * self.config.classes);
        self.for_answers(images, |answers| values.extend(answers.map(|&c| c as f32)))?;
        let shape = [rows, self.config.classes];
        Ok(Tensor::from_data(
            TensorData::new(values, shape),
            &self.device,
        ))
    }

    /// The class of the largest answer for each of the images `[b, N]`.
    ///
    /// # Errors
    /// As [`Self::scores`].
    pub fn classify(&self, images: Tensor<2>) -> Result<Vec<usize>> {
        let mut classes = Vec::new();
        self.for_answers(images, |answers| classes.push(largest(answers)))?;
        Ok(classes)
    }

    fn for_answers(
        &self,
        images: Tensor<2>,
        mut visit: impl FnMut(std::slice::Iter<'_, f64>),
    ) -> Result<()> {
        let images = input::accept("images", images, self.config.dim, &self.device)?;
        let images = check::to_host(images)?;
        for rows in images.chunks(BATCH * self.config.dim) {
            let images = columns(rows, self.config.dim);
            let overlaps = overlaps(&self.config, &self.memories, images.as_ref());
            let answers = answers(&self.config, &self.memories, &overlaps);
            for image in 0..answers.ncols() {
                visit(answers.col_as_slice(image).iter());
            }
        }
        Ok(())
    }

    /// One step along images `[b, N]` in [-1, 1] with their classes; returns the loss per image before
    /// it and the share of images whose class was answered.
    ///
    /// # Errors
    /// As [`Self::scores`]; [`Error::Rows`] unless there is one label for each image;
    /// [`Error::Index`] for a label without a class; [`Error::Config`] for a rate that is not above 0
    /// or a momentum outside [0, 1).
    pub fn train_step(
        &mut self,
        images: Tensor<2>,
        labels: &[usize],
        (rate, momentum): (f64, f64),
    ) -> Result<(f64, f64)> {
        let [rows, width] = images.dims();
        let _span = spans::train("dense-classifier", rows, width);
        require_positive("train_step.rate", rate)?;
        if !(0.0..1.0).contains(&momentum) {
            let rule = "must be at least 0 and below 1";
            return Err(Error::config("train_step.momentum", rule, momentum));
        }
        let images = input::accept("images", images, self.config.dim, &self.device)?;
        self.check_labels(labels, images.dims()[0])?;
        let images = columns(&check::to_host(images)?, self.config.dim);
        Ok(self.step(&images, labels, (rate, momentum)))
    }

    pub(super) fn check_labels(&self, labels: &[usize], rows: usize) -> Result<()> {
        if labels.len() != rows {
            return Err(Error::Rows {
                what: "labels",
                expected: rows,
                found: labels.len(),
            });
        }
        match labels.iter().find(|&&label| label >= self.config.classes) {
            None => Ok(()),
            Some(&index) => Err(Error::Index {
                what: "class",
                len: self.config.classes,
                index,
            }),
        }
    }

    /// A step along images as columns, whose labels were checked.
    pub(super) fn step(
        &mut self,
        images: &Mat<f64>,
        labels: &[usize],
        (rate, momentum): (f64, f64),
    ) -> (f64, f64) {
        let found = slope(&self.config, &self.memories, images.as_ref(), labels);
        for k in 0..self.config.memories {
            let mut largest = SMALLEST;
            let slopes = found.gradient.row(k);
            for (speed, slope) in self.velocity.row_mut(k).iter_mut().zip(slopes.iter()) {
                *speed = momentum * *speed - slope;
                largest = largest.max(speed.abs());
            }
            let speeds = self.velocity.row(k);
            for (entry, speed) in self.memories.row_mut(k).iter_mut().zip(speeds.iter()) {
                *entry = (*entry + rate * speed / largest).clamp(-1.0, 1.0);
            }
        }
        let rows = labels.len() as f64;
        (found.loss / rows, found.right as f64 / rows)
    }
}

/// Rows `[b, dim]` as columns in f64.
pub(super) fn columns(rows: &[f32], dim: usize) -> Mat<f64> {
    Mat::from_fn(dim, rows.len() / dim, |i, b| f64::from(rows[b * dim + i]))
}

/// Configuration and memories; what momentum remembers is not kept.
impl Persist for DenseClassifier {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.insert_tensor(MEMORIES, self.memories())?;
        persist::describe_config(&mut file, &self.config)?;
        Ok(file)
    }
}

impl Restore for DenseClassifier {
    const KIND: &'static str = SYSTEM;

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: DenseClassifierConfig = persist::config(file, SYSTEM)?;
        let made = config.init(loading.device());
        let mut classifier = made.map_err(|error| file.refuse(error))?;
        let width = config.dim + config.classes;
        let shape = [config.memories, width];
        let memories = file.tensor(MEMORIES, shape, &classifier.device)?;
        let values = check::to_host(memories)?;
        classifier.memories = columns(&values, width).transpose().to_owned();
        Ok(classifier)
    }
}
