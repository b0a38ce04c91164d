//! Parameters in another precision.

use attractor_core::{Error, Result};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{FloatDType, Tensor};

/// `module` with every parameter in that precision, on the graph if it was there.
///
/// # Errors
/// [`Error::Unsupported`] if a parameter lies on a device that does not compute in it: most GPUs have no 64 bits
/// outside of CUDA.
pub fn in_precision<M: Module>(module: M, precision: FloatDType) -> Result<M> {
    let mut found = Devices {
        precision,
        without: None,
    };
    module.visit(&mut found);
    match found.without {
        Some(device) => Err(Error::unsupported(
            "in_precision",
            "a device that computes in the precision asked for",
            &format!("{device} in {precision:?}"),
        )),
        None => Ok(module.map(&mut Cast(precision))),
    }
}

/// The first device of a parameter without that precision.
struct Devices {
    precision: FloatDType,
    without: Option<String>,
}

impl ModuleVisitor for Devices {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let device = param.val().device();
        if self.without.is_none() && !device.supports_dtype(self.precision) {
            self.without = Some(format!("{device:?}"));
        }
    }
}

struct Cast(FloatDType);

impl ModuleMapper for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let precision = self.0;
        param.map(|old| {
            let (tracked, trained) = (old.is_autodiff(), old.is_require_grad());
            let cast = old.without_autodiff().cast(precision);
            match tracked {
                true => cast.autodiff().set_require_grad(trained),
                false => cast,
            }
        })
    }
}
