//! To and from safetensors, bit by bit.

use std::path::Path;

use attractor_core::{Activation, Error, Persist, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::learn::Weights;
use super::model::State;
use super::moments::Moments;
use super::{CovariancePcn, CovariancePcnConfig};
use crate::files::{Arrays, array, open};
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
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        let State { moments, weights } = &self.state;
        let mut arrays = Arrays::default();
        for (name, values) in [
            ("mean", &weights.mean),
            ("mean_x", &moments.mean_x),
            ("mean_z", &moments.mean_z),
            ("variance_x", &moments.variance_x),
        ] {
            arrays.add(name, vec![values.len()], values);
        }
        let matrices = [("matrix", &weights.matrix), ("zz", &moments.zz)];
        let matrices = matrices.into_iter();
        for (name, mat) in matrices.chain(moments.xz.as_ref().map(|xz| ("xz", xz))) {
            arrays.add(name, vec![mat.rows, mat.cols], &mat.data);
        }
        let header = Header {
            config: self.config,
            count: moments.count,
        };
        let header = serde_json::to_string(&header).map_err(|error| fail(error.to_string()))?;
        arrays.write(path, SYSTEM, header).map_err(fail)
    }

    fn load(path: &Path, device: &Device) -> Result<Self> {
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let (config, state) = parse(&bytes).map_err(fail)?;
        let precision = config.precision.check(device);
        precision.map_err(|error| fail(error.to_string()))?;
        Ok(Self::restore(config, device, state))
    }
}

fn parse(bytes: &[u8]) -> Result<(CovariancePcnConfig, State), String> {
    let (file, Header { config, count }) = open(bytes, SYSTEM)?;
    config.validate().map_err(|error| error.to_string())?;
    let dim = config.dim;
    let vector = |name: &str| array(&file, name, &[dim]);
    let matrix = |name: &str| array(&file, name, &[dim, dim]).map(|data| Mat::new(dim, dim, data));
    let state = State {
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
    };
    Ok((config, state))
}
