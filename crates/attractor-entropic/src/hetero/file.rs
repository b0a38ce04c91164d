//! Relations in files.

use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{Persist, Restore, Result};

use super::table::Table;
use super::{HeteroConfig, HeteroMemory, Relation, RelationConfig};
use crate::file::{self, Header};

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
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let header = Header {
            config: self.config,
            registered: self.registered,
        };
        file::packed(Self::KIND, &header, self.arrays())
    }
}

impl Restore for Relation {
    const KIND: &'static str = "entropic-relation";

    fn restore(arrays: &Weights, _: &Loading<'_>) -> Result<Self> {
        let header = file::header::<Header<RelationConfig>>(arrays, Self::KIND)?;
        let valid = header.config.validate();
        valid.map_err(|error| arrays.refuse(error))?;
        let RelationConfig { left, right, .. } = header.config;
        let sides = [left.columns, left.rows, right.columns, right.rows];
        arrays.require_room("counters", &sides)?;
        Self::restored(arrays, header.config, header.registered)
    }
}

impl Persist for HeteroMemory {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let header = Header {
            config: self.config,
            registered: self.relation.registered,
        };
        let mut arrays = self.relation.arrays();
        self.scales[0].add_to(&mut arrays, "left/");
        self.scales[1].add_to(&mut arrays, "right/");
        file::packed(Self::KIND, &header, arrays)
    }
}

impl Restore for HeteroMemory {
    const KIND: &'static str = "eham";

    fn restore(arrays: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let header = file::header::<Header<HeteroConfig>>(arrays, Self::KIND)?;
        let HeteroConfig { dim, left, .. } = header.config;
        let left = left.unwrap_or(dim / 2).min(dim);
        let rows = [header.config.left_rows, header.config.right_rows];
        arrays.require_room("counters", &[left, rows[0], dim - left, rows[1]])?;
        let memory = header.config.init(loading.device());
        let mut memory = memory.map_err(|error| arrays.refuse(error))?;
        memory.scales[0].restore(arrays, "left/")?;
        memory.scales[1].restore(arrays, "right/")?;
        let config = *memory.relation.config();
        memory.relation = Relation::restored(arrays, config, header.registered)?;
        let ranges = memory.scales.iter().all(|scale| scale.quantiser.is_some());
        if memory.relation.registered > 0 && !ranges {
            return Err(arrays.fail("expected the ranges of both sides, found none"));
        }
        Ok(memory)
    }
}
