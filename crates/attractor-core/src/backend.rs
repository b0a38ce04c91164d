//! Backends: parse a name, list what was compiled in, open a device.

use std::str::FromStr;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A compute backend of Burn. Which ones are available is decided by cargo features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Backend {
    /// burn-flex: SIMD, multithreaded CPU. The default.
    Flex,
    /// burn-ndarray: the older CPU backend, for comparison.
    Ndarray,
    /// WGSL through wgpu: any GPU, and software Vulkan.
    Wgpu,
    /// SPIR-V through wgpu: real Vulkan GPUs only (it crashes inside Mesa's llvmpipe).
    Vulkan,
    /// NVIDIA GPUs.
    Cuda,
}

impl Backend {
    /// Every backend that the library knows.
    pub const ALL: [Self; 5] = [
        Self::Flex,
        Self::Ndarray,
        Self::Wgpu,
        Self::Vulkan,
        Self::Cuda,
    ];

    /// The name on the command line and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Vulkan => "vulkan",
            Self::Cuda => "cuda",
        }
    }

    /// Whether this build contains the backend.
    pub fn is_compiled(self) -> bool {
        match self {
            Self::Flex => cfg!(feature = "flex"),
            Self::Ndarray => cfg!(feature = "ndarray"),
            Self::Wgpu => cfg!(feature = "wgpu"),
            Self::Vulkan => cfg!(feature = "vulkan"),
            Self::Cuda => cfg!(feature = "cuda"),
        }
    }

    /// The backends of this build.
    pub fn available() -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|backend| backend.is_compiled())
            .collect()
    }

    /// Opens the backend's default device.
    ///
    /// # Errors
    /// [`Error::Backend`] if the build lacks the backend, naming the cargo feature that adds it.
    pub fn open(self) -> Result<Device> {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => Ok(Device::flex()),
            #[cfg(feature = "ndarray")]
            Self::Ndarray => Ok(ndarray()),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
            #[cfg(feature = "vulkan")]
            Self::Vulkan => Ok(Device::vulkan(burn::tensor::DeviceKind::DefaultDevice)),
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(Device::cuda(0)),
            #[allow(unreachable_patterns)]
            missing => Err(Error::Backend {
                name: missing.name().into(),
                reason: format!(
                    "not compiled into this build; rebuild with `--features {}`",
                    missing.name()
                ),
            }),
        }
    }
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| Error::UnknownName {
                what: "backend",
                name: name.into(),
                known: Self::ALL.map(Self::name).join(", "),
            })
    }
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether tensors on `device` live in host memory, so that the host kernel can serve them.
pub fn is_host_device(device: &Device) -> bool {
    let _device = device.clone().without_autodiff();
    #[cfg(feature = "flex")]
    if _device == Device::flex() {
        return true;
    }
    #[cfg(feature = "ndarray")]
    if _device == ndarray() {
        return true;
    }
    false
}

/// Deprecated upstream in favour of flex; kept for comparison.
#[cfg(feature = "ndarray")]
#[expect(deprecated)]
fn ndarray() -> Device {
    Device::ndarray()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for backend in Backend::ALL {
            assert_eq!(backend.name().parse::<Backend>(), Ok(backend));
        }
    }

    #[test]
    fn unknown_name_lists_the_known_ones() {
        let message = "tpu".parse::<Backend>().unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown backend `tpu`; known: flex, ndarray, wgpu, vulkan, cuda"
        );
    }

    #[test]
    fn missing_backend_names_its_feature() {
        for backend in Backend::ALL
            .into_iter()
            .filter(|backend| !backend.is_compiled())
        {
            let message = backend.open().unwrap_err().to_string();
            assert!(
                message.contains(&format!("--features {backend}")),
                "{message}"
            );
        }
    }

    #[test]
    #[cfg(feature = "flex")]
    fn flex_lives_in_host_memory() {
        assert!(is_host_device(&Backend::Flex.open().unwrap()));
        assert!(is_host_device(&Backend::Flex.open().unwrap().autodiff()));
    }
}
