//! Memory networks: one read, 1e-5.

use anyhow::Result;
use attractor::baselines::{MemN2NConfig, NtmConfig};
use attractor::core::AssociativeMemory;

use super::Golden;

const TOLERANCE: f64 = 1e-5;

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file("memory_networks")?;
    let memory = file.tensor("memory", [16, 8], &golden.device)?;
    let cue = file.tensor("cue", [5, 8], &golden.device)?;
    for (alpha, key) in [(1.0, "memn2n_alpha1.0"), (100.0, "memn2n_alpha100.0")] {
        let config = MemN2NConfig {
            read_scale: alpha,
            ..MemN2NConfig::new(8)
        };
        let mut network = config.init(&golden.device)?;
        network.import_weights(&file, "memn2n_")?;
        network.write(memory.clone())?;
        golden.compare(
            "MemN2N",
            &file,
            key,
            network.read(cue.clone())?.state,
            TOLERANCE,
        )?;
    }
    let mut network = NtmConfig::new(8).init(&golden.device)?;
    network.import_weights(&file, "ntm_")?;
    network.write(memory)?;
    golden.compare("NTM", &file, "ntm_out", network.read(cue)?.state, TOLERANCE)
}
