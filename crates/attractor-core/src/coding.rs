//! Predictive coding over a stack of layers: errors of one snapshot, and how they move the values.
//!
//! Blocks of values `z_0 [b, n_0], .., z_K` stand above one another, the code first; a [`Link`]
//! predicts each block from the one above it. The energy is
//!
//! ```text
//! E_top(z_0) + 1/2 sum_l |e_l|^2 + E_bottom(z_K)          e_l = z_l - p_l(z_(l-1)),  l = 1..K
//! ```
//!
//! and the negative gradient of every block, all from the same snapshot, is
//!
//! ```text
//! z_0:  -E_top'(z_0) + (dp_1/dz_0)^T e_1
//! z_l:  -e_l + (dp_(l+1)/dz_l)^T e_(l+1)
//! z_K:  -e_K - E_bottom'(z_K)
//! ```
//!
//! What the two ends are is left to an [`End`]: a memory prior above and an observation model below
//! for inference over a decoder, a learned mean above and clamped data below for a memory that is
//! such a network. Who iterates, at which rate and until when, is left to the caller too.

use burn::tensor::Tensor;

use crate::{Layer, Prediction, Result};

/// A prediction of one block from the block above it.
///
/// Every [`Layer`] is one:
/// ```
/// use attractor_core::Layer;
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::coding::Link;
///
/// /// What a layer predicts of the block below.
/// fn prediction(layer: &Box<dyn Layer>, above: Tensor<2>) -> Tensor<2> {
///     layer.predict(above).prediction.value
/// }
/// ```
pub trait Link: Send + Sync + std::fmt::Debug {
    /// The prediction `[b, below]` from values `[b, above]`.
    fn predict(&self, values: Tensor<2>) -> LinkOutput;

    /// Derivative with respect to the values, `[b, below]` to `[b, above]`.
    fn pull_back(&self, output: &LinkOutput, cotangent: Tensor<2>) -> Tensor<2>;
}

/// A prediction with what [`Link::pull_back`] needs.
#[derive(Debug, Clone)]
pub struct LinkOutput {
    /// The prediction and the slope of what was done to it last.
    pub prediction: Prediction,
    /// The values as the affine map saw them and the slope of what was done to them first, for links
    /// that put an activation there.
    pub input: Option<Prediction>,
}

impl Link for Box<dyn Layer> {
    fn predict(&self, values: Tensor<2>) -> LinkOutput {
        LinkOutput {
            prediction: self.differentiate(values),
            input: None,
        }
    }

    fn pull_back(&self, output: &LinkOutput, cotangent: Tensor<2>) -> Tensor<2> {
        self.as_ref().pull_back(&output.prediction, cotangent)
    }
}

/// What bounds the stack above or below.
///
/// # Example
/// Data that the last block is drawn to:
/// ```
/// use attractor_core::Result;
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::coding::{End, Pull};
///
/// #[derive(Debug)]
/// struct Towards(Tensor<2>);
///
/// impl End for Towards {
///     /// Minus the derivative of |z - x|^2 / 2.
///     fn pull(&self, values: &Tensor<2>) -> Result<Pull> {
///         Ok(Pull::new(self.0.clone() - values.clone()))
///     }
/// }
/// ```
pub trait End: std::fmt::Debug {
    /// Pulls on the block next to it, `[b, n]`.
    ///
    /// # Errors
    /// What the parts of the end report, such as an empty memory.
    fn pull(&self, values: &Tensor<2>) -> Result<Pull>;
}

/// What an [`End`] does to the block next to it.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Minus the derivative of its energy with respect to the values, `[b, n]`.
    pub drive: Tensor<2>,
    /// Its energy `[b]`, where that costs nothing more.
    pub energy: Option<Tensor<1>>,
    /// What it predicts of the data, if it does.
    pub predicted: Option<Tensor<2>>,
}

impl Pull {
    /// A drive alone.
    pub fn new(drive: Tensor<2>) -> Self {
        Self {
            drive,
            energy: None,
            predicted: None,
        }
    }
}

/// Links between two ends. Without an end the outermost block is free on that side.
#[derive(Debug)]
pub struct Stack<'a> {
    /// Above the first block.
    pub top: Option<&'a dyn End>,
    /// Between the blocks, from the top.
    pub links: Vec<&'a dyn Link>,
    /// Below the last block.
    pub bottom: Option<&'a dyn End>,
}

/// Predictions and errors of one state.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Of blocks 1..
    pub outputs: Vec<LinkOutput>,
    /// Of blocks 1..
    pub errors: Vec<Tensor<2>>,
    /// What pulls from above.
    pub top: Option<Pull>,
    /// What pulls from below.
    pub bottom: Option<Pull>,
}

impl Stack<'_> {
    /// What each block predicts of the next. `state` has one block more than there are links.
    pub fn predict(&self, state: &[Tensor<2>]) -> Vec<LinkOutput> {
        let links = self.links.iter().zip(state);
        links
            .map(|(link, values)| link.predict(values.clone()))
            .collect()
    }

    /// Predictions, errors and the pull of both ends.
    ///
    /// # Errors
    /// Those of the ends.
    pub fn snapshot(&self, state: &[Tensor<2>]) -> Result<Snapshot> {
        self.snapshot_with(state, self.predict(state))
    }

    /// The same with predictions made elsewhere, such as those of an earlier state.
    ///
    /// # Errors
    /// Those of the ends.
    pub fn snapshot_with(&self, state: &[Tensor<2>], outputs: Vec<LinkOutput>) -> Result<Snapshot> {
        let errors = state.iter().skip(1).zip(&outputs);
        let errors = errors
            .map(|(values, output)| values.clone() - output.prediction.value.clone())
            .collect();
        let pull = |end: Option<&dyn End>, values: Option<&Tensor<2>>| match (end, values) {
            (Some(end), Some(values)) => end.pull(values).map(Some),
            _ => Ok(None),
        };
        Ok(Snapshot {
            errors,
            top: pull(self.top, state.first())?,
            bottom: pull(self.bottom, state.last())?,
            outputs,
        })
    }

    /// Minus the derivative of the energy with respect to each block. A single block without an end
    /// has none.
    pub fn drives(&self, snapshot: Snapshot) -> Vec<Tensor<2>> {
        let Snapshot {
            outputs,
            errors,
            top,
            bottom,
        } = snapshot;
        let links = self.links.iter().zip(&outputs).zip(&errors);
        let mut drives: Vec<Tensor<2>> = links
            .map(|((link, output), error)| link.pull_back(output, error.clone()))
            .collect();
        if let Some(top) = top {
            match drives.first_mut() {
                Some(drive) => drive.inplace(|drive| drive + top.drive),
                None => drives.push(top.drive),
            }
        }
        for (block, error) in errors.into_iter().enumerate() {
            match drives.get_mut(block + 1) {
                Some(drive) => drive.inplace(|drive| drive - error),
                // The last block, at which no link pulls from below.
                None => drives.push(error.neg()),
            }
        }
        if let Some(bottom) = bottom {
            if drives.len() > outputs.len() {
                drives[outputs.len()].inplace(|drive| drive + bottom.drive);
            } else {
                drives.push(bottom.drive);
            }
        }
        drives
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device, TensorData};

    use super::*;
    use crate::rng;

    /// `x W`, and a quadratic end `1/2 |x - c|^2`.
    #[derive(Debug)]
    struct Linear(Tensor<2>);

    impl Link for Linear {
        fn predict(&self, values: Tensor<2>) -> LinkOutput {
            let value = values.matmul(self.0.clone());
            LinkOutput {
                prediction: Prediction { value, slope: None },
                input: None,
            }
        }
        fn pull_back(&self, _: &LinkOutput, cotangent: Tensor<2>) -> Tensor<2> {
            cotangent.matmul(self.0.clone().transpose())
        }
    }

    #[derive(Debug)]
    struct Centre(Tensor<2>);

    impl End for Centre {
        fn pull(&self, values: &Tensor<2>) -> Result<Pull> {
            Ok(Pull::new(self.0.clone() - values.clone()))
        }
    }

    fn random(seed: u64, rows: usize, columns: usize) -> Tensor<2> {
        let values = rng::normal_vec(&mut rng::stream(seed, "coding"), rows * columns);
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let data = TensorData::new(values, [rows, columns]);
        Tensor::from_data(data, (&Device::default(), DType::F64))
    }

    fn square(tensor: Tensor<2>) -> f64 {
        tensor.square().sum().into_scalar::<f64>() / 2.0
    }

    /// Central differences along each drive, for every choice of ends.
    #[test]
    fn drives_descend_the_energy() {
        let links = [Linear(random(1, 3, 4)), Linear(random(2, 4, 5))];
        let (top, bottom) = (Centre(random(3, 1, 3)), Centre(random(4, 1, 5)));
        let state = [random(5, 1, 3), random(6, 1, 4), random(7, 1, 5)];
        for (with_top, with_bottom) in [(true, true), (true, false), (false, true)] {
            for blocks in 1..=3 {
                let stack = Stack {
                    top: with_top.then_some(&top as &dyn End),
                    links: links[..blocks - 1].iter().map(|l| l as &dyn Link).collect(),
                    bottom: (with_bottom && blocks == 3).then_some(&bottom as &dyn End),
                };
                if blocks == 1 && stack.top.is_none() {
                    continue;
                }
                let energy = |state: &[Tensor<2>]| -> f64 {
                    let snapshot = stack.snapshot(state).unwrap();
                    let ends = [(&snapshot.top, &top, 0), (&snapshot.bottom, &bottom, 2)];
                    let ends = ends.map(|(pull, end, at)| match pull {
                        Some(_) => square(state[at].clone() - end.0.clone()),
                        None => 0.0,
                    });
                    let errors = snapshot.errors.into_iter().map(square);
                    errors.sum::<f64>() + ends.iter().sum::<f64>()
                };
                let state = &state[..blocks];
                let drives = stack.drives(stack.snapshot(state).unwrap());
                assert_eq!(drives.len(), blocks);
                for (block, drive) in drives.into_iter().enumerate() {
                    for at in 0..state[block].dims()[1] {
                        let moved = |by: f64| {
                            let mut moved = state.to_vec();
                            let mut values: Vec<f64> =
                                moved[block].to_data().try_into_vec().unwrap();
                            values[at] += by;
                            let data = TensorData::new(values, moved[block].dims());
                            let place = (&Device::default(), DType::F64);
                            moved[block] = Tensor::from_data(data, place);
                            energy(&moved)
                        };
                        let slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
                        let drive: f64 = drive.clone().narrow(1, at, 1).into_scalar();
                        assert!(
                            (drive + slope).abs() < 1e-8,
                            "block {block}: {drive} {slope}"
                        );
                    }
                }
            }
        }
    }
}
