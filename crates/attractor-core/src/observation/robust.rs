//! Penalties rho of independent entries.

use burn::tensor::Tensor;

use super::ObservationModel;
use crate::error::{require_normal, require_positive};
use crate::options::Options;
use crate::weights::Weights;
use crate::{Persist, Result};

/// `rho(r) = r^2 / (2 variance)`: sensor noise, the paper's model.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::observation::Gaussian;
/// use attractor_core::{Backend, ObservationModel, check};
///
/// let device = Backend::Flex.open()?;
/// let cue = Tensor::<2>::from_data([[0.0f32]], &device);
/// let energy = |off: f32| {
///     let decoded = Tensor::<2>::from_data([[off]], &device);
///     check::to_host(Gaussian::new(1.0).unwrap().energy(&cue, decoded))
/// };
/// // Twice the error costs four times as much.
/// assert_eq!((energy(2.0)?, energy(4.0)?), (vec![2.0], vec![8.0]));
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gaussian {
    variance: f32,
}

/// `rho(r) = |r| / scale`: tolerates outliers in proportion to their size.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::observation::Laplace;
/// use attractor_core::{Backend, ObservationModel, check};
///
/// let device = Backend::Flex.open()?;
/// let cue = Tensor::<2>::from_data([[0.0f32]], &device);
/// let energy = |off: f32| {
///     let decoded = Tensor::<2>::from_data([[off]], &device);
///     check::to_host(Laplace::new(1.0).unwrap().energy(&cue, decoded))
/// };
/// // Twice the error costs twice as much.
/// assert_eq!((energy(2.0)?, energy(4.0)?), (vec![2.0], vec![4.0]));
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Laplace {
    scale: f32,
}

/// `rho(r) = (nu + 1) / 2 * log(1 + r^2 / (nu scale^2))`: outliers cost only logarithmically.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::observation::StudentT;
/// use attractor_core::{Backend, ObservationModel, check};
///
/// let device = Backend::Flex.open()?;
/// let cue = Tensor::<2>::from_data([[0.0f32]], &device);
/// let energy = |off: f32| {
///     let decoded = Tensor::<2>::from_data([[off]], &device);
///     check::to_host(StudentT::new(1.0, 1.0).unwrap().energy(&cue, decoded))
/// };
/// // A thirty times larger error costs less than twice as much.
/// assert!(energy(1000.0)?[0] < 2.0 * energy(32.0)?[0]);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StudentT {
    degrees: f32,
    scale: f32,
}

/// `rho(r) = min(r^2, cap) / (2 variance)`: an entry that is off by more than `sqrt(cap)` is taken
/// to be occluded and pulls no further.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::observation::Truncated;
/// use attractor_core::{Backend, ObservationModel, check};
///
/// let device = Backend::Flex.open()?;
/// let cue = Tensor::<2>::from_data([[0.0f32]], &device);
/// let energy = |off: f32| {
///     let decoded = Tensor::<2>::from_data([[off]], &device);
///     check::to_host(Truncated::new(4.0, 1.0).unwrap().energy(&cue, decoded))
/// };
/// // Beyond its cap an error costs nothing more.
/// assert_eq!(energy(2.0)?, energy(1000.0)?);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truncated {
    cap: f32,
    variance: f32,
}

impl Gaussian {
    /// With that variance per entry.
    ///
    /// # Errors
    /// [`crate::Error::Config`] unless it is above 0, and neither it nor its reciprocal leaves single
    /// precision.
    pub fn new(variance: f32) -> Result<Self> {
        require_normal("Gaussian.variance", variance.into())?;
        Ok(Self { variance })
    }
}

impl Laplace {
    /// With that scale.
    ///
    /// # Errors
    /// [`crate::Error::Config`] unless it is above 0, and neither it nor its reciprocal leaves single
    /// precision.
    pub fn new(scale: f32) -> Result<Self> {
        require_normal("Laplace.scale", scale.into())?;
        Ok(Self { scale })
    }
}

impl StudentT {
    /// With `degrees` of freedom (nu) and that scale.
    ///
    /// # Errors
    /// [`crate::Error::Config`] unless both are above 0 and `nu scale^2` lies inside single precision.
    pub fn new(degrees: f32, scale: f32) -> Result<Self> {
        require_positive("StudentT.degrees", degrees.into())?;
        require_positive("StudentT.scale", scale.into())?;
        let (nu, scale64) = (f64::from(degrees), f64::from(scale));
        require_normal(
            "StudentT.degrees * StudentT.scale^2",
            nu * scale64 * scale64,
        )?;
        Ok(Self { degrees, scale })
    }
}

impl Truncated {
    /// With squared residuals capped at `cap`.
    ///
    /// # Errors
    /// [`crate::Error::Config`] unless both are above 0.
    pub fn new(cap: f32, variance: f32) -> Result<Self> {
        require_positive("Truncated.cap", cap.into())?;
        require_normal("Truncated.variance", variance.into())?;
        Ok(Self { cap, variance })
    }
}

/// rho and its derivative, element by element; the trait's sums are the same for all.
macro_rules! observation_model {
    ($type:ty, $name:literal, ($($option:ident),+), |$model:ident, $residual:ident| $rho:expr, $derivative:expr) => {
        impl ObservationModel for $type {
            fn name(&self) -> &'static str {
                $name
            }

            fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1> {
                let ($model, $residual) = (self, decoded - cues.clone());
                $rho.sum_dim(1).squeeze_dim(1)
            }

            fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2> {
                let ($model, $residual) = (self, decoded - cues.clone());
                $derivative
            }

            fn boxed(&self) -> Box<dyn ObservationModel> {
                Box::new(*self)
            }

            fn as_persist(&self) -> Option<&dyn Persist> {
                Some(self)
            }
        }

        impl Persist for $type {
            fn kind(&self) -> &'static str {
                $name
            }

            /// Its options in the registry.
            fn pack(&self) -> Result<Weights> {
                let mut file = Weights::new();
                let options = [$((stringify!($option), self.$option)),+];
                let options = options.map(|(name, value)| (name.to_owned(), value.into()));
                file.set_config(&Options::from_iter(options))?;
                Ok(file)
            }
        }
    };
}

observation_model!(
    Gaussian,
    "gaussian",
    (variance),
    |model, residual| residual.square().mul_scalar(0.5 / model.variance),
    residual.div_scalar(model.variance)
);

observation_model!(
    Laplace,
    "laplace",
    (scale),
    |model, residual| residual.abs().div_scalar(model.scale),
    residual.sign().div_scalar(model.scale)
);

observation_model!(
    StudentT,
    "student_t",
    (degrees, scale),
    |model, residual| residual
        .square()
        .div_scalar(model.degrees * model.scale * model.scale)
        .log1p()
        .mul_scalar(0.5 * (model.degrees + 1.0)),
    {
        let spread = residual
            .clone()
            .square()
            .add_scalar(model.degrees * model.scale * model.scale);
        residual.mul_scalar(model.degrees + 1.0) / spread
    }
);

observation_model!(
    Truncated,
    "truncated",
    (cap, variance),
    |model, residual| residual
        .square()
        .clamp_max(model.cap)
        .mul_scalar(0.5 / model.variance),
    {
        let occluded = residual.clone().square().greater_scalar(model.cap);
        residual.mask_fill(occluded, 0.0).div_scalar(model.variance)
    }
);
