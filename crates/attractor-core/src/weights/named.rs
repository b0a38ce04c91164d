//! Parameter names that do not follow from where a module stands.

use std::ops::{Deref, DerefMut};

use burn::module::{
    Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor,
};
use burn::tensor::Device;

/// What visitors hear for the kind of a [`Named`].
const CONTAINER: &str = "Named";

/// A module whose parameters are named from here on, wherever it stands in another module.
#[derive(Debug, Clone)]
pub struct Named<M> {
    name: String,
    module: M,
}

impl<M> Named<M> {
    /// `module` under `name`, such as `encoder.conv1`.
    pub fn new(name: impl Into<String>, module: M) -> Self {
        Self {
            name: name.into(),
            module,
        }
    }

    fn map_module(self, map: impl FnOnce(M) -> M) -> Self {
        Self::new(self.name, map(self.module))
    }
}

impl<M> Deref for Named<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.module
    }
}

impl<M> DerefMut for Named<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.module
    }
}

impl<M: Module> Module for Named<M> {
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.module.collect_devices(devices)
    }

    fn fork(self, device: &Device) -> Self {
        self.map_module(|module| module.fork(device))
    }

    fn to_device(self, device: &Device) -> Self {
        self.map_module(|module| module.to_device(device))
    }

    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.enter_module(&self.name, CONTAINER);
        self.module.visit(visitor);
        visitor.exit_module(&self.name, CONTAINER);
    }

    fn map<T: ModuleMapper>(self, mapper: &mut T) -> Self {
        mapper.enter_module(&self.name, CONTAINER);
        let module = self.module.map(mapper);
        mapper.exit_module(&self.name, CONTAINER);
        Self::new(self.name, module)
    }

    fn train(self) -> Self {
        self.map_module(M::train)
    }

    fn valid(&self) -> Self {
        Self::new(self.name.clone(), self.module.valid())
    }

    fn materialize(self) -> Self {
        self.map_module(M::materialize)
    }
}

impl<M: ModuleDisplay> ModuleDisplayDefault for Named<M> {
    fn content(&self, content: Content) -> Option<Content> {
        content.add(&self.name, &self.module).optional()
    }
}

impl<M: ModuleDisplay> ModuleDisplay for Named<M> {}

/// The names of the modules around a visitor, each in full.
#[derive(Debug, Default)]
pub struct ModulePath(Vec<String>);

impl ModulePath {
    /// A module begins; `container` is what its visitor hears of its kind.
    pub fn enter(&mut self, name: &str, container: &str) {
        let full = match self.0.last() {
            Some(parent) if container != CONTAINER => format!("{parent}.{name}"),
            _ => name.to_owned(),
        };
        self.0.push(full);
    }

    /// The module ends.
    pub fn exit(&mut self) {
        self.0.pop();
    }

    /// The name of the parameter here.
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}
