//! What the tests of registers share.

mod counts;
mod interface;
mod relatives;
mod retrieval;

use super::*;
use crate::Domain;

fn register(domain: Domain) -> Register {
    RegisterConfig::new(domain).init().unwrap()
}

/// The worked example of the specification of the authors' classes: five levels, four columns.
fn example() -> Register {
    let mut register = register(Domain::new(4, 5));
    let once = [[0; 4], [1; 4], [4; 4]].concat();
    register.register(&once).unwrap();
    for _ in 0..10 {
        register.register(&[0, 1, 2, 3, 3, 2, 1, 0]).unwrap();
    }
    register
}
