//! What is counted, recognised, taken back, merged.

use rand::RngExt;

use super::{example, register};
use crate::testing::{CASES, domain, partial, shuffled, stream, total};
use crate::{Domain, Register, RegisterConfig, UNDEFINED};

#[test]
fn the_worked_example() {
    let mut register = example();
    let counts = [
        [11, 1, 0, 10, 1],
        [1, 11, 10, 0, 1],
        [1, 11, 10, 0, 1],
        [11, 1, 0, 10, 1],
    ];
    assert_eq!(register.counts(), counts.concat());
    for entropy in register.entropies() {
        assert!((entropy - 1.424_734_618_9).abs() < 1e-9);
    }
    assert_eq!(register.mean(), 5.75);
    let answer = |register: &Register, cue: &[u16]| {
        let found = register.recognise(cue).unwrap();
        (found.accepted, found.weight)
    };
    for (cue, expected) in [
        ([0, 0, 0, 0], (true, 6.0)),
        ([1, 1, 1, 1], (true, 6.0)),
        ([2, 2, 2, 2], (false, 5.0)),
        ([3, 3, 3, 3], (false, 5.0)),
        ([4, 4, 4, 4], (true, 1.0)),
        ([0, 1, 2, 3], (true, 10.5)),
    ] {
        assert_eq!(answer(&register, &cue), expected, "{cue:?}");
    }
    let accepted = |register: &Register| {
        [[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 2, 3], [3, 2, 1, 0]].map(|cue| answer(register, &cue).0)
    };
    register.set_tolerances(0.5, 0.0, 0).unwrap();
    assert_eq!(accepted(&register), [false, false, true, true]);
    register.set_tolerances(0.0, 1.5, 0).unwrap();
    assert_eq!(accepted(&register), [false, false, true, true]);
}

/// Properties 1, 4 and 5: what was registered is recognised, whatever follows; order does not matter; twice
/// the list is twice the table, and recognises the same.
#[test]
fn what_was_registered_stays_recognised() {
    for case in 0..CASES {
        let rng = &mut stream("register", case);
        let domain = domain(rng);
        let objects = partial(rng, domain, 7);
        let mut one = register(domain);
        let object = &objects[..domain.columns];
        one.register(object).unwrap();
        assert!(one.recognise(object).unwrap().accepted);
        one.register(&objects[domain.columns..]).unwrap();
        for object in objects.chunks_exact(domain.columns) {
            assert!(one.recognise(object).unwrap().accepted);
        }
        let mut other = register(domain);
        other
            .register(&shuffled(rng, domain.columns, &objects))
            .unwrap();
        assert_eq!(one, other);
        other.register(&objects).unwrap();
        let doubled: Vec<u32> = one.counts().iter().map(|x| 2 * x).collect();
        assert_eq!(other.counts(), doubled);
        assert!((other.entropy() - one.entropy()).abs() < 1e-12);
        let cue = total(rng, domain, 1);
        let answer = |register: &Register| register.recognise(&cue).unwrap().accepted;
        assert_eq!(answer(&one), answer(&other));
        let defined = objects.iter().filter(|&&x| x != UNDEFINED).count() as u32;
        assert_eq!(one.counts().iter().sum::<u32>(), defined);
        let undefined = one.undefined().iter().sum::<u64>();
        assert_eq!(u64::from(defined) + undefined, objects.len() as u64);
    }
}

/// Property 1, the other half: under a threshold, what is rare is no longer recognised.
#[test]
fn thresholds_forget_what_is_rare() {
    for (iota, kappa) in [(0.5, 0.0), (0.0, 0.8)] {
        let config = RegisterConfig {
            iota,
            kappa,
            ..RegisterConfig::new(Domain::new(2, 2))
        };
        let mut register = config.init().unwrap();
        register.register(&[0, 0]).unwrap();
        assert!(register.recognise(&[0, 0]).unwrap().accepted);
        for _ in 0..9 {
            register.register(&[1, 1]).unwrap();
        }
        assert!(!register.recognise(&[0, 0]).unwrap().accepted);
    }
}

/// Properties 2 and 3: entropy is 0 for one object, and where no column has two active cells; it is bounded
/// by the levels and the objects, and exact where counts are equal.
#[test]
fn entropy_has_its_bounds() {
    for case in 0..CASES {
        let rng = &mut stream("entropy", case);
        let domain = domain(rng);
        let object = total(rng, domain, 1);
        let mut register = register(domain);
        register.register(&object).unwrap();
        assert_eq!(register.entropy(), 0.0);
        assert_eq!(register.retrieve(&object, rng).unwrap(), Some(object));
        let objects = total(rng, domain, 4);
        register.register(&objects).unwrap();
        let most = (domain.rows.min(5) as f64).log2();
        assert!(register.entropy() <= most + 1e-12);
        let columns = register.counts().chunks_exact(domain.rows);
        let single = |column: &[u32]| column.iter().filter(|&&x| x > 0).count() <= 1;
        assert_eq!(register.entropy() == 0.0, columns.into_iter().all(single));
    }
    let mut register = register(Domain::new(2, 8));
    for level in 0..8 {
        register.register(&[level, level]).unwrap();
    }
    assert_eq!(register.entropy(), 3.0);
}

/// Property 12: more tolerance accepts more, more threshold less; with all columns forgiven, everything.
#[test]
fn tolerances_are_monotone() {
    for case in 0..CASES {
        let rng = &mut stream("tolerances", case);
        let domain = domain(rng);
        let mut register = register(domain);
        register.register(&partial(rng, domain, 6)).unwrap();
        let cue = partial(rng, domain, 1);
        let mut accepts = |iota: f64, kappa: f64, xi: usize| {
            register.set_tolerances(iota, kappa, xi).unwrap();
            register.recognise(&cue).unwrap().accepted
        };
        let (low, high) = (rng.random_range(0.0..1.0), rng.random_range(1.0..2.0));
        let xi = rng.random_range(0..domain.columns);
        assert!(accepts(low, low, xi + 1) || !accepts(low, low, xi));
        assert!(accepts(low, 0.0, xi) || !accepts(high, 0.0, xi));
        assert!(accepts(0.0, low, xi) || !accepts(0.0, high, xi));
        assert!(accepts(high, 0.0, domain.columns));
    }
}

/// Property 13, of a register.
#[test]
fn counters_stop_at_the_saturation() {
    let mut register = register(Domain::new(3, 4));
    register.register(&vec![2; 3 * 70_000]).unwrap();
    let column = [0, 0, 65_535, 0];
    assert_eq!(register.counts(), [column; 3].concat());
    assert_eq!(register.sums(), [65_535; 3]);
    let message = register.unregister(&[2, 2, 2]).unwrap_err().to_string();
    assert_eq!(
        message,
        "object: must have no saturated counter, found a count of 65535 at column 0"
    );
}

/// Property 15, of a register: a random cue is falsely accepted with `(1 - (1 - 1/m)^K)^n`.
#[test]
fn false_acceptance_follows_its_law() {
    let (domain, tables, cues) = (Domain::new(64, 16), 400, 20);
    let rng = &mut stream("acceptance", 0);
    let mut accepted = Vec::new();
    for _ in 0..tables {
        let mut register = register(domain);
        register.register(&total(rng, domain, 50)).unwrap();
        let hits = (0..cues).filter(|_| {
            let cue = total(rng, domain, 1);
            register.recognise(&cue).unwrap().accepted
        });
        accepted.push(hits.count() as f64 / f64::from(cues));
    }
    let mean = accepted.iter().sum::<f64>() / f64::from(tables);
    let square = accepted.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    let error = (square / f64::from(tables)).sqrt() / f64::from(tables).sqrt();
    let law = (1.0 - (15.0f64 / 16.0).powi(50)).powi(64);
    assert!((law - 0.075).abs() < 1e-3);
    assert!((mean - law).abs() < 4.0 * error, "{mean} +- {error}, {law}");
}

/// What is taken back was never there; two halves make the whole.
#[test]
fn unregister_and_merge_are_exact() {
    for case in 0..CASES {
        let rng = &mut stream("unregister", case);
        let domain = domain(rng);
        let [objects, more] = [5, 3].map(|count| partial(rng, domain, count));
        let mut whole = register(domain);
        whole.register(&objects).unwrap();
        let mut second = register(domain);
        second.register(&more).unwrap();
        let (before, mut merged) = (whole.clone(), whole.clone());
        merged.absorb(&second).unwrap();
        whole.register(&more).unwrap();
        assert_eq!(merged, whole);
        for object in more.chunks_exact(domain.columns) {
            whole.unregister(object).unwrap();
        }
        assert_eq!(whole, before);
    }
    let mut register = example();
    let before = register.clone();
    let message = register.unregister(&[0, 3, 0, 0]).unwrap_err().to_string();
    assert_eq!(
        message,
        "object: must have been registered, found a count of 0 at column 1"
    );
    assert_eq!(register, before);
}

#[test]
fn mistakes_are_named() {
    let config = RegisterConfig::new(Domain::new(2, 3));
    let message = |config: RegisterConfig| config.init().unwrap_err().to_string();
    let rows = RegisterConfig {
        domain: Domain::new(2, 70_000),
        ..config
    };
    assert_eq!(
        message(rows),
        "Domain.rows: must be from 1 to 65535, found 70000"
    );
    let xi = RegisterConfig { xi: 3, ..config };
    assert!(message(xi).starts_with("RegisterConfig.xi: must be at most the number of columns"));
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        let iota = RegisterConfig {
            iota: bad,
            ..config
        };
        assert!(message(iota).starts_with("RegisterConfig.iota: "));
        let sigma = RegisterConfig {
            sigma: bad,
            ..config
        };
        assert!(message(sigma).starts_with("RegisterConfig.sigma: "));
    }
    let mut register = config.init().unwrap();
    let refused = |found: attractor_core::Result<()>| found.unwrap_err().to_string();
    assert_eq!(
        refused(register.register(&[0, 1, 2, 3])),
        "objects: every level must be below the number of rows, or undefined, found 3 of 3 rows at row 1, \
         column 1"
    );
    assert_eq!(
        refused(register.register(&[0, 1, 2])),
        "objects: expected shape [n, 2], found [1, 3]"
    );
    assert_eq!(register.registered(), 0);
    let other = RegisterConfig { xi: 1, ..config }.init().unwrap();
    assert!(refused(register.absorb(&other)).contains("xi: 1"));
}
