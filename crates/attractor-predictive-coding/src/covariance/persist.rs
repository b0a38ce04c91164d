//! To and from safetensors, bit by bit.

use attractor_core::weights::Weights;
use attractor_core::{Activation, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::learn::Learned;
use super::model::State;
use super::moments::Moments;
use super::{CovariancePcn, CovariancePcnConfig};
use crate::files::{Stored, add_mat, mat, persists};

/// What is not an array.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    config: CovariancePcnConfig,
    count: usize,
}

persists!(CovariancePcn);

impl Stored for CovariancePcn {
    const SYSTEM: &'static str = "covariance_pcn";

    type Header = Header;

    fn header(&self) -> Header {
        Header {
            config: self.config,
            count: self.state.moments.count,
        }
    }

    fn add_arrays(&self, arrays: &mut Weights) -> Result<()> {
        let State { moments, weights } = &self.state;
        for (name, values) in [
            ("mean", &weights.mean),
            ("mean_x", &moments.mean_x),
            ("mean_z", &moments.mean_z),
            ("variance_x", &moments.variance_x),
        ] {
            arrays.insert_doubles(name, &[values.len()], values.clone());
        }
        add_mat(arrays, "matrix", &weights.matrix);
        add_mat(arrays, "zz", &moments.zz);
        if let Some(xz) = &moments.xz {
            add_mat(arrays, "xz", xz);
        }
        Ok(())
    }

    fn restored(file: &Weights, header: Header, device: &Device) -> Result<Self> {
        let state = parse(file, &header, device)?;
        Ok(Self::restore(header.config, device, state))
    }
}

fn parse(file: &Weights, &Header { config, count }: &Header, device: &Device) -> Result<State> {
    config
        .validate()
        .and_then(|()| config.precision.check(device))
        .map_err(|error| file.fail(error.to_string()))?;
    let dim = config.dim;
    let vector = |name: &str| file.doubles(name, &[dim]);
    let matrix = |name: &str| mat(file, name, [dim, dim]);
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
        weights: Learned {
            mean: vector("mean")?,
            matrix: matrix("matrix")?,
        },
    })
}
