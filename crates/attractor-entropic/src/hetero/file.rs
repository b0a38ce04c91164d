//! Relations in files.

use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{Persist, Result};
use burn::tensor::Device;

use super::table::Table;
use super::{HeteroConfig, HeteroMemory, Relation, RelationConfig};
use crate::file::{self, Header};

const RELATION: &str = "entropic-relation";
const MEMORY: &str = "eham";

/// Of the left layout. Single precision holds 16 bits exactly.
const COUNTS: &str = "counts";

impl Relation {
    fn arrays(&self) -> Weights {
        let mut arrays = Weights::new();
        let table = &self.tables[0];
        let shape = [
            table.own.columns,
            table.own.rows,
            table.other.columns,
            table.other.rows,
        ];
        let counts = table.counts.iter().copied().map(f32::from).collect();
        arrays.insert(COUNTS, &shape, counts);
        arrays
    }

    fn restored(arrays: &Weights, config: RelationConfig, registered: u64) -> Result<Self> {
        let mut left = Table::new(config.left, config.right);
        let cells = left.counts.len();
        let counts = file::whole(arrays, COUNTS, cells, config.saturation.into())?;
        left.counts = counts.into_iter().map(|count| count as u16).collect();
        Ok(Self::of(config, left, registered))
    }
}

impl Persist for Relation {
    fn save(&self, path: &Path) -> Result<()> {
        let header = Header {
            config: self.config,
            registered: self.registered,
        };
        file::save(path, RELATION, &header, self.arrays())
    }

    fn load(path: &Path, _: &Device) -> Result<Self> {
        let (arrays, header) = file::open::<Header<RelationConfig>>(path, RELATION)?;
        let valid = header.config.validate();
        valid.map_err(|error| arrays.fail(error.to_string()))?;
        Self::restored(&arrays, header.config, header.registered)
    }
}

impl Persist for HeteroMemory {
    fn save(&self, path: &Path) -> Result<()> {
        let header = Header {
            config: self.config,
            registered: self.relation.registered,
        };
        let mut arrays = self.relation.arrays();
        self.scales[0].add_to(&mut arrays, "left/");
        self.scales[1].add_to(&mut arrays, "right/");
        file::save(path, MEMORY, &header, arrays)
    }

    fn load(path: &Path, device: &Device) -> Result<Self> {
        let (arrays, header) = file::open::<Header<HeteroConfig>>(path, MEMORY)?;
        let memory = header.config.init(device);
        let mut memory = memory.map_err(|error| arrays.fail(error.to_string()))?;
        memory.scales[0].restore(&arrays, "left/")?;
        memory.scales[1].restore(&arrays, "right/")?;
        let config = *memory.relation.config();
        memory.relation = Relation::restored(&arrays, config, header.registered)?;
        let ranges = memory.scales.iter().all(|scale| scale.quantiser.is_some());
        if memory.relation.registered > 0 && !ranges {
            return Err(arrays.fail("expected the ranges of both sides, found none"));
        }
        Ok(memory)
    }
}
