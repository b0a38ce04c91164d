//! The three answers to the missing cue.

use attractor_core::Outcome;
use rand::RngExt;

use super::super::back::Back;
use super::{Relation, filled, pairs};
use crate::testing::{CASES, stream};
use crate::{EmptyBack, Method, RelationConfig, SearchConfig, Side, UNDEFINED};

pub(super) const METHODS: [Method; 3] =
    [Method::Random, Method::SampleAndTest, Method::SearchAndTest];

/// D from its definition: the plane back, cell by cell.
fn naive_distance(relation: &Relation, cue: &[u16], candidate: &[u16], given: &[f64]) -> f64 {
    let RelationConfig { left, right, .. } = *relation.config();
    let cells = relation.relation();
    let (mut distance, mut columns) = (0.0, 0.0);
    for (i, &level) in cue.iter().enumerate().filter(|(_, k)| **k != UNDEFINED) {
        let (mut far, mut mass) = (0.0, 0.0);
        for k in 0..left.rows {
            let count = |j: usize| {
                let block = (i * right.columns + j) * left.rows;
                f64::from(cells[(block + k) * right.rows + usize::from(candidate[j])])
            };
            let met = (0..right.columns).all(|j| count(j) > 0.0);
            let value = match met {
                true => (0..right.columns).map(|j| given[j] * count(j)).sum(),
                false => 0.0,
            };
            far += (k as f64 - f64::from(level)).powi(2) * value;
            mass += value;
        }
        distance += if mass > 0.0 {
            far / mass
        } else {
            f64::INFINITY
        };
        columns += 1.0;
    }
    distance / columns
}

/// Properties 10 and 2 (one pair): each method is at least as near as the one before, the search ends in a local
/// minimum, every answer lies in the plane, and the cue in the plane of every answer.
#[test]
fn each_method_is_nearer_than_the_one_before() {
    let mut searched = 0;
    for case in 0..CASES {
        let (mut relation, lists, mut rng) = filled("search", case, [1, 4, 8][case as usize % 3]);
        let right = relation.config().right;
        if case % 4 == 3 {
            relation
                .set_tolerances(rng.random_range(0.0..0.8), 0.0, 0)
                .unwrap();
        }
        let (cue, partner) = pairs(&relation, &lists).next().unwrap();
        let recall = |method| {
            let rng = &mut stream("search draws", case);
            let config = SearchConfig::new(method);
            relation
                .recall((Side::Left, cue, None), &config, rng)
                .unwrap()
        };
        let plane = relation.project(Side::Left, cue, None).unwrap();
        let [random, sampled, found] = METHODS.map(recall);
        let Some(((random, sampled), found)) = random.zip(sampled).zip(found) else {
            assert!(!plane.accepted());
            continue;
        };
        let distance = |object: &[u16]| {
            let given = plane.weights(object).unwrap();
            naive_distance(&relation, cue, object, &given)
        };
        let d = [&random, &sampled, &found].map(|response| distance(&response.object));
        assert!(d[1] <= d[0] + 1e-12 && d[2] <= d[1] + 1e-12, "{d:?}");
        assert_eq!(sampled.first_distance, found.first_distance);
        for (response, expected) in [
            (sampled.first_distance, d[0]),
            (sampled.distance, d[1]),
            (found.sampled_distance, d[1]),
            (found.distance, d[2]),
        ] {
            assert!((response.unwrap() - expected).abs() <= 1e-9 * expected.max(1.0));
        }
        assert_eq!(found.outcome, Outcome::Converged);
        for response in [&random, &sampled, &found] {
            let weights = plane.weights(&response.object).unwrap();
            assert!(weights.iter().all(|&weight| weight > 0.0));
            let mean = weights.iter().sum::<f64>() / right.columns as f64;
            assert!((response.weight - mean).abs() < 1e-9);
            let back = relation
                .project(Side::Right, &response.object, Some(&weights))
                .unwrap();
            for (i, &level) in cue.iter().enumerate().filter(|(_, k)| **k != UNDEFINED) {
                assert!(back.at(i, level).unwrap() > 0.0);
            }
        }
        for j in 0..right.columns {
            for step in [-1, 1] {
                let level = i32::from(found.object[j]) + step;
                let fits = (0..right.rows as i32).contains(&level);
                if fits && plane.at(j, level as u16).unwrap() > 0.0 {
                    let mut neighbour = found.object.clone();
                    neighbour[j] = level as u16;
                    assert!(distance(&neighbour) >= d[2] * (1.0 - 1e-9));
                    searched += 1;
                }
            }
        }
        if lists[0].len() == cue.len() && !cue.contains(&UNDEFINED) {
            // One pair: one function.
            let whole = partner.iter().all(|&level| level != UNDEFINED);
            assert!(whole && [random, sampled, found].iter().all(|x| x.object == partner));
            assert_eq!(d, [0.0; 3]);
        }
    }
    assert!(searched > 400, "{searched} neighbours looked at");
}

/// Property 11: a neighbour reckoned from the candidate equals the neighbour from scratch, exactly with whole
/// weights, within 1e-9 with others, whether its plane back is empty or not.
#[test]
fn neighbours_are_reckoned_exactly() {
    let (mut finite, mut infinite) = (0, 0);
    for case in 0..CASES {
        let (mut relation, lists, mut rng) = filled("neighbours", case, 8);
        let RelationConfig { left, right, .. } = *relation.config();
        if case % 4 == 3 {
            relation
                .set_tolerances(rng.random_range(0.0..0.8), 0.0, 0)
                .unwrap();
        }
        let side = [Side::Left, Side::Right][case as usize % 2];
        let (own, other) = match side {
            Side::Left => (left, right),
            Side::Right => (right, left),
        };
        let cue = &lists[side as usize][..own.columns];
        if cue.iter().all(|&level| level == UNDEFINED) {
            continue;
        }
        let back = Back::new(&relation, (side, cue), None, EmptyBack::Infinite).unwrap();
        let candidate = crate::testing::total(&mut rng, other, 1);
        let whole = case % 2 == 0;
        let draw = |rng: &mut attractor_core::rng::Rng| match whole {
            true => f64::from(rng.random_range(1..9u8)),
            false => rng.random_range(0.1..9.0),
        };
        let given: Vec<f64> = (0..other.columns).map(|_| draw(&mut rng)).collect();
        // Several at once are what each is alone.
        let more = crate::testing::total(&mut rng, other, 3);
        let mut several: Vec<Vec<u16>> = more
            .chunks_exact(other.columns)
            .map(<[u16]>::to_vec)
            .collect();
        several[1][0] = UNDEFINED;
        let alone = several.iter().map(|object| back.distance(object, &given));
        let together = back.distances(|column, _| given[column], &several);
        assert_eq!(together, alone.collect::<Vec<_>>());
        let reach = back.reach(&candidate, &given);
        let j = rng.random_range(0..other.columns);
        let level = rng.random_range(0..other.rows);
        let weight = draw(&mut rng);
        let old = (usize::from(candidate[j]), given[j]);
        let found = back.neighbour(&reach, j, old, (level, weight));
        let (mut neighbour, mut weights) = (candidate.clone(), given.clone());
        neighbour[j] = level as u16;
        weights[j] = weight;
        let expected = back.distance(&neighbour, &weights);
        match whole || expected.is_infinite() {
            true => assert_eq!(found, expected),
            false => assert!((found - expected).abs() <= 1e-9 * expected.max(1.0)),
        }
        match expected.is_finite() {
            true => finite += 1,
            false => infinite += 1,
        }
    }
    assert!(finite > 50 && infinite > 50, "{finite}, {infinite}");
}

/// Sampling ends when the plane holds no further function, where the reference tries S T times; draws are
/// different ones.
#[test]
fn sampling_ends_with_the_plane() {
    let domain = crate::Domain::new(2, 4);
    let mut relation = RelationConfig::new(domain, domain).init().unwrap();
    relation
        .register(&[0, 0, 0, 0, 3, 0, 3, 0], &[0, 1, 1, 2, 0, 1, 1, 2])
        .unwrap();
    let plane = relation.project(Side::Left, &[0, 0], None).unwrap();
    let functions = plane.functions();
    let config = SearchConfig {
        samples: Some(1000),
        tries: Some(1000),
        ..SearchConfig::new(Method::SampleAndTest)
    };
    let mut ended = 0;
    for case in 0..50 {
        let rng = &mut stream("small planes", case);
        let response = relation.recall((Side::Left, &[0, 0], None), &config, rng);
        let response = response.unwrap().unwrap();
        assert!(response.samples as f64 <= functions && response.give_ups == 0);
        ended += usize::from(response.samples as f64 == functions);
        let stopped = response.distance == Some(0.0) || response.samples as f64 == functions;
        assert!(stopped, "{response:?}");
    }
    assert!(functions == 4.0 && ended > 0, "{functions}, {ended}");
    // With one try, a draw that was made before is given up.
    let config = SearchConfig {
        tries: Some(1),
        ..config
    };
    let all = (0..50).map(|case| {
        let rng = &mut stream("small planes", case);
        relation
            .recall((Side::Left, &[0, 0], None), &config, rng)
            .unwrap()
            .unwrap()
            .give_ups
    });
    assert!(all.sum::<usize>() > 0);
}

/// A candidate outside the plane is infinitely far unless the published policy is asked for.
#[test]
fn a_candidate_outside_the_plane_is_far() {
    let domain = crate::Domain::new(1, 2);
    let mut relation = RelationConfig::new(domain, domain).init().unwrap();
    relation.register(&[0], &[0]).unwrap();
    let distance = |empty| {
        let cue = (Side::Left, [1].as_slice(), None);
        relation.back_distance(cue, (&[1], None), empty).unwrap()
    };
    assert_eq!(distance(EmptyBack::Infinite), f64::INFINITY);
    assert_eq!(distance(EmptyBack::Zero), 0.0);
    let nothing = (Side::Left, [UNDEFINED].as_slice(), None);
    let message = relation.back_distance(nothing, (&[0], None), EmptyBack::Infinite);
    assert_eq!(
        message.unwrap_err().to_string(),
        "cue: must have a defined column with a weight, found none"
    );
}

/// The step limit is an outcome; the best of all neighbours ends in a minimum as well.
#[test]
fn the_search_says_how_it_ended() {
    let (mut stopped, mut steps) = (0, 0);
    for case in 0..200 {
        let (relation, lists, _) = filled("steps", 3 * case + 1, 8);
        let cue = &lists[0][..relation.config().left.columns];
        for best_improvement in [false, true] {
            let mut config = SearchConfig {
                samples: Some(0),
                best_improvement,
                ..SearchConfig::new(Method::SearchAndTest)
            };
            let mut recall = |max_steps| {
                config.max_steps = max_steps;
                let rng = &mut stream("step draws", case);
                relation
                    .recall((Side::Left, cue, None), &config, rng)
                    .unwrap()
            };
            let Some(free) = recall(None) else { continue };
            assert_eq!(free.outcome, Outcome::Converged);
            let limited = recall(Some(0)).unwrap();
            assert_eq!(limited.steps, 0);
            assert_eq!(limited.outcome == Outcome::MaxSteps, free.steps > 0);
            stopped += usize::from(limited.outcome == Outcome::MaxSteps);
            steps += free.steps;
        }
    }
    assert!(stopped > 20 && steps > stopped, "{stopped}, {steps}");
}

/// Property 18: one thread or three, the same answers bit by bit.
#[test]
fn threads_do_not_matter() {
    let (relation, _, mut rng) = filled("threads", 1, 30);
    let cues = crate::testing::near(&mut rng, relation.config().left, 40);
    let answers = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            METHODS.map(|method| {
                let config = SearchConfig::new(method);
                relation
                    .recall_batch(Side::Left, &cues, &config, 5)
                    .unwrap()
            })
        })
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(relation.entropies().len(), relation.sums().len());
}
