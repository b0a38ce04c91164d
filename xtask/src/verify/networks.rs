//! Memory networks: one read, 1e-5.

use anyhow::Result;
use attractor::baselines::{MemN2NConfig, NtmConfig, Sharpening};
use attractor::core::AssociativeMemory;

use super::{Golden, System};

const TOLERANCE: f64 = 1e-5;
const FILE: &str = "memory_networks";

pub(super) const SYSTEM: System = System {
    name: "memory networks",
    files: &[FILE],
    check,
};

fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(FILE)?;
    let [_, dim] = file.dims("memory")?;
    let memory = file.rows("memory", dim, &golden.device)?;
    let cue = file.rows("cue", dim, &golden.device)?;
    for named in file.matching("memn2n_alpha*")? {
        let config = MemN2NConfig {
            read_scale: named.number(0) as f32,
            ..MemN2NConfig::new(dim)
        };
        let mut network = config.init(&golden.device)?;
        network.import_weights(file.weights_below("memn2n_out_"), "memn2n_")?;
        file.values("memn2n_beta")?;
        network.write(memory.clone())?;
        let answer = network.read(cue.clone())?.state;
        golden.compare("MemN2N", &file, &named.key, answer, TOLERANCE)?;
    }
    // Keys of all heads stand below each other; a head has one sharpening, or one for each entry.
    let [keys, _] = file.dims("ntm_k")?;
    let [sharpenings, _] = file.dims("ntm_g_weight")?;
    let heads = (keys / dim).max(1);
    let config = NtmConfig {
        heads,
        sharpening: match sharpenings == heads {
            true => Sharpening::PerHead,
            false => Sharpening::ReferencePerDimension,
        },
        ..NtmConfig::new(dim)
    };
    let mut network = config.init(&golden.device)?;
    network.import_weights(file.weights_below("ntm_"), "ntm_")?;
    network.write(memory)?;
    let answer = network.read(cue)?.state;
    golden.compare("NTM", &file, "ntm_out", answer, TOLERANCE)
}
