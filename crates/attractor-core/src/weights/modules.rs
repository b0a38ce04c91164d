//! Parameters of any module by their paths, such as `encoder.conv1.weight`.

use std::path::PathBuf;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor};

use super::{ModulePath, Weights};
use crate::{Error, Result};

/// All floating-point parameters and running statistics of `module`.
///
/// # Errors
/// [`Error::Device`] if a parameter cannot be read back.
pub fn export<M: Module>(module: &M) -> Result<Weights> {
    collect(module, None)
}

/// The gradient of every floating-point parameter of `module` that has one.
///
/// # Errors
/// [`Error::Device`] if one cannot be read back.
pub fn export_gradients<M: Module>(module: &M, gradients: &Gradients) -> Result<Weights> {
    collect(module, Some(gradients))
}

fn collect<M: Module>(module: &M, gradients: Option<&Gradients>) -> Result<Weights> {
    let mut visitor = Exporter {
        path: ModulePath::default(),
        gradients,
        weights: Weights::new(),
        error: None,
    };
    module.visit(&mut visitor);
    match visitor.error {
        Some(error) => Err(error),
        None => Ok(visitor.weights),
    }
}

/// `module` with every floating-point parameter taken from `weights`; other entries of `weights`
/// are ignored.
///
/// # Errors
/// [`Error::Weights`] naming every parameter that is missing, or the first that has another shape or
/// type or holds other than finite numbers.
pub fn import<M: Module>(module: M, weights: &Weights, device: &Device) -> Result<M> {
    let mut names = Names::default();
    module.visit(&mut names);
    weights.require(names.found.iter().map(String::as_str))?;
    let mut mapper = Importer {
        path: ModulePath::default(),
        weights,
        device,
        error: None,
    };
    let module = module.map(&mut mapper);
    match mapper.error {
        Some(error) => Err(error),
        None => Ok(module),
    }
}

/// Checks that the shape `found` of a tensor has `D` axes.
///
/// # Errors
/// [`Error::Weights`] if the tensor is missing or has another rank.
pub fn shape<const D: usize>(weights: &Weights, name: &str) -> Result<[usize; D]> {
    let found = weights.shape(name)?;
    found.try_into().map_err(|_| Error::Weights {
        path: PathBuf::from(&weights.path),
        reason: format!("`{name}`: expected {D} axes, found shape {found:?}"),
    })
}

struct Exporter<'a> {
    path: ModulePath,
    /// In place of values.
    gradients: Option<&'a Gradients>,
    weights: Weights,
    error: Option<Error>,
}

impl ModuleVisitor for Exporter<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let found = match self.gradients {
            None => Some(param.val()),
            Some(gradients) => param.val().grad(gradients),
        };
        if let Some(found) = found
            && let Err(error) = self.weights.insert_tensor(self.path.name(), found)
        {
            self.error.get_or_insert(error);
        }
    }
}

/// The paths of all floating-point parameters.
#[derive(Default)]
struct Names {
    path: ModulePath,
    found: Vec<String>,
}

impl ModuleVisitor for Names {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, _param: &Param<Tensor<D>>) {
        self.found.push(self.path.name().to_owned());
    }
}

struct Importer<'a> {
    path: ModulePath,
    weights: &'a Weights,
    device: &'a Device,
    error: Option<Error>,
}

impl ModuleMapper for Importer<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let value = param.val();
        let place = (self.device, value.dtype());
        match (self.weights).tensor_in(self.path.name(), value.dims(), place) {
            Ok(tensor) => param.map(|old| {
                let trained = old.is_require_grad();
                if old.is_autodiff() {
                    tensor.autodiff().set_require_grad(trained)
                } else {
                    tensor
                }
            }),
            Err(error) => {
                self.error.get_or_insert(error);
                param
            }
        }
    }
}
