//! What machine a run used.

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// The machine, as written into `run.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// Processor name.
    pub cpu: String,
    /// Threads that the process may use.
    pub threads: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Operating system and processor architecture.
    pub system: String,
    /// Accelerator, if the backend uses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerator: Option<String>,
}

impl Hardware {
    /// Looks at this machine. What the system does not tell is called "unknown".
    pub fn detect() -> Self {
        let unknown = || "unknown".to_owned();
        let kind = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing().with_frequency())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(kind).ok();
        let cpu = system
            .as_ref()
            .and_then(|system| system.cpus().first())
            .map(|cpu| cpu.brand().trim().to_owned())
            .filter(|brand| !brand.is_empty())
            .unwrap_or_else(unknown);
        Self {
            cpu,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: system.as_ref().map_or(0, System::total_memory) / (1024 * 1024),
            system: format!(
                "{}, {}",
                System::long_os_version().unwrap_or_else(|_| unknown()),
                System::cpu_arch()
            ),
            accelerator: None,
        }
    }
}

impl std::fmt::Display for Hardware {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, {} threads, {} MiB",
            self.cpu, self.threads, self.memory_mib
        )?;
        if let Some(accelerator) = &self.accelerator {
            write!(f, ", {accelerator}")?;
        }
        write!(f, " ({})", self.system)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_filled() {
        let hardware = Hardware::detect();
        assert!(!hardware.cpu.is_empty());
        assert!(hardware.threads >= 1);
        assert!(hardware.to_string().contains(&hardware.system));
    }
}
