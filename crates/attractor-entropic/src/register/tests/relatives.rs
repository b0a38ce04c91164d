//! The binary register, systems of registers, columns with a capacity.

use rand::RngExt;

use crate::testing::{CASES, domain, partial, stream};
use crate::{BinaryConfig, Domain, Preference, RegisterConfig, RegisterSystem, UNDEFINED};

/// Property 17: binary is weighted under a threshold at one count.
#[test]
fn the_binary_register_is_the_weighted_one_under_a_threshold() {
    for case in 0..CASES {
        let rng = &mut stream("binary", case);
        let domain = domain(rng);
        let tolerance = rng.random_range(0..=domain.columns);
        let objects = partial(rng, domain, 4);
        let mut binary = BinaryConfig { domain, tolerance }.init().unwrap();
        binary.register(&objects).unwrap();
        let config = RegisterConfig {
            xi: tolerance,
            ..RegisterConfig::new(domain)
        };
        let mut weighted = config.init().unwrap();
        weighted.register(&objects).unwrap();
        let cue = partial(rng, domain, 1);
        let (ours, theirs) = (
            binary.recognise(&cue).unwrap(),
            weighted.recognise(&cue).unwrap(),
        );
        assert_eq!(
            (ours.accepted, ours.mismatches),
            (theirs.accepted, theirs.mismatches)
        );
        let columns = weighted.counts().chunks_exact(domain.rows);
        let on = columns.map(|column| column.iter().filter(|&&x| x > 0).count() as f64);
        let logs: Vec<f64> = on.filter(|&x| x > 0.0).map(f64::log2).collect();
        let mean = logs.iter().sum::<f64>() / logs.len().max(1) as f64;
        assert!((binary.entropy() - mean).abs() < 1e-12);
        match binary.retrieve(&cue, rng).unwrap() {
            None => assert!(!ours.accepted),
            Some(answer) => {
                for (i, &level) in answer.iter().enumerate() {
                    let column = &binary.cells()[i * domain.rows..(i + 1) * domain.rows];
                    match level {
                        UNDEFINED => assert!(column.iter().all(|on| !on)),
                        level => assert!(column[usize::from(level)]),
                    }
                }
            }
        }
    }
}

/// The triangular draw stays in the run of cells around the cue: 7 cells, mode at the second; rounding gives
/// each level the mass within half a level.
#[test]
fn the_binary_draw_is_triangular() {
    let mut binary = BinaryConfig::new(Domain::new(1, 9)).init().unwrap();
    binary.register(&[0, 1, 2, 3, 4, 5, 6, 8]).unwrap();
    let (rng, draws) = (&mut stream("triangular", 0), 100_000);
    let mut counts = [0.0; 9];
    for _ in 0..draws {
        let answer = binary.retrieve(&[1], rng).unwrap().unwrap();
        counts[usize::from(answer[0])] += 1.0;
    }
    let below = |x: f64| match x {
        x if x <= 0.0 => 0.0,
        x if x <= 1.0 => x * x / 6.0,
        x if x < 6.0 => 1.0 - (6.0 - x).powi(2) / 30.0,
        _ => 1.0,
    };
    for (level, count) in counts.iter().enumerate() {
        let level = level as f64;
        let expected = below(level + 0.5) - below(level - 0.5);
        let error = (expected * (1.0 - expected) / f64::from(draws)).sqrt();
        let found = count / f64::from(draws);
        assert!((found - expected).abs() <= 4.5 * error, "{level}: {found}");
    }
}

/// The class whose register knows the cue best answers, and a foreign cue has none.
#[test]
fn a_system_names_the_class() {
    let config = RegisterConfig::new(Domain::new(3, 4));
    for preference in [Preference::EntropyPerWeight, Preference::Entropy] {
        let mut system = RegisterSystem::new(&config, 3, preference).unwrap();
        let rng = &mut stream("system", 0);
        system.register(0, &[0, 0, 0, 1, 1, 1]).unwrap();
        system.register(1, &[2, 2, 2]).unwrap();
        // The second class has no entropy, the first has one bit: both know it.
        system.register(0, &[2, 2, 2]).unwrap();
        let (class, object) = system.retrieve(&[2, 2, 2], rng).unwrap().unwrap();
        assert_eq!((class, object), (1, vec![2, 2, 2]));
        assert_eq!(system.retrieve(&[0, 1, 0], rng).unwrap().unwrap().0, 0);
        assert_eq!(system.retrieve(&[3, 3, 3], rng).unwrap(), None);
        let message = system.register(3, &[0, 0, 0]).unwrap_err().to_string();
        assert_eq!(message, "class: expected an index below 3, found 3");
    }
}

/// The capacity keeps every column's sum, and rare levels go first.
#[test]
fn a_full_column_gives_way() {
    let config = RegisterConfig {
        capacity: Some(20),
        ..RegisterConfig::new(Domain::new(1, 4))
    };
    // 12, 7, 1, then one more: of N = 2 others, 12 gives way with 1 - 12/19 and 7 with 1 - 7/19.
    let start = [vec![0; 12], vec![1; 7], vec![2]].concat();
    let mut given = [0.0; 4];
    for seed in 0..4000 {
        let mut register = RegisterConfig { seed, ..config }.init().unwrap();
        register.register(&start).unwrap();
        register.register(&[2]).unwrap();
        assert_eq!(register.sums(), [20]);
        assert_eq!(register.counts()[2], 2);
        given[0] += f64::from(12 - register.counts()[0]);
        given[1] += f64::from(7 - register.counts()[1]);
    }
    let expected = 7.0 / 19.0;
    let error = (expected * (1.0 - expected) / 4000.0f64).sqrt();
    assert!(
        (given[0] / 4000.0 - expected).abs() < 4.0 * error,
        "{given:?}"
    );
    assert_eq!(given[0] + given[1], 4000.0);
    // With no other level the registration is undone, with one other that one gives way.
    let mut register = config.init().unwrap();
    register.register(&[3; 30]).unwrap();
    assert_eq!(register.counts(), [0, 0, 0, 20]);
    register.register(&[0; 5]).unwrap();
    assert_eq!(register.counts(), [5, 0, 0, 15]);
    let message = register.unregister(&[0]).unwrap_err().to_string();
    assert!(
        message.contains("a register without a capacity"),
        "{message}"
    );
}
