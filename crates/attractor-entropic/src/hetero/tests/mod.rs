mod counts;
mod interface;
mod planes;
mod search;
mod synthetic;

use attractor_core::rng::Rng;

use super::{Relation, RelationConfig};
use crate::testing::{domain, near, partial, stream, total};

/// A small relation of a case, and its pairs: all total, near a prototype, or some undefined.
fn filled(purpose: &str, case: u64, count: usize) -> (Relation, [Vec<u16>; 2], Rng) {
    let mut rng = stream(purpose, case);
    let config = RelationConfig::new(domain(&mut rng), domain(&mut rng));
    let draw = [total, near, partial][case as usize % 3];
    let pairs = [config.left, config.right].map(|domain| draw(&mut rng, domain, count));
    let mut relation = config.init().unwrap();
    relation.register(&pairs[0], &pairs[1]).unwrap();
    (relation, pairs, rng)
}

/// The pairs, one by one.
fn pairs<'a>(
    relation: &Relation,
    [left, right]: &'a [Vec<u16>; 2],
) -> impl Iterator<Item = (&'a [u16], &'a [u16])> {
    let config = relation.config();
    left.chunks_exact(config.left.columns)
        .zip(right.chunks_exact(config.right.columns))
}
