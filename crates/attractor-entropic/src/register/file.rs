//! Registers in files.

use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{Persist, Restore, Result};

use super::{EntropicConfig, EntropicMemory, Register, RegisterConfig};
use crate::file::{Header, header, packed, whole};

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
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let header = Header {
            config: self.config,
            registered: self.registered,
        };
        packed(Self::KIND, &header, self.arrays())
    }
}

impl Restore for Register {
    const KIND: &'static str = "entropic-register";

    fn restore(file: &Weights, _: &Loading<'_>) -> Result<Self> {
        let found = header::<Header<RegisterConfig>>(file, Self::KIND)?;
        let valid = found.config.validate();
        valid.map_err(|error| file.refuse(error))?;
        let crate::Domain { columns, rows } = found.config.domain;
        file.require_room("counters", &[columns, rows])?;
        Self::restored(file, found.config, found.registered)
    }
}

impl Persist for EntropicMemory {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let header = Header {
            config: self.config,
            registered: self.register.registered,
        };
        let mut arrays = self.register.arrays();
        self.scale.add_to(&mut arrays, "");
        packed(Self::KIND, &header, arrays)
    }
}

impl Restore for EntropicMemory {
    const KIND: &'static str = "eam";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let found = header::<Header<EntropicConfig>>(file, Self::KIND)?;
        file.require_room("counters", &[found.config.dim, found.config.rows])?;
        let memory = found.config.init(loading.device());
        let mut memory = memory.map_err(|error| file.refuse(error))?;
        memory.scale.restore(file, "")?;
        let config = *memory.register.config();
        memory.register = Register::restored(file, config, found.registered)?;
        if memory.register.registered > 0 && memory.scale.quantiser.is_none() {
            return Err(file.fail("expected the ranges `minima` and `maxima`, found none"));
        }
        Ok(memory)
    }
}
