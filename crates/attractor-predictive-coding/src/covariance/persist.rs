//! To and from safetensors, bit by bit.

use std::path::Path;

use attractor_core::weights::Weights as File;
use attractor_core::{Activation, Persist, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::learn::Weights;
use super::model::State;
use super::moments::Moments;
use super::{CovariancePcn, CovariancePcnConfig};
use crate::files::{open, save};
use crate::linalg::Mat;

const SYSTEM: &str = "covariance_pcn";

/// What is not an array.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    config: CovariancePcnConfig,
    count: usize,
}

impl Persist for CovariancePcn {
    fn save(&self, path: &Path) -> Result<()> {
        let State { moments, weights } = &self.state;
        let mut arrays = File::new();
        for (name, values) in [
            ("mean", &weights.mean),
            ("mean_x", &moments.mean_x),
            ("mean_z", &moments.mean_z),
            ("variance_x", &moments.variance_x),
        ] {
            arrays.insert_doubles(name, &[values.len()], values.clone());
        }
        let matrices = [("matrix", &weights.matrix), ("zz", &moments.zz)];
        let matrices = matrices.into_iter();
        for (name, mat) in matrices.chain(moments.xz.as_ref().map(|xz| ("xz", xz))) {
            arrays.insert_doubles(name, &[mat.rows, mat.cols], mat.data.clone());
        }
        let header = Header {
            config: self.config,
            count: moments.count,
        };
        save(arrays, path, SYSTEM, &header)
    }

    fn load(path: &Path, device: &Device) -> Result<Self> {
        let (file, header) = open::<Header>(path, SYSTEM)?;
        let state = parse(&file, &header, device)?;
        Ok(Self::restore(header.config, device, state))
    }
}

fn parse(file: &File, &Header { config, count }: &Header, device: &Device) -> Result<State> {
    config
        .validate()
        .and_then(|()| config.precision.check(device))
        .map_err(|error| file.fail(error.to_string()))?;
    let dim = config.dim;
    let vector = |name: &str| file.doubles(name, &[dim]);
    let matrix = |name: &str| {
        let data = file.doubles(name, &[dim, dim]);
        data.map(|data| Mat::new(dim, dim, data))
    };
    Ok(State {
        moments: Moments {
            count,
            mean_x: vector("mean_x")?,
            mean_z: vector("mean_z")?,
            variance_x: vector("variance_x")?,
            zz: matrix("zz")?,
            xz: match config.activation {
                Activation::Identity => None,
                _ => Some(matrix("xz")?),
            },
        },
        weights: Weights {
            mean: vector("mean")?,
            matrix: matrix("matrix")?,
        },
    })
}
