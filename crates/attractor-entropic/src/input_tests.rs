//! What callers may get wrong: errors that name what was expected and what was found, and no panics.

use attractor_core::Result;

use crate::quantiser::Quantiser;
use crate::{Domain, RelationConfig, Side};

/// The message of what failed.
fn said<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn planes() {
    let domain = Domain::new(2, 3);
    let mut relation = RelationConfig::new(domain, domain).init().unwrap();
    relation.register(&[0, 1], &[2, 0]).unwrap();
    let plane = relation.project(Side::Left, &[0, 1], None).unwrap();
    assert_eq!(plane.column(1).unwrap(), [2.0, 0.0, 0.0]);
    assert_eq!(plane.at(0, 2).unwrap(), 2.0);
    assert_eq!(
        said(plane.column(2).map(<[f64]>::to_vec)),
        "column: expected an index below 2, found 2"
    );
    assert_eq!(
        said(plane.at(1, 3)),
        "level: expected an index below 3, found 3"
    );
    assert_eq!(
        said(plane.weights(&[0])),
        "object: expected shape [n, 2], found [1, 1]"
    );
    assert!(said(plane.weights(&[0, 3])).contains("3 of 3 rows at row 0, column 1"));
}

/// Domains can be written down without a check.
#[test]
fn domains_of_nothing() {
    let none = Domain::new(0, 3);
    assert_eq!(
        said(none.check("objects", &[])),
        "Domain.columns: must be at least 1, found 0"
    );
    let flat = Domain::new(2, 0);
    let message = "Domain.rows: must be from 1 to 65535, found 0";
    assert_eq!(said(flat.check_one("object", &[0, 0])), message);
    assert_eq!(said(flat.levels(&[0.5])), message);
}

#[test]
fn quantisers() {
    let own = Quantiser::new(4, vec![0.0], vec![3.0]).unwrap();
    assert_eq!(own.unclamped(0, 7.0).unwrap(), Some(7.0));
    assert_eq!(
        said(own.unclamped(1, 0.0)),
        "column: expected an index below 1, found 1"
    );
}
