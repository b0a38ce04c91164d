//! Reports and phase maps.

use attractor_testing::{device, tensor};

use super::*;
use crate::{Design, Guarantee, Warning, phase_map};

#[test]
fn ideal_and_correlated_memories_are_equilibria() {
    for dim in [50, 1000] {
        for patterns in [ideal(dim), correlated(dim, 9)] {
            for design in DESIGNS {
                let mut memory = config(dim, design).init(&device()).unwrap();
                let report = memory
                    .store(tensor(&patterns.singles(0.0, 1.0), dim))
                    .unwrap();
                assert!(report.worst_current_error() < 1e-10);
                assert!(report.worst_rate_error() < 1e-10);
                assert_eq!(report, memory.report().unwrap());
                let spreads = (
                    report.statistics.activity_spread,
                    report.statistics.overlap_spread,
                );
                assert!(spreads.0 < 1e-12 && spreads.1 < 1e-12);
            }
        }
    }
}

/// With the overlap of independent patterns the correlated ones are no equilibria, and the currents show
/// it where saturation hides it from the rates.
#[test]
fn a_wrong_overlap_shows_in_the_currents() {
    let patterns = tensor(&correlated(200, 4).singles(0.0, 1.0), 200);
    for design in DESIGNS {
        let mut config = config(200, design);
        config.design = Design::Known {
            activity: 0.2,
            overlap: 0.2,
        };
        let report = config
            .init(&device())
            .unwrap()
            .store(patterns.clone())
            .unwrap();
        assert!(report.worst_current_error() > 0.1);
        if design == DESIGNS[0] {
            assert!(
                report.worst_rate_error() < 1e-3,
                "{}",
                report.worst_rate_error()
            );
        }
        config.guarantee = Guarantee::Equilibrium;
        let refused = config.init(&device()).unwrap().store(patterns.clone());
        let message = refused.unwrap_err().to_string();
        assert!(
            message.starts_with("memories that are equilibria: expected max |W x - I|"),
            "{message}"
        );
    }
}

#[test]
fn a_guarantee_that_fails_is_named_and_nothing_is_stored() {
    use attractor_core::AssociativeMemory;
    let patterns = tensor(&correlated(100, 4).singles(0.0, 1.0), 100);
    let mut config = config(100, DESIGNS[1]);
    config.guarantee = Guarantee::Stable;
    let mut memory = config.init(&device()).unwrap();
    let message = memory.write(patterns.clone()).unwrap_err().to_string();
    let expected = "stability of the memories: expected a spectral abscissa below 0 at each, found 2.816e-1 at memory 0 of 4";
    assert_eq!(message, expected);
    assert!(memory.is_empty());
    config.currents.low = -0.3;
    let mut memory = config.init(&device()).unwrap();
    memory.write(patterns).unwrap();
    assert_eq!(memory.len(), 4);
}

#[test]
fn warnings_say_what_is_out_of_line() {
    let rows = sets::bernoulli(8, 300, 0.2, 1).unwrap();
    let mut excitatory = config(300, DESIGNS[1]).init(&device()).unwrap();
    let report = excitatory.store(tensor(&rows, 300)).unwrap();
    let warnings = report.warnings();
    let has = |kind: fn(&Warning) -> bool| warnings.iter().any(kind);
    assert!(has(|w| matches!(w, Warning::Activity(_))));
    assert!(has(|w| matches!(w, Warning::Overlap(_))));
    assert!(has(|w| matches!(w, Warning::Excitation(_))));
    assert!(!has(|w| matches!(w, Warning::Contraction(_))));
    let mut ideal_memory = config(100, DESIGNS[0]).init(&device()).unwrap();
    let report = ideal_memory
        .store(tensor(&ideal(100).singles(0.0, 1.0), 100))
        .unwrap();
    assert_eq!(report.warnings(), []);
    // 2 / (1 + 4.8 x 0.25).
    assert!(
        (report.step_limit - 0.909).abs() < 1e-3,
        "{}",
        report.step_limit
    );
    // The threshold of the authors' simulator makes unstable memories.
    let mut high = config(100, DESIGNS[0]);
    high.activation.threshold = 0.8;
    let mut memory = high.init(&device()).unwrap();
    let report = memory
        .store(tensor(&ideal(100).singles(0.0, 1.0), 100))
        .unwrap();
    assert!(report.warnings().contains(&Warning::Unstable(6)));
}

/// The four maps of 30 x 30 cells: how many are stable by the abscissa, certified stable, certified
/// unstable, and undecided by both. Measured with the authors' functions.
#[test]
fn phase_maps_have_the_known_counts() {
    let line = |first: f64, last: f64| -> Vec<f64> {
        (0..30)
            .map(|k| first + (last - first) * f64::from(k) / 29.0)
            .collect()
    };
    let expected = [
        [428, 428, 447, 25],
        [365, 341, 529, 30],
        [388, 388, 452, 60],
        [332, 272, 568, 60],
    ];
    let patterns = ideal(50);
    for ((shape, low), expected) in DESIGNS.into_iter().zip(expected) {
        let (slopes, thresholds) = (line(0.2, 5.0), line(0.0, 0.9));
        let cells = phase_map(&patterns, &currents(low), shape, &slopes, &thresholds).unwrap();
        let cells: Vec<crate::PhaseCell> = cells.into_iter().flatten().collect();
        assert_eq!(cells.len(), 900);
        assert_eq!(
            (cells[31].activation.slope, cells[31].activation.threshold),
            (slopes[1], thresholds[1])
        );
        let count =
            |kind: fn(&crate::PhaseCell) -> bool| cells.iter().filter(|cell| kind(cell)).count();
        let ours = [
            count(|cell| cell.stable()),
            count(|cell| cell.certificates.stable()),
            count(|cell| cell.certificates.unstable()),
            count(|cell| !cell.certificates.stable() && !cell.certificates.unstable()),
        ];
        for (ours, expected) in ours.iter().zip(expected) {
            assert!(
                ours.abs_diff(expected) <= 2,
                "{shape:?} {low}: {ours:?} {expected:?}"
            );
        }
        assert_eq!(count(crate::PhaseCell::contradicts), 0);
    }
}

/// Exact storage of patterns of one activity keeps any load below the number of units; of unequal
/// activities it says how far off it is.
#[test]
fn exact_storage_reports_what_it_reaches() {
    let mut config = config(200, DESIGNS[0]);
    config.design = Design::Exact;
    config.guarantee = Guarantee::Stable;
    let mut memory = config.init(&device()).unwrap();
    let rows = sets::fixed_count(60, 200, 0.2, 8).unwrap();
    let report = memory.store(tensor(&rows, 200)).unwrap();
    assert!(
        report.worst_current_error() < 1e-9,
        "{}",
        report.worst_current_error()
    );
    assert!(report.gains.is_none() && report.certificates.is_none());
    config.guarantee = Guarantee::None;
    let mut memory = config.init(&device()).unwrap();
    let rows = sets::bernoulli(60, 200, 0.2, 8).unwrap();
    let report = memory.store(tensor(&rows, 200)).unwrap();
    assert!(report.worst_current_error() > 1e-3);
    config.guarantee = Guarantee::Equilibrium;
    let message = config
        .init(&device())
        .unwrap()
        .store(tensor(&rows, 200))
        .unwrap_err();
    assert!(
        message.to_string().contains("activities differ by"),
        "{message}"
    );
}
