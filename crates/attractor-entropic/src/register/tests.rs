use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Merge, Outcome, Persist, Recognise,
};
use attractor_testing::{device, host, normal, tensor};
use rand::RngExt;

use super::*;
use crate::testing::{CASES, domain, partial, shuffled, stream, total};
use crate::{BinaryConfig, Domain, Preference, RegisterSystem, UNDEFINED};

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

/// Property 14: sigma from the cue's value to the marginal of the column.
#[test]
fn sigma_reaches_from_the_cue_to_the_marginal() {
    for case in 0..CASES {
        let rng = &mut stream("sigma", case);
        let domain = domain(rng);
        let objects = total(rng, domain, 5);
        let cue = &objects[..domain.columns];
        let at = |sigma: f64, cue: &[u16]| {
            let config = RegisterConfig {
                sigma,
                ..RegisterConfig::new(domain)
            };
            let mut register = config.init().unwrap();
            register.register(&objects).unwrap();
            register.distribution(cue).unwrap()
        };
        let marginal = at(0.1, &vec![UNDEFINED; domain.columns]);
        let objects_of = |i: usize, k: usize| {
            let column = objects.iter().skip(i).step_by(domain.columns);
            column.filter(|&&level| usize::from(level) == k).count()
        };
        for (cell, (wide, share)) in at(1e9, cue).iter().zip(&marginal).enumerate() {
            let expected = objects_of(cell / domain.rows, cell % domain.rows) as f64 / 5.0;
            assert!((share - expected).abs() < 1e-12 && (wide - expected).abs() < 1e-9);
        }
        for (cell, narrow) in at(1e-3, cue).iter().enumerate() {
            let hit = usize::from(cue[cell / domain.rows]) == cell % domain.rows;
            assert_eq!(*narrow, f64::from(u8::from(hit)));
        }
    }
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

/// Through the interface of all memories: a stored pattern is recognised and comes back within half a level,
/// alone as in a batch; a foreign one is rejected.
#[test]
fn the_memory_reads_what_it_wrote() {
    let config = EntropicConfig {
        rows: 64,
        sigma: 1e-3,
        range: Range::Fixed {
            low: -5.0,
            high: 5.0,
        },
        ..EntropicConfig::new(6)
    };
    let mut memory = config.init(&device()).unwrap();
    assert_eq!(
        memory.read(normal(1, 2, 6)).unwrap_err(),
        Error::EmptyMemory
    );
    let patterns = normal(1, 3, 6);
    memory.write(patterns.clone()).unwrap();
    assert_eq!((memory.len(), memory.dim()), (3, 6));
    let recall = memory.read(patterns.clone()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::SinglePass; 3]);
    let all = host(recall.state);
    for (found, expected) in all.iter().zip(host(patterns.clone())) {
        assert!((found - expected).abs() <= 5.0 / 63.0 + 1e-6);
    }
    let alone = memory.read(patterns.clone().narrow(0, 2, 1)).unwrap();
    assert_eq!(host(alone.state), all[12..]);
    let scores = memory.familiarity(patterns.clone()).unwrap();
    assert!(host(scores).iter().all(|&score| score >= 1.0));
    let foreign = tensor(&[4.0; 6], 6);
    let recall = memory.read(foreign.clone()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::Rejected]);
    assert_eq!(host(recall.state), [0.0; 6]);
    assert_eq!(host(memory.familiarity(foreign.clone()).unwrap()), [-6.0]);
    // Of the foreign cue nothing is known: any stored column value may come.
    let unknown = tensor(&[0.0; 6], 6);
    let recall = memory.complete(foreign, unknown).unwrap();
    assert_eq!(recall.outcomes, [Outcome::SinglePass]);
    let before = memory.clone();
    memory.write(tensor(&[1.0; 6], 6)).unwrap();
    memory.unregister(tensor(&[1.0; 6], 6)).unwrap();
    assert_eq!(memory.register(), before.register());
    let message = memory.remove(0).unwrap_err().to_string();
    assert!(
        message.contains("patterns that are kept one by one"),
        "{message}"
    );
    memory.clear();
    assert!(memory.is_empty() && memory.register().sums() == [0; 6]);
}

/// The range of the first write: percentiles, outliers at the ends, columns that do not vary.
#[test]
fn the_first_write_gives_the_range() {
    let mut memory = EntropicConfig::new(2).init(&device()).unwrap();
    let constant = tensor(&[1.0, 2.0, 1.0, 2.0], 2);
    let message = memory.write(constant).unwrap_err().to_string();
    assert_eq!(
        message,
        "patterns: the first write must vary in some column, or `range` be fixed, found 2 equal rows"
    );
    assert!(memory.is_empty() && memory.quantiser().is_none());
    memory.write(tensor(&[0.0, 2.0, 1.0, 2.0], 2)).unwrap();
    let quantiser = memory.quantiser().unwrap();
    assert_eq!(quantiser.constant(), [1]);
    assert!((quantiser.minima()[0] - 0.005).abs() < 1e-12);
    let message = memory.write(tensor(&[0.5, f32::NAN], 2)).unwrap_err();
    assert!(
        message
            .to_string()
            .starts_with("patterns: expected finite numbers")
    );
    assert_eq!(memory.len(), 2);
    // Two memories with ranges of their own do not merge.
    let mut other = EntropicConfig::new(2).init(&device()).unwrap();
    other.write(tensor(&[0.0, 2.0, 3.0, 2.0], 2)).unwrap();
    let message = memory.clone().merge(other).unwrap_err().to_string();
    assert!(
        message.contains("levels between the same numbers"),
        "{message}"
    );
    let merged = memory.clone().merge(memory.clone()).unwrap();
    assert_eq!(merged.len(), 4);
}

#[test]
fn files_give_back_what_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.safetensors");
    let mut memory = EntropicConfig::new(5).init(&device()).unwrap();
    memory.save(&path).unwrap();
    assert!(EntropicMemory::load(&path, &device()).unwrap().is_empty());
    memory.write(normal(3, 9, 5)).unwrap();
    memory.save(&path).unwrap();
    let loaded = EntropicMemory::load(&path, &device()).unwrap();
    assert_eq!(loaded.register(), memory.register());
    let cues = normal(3, 4, 5);
    assert_eq!(
        host(loaded.read(cues.clone()).unwrap().state),
        host(memory.read(cues).unwrap().state)
    );
    let message = Register::load(&path, &device()).unwrap_err().to_string();
    assert!(
        message.contains("expected the system `entropic-register`"),
        "{message}"
    );
    let mut register = example();
    register.register(&[UNDEFINED; 4]).unwrap();
    register.save(&path).unwrap();
    assert_eq!(Register::load(&path, &device()).unwrap(), register);
}
