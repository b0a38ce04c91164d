//! What is taken for stored, and how often that is wrong.

use attractor_core::Recognise;
use proptest::prelude::*;

use super::super::calibration::{Calibration, Trial};
use super::super::damage::damage;
use super::super::ordinary::{Ordinary, Standing};
use super::*;

/// Under the same conditions as all others.
fn standing(clearance: f64) -> Standing {
    Standing {
        clearance,
        scale: 0.1,
        unexplained: 0.2,
        mapped: false,
    }
}

/// Clearances of known distributions: those of novel cues have exponential logarithms, those of stored ones are far above.
#[test]
fn calibrations_of_known_distributions() {
    let draws = rng::uniform_vec(&mut rng::stream(3, "test"), 4000, 0.0, 1.0);
    let trial = |draw: &f32| Trial {
        scores: vec![8.0, 0.0],
        alike: vec![0],
        stored: standing(2000.0 - 1000.0 * f64::from(*draw)),
        novel: standing((1.0 - f64::from(*draw)).recip() - 0.05),
    };
    let trials: Vec<Trial> = draws.iter().map(trial).collect();
    let calibration = Calibration::new(&trials, Vec::new());
    // Nine of ten are below 10: the logarithm over that exceeds -ln(10 rate) at a rate.
    assert!(calibration.familiarity(&standing(9.95)).abs() < 0.1);
    for rate in [0.3, 0.1, 0.03, 0.01, 0.001] {
        let (found, expected) = (calibration.threshold(rate).unwrap(), -f64::ln(10.0 * rate));
        assert!(
            (found - expected).abs() < 0.12 * -f64::ln(rate),
            "{rate}: {found} {expected}"
        );
    }
    let middle = calibration.familiarity(&standing(1500.0));
    assert!((calibration.false_rejection(middle) - 0.5).abs() < 0.03);
    let known =
        |clearance| calibration.probability_stored(calibration.familiarity(&standing(clearance)));
    assert!(known(2000.0) > 0.9 && known(1.0) < 0.05);
    // The right one always leads: the sharpest temperature is best.
    assert_eq!(calibration.temperature(), 1.0);
    assert!(calibration.threshold(0.0).is_err() && calibration.threshold(f64::NAN).is_err());
}

/// Clearances whose size depends on noise, share and map: the quantile under any conditions is found again, and conditions beyond
/// those that were seen count as the nearest.
#[test]
fn what_is_ordinary_depends_on_the_conditions() {
    let mut rng = rng::stream(5, "test");
    let draws = rng::uniform_vec(&mut rng, 4 * 3000, 0.0, 1.0);
    let level = |scale: f32, unexplained: f32, mapped: bool| {
        let map = if mapped { 0.7 } else { 0.0 };
        0.5 - 0.6 * f64::from(scale).ln() + 1.5 * f64::from(1.0 - unexplained).ln() + map
    };
    let one = |draw: &[f32]| {
        let (scale, unexplained, mapped) = (0.02 + 0.5 * draw[0], 0.9 * draw[1], draw[2] < 0.5);
        // Exponential, with its upper tenth above 0.
        let excess = -(1.0 - f64::from(draw[3])).ln() - 10f64.ln();
        Standing {
            clearance: (level(scale, unexplained, mapped) + excess).exp() - 0.05,
            scale,
            unexplained,
            mapped,
        }
    };
    let novel: Vec<Standing> = draws.chunks_exact(4).map(one).collect();
    let ordinary = Ordinary::of(&novel);
    for (scale, unexplained, mapped) in [(0.05, 0.1, false), (0.4, 0.8, true), (0.1, 0.5, true)] {
        let clearance = level(scale, unexplained, mapped).exp() - 0.05;
        let seen = Standing {
            clearance,
            scale,
            unexplained,
            mapped,
        };
        let familiarity = ordinary.familiarity(&seen);
        assert!(familiarity.abs() < 0.15, "{seen:?}: {familiarity}");
    }
    let finer = |scale| {
        ordinary.familiarity(&Standing {
            scale,
            ..standing(3.0)
        })
    };
    assert_eq!(finer(0.0), finer(0.015));
    assert!(finer(0.015) != finer(0.2));
}

/// Of new cues, no more are accepted than the rate says, within sampling error: all kinds of damage together, those of the
/// calibration and others, and no kind by itself more than three times as many.
#[test]
fn thresholds_hold_for_new_cues() {
    let stored = pictures(1, 40);
    let memory = memory(colour(), &stored);
    let threshold = Recognise::threshold(&memory, 0.05).unwrap();
    let foreign = pictures(7, 60);
    let drawn = |kind: usize| {
        let one = |(row, picture): (usize, &Vec<f32>)| {
            let mut cue = picture.clone();
            let mut rng = rng::indexed_stream(11, "test damage", row as u64);
            damage(&mut cue, 3, kind, &mut rng);
            cue
        };
        foreign.iter().enumerate().map(one).collect::<Vec<_>>()
    };
    // Every second row black, and the mean of the channels.
    let rows_gone = |picture: &Vec<f32>| -> Vec<f32> {
        let entries = picture.iter().enumerate();
        let seen = |at: usize| f32::from((at / SIDE).is_multiple_of(2));
        entries.map(|(at, value)| seen(at) * value).collect()
    };
    let grey = |picture: &Vec<f32>| -> Vec<f32> {
        let site = |at: usize| picture[at..].iter().step_by(SIDE * SIDE).sum::<f32>() / 3.0;
        (0..SIDE * SIDE).map(site).collect::<Vec<_>>().repeat(3)
    };
    let mut kinds: Vec<Vec<Vec<f32>>> = (0..KINDS).map(drawn).collect();
    kinds.push(foreign.iter().map(rows_gone).collect());
    kinds.push(foreign.iter().map(grey).collect());
    let accepted: Vec<usize> = kinds
        .iter()
        .map(|cues| {
            let found = host(memory.familiarity(rows(cues)).unwrap());
            let above = found.iter().filter(|value| f64::from(**value) >= threshold);
            above.count()
        })
        .collect();
    // 24 of 480 expected, with four standard deviations of independent ones; 9 of 60 are three times as many.
    assert!(accepted.iter().sum::<usize>() < 44, "{accepted:?}");
    assert!(accepted.iter().all(|count| *count <= 9), "{accepted:?}");
}

proptest! {
    /// More clearance is more familiarity, whatever the conditions; no conditions give anything but numbers.
    #[test]
    fn familiarity_rises_with_clearance(
        seen in prop::collection::vec((0.0f64..50.0, 0.0f32..1.0, 0.0f32..1.0, any::<bool>()), 1..40),
        scale in -1.0f32..9.0,
        unexplained in -0.5f32..1.5,
    ) {
        let novel: Vec<Standing> = seen
            .into_iter()
            .map(|(clearance, scale, unexplained, mapped)| Standing {
                clearance,
                scale,
                unexplained,
                mapped,
            })
            .collect();
        let ordinary = Ordinary::of(&novel);
        let at = |clearance| {
            ordinary.familiarity(&Standing {
                clearance,
                scale,
                unexplained,
                mapped: true,
            })
        };
        prop_assert!(at(0.0).is_finite() && at(0.0) < at(1.0) && at(1.0) < at(40.0));
    }
}

/// A first pass is trusted where its answer is recognised, and nowhere else.
#[test]
fn what_is_not_recognised_was_compared_with_all() {
    let config = SelfCalibratingConfig {
        shortlist: Some(5),
        ..strict()
    };
    let (stored, strangers) = (pictures(1, 60), pictures(2, 12));
    let memory = memory(config, &stored);
    let mut looked_again = 0;
    for (cues, novel) in [(stored[..12].to_vec(), false), (strangers, true)] {
        let answers = memory.answers(rows(&cues)).unwrap();
        let read = memory.read(rows(&cues)).unwrap();
        for (row, answer) in answers.iter().enumerate() {
            let compared = answer.scores.iter().filter(|score| score.is_finite());
            match answer.accepted {
                true => assert!(compared.count() >= 5),
                false => assert_eq!(compared.count(), 60),
            }
            looked_again += usize::from(novel && !answer.accepted);
            assert_eq!(
                read.recalled[row].map(|found| found.index),
                Some(answer.best)
            );
            assert_eq!(read.outcomes[row] == Outcome::Rejected, !answer.accepted);
            assert!(novel || (answer.accepted && answer.best == row));
        }
    }
    assert!(looked_again > 6, "{looked_again} of 12");
}
