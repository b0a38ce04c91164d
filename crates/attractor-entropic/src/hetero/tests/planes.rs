//! What a cue selects.

use rand::RngExt;

use super::{filled, pairs};
use crate::testing::{CASES, near, partial, stream, total};
use crate::{Domain, RelationConfig, Side, UNDEFINED};

/// Properties 6 and 8: the plane against its definition, cell by cell; the stored partner lies in it; a column
/// less only adds to it.
#[test]
fn planes_follow_their_definition() {
    for case in 0..CASES {
        let (mut relation, lists, mut rng) = filled("planes", case, 6);
        let RelationConfig { left, right, .. } = *relation.config();
        let total_pairs = lists.iter().all(|list| !list.contains(&UNDEFINED));
        for (a, b) in pairs(&relation, &lists).filter(|_| total_pairs) {
            assert!(relation.accepts(Side::Left, a).unwrap());
            let plane = relation.project(Side::Left, a, None).unwrap();
            for (j, &level) in b.iter().enumerate() {
                assert!(plane.at(j, level).unwrap() >= left.columns as f64);
            }
        }
        let iota = [0.0, rng.random_range(0.0..1.5)][case as usize % 2];
        relation.set_tolerances(iota, 0.0, 0).unwrap();
        let cells = relation.relation();
        let weights: Vec<f64> = (0..left.columns)
            .map(|_| rng.random_range(0.0..3.0))
            .collect();
        let scale = left.columns as f64 / weights.iter().sum::<f64>();
        let mut cue = match case % 2 {
            0 => partial(&mut rng, left, 1),
            _ => lists[0][..left.columns].to_vec(),
        };
        let naive = |cue: &[u16], j: usize, l: usize| {
            let columns = cue.iter().enumerate().filter(|(_, k)| **k != UNDEFINED);
            let terms = columns.map(|(i, &k)| {
                let block = (i * right.columns + j) * left.rows;
                let count = cells[(block + usize::from(k)) * right.rows + l];
                (weights[i] * scale, f64::from(count))
            });
            let terms: Vec<(f64, f64)> = terms.collect();
            match terms.iter().all(|(_, count)| *count > 0.0) {
                true => terms.iter().map(|(w, count)| w * count).sum::<f64>(),
                false => 0.0,
            }
        };
        let plane = relation.project(Side::Left, &cue, Some(&weights)).unwrap();
        for j in 0..right.columns {
            for l in 0..right.rows {
                let expected = naive(&cue, j, l);
                let found = plane.at(j, l as u16).unwrap();
                assert!((found - expected).abs() <= 1e-12 * expected.max(1.0));
                assert_eq!(found > 0.0, expected > 0.0);
            }
        }
        assert_eq!(
            relation.accepts(Side::Left, &cue).unwrap(),
            plane.accepted()
        );
        let unweighted = relation.project(Side::Left, &cue, None).unwrap();
        if let Some(at) = cue.iter().position(|&k| k != UNDEFINED)
            && cue.iter().filter(|&&k| k != UNDEFINED).count() > 1
        {
            cue[at] = UNDEFINED;
            let wider = relation.project(Side::Left, &cue, None).unwrap();
            let cells = unweighted.values().iter().zip(wider.values());
            assert!(
                cells
                    .into_iter()
                    .all(|(before, after)| *before == 0.0 || *after > 0.0)
            );
        }
    }
}

/// The reference answers an empty plane where the first column has no weight: the weight leaves the column out
/// of the sum, whichever it is, and the column must be met all the same.
#[test]
fn a_weight_of_0_leaves_a_column_out_of_the_sum() {
    let domain = Domain::new(2, 2);
    let mut relation = RelationConfig::new(domain, domain).init().unwrap();
    relation
        .register(&[0, 0, 0, 0, 1, 0], &[0, 0, 1, 0, 0, 1])
        .unwrap();
    let plane = |weights: &[f64]| {
        let plane = relation
            .project(Side::Left, &[0, 0], Some(weights))
            .unwrap();
        plane.values().to_vec()
    };
    // Column 0 met levels 0 and 1 once each in the first column, 0 twice in the second; column 1 met 0 twice
    // and 1 once in both, but level 1 of the second only beside 1.
    assert_eq!(plane(&[0.0, 1.0]), [4.0, 2.0, 4.0, 0.0]);
    assert_eq!(plane(&[1.0, 0.0]), [2.0, 2.0, 4.0, 0.0]);
    assert_eq!(plane(&[0.0, 0.0]), [0.0; 4]);
    let message = relation
        .project(Side::Left, &[0, 0], Some(&[1.0]))
        .unwrap_err();
    assert_eq!(
        message.to_string(),
        "cue weights: expected shape [n, 2], found [1, 1]"
    );
}

/// Property 9: with one column the plane is the row of joint counts, and draws follow it: chi-squared at 1e-3.
#[test]
fn draws_follow_the_plane() {
    let config = RelationConfig::new(Domain::new(1, 2), Domain::new(1, 6));
    let mut relation = config.init().unwrap();
    let counts = [40u32, 0, 7, 1, 0, 152];
    for (level, &count) in counts.iter().enumerate() {
        for _ in 0..count {
            relation.register(&[1], &[level as u16]).unwrap();
        }
    }
    let plane = relation.project(Side::Left, &[1], None).unwrap();
    assert_eq!(plane.values(), counts.map(f64::from));
    let (rng, draws) = (&mut stream("draws", 0), 100_000u32);
    let mut found = [0u32; 6];
    for _ in 0..draws {
        found[usize::from(plane.draw(rng)[0])] += 1;
    }
    assert_eq!((found[1], found[4]), (0, 0));
    let expected = counts.map(|count| f64::from(count) / 200.0 * f64::from(draws));
    let pairs = found
        .iter()
        .zip(expected)
        .filter(|(_, expected)| *expected > 0.0);
    let chi: f64 = pairs.map(|(&x, e)| (f64::from(x) - e).powi(2) / e).sum();
    // Three degrees of freedom.
    assert!(chi < 16.27, "{chi}");
}

/// Property 7: the mirrored memory, asked from the other side, draws the same.
#[test]
fn both_sides_are_alike() {
    for case in 0..CASES {
        let (relation, lists, mut rng) = filled("mirror", case, 6);
        let config = *relation.config();
        let mut mirrored = RelationConfig::new(config.right, config.left)
            .init()
            .unwrap();
        mirrored.register(&lists[1], &lists[0]).unwrap();
        // Blocks are summed in another order.
        assert!((relation.entropy() - mirrored.entropy()).abs() < 1e-12);
        let cue = near(&mut rng, config.left, 1);
        for method in super::search::METHODS {
            let search = crate::SearchConfig::new(method);
            let recall = |relation: &crate::Relation, side| {
                let rng = &mut stream("mirrored draw", case);
                relation.recall((side, &cue, None), &search, rng).unwrap()
            };
            assert_eq!(
                recall(&relation, Side::Left),
                recall(&mirrored, Side::Right)
            );
        }
    }
}

/// A second cue of which everything is undefined gates nothing, a narrow Gaussian gives the second cue back.
#[test]
fn recall_between_two_cues() {
    for case in 0..CASES {
        let (relation, lists, mut rng) = filled("between", case, 6);
        let right = relation.config().right;
        let a = &lists[0][..relation.config().left.columns];
        let plane = relation.project(Side::Left, a, None).unwrap();
        let nothing = vec![UNDEFINED; right.columns];
        let free = relation
            .gated_plane(Side::Left, a, (&nothing, 0, 0.1))
            .unwrap();
        assert_eq!(free.is_some(), plane.accepted());
        assert!(free.is_none_or(|free| free == plane));
        let second = total(&mut rng, right, 1);
        let missing = (0..right.columns).filter(|&j| plane.at(j, second[j]).unwrap() == 0.0);
        let missing = missing.count();
        for tolerance in [0, missing, right.columns] {
            let second = (second.as_slice(), tolerance, 1e-4);
            let found = relation
                .recall_between(Side::Left, a, second, &mut rng)
                .unwrap();
            assert_eq!(found.is_some(), plane.accepted() && missing <= tolerance);
            let Some(found) = found else { continue };
            for (j, (&level, &wanted)) in found.iter().zip(second.0).enumerate() {
                assert!(plane.at(j, level).unwrap() > 0.0);
                assert!(plane.at(j, wanted).unwrap() == 0.0 || level == wanted);
            }
        }
    }
}
