//! What is counted, recognised, taken back, merged.

use rand::RngExt;

use super::{filled, pairs};
use crate::testing::{CASES, domain, partial, shuffled, stream, total};
use crate::{Domain, Relation, RelationConfig, Side, UNDEFINED};

/// The worked example of the specification of the authors' classes.
fn example() -> Relation {
    let config = RelationConfig::new(Domain::new(2, 3), Domain::new(3, 2));
    let mut relation = config.init().unwrap();
    let left = [0, 0, 0, 0, 1, 1, 0, 1];
    let right = [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0];
    relation.register(&left, &right).unwrap();
    relation
}

#[test]
fn the_worked_example() {
    let mut relation = example();
    let blocks = [[[3, 0], [0, 1], [0, 0]], [[2, 0], [1, 1], [0, 0]]];
    let expected: Vec<u16> = blocks
        .iter()
        .flat_map(|block| [block; 3])
        .flatten()
        .flatten()
        .copied()
        .collect();
    assert_eq!(relation.counts(), expected);
    let entropies = relation.entropies();
    for (found, expected) in entropies
        .iter()
        .zip([[0.811_278_124_5; 3], [1.5; 3]].concat())
    {
        assert!((found - expected).abs() < 1e-9);
    }
    assert!((relation.entropy() - 1.155_639_062_3).abs() < 1e-9);
    assert!((relation.mean() - 5.0 / 3.0).abs() < 1e-12);
    assert!((relation.fullness() - 0.416_666_7).abs() < 1e-7);
    for (left, right, accepted, weight) in [
        ([0, 0], [0, 0, 0], true, 2.5),
        ([1, 1], [1, 1, 1], true, 1.0),
        ([0, 0], [1, 1, 1], false, 0.0),
        ([1, 1], [0, 0, 0], false, 0.5),
        ([0, 1], [0, 0, 0], true, 2.0),
        ([0, 1], [1, 1, 1], false, 0.5),
        ([2, 2], [0, 0, 0], false, 0.0),
    ] {
        let found = relation.recognise(&left, &right).unwrap();
        assert_eq!(
            (found.accepted, found.weight),
            (accepted, weight),
            "{left:?} {right:?}"
        );
    }
    let plane = |side, cue: &[u16]| relation.project(side, cue, None).unwrap().values().to_vec();
    assert_eq!(plane(Side::Left, &[0, 0]), [5.0, 0.0, 5.0, 0.0, 5.0, 0.0]);
    assert_eq!(plane(Side::Left, &[1, 1]), [0.0, 2.0, 0.0, 2.0, 0.0, 2.0]);
    assert_eq!(plane(Side::Left, &[0, 1]), [4.0, 0.0, 4.0, 0.0, 4.0, 0.0]);
    assert_eq!(plane(Side::Left, &[1, 0]), [0.0; 6]);
    assert_eq!(plane(Side::Left, &[UNDEFINED, 1]), [1.0; 6]);
    assert_eq!(
        plane(Side::Right, &[0, 0, 0]),
        [9.0, 0.0, 0.0, 6.0, 3.0, 0.0]
    );
    assert_eq!(
        plane(Side::Right, &[1, 1, 1]),
        [0.0, 3.0, 0.0, 0.0, 3.0, 0.0]
    );
    assert_eq!(
        plane(Side::Right, &[0, 1, 0]),
        [0.0, 0.0, 0.0, 0.0, 3.0, 0.0]
    );
    assert!(!relation.accepts(Side::Right, &[0, 1, 0]).unwrap());
    let cue = (Side::Left, [0, 1].as_slice(), None);
    let found = relation.back_distance(cue, (&[0, 0, 0], None), Default::default());
    assert!((found.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    // An exact tie of kappa mu and rho is accepted: mu = 5/3.
    relation.set_tolerances(0.0, 0.6, 0).unwrap();
    assert!(relation.recognise(&[1, 1], &[1, 1, 1]).unwrap().accepted);
    relation.set_tolerances(0.0, 0.61, 0).unwrap();
    assert!(!relation.recognise(&[1, 1], &[1, 1, 1]).unwrap().accepted);
}

/// Properties 1, 4, 5: pairs stay recognised, order does not matter, twice the list is twice the table, and
/// every block counts every pair that defines both its columns.
#[test]
fn pairs_stay_recognised() {
    for case in 0..CASES {
        let (relation, lists, mut rng) = filled("pairs", case, 6);
        let config = *relation.config();
        for (left, right) in pairs(&relation, &lists) {
            assert!(relation.recognise(left, right).unwrap().accepted);
        }
        // The same order on both sides.
        let joined: Vec<u16> = pairs(&relation, &lists)
            .flat_map(|(a, b)| a.iter().chain(b).copied().collect::<Vec<_>>())
            .collect();
        let (n, p) = (config.left.columns, config.right.columns);
        let mut other = config.init().unwrap();
        for pair in shuffled(&mut rng, n + p, &joined).chunks_exact(n + p) {
            other.register(&pair[..n], &pair[n..]).unwrap();
        }
        assert_eq!(other, relation);
        let mut expected = vec![0u64; n * p];
        for (a, b) in pairs(&relation, &lists) {
            for block in 0..n * p {
                let met = a[block / p] != UNDEFINED && b[block % p] != UNDEFINED;
                expected[block] += u64::from(met);
            }
        }
        assert_eq!(relation.sums(), expected);
        other.register(&lists[0], &lists[1]).unwrap();
        let doubled: Vec<u16> = relation.counts().iter().map(|x| 2 * x).collect();
        assert_eq!(other.counts(), doubled);
        assert!((other.entropy() - relation.entropy()).abs() < 1e-12);
        let [left, right] = [config.left, config.right].map(|x| total(&mut rng, x, 1));
        let answer = |relation: &Relation| relation.recognise(&left, &right).unwrap().accepted;
        assert_eq!(answer(&other), answer(&relation));
        let plane = |relation: &Relation| relation.project(Side::Left, &left, None).unwrap();
        let doubled: Vec<f64> = plane(&relation).values().iter().map(|x| 2.0 * x).collect();
        assert_eq!(plane(&other).values(), doubled);
    }
}

/// Property 1, the other half.
#[test]
fn thresholds_forget_what_is_rare() {
    for (iota, kappa) in [(0.5, 0.0), (0.0, 0.8)] {
        let domain = Domain::new(2, 2);
        let config = RelationConfig {
            iota,
            kappa,
            ..RelationConfig::new(domain, domain)
        };
        let mut relation = config.init().unwrap();
        relation.register(&[0, 0], &[1, 1]).unwrap();
        assert!(relation.recognise(&[0, 0], &[1, 1]).unwrap().accepted);
        relation.register(&[1; 18], &[0; 18]).unwrap();
        assert!(!relation.recognise(&[0, 0], &[1, 1]).unwrap().accepted);
        assert_eq!(relation.accepts(Side::Left, &[0, 0]).unwrap(), iota == 0.0);
    }
}

/// Properties 2 and 3 of the entropy.
#[test]
fn entropy_has_its_bounds() {
    for case in 0..CASES {
        let (relation, _, _) = filled("entropy", case, 1);
        assert_eq!(relation.entropy(), 0.0);
        let (relation, _, _) = filled("entropy", case, 4);
        let RelationConfig { left, right, .. } = *relation.config();
        let cells = left.rows * right.rows;
        assert!(relation.entropy() <= (cells.min(4) as f64).log2() + 1e-12);
        let counts = relation.counts();
        let single = |block: &[u16]| block.iter().filter(|&&x| x > 0).count() <= 1;
        let all = counts.chunks_exact(cells).all(single);
        assert_eq!(relation.entropy() == 0.0, all);
    }
    let mut relation = RelationConfig::new(Domain::new(1, 4), Domain::new(1, 4))
        .init()
        .unwrap();
    for a in 0..4 {
        for b in 0..4 {
            relation.register(&[a], &[b]).unwrap();
        }
    }
    assert_eq!(relation.entropy(), 4.0);
}

/// Property 12: more tolerance accepts more, more threshold less.
#[test]
fn tolerances_are_monotone() {
    for case in 0..CASES {
        let (mut relation, _, mut rng) = filled("tolerances", case, 6);
        let RelationConfig { left, right, .. } = *relation.config();
        let cue = [left, right].map(|domain| partial(&mut rng, domain, 1));
        let blocks = left.columns * right.columns;
        let (low, high) = (rng.random_range(0.0..1.0), rng.random_range(1.0..2.0));
        let xi = rng.random_range(0..blocks);
        let mut accepts = |iota: f64, kappa: f64, xi: usize| {
            relation.set_tolerances(iota, kappa, xi).unwrap();
            relation.recognise(&cue[0], &cue[1]).unwrap().accepted
        };
        assert!(accepts(low, low, xi + 1) || !accepts(low, low, xi));
        assert!(accepts(low, 0.0, xi) || !accepts(high, 0.0, xi));
        assert!(accepts(0.0, low, xi) || !accepts(0.0, high, xi));
        assert!(accepts(high, 0.0, blocks));
    }
}

/// Property 13: counters stop, with weights that would jump over the end as well; the reference goes on.
#[test]
fn counters_stop_at_the_saturation() {
    let domain = Domain::new(2, 2);
    let config = RelationConfig::new(domain, domain);
    let expected = [[0, 0, 0, u16::MAX]; 4].concat();
    let mut relation = config.init().unwrap();
    relation
        .register(&vec![1; 140_000], &vec![1; 140_000])
        .unwrap();
    assert_eq!(relation.counts(), expected);
    let mut relation = config.init().unwrap();
    for _ in 0..10_000 {
        relation
            .register_weighted([&[1, 1], &[1, 1]], [&[7.0, 7.0], &[7.0, 7.0]])
            .unwrap();
    }
    assert_eq!(relation.counts(), expected);
    assert_eq!(relation.sums(), [65_535; 4]);
    let message = relation.unregister(&[1, 1], &[1, 1]).unwrap_err();
    assert_eq!(
        message.to_string(),
        "pair: must have no saturated counter, found a count of 65535 at columns 0 and 0"
    );
}

/// Property 15: fullness of a uniform fill.
#[test]
fn a_uniform_fill_follows_its_law() {
    let domain = Domain::new(6, 16);
    let rng = &mut stream("fullness", 0);
    let mut found = Vec::new();
    for _ in 0..40 {
        let mut relation = RelationConfig::new(domain, domain).init().unwrap();
        let [left, right] = [0, 1].map(|_| total(rng, domain, 500));
        relation.register(&left, &right).unwrap();
        found.push(relation.fullness());
    }
    let mean = found.iter().sum::<f64>() / 40.0;
    let square = found.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 39.0;
    let law = 1.0 - (1.0 - 1.0 / 256.0f64).powi(500);
    assert!((law - 0.859).abs() < 1e-3);
    assert!(
        (mean - law).abs() < 4.0 * (square / 40.0).sqrt(),
        "{mean}, {law}"
    );
}

/// What is taken back was never there, bits included; two halves make the whole, in either order.
#[test]
fn unregister_and_merge_are_exact() {
    for case in 0..CASES {
        let (mut relation, _, mut rng) = filled("unregister", case, 5);
        let config = *relation.config();
        let more = [config.left, config.right].map(|x| partial(&mut rng, x, 3));
        let mut second = config.init().unwrap();
        second.register(&more[0], &more[1]).unwrap();
        let (before, mut merged) = (relation.clone(), relation.clone());
        relation.register(&more[0], &more[1]).unwrap();
        merged.absorb(&second).unwrap();
        second.absorb(&before).unwrap();
        assert_eq!(merged, relation);
        assert_eq!(second, relation);
        for (left, right) in pairs(&before, &more) {
            relation.unregister(left, right).unwrap();
        }
        assert_eq!(relation, before);
        let cue = total(&mut rng, config.left, 1);
        let plane = |relation: &Relation| relation.project(Side::Left, &cue, None).unwrap();
        assert_eq!(plane(&relation), plane(&before));
    }
    let mut relation = example();
    let message = relation.unregister(&[1, 0], &[0, 0, 0]).unwrap_err();
    assert_eq!(
        message.to_string(),
        "pair: must have been registered, found a count of 0 at columns 0 and 0"
    );
    assert_eq!(relation, example());
}

/// Without a weight nothing is recognised, where the reference divides by 0; a pair without a weight on one
/// side is skipped.
#[test]
fn weights_leave_pairs_out() {
    let relation = example();
    let judge = |u: &[f64], v: &[f64]| {
        relation
            .recognise_weighted([&[0, 1], &[1, 1, 1]], [u, v])
            .unwrap()
    };
    let none = judge(&[0.0, 0.0], &[1.0; 3]);
    assert_eq!((none.accepted, none.weight), (false, 0.0));
    let second = judge(&[0.0, 4.0], &[1.0; 3]);
    assert_eq!(
        (second.accepted, second.mismatches, second.weight),
        (true, 0, 1.0)
    );
    assert!(!judge(&[1.0, 4.0], &[1.0; 3]).accepted);
}

#[test]
fn mistakes_are_named() {
    let mut relation = example();
    let text = |found: attractor_core::Result<()>| found.unwrap_err().to_string();
    assert_eq!(
        text(relation.register(&[0, 0], &[0, 0, 2])),
        "right objects: every level must be below the number of rows, or undefined, found 2 of 2 rows at \
         row 0, column 2"
    );
    assert_eq!(
        text(relation.register(&[0, 0, 1, 1], &[0, 0, 1])),
        "right objects: expected 2 rows, found 1"
    );
    let weighted = relation.register_weighted([&[0, 0], &[0, 0, 0]], [&[1.0, -1.0], &[1.0; 3]]);
    assert_eq!(
        text(weighted),
        "left weights: must be finite and at least 0, found -1"
    );
    assert_eq!(relation, example());
    let rng = &mut stream("mistakes", 0);
    let other = RelationConfig::new(domain(rng), Domain::new(9, 9)).init();
    let message = text(relation.absorb(&other.unwrap()));
    assert!(
        message.starts_with("the relation expects RelationConfig"),
        "{message}"
    );
    let huge = RelationConfig::new(Domain::new(1 << 20, 1 << 10), Domain::new(1 << 10, 1 << 10));
    let message = text(huge.init().map(|_| ()));
    assert!(
        message.contains("must have at most 2^34 cells"),
        "{message}"
    );
    let half = RelationConfig {
        kappa: f64::NAN,
        ..*relation.config()
    };
    assert!(text(half.init().map(|_| ())).starts_with("RelationConfig.kappa: "));
}
