//! Shared by the tests.

pub(crate) mod programs;

pub(crate) use attractor_testing::{device, host, normal, tensor};
