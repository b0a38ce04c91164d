//! Registers in files.

use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{Persist, Result};
use burn::tensor::Device;

use super::{EntropicConfig, EntropicMemory, Register, RegisterConfig};
use crate::file::{Header, open, save, whole};

const REGISTER: &str = "entropic-register";
const MEMORY: &str = "eam";
const MOST: f64 = 9_007_199_254_740_992.0;

impl Register {
    fn arrays(&self) -> Weights {
        let mut arrays = Weights::new();
        let counts = self.counts.iter().copied().map(f64::from).collect();
        let crate::Domain { columns, rows } = self.config.domain;
        arrays.insert_doubles("counts", &[columns, rows], counts);
        let undefined = self.undefined.iter().map(|&count| count as f64).collect();
        arrays.insert_doubles("undefined", &[columns], undefined);
        arrays
    }

    fn restored(file: &Weights, config: RegisterConfig, registered: u64) -> Result<Self> {
        let cells = config.domain.cells();
        let counts = whole(file, "counts", cells, config.saturation.into())?;
        let counts = counts.into_iter().map(|count| count as u32).collect();
        let mut register = Self::with_counts(config, counts, registered)?;
        let undefined = whole(file, "undefined", config.domain.columns, MOST)?;
        register.undefined = undefined.into_iter().map(|count| count as u64).collect();
        Ok(register)
    }
}

impl Persist for Register {
    fn save(&self, path: &Path) -> Result<()> {
        let header = Header {
            config: self.config,
            registered: self.registered,
        };
        save(path, REGISTER, &header, self.arrays())
    }

    fn load(path: &Path, _: &Device) -> Result<Self> {
        let (file, header) = open::<Header<RegisterConfig>>(path, REGISTER)?;
        header
            .config
            .validate()
            .map_err(|error| file.fail(error.to_string()))?;
        Self::restored(&file, header.config, header.registered)
    }
}

impl Persist for EntropicMemory {
    fn save(&self, path: &Path) -> Result<()> {
        let header = Header {
            config: self.config,
            registered: self.register.registered,
        };
        let mut arrays = self.register.arrays();
        self.scale.add_to(&mut arrays, "");
        save(path, MEMORY, &header, arrays)
    }

    fn load(path: &Path, device: &Device) -> Result<Self> {
        let (file, header) = open::<Header<EntropicConfig>>(path, MEMORY)?;
        let memory = header.config.init(device);
        let mut memory = memory.map_err(|error| file.fail(error.to_string()))?;
        memory.scale.restore(&file, "")?;
        let config = *memory.register.config();
        memory.register = Register::restored(&file, config, header.registered)?;
        if memory.register.registered > 0 && memory.scale.quantiser.is_none() {
            return Err(file.fail("expected the ranges `minima` and `maxima`, found none"));
        }
        Ok(memory)
    }
}
