//! Shared by the tests.

use attractor_core::{AssociativeMemory, rng};
use burn::tensor::{DType, Tensor, TensorData};

use crate::covariance::{CovarianceForm, CovariancePcn, CovariancePcnConfig, Learning};
use crate::linalg::Mat;
use crate::relaxation::{InferenceConfig, Precision};
use crate::testing::device;

pub(super) const DIM: usize = 12;
pub(super) const FORMS: [CovarianceForm; 3] = [
    CovarianceForm::Explicit,
    CovarianceForm::Implicit,
    CovarianceForm::Dendritic,
];

pub(super) fn rows(values: &[f64]) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [values.len() / DIM, DIM]);
    Tensor::from_data(data, (&device(), DType::F64))
}

pub(super) fn normal(seed: u64, count: usize) -> Tensor<2> {
    let drawn = rng::normal_vec(&mut rng::stream(seed, "test/covariance"), count * DIM);
    rows(&drawn.into_iter().map(f64::from).collect::<Vec<_>>())
}

/// Entries that depend on one another.
pub(super) fn mixed(seed: u64, count: usize) -> Tensor<2> {
    let mixing = normal(99, DIM).div_scalar((DIM as f64).sqrt());
    normal(seed, count).matmul(mixing).add_scalar(0.5)
}

pub(super) fn values(tensor: &Tensor<2>) -> Vec<f64> {
    tensor.clone().try_into_vec_as::<f64>().unwrap()
}

pub(super) fn gap(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, |top, gap| {
        if gap.is_nan() {
            f64::INFINITY
        } else {
            gap.max(top)
        }
    })
}

pub(super) fn config(form: CovarianceForm, ridge: f64) -> CovariancePcnConfig {
    CovariancePcnConfig {
        form,
        learning: Learning::Closed { ridge },
        inference: InferenceConfig {
            max_steps: 100_000,
            tolerance: 1e-10,
            stall: 0.0,
            ..InferenceConfig::default()
        },
        precision: Precision::F64,
        ..CovariancePcnConfig::new(DIM)
    }
}

pub(super) fn written(config: CovariancePcnConfig, patterns: &Tensor<2>) -> CovariancePcn {
    let mut memory = config.init(&device()).unwrap();
    memory.write(patterns.clone()).unwrap();
    memory
}

/// Mean and ridged covariance by their definitions.
pub(super) fn statistics(patterns: &Tensor<2>, ridge: f64) -> (Vec<f64>, Mat) {
    let count = patterns.dims()[0];
    let all = values(patterns);
    let mean: Vec<f64> = (0..DIM)
        .map(|i| all.iter().skip(i).step_by(DIM).sum::<f64>() / count as f64)
        .collect();
    let mut covariance = Mat::scaled_identity(DIM, ridge);
    for row in all.chunks(DIM) {
        for i in 0..DIM {
            for j in 0..DIM {
                covariance.row_mut(i)[j] += (row[i] - mean[i]) * (row[j] - mean[j]) / count as f64;
            }
        }
    }
    (mean, covariance)
}
