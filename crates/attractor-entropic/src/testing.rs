//! What the tests of this crate share.

use attractor_core::rng::{self, Rng};
use rand::RngExt;

use crate::{Domain, UNDEFINED};

/// Random cases of each property.
pub(crate) const CASES: u64 = 1000;

/// The stream of a case.
pub(crate) fn stream(purpose: &str, case: u64) -> Rng {
    rng::indexed_stream(7, purpose, case)
}

/// A small domain.
pub(crate) fn domain(rng: &mut Rng) -> Domain {
    Domain::new(rng.random_range(1..6), rng.random_range(1..7))
}

/// `count` objects, one after the other, without undefined columns.
pub(crate) fn total(rng: &mut Rng, domain: Domain, count: usize) -> Vec<u16> {
    let levels = domain.rows as u16;
    (0..count * domain.columns)
        .map(|_| rng.random_range(0..levels))
        .collect()
}

/// The same with every fifth column undefined.
pub(crate) fn partial(rng: &mut Rng, domain: Domain, count: usize) -> Vec<u16> {
    let mut objects = total(rng, domain, count);
    for level in &mut objects {
        if rng.random_bool(0.2) {
            *level = UNDEFINED;
        }
    }
    objects
}

/// Objects near one prototype, so that planes are neither empty nor full.
pub(crate) fn near(rng: &mut Rng, domain: Domain, count: usize) -> Vec<u16> {
    let prototype = total(rng, domain, 1);
    let mut objects = Vec::new();
    for _ in 0..count {
        for &level in &prototype {
            let step: i32 = rng.random_range(-1..=1);
            let level = i32::from(level) + step;
            objects.push(level.clamp(0, domain.rows as i32 - 1) as u16);
        }
    }
    objects
}

/// Objects in another order.
pub(crate) fn shuffled(rng: &mut Rng, columns: usize, objects: &[u16]) -> Vec<u16> {
    let order = rng::permutation(rng, objects.len() / columns);
    let rows = order.into_iter();
    rows.flat_map(|row| objects[row * columns..(row + 1) * columns].to_vec())
        .collect()
}
