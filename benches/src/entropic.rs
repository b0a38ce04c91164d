//! The entropic relation of the published size: registration, recognition, recall by sampling and testing.

use attractor_core::rng::{self, Rng};
use attractor_entropic::{Domain, Method, Relation, RelationConfig, SearchConfig, Side};
use rand::RngExt;

use crate::Result;

const DOMAIN: Domain = Domain {
    columns: 64,
    rows: 16,
};
const CLASSES: usize = 10;
/// Pairs that are in the table before anything is measured.
const FILL: usize = 4000;
/// Pairs that are registered or recognised in one run.
pub const PAIRS: usize = 200;
/// Cues that are answered in one run.
pub const CUES: usize = 10;

/// 200 pairs into the table.
pub const REGISTER: &str = "entropic/register 200 pairs 64x64x16x16";
/// 200 pairs asked for.
pub const RECOGNISE: &str = "entropic/recognise 200 pairs 64x64x16x16";
/// 10 cues, each with 127 draws held against it.
pub const RECALL: &str = "entropic/sample and test 10 cues 64x64x16x16";

/// Additions of counters: cells of the pairs, and of the planes back.
pub const PAIR_OPERATIONS: f64 = (PAIRS * 64 * 64) as f64;
/// A product and a sum for every counter of the rows of 128 candidates.
pub const RECALL_OPERATIONS: f64 = (CUES * 128 * 64 * 64 * 16 * 2) as f64;

/// A filled relation with pairs and cues of the same classes.
pub struct Filled {
    relation: Relation,
    pairs: [Vec<u16>; 2],
    cues: Vec<u16>,
}

impl Filled {
    /// Ten classes of prototypes; objects lie within two levels of theirs, and cues among what is stored.
    pub fn new() -> Result<Self> {
        let rng = &mut rng::stream(0, "entropic bench");
        let prototypes = [objects(rng), objects(rng)];
        let [left, right] = noisy(rng, &prototypes, FILL);
        let mut relation = RelationConfig::new(DOMAIN, DOMAIN).init()?;
        relation.register(&left, &right)?;
        Ok(Self {
            pairs: noisy(rng, &prototypes, PAIRS),
            cues: left[..CUES * DOMAIN.columns].to_vec(),
            relation,
        })
    }

    /// Registers the pairs; how many the relation then holds.
    pub fn register(&mut self) -> Result<u64> {
        let [left, right] = &self.pairs;
        self.relation.register(left, right)?;
        Ok(self.relation.registered())
    }

    /// Asks for every pair; how many are known.
    pub fn recognise(&self) -> Result<usize> {
        let [left, right] = self
            .pairs
            .each_ref()
            .map(|x| x.chunks_exact(DOMAIN.columns));
        let mut known = 0;
        for (a, b) in left.zip(right) {
            known += usize::from(self.relation.recognise(a, b)?.accepted);
        }
        Ok(known)
    }

    /// Answers every cue, one after the other; the sum of the distances.
    pub fn recall(&self) -> Result<f64> {
        let config = SearchConfig::new(Method::SampleAndTest);
        let mut sum = 0.0;
        for (at, cue) in self.cues.chunks_exact(DOMAIN.columns).enumerate() {
            let rng = &mut rng::indexed_stream(1, "entropic bench", at as u64);
            let found = self
                .relation
                .recall((Side::Left, cue, None), &config, rng)?;
            sum += found.and_then(|found| found.distance).unwrap_or(0.0);
        }
        Ok(sum)
    }
}

fn objects(rng: &mut Rng) -> Vec<u16> {
    let levels = DOMAIN.rows as u16;
    (0..CLASSES * DOMAIN.columns)
        .map(|_| rng.random_range(0..levels))
        .collect()
}

fn noisy(rng: &mut Rng, prototypes: &[Vec<u16>; 2], count: usize) -> [Vec<u16>; 2] {
    let classes: Vec<usize> = (0..count).map(|_| rng.random_range(0..CLASSES)).collect();
    prototypes.each_ref().map(|prototypes| {
        let mut objects = Vec::new();
        for &class in &classes {
            for &level in &prototypes[class * DOMAIN.columns..(class + 1) * DOMAIN.columns] {
                let moved = i32::from(level) + rng.random_range(-2i32..=2);
                objects.push(moved.clamp(0, DOMAIN.rows as i32 - 1) as u16);
            }
        }
        objects
    })
}
