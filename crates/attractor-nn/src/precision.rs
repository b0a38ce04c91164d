//! Parameters in another precision.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{FloatDType, Tensor};

/// `module` with every parameter in that precision, on the graph if it was there.
pub fn in_precision<M: Module>(module: M, precision: FloatDType) -> M {
    module.map(&mut Cast(precision))
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
