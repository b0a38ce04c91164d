use proptest::prelude::*;

use super::*;
use crate::ensembles::{Weights, left_regular, sparse_error};
use crate::linalg::max_abs;

fn apart(a: &[f64], b: &[f64]) -> f64 {
    max_abs(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
}

fn majority(order: Order) -> Decoder {
    Decoder {
        rule: Rule::Majority,
        order,
        ..Decoder::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// One after the other, every majority update lowers the number of unsatisfied checks, and success leaves
    /// none.
    #[test]
    fn majority_updates_satisfy_checks(seed in 0u64..1000, errors in 1usize..12, sign: bool) {
        let weights = if sign { Weights::Sign } else { Weights::Gaussian };
        let graph = left_regular((60, 120), 5, 2, weights, seed).unwrap();
        let error = sparse_error(120, errors, Weights::Gaussian, seed, 0).unwrap();
        let decoded = majority(Order::Sequential).decode(&graph, &graph.syndrome(&error).unwrap()).unwrap();
        let mut left = decoded.unsatisfied;
        for step in &decoded.steps {
            prop_assert!(step.unsatisfied < left, "{:?}", step);
            left = step.unsatisfied;
        }
        prop_assert_eq!(decoded.success, left == 0);
        if decoded.success {
            let rest = graph.syndrome(&error).unwrap();
            let fit = graph.syndrome(&decoded.error).unwrap();
            prop_assert!(apart(&rest, &fit) <= 1e-8 * max_abs(&rest));
        }
    }

    /// One error is gone after one round, in whatever order.
    #[test]
    fn one_error_takes_one_round(seed in 0u64..1000) {
        for weights in [Weights::Gaussian, Weights::Sign] {
            let graph = left_regular((30, 60), 5, 2, weights, seed).unwrap();
            let error = sparse_error(60, 1, Weights::Gaussian, seed, 0).unwrap();
            let syndrome = graph.syndrome(&error).unwrap();
            let mut decoders = vec![majority(Order::Sequential), majority(Order::Parallel)];
            if weights == Weights::Gaussian {
                decoders.push(Decoder::default());
            }
            for decoder in decoders {
                let decoded = decoder.decode(&graph, &syndrome).unwrap();
                prop_assert!(decoded.success && decoded.rounds == 1 && decoded.steps.len() == 1);
                prop_assert!(apart(&decoded.error, &error) < 1e-9);
            }
        }
    }
}

/// A graph without circles: entry k has checks 2k, 2k + 1 and 2k + 2, the last of which it shares. One error is gone
/// after one round, whether entries are visited from the first or from the last.
#[test]
fn a_tree_takes_one_round_in_either_order() {
    let entries = 9;
    let graph = |turned: bool| {
        let place = |k: usize| if turned { entries - 1 - k } else { k };
        let edges: Vec<(usize, usize, f64)> = (0..entries)
            .flat_map(|k| (0..3).map(move |i| (2 * k + i, place(k), 1.0 + (k * 3 + i) as f64)))
            .collect();
        Constraints::from_triplets((2 * entries + 1, entries), &edges).unwrap()
    };
    let (forth, back) = (graph(false), graph(true));
    for decoder in [
        majority(Order::Sequential),
        majority(Order::Parallel),
        Decoder::default(),
    ] {
        for k in 0..entries {
            let mut error = vec![0.0; entries];
            error[k] = -1.5;
            let one = decoder
                .decode(&forth, &forth.syndrome(&error).unwrap())
                .unwrap();
            error.reverse();
            let mut two = decoder
                .decode(&back, &back.syndrome(&error).unwrap())
                .unwrap();
            assert!(
                one.success && one.rounds == 1 && one.steps.len() == 1,
                "{decoder:?} {k}"
            );
            assert!(
                two.success && two.rounds == 1 && two.steps.len() == 1,
                "{decoder:?} {k}"
            );
            two.error.reverse();
            assert!(apart(&one.error, &two.error) < 1e-12);
            error.reverse();
            assert!(apart(&one.error, &error) < 1e-12);
        }
    }
}

/// Measured by another program: with real weights two agreeing checks are enough far beyond the majority.
#[test]
fn two_checks_go_farther_than_the_majority() {
    let share = |decoder: Decoder, errors: usize| {
        let mut good = 0;
        for seed in 0..30 {
            let graph = left_regular((200, 400), 5, 4, Weights::Gaussian, seed).unwrap();
            let error = sparse_error(400, errors, Weights::Gaussian, seed, 0).unwrap();
            let decoded = decoder
                .decode(&graph, &graph.syndrome(&error).unwrap())
                .unwrap();
            let right = apart(&decoded.error, &error) < 1e-6;
            assert_eq!(decoded.success, right, "{errors} {seed}");
            // A success takes as many updates as there are errors.
            assert!(!decoded.success || decoded.steps.len() == errors);
            good += usize::from(right);
        }
        good
    };
    assert!(share(Decoder::default(), 40) >= 29);
    assert!(share(Decoder::default(), 60) >= 27);
    let majority = majority(Order::Parallel);
    assert!(share(majority, 20) >= 28);
    assert!(share(majority, 40) <= 12);
}

#[test]
fn signs_are_decoded_by_the_majority() {
    let graph = left_regular((30, 60), 5, 2, Weights::Sign, 1).unwrap();
    assert!(graph.has_equal_sizes());
    assert_eq!(
        (graph.edge_count(), graph.width(), graph.constraint_count()),
        (300, 60, 30)
    );
    let real = left_regular((30, 60), 5, 2, Weights::Gaussian, 1).unwrap();
    assert!(!real.has_equal_sizes());
    let syndromes: Vec<Vec<f64>> = (0..8)
        .map(|i| {
            graph
                .syndrome(&sparse_error(60, 2, Weights::Sign, 2, i).unwrap())
                .unwrap()
        })
        .collect();
    let decoder = Decoder::default();
    let together = decoder.decode_all(&graph, &syndromes).unwrap();
    for (own, syndrome) in together.iter().zip(&syndromes) {
        assert_eq!(own, &decoder.decode(&graph, syndrome).unwrap());
    }
}

/// An entry with a single check would take any residual: it is left alone unless one check is said to be
/// enough.
#[test]
fn an_entry_of_one_check_is_left_alone() {
    let edges = [(0, 0, 2.0), (1, 0, 3.0), (2, 0, 0.5), (0, 1, 1.0)];
    let graph = Constraints::from_triplets((3, 2), &edges).unwrap();
    // The entry of one check comes last, so that both orders would let it speak.
    let swapped = [(0, 1, 2.0), (1, 1, 3.0), (2, 1, 0.5), (0, 0, 1.0)];
    let first = Constraints::from_triplets((3, 2), &swapped).unwrap();
    let decode = |graph: &Constraints, error: [f64; 2], least| {
        let decoder = Decoder {
            least,
            max_rounds: 1,
            ..majority(Order::Sequential)
        };
        decoder
            .decode(graph, &graph.syndrome(&error).unwrap())
            .unwrap()
            .error
    };
    assert_eq!(decode(&graph, [4.0, 0.0], 2), [4.0, 0.0]);
    assert_eq!(decode(&first, [0.0, 4.0], 2), [0.0, 4.0]);
    assert_eq!(decode(&first, [0.0, 4.0], 1)[0], 8.0);
}

#[test]
fn mistakes_are_named() {
    let message = |shape, edges: &[(usize, usize, f64)]| {
        Constraints::from_triplets(shape, edges)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message((2, 2), &[(2, 0, 1.0)]),
        "constraint: expected an index below 2, found 2"
    );
    assert_eq!(
        message((2, 2), &[(0, 5, 1.0)]),
        "entry: expected an index below 2, found 5"
    );
    assert!(message((2, 2), &[(0, 0, f64::NAN)]).contains("must be finite"));
    assert!(message((2, 2), &[(0, 0, 1.0), (0, 0, 2.0)]).contains("must occur once"));
    let crowded = left_regular((4, 50), 3, 1, Weights::Sign, 0)
        .unwrap_err()
        .to_string();
    assert!(
        crowded.starts_with("constraints in common: must leave room"),
        "{crowded}"
    );
    assert!(left_regular((4, 5), 5, 1, Weights::Sign, 0).is_err());
}
