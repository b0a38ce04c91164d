//! Each nuisance alone and with others, on cues made with it.

use super::super::Evidence;
use super::super::nuisance::{Geometry, NUISANCES, Nuisance, Placement};
use super::{batch, normal, picture, single};
use crate::observation::{ObservationModel, SelfCalibrating};
use crate::{Error, check};

const SIDE: usize = 24;
const SITES: usize = SIDE * SIDE;
const GEOMETRY: Geometry = Geometry {
    height: SIDE,
    width: SIDE,
};

fn model(channels: usize, kinds: &[Nuisance]) -> SelfCalibrating {
    let model = SelfCalibrating::new(channels).unwrap();
    model.with_nuisances(kinds, Some(GEOMETRY)).unwrap()
}

/// The picture whose site (row, column) shows another's `from(row, column)`, grey where that shows nothing.
fn moved(picture: &[f32], from: impl Fn(f32, f32) -> (f32, f32)) -> Vec<f32> {
    let value = |at: usize| {
        let (channel, site) = (at / SITES, at % SITES);
        let (row, column) = from((site / SIDE) as f32, (site % SIDE) as f32);
        let last = (SIDE - 1) as f32;
        if !(0.0..=last).contains(&row) || !(0.0..=last).contains(&column) {
            return 0.5;
        }
        let pixel = |row: f32, column: f32| {
            picture[channel * SITES + row.min(last) as usize * SIDE + column.min(last) as usize]
        };
        let (down, right) = (row.fract(), column.fract());
        let line = |row: f32| pixel(row, column) * (1.0 - right) + pixel(row, column + 1.0) * right;
        line(row) * (1.0 - down) + line(row + 1.0) * down
    };
    (0..picture.len()).map(value).collect()
}

/// With noise, colours exchanged and a band that shows something else.
fn damaged(cue: &[f32], scale: f32) -> Vec<f32> {
    let noise = normal(3, cue.len());
    let mut damaged = cue.to_vec();
    damaged.rotate_left(cue.len() / 3);
    for (at, value) in damaged.iter_mut().enumerate() {
        *value += scale * noise[at];
        if at % SITES < 4 * SIDE {
            *value = 0.2;
        }
    }
    damaged
}

fn found(kinds: &[Nuisance], cue: &[f32], candidate: &[f32]) -> Evidence {
    model(3, kinds).evidence(cue, candidate).unwrap()
}

#[test]
fn translations_are_found_under_other_damage() {
    let candidate = picture(5, 3, SIDE);
    for (down, right) in [(0.0, 12.0), (-7.0, 3.0), (5.0, -11.0), (1.0, 0.0)] {
        let cue = moved(&candidate, |row, column| (row + down, column + right));
        for cue in [cue.clone(), damaged(&cue, 0.05)] {
            let found = found(&[Nuisance::Affine, Nuisance::Translation], &cue, &candidate);
            assert_eq!(found.placement.shift, [down, right]);
            let alone = self::found(&[Nuisance::Affine], &cue, &candidate);
            assert!(
                found.score > alone.score + 50.0,
                "{} {}",
                found.score,
                alone.score
            );
        }
    }
}

/// Where in the picture a row and a column of the cue lie; the last is the last of them.
type From = fn(f32, f32, f32) -> (f32, f32);

/// All eight, by their coordinates.
#[test]
fn turns_and_flips_are_found() {
    let candidate = picture(6, 3, SIDE);
    let last = (SIDE - 1) as f32;
    let all: [(usize, From); 8] = [
        (0, |row, column, _| (row, column)),
        (1, |row, column, last| (last - row, last - column)),
        (2, |row, column, last| (row, last - column)),
        (3, |row, column, last| (last - row, column)),
        (4, |row, column, last| (column, last - row)),
        (5, |row, column, last| (last - column, row)),
        (6, |row, column, _| (column, row)),
        (7, |row, column, last| (last - column, last - row)),
    ];
    for (turn, from) in all {
        let cue = moved(&candidate, |row, column| from(row, column, last));
        let found = found(
            &[Nuisance::Affine, Nuisance::Turn],
            &damaged(&cue, 0.05),
            &candidate,
        );
        assert_eq!(found.placement.turn, turn);
    }
}

#[test]
fn crops_are_found_between_the_grid() {
    let candidate = picture(7, 3, SIDE);
    for (side, top, left) in [(16.0, 3.0, 6.5), (19.0, 1.0, 4.0)] {
        let zoom = SIDE as f32 / side;
        let from = |at: f32, start: f32| (at + 0.5) / zoom - 0.5 + start;
        let cue = moved(&candidate, |row, column| {
            (from(row, top), from(column, left))
        });
        let found = found(
            &[Nuisance::Affine, Nuisance::Crop],
            &damaged(&cue, 0.05),
            &candidate,
        );
        assert!(
            (found.placement.zoom / zoom - 1.0).abs() < 0.04,
            "{:?}",
            found.placement
        );
        let middle = |start: f32| start + side / 2.0 - SIDE as f32 / 2.0;
        for (found, expected) in found
            .placement
            .shift
            .into_iter()
            .zip([middle(top), middle(left)])
        {
            assert!((found - expected).abs() < 0.6, "{found} {expected}");
        }
    }
}

#[test]
fn uneven_light_is_found() {
    let candidate = picture(8, 3, SIDE);
    let field = |site: usize| {
        let place = |at: usize| 2.0 * at as f32 / (SIDE - 1) as f32 - 1.0;
        let (y, x) = (place(site / SIDE), place(site % SIDE));
        1.0 + 0.4 * x - 0.3 * (y * y - 1.0 / 3.0)
    };
    let lit: Vec<f32> = (0..3 * SITES)
        .map(|at| field(at % SITES) * candidate[at])
        .collect();
    let kinds = [Nuisance::Affine, Nuisance::GainField];
    let found = self::found(&kinds, &damaged(&lit, 0.03), &candidate);
    let (coefficients, map) = (found.field.unwrap(), found.map.unwrap());
    for (found, expected) in coefficients.iter().zip([0.4, 0.0, 0.0, 0.0, -0.3]) {
        assert!((found - expected).abs() < 0.05, "{coefficients:?}");
    }
    assert!((map.linear[1] - 1.0).abs() < 0.1, "{map:?}");
    let alone = self::found(&kinds[..1], &damaged(&lit, 0.03), &candidate);
    assert!(found.score > alone.score + 50.0);
}

/// Nothing happened: nothing is found, whatever is looked for.
#[test]
fn nothing_is_found_where_nothing_happened() {
    let candidate = picture(9, 3, SIDE);
    let kinds: Vec<Nuisance> = NUISANCES.iter().map(|(_, kind)| *kind).collect();
    let noise = normal(4, candidate.len());
    let cue: Vec<f32> = candidate
        .iter()
        .zip(noise)
        .map(|(x, n)| x + 0.05 * n)
        .collect();
    let found = found(&kinds, &cue, &candidate);
    assert_eq!(found.placement, Placement::IDENTITY);
    assert!(found.map.is_none() && found.field.is_none());
}

/// What cost more freedom wins only by evidence, so that none of the kinds lowers a score.
#[test]
fn more_freedom_never_lowers_a_score() {
    let (candidate, other) = (picture(10, 3, SIDE), picture(11, 3, SIDE));
    for cue in [damaged(&candidate, 0.1), other] {
        let energy = |kinds: &[Nuisance]| {
            let energies = model(3, kinds).energy(&single(&cue), single(&candidate));
            check::to_host(energies).unwrap()[0]
        };
        let least = energy(&[]);
        for (_, kind) in NUISANCES {
            assert!(energy(&[*kind]) <= least, "{kind:?}");
        }
    }
}

/// Central differences of the energy along a direction, through light and placement.
#[test]
fn slopes_go_through_light_and_placement() {
    let candidate = picture(12, 1, SIDE);
    let shifted = moved(&candidate, |row, column| (row + 3.0, column - 2.0));
    let noise = normal(5, SITES);
    let place = |at: usize| 2.0 * at as f32 / (SIDE - 1) as f32 - 1.0;
    let cue: Vec<f32> = (0..SITES)
        .map(|site| (1.0 + 0.3 * place(site % SIDE)) * shifted[site] + 0.1 * noise[site])
        .collect();
    let kinds = [Nuisance::Gain, Nuisance::GainField, Nuisance::Translation];
    let model = model(1, &kinds);
    let evidence = model.evidence(&cue, &candidate).unwrap();
    assert_eq!(evidence.placement.shift, [3.0, -2.0]);
    assert!(evidence.field.is_some());
    let slopes = check::to_host(model.gradient(&single(&cue), single(&candidate))).unwrap();
    // Outside of what the cue shows of the candidate, nothing matters.
    assert!((0..3 * SIDE).all(|site| slopes[site] == 0.0));
    let direction: Vec<f32> = slopes.iter().map(|slope| slope.signum()).collect();
    let moved = |step: f32| {
        let moved: Vec<f32> = candidate
            .iter()
            .zip(&direction)
            .map(|(x, d)| x + step * d)
            .collect();
        -model.evidence(&cue, &moved).unwrap().score
    };
    let step = 2e-3;
    let expected = (moved(step) - moved(-step)) / f64::from(2.0 * step);
    let found: f64 = slopes.iter().map(|slope| f64::from(slope.abs())).sum();
    // The volume of maps and fields is left out of the slope.
    assert!((found / expected - 1.0).abs() < 0.03, "{found} {expected}");
}

/// A first pass that keeps all changes nothing; one that keeps a few keeps the winner.
#[test]
fn a_shortlist_keeps_the_winner() {
    let stored: Vec<Vec<f32>> = (20..44).map(|seed| picture(seed, 3, SIDE)).collect();
    let cues: Vec<Vec<f32>> = (0..4).map(|k| damaged(&stored[k], 0.1)).collect();
    let model = SelfCalibrating::new(3).unwrap();
    let all = check::to_host(model.energies(&batch(&cues), batch(&stored))).unwrap();
    let short = model.clone().with_shortlist(5).unwrap();
    assert_eq!(short.shortlist(), Some(5));
    let rough = check::to_host(short.rough_energies(&batch(&cues), batch(&stored))).unwrap();
    for row in 0..cues.len() {
        let own = &rough[row * stored.len()..(row + 1) * stored.len()];
        assert!(
            own.iter().filter(|energy| **energy < own[row]).count() < 5,
            "{own:?}"
        );
    }
    let chosen: Vec<bool> = (0..all.len()).map(|pair| pair % 3 == 0).collect();
    let some = short.chosen_energies(&batch(&cues), batch(&stored), &chosen);
    for ((some, all), chosen) in check::to_host(some).unwrap().iter().zip(&all).zip(chosen) {
        assert_eq!(*some, if chosen { *all } else { f32::INFINITY });
    }
}

#[test]
fn options_are_checked() {
    let bare = || SelfCalibrating::new(3).unwrap();
    let refusal = bare().with_nuisances(&[Nuisance::Turn], None).unwrap_err();
    assert!(
        refusal.to_string().contains("height and width"),
        "{refusal}"
    );
    let empty = Geometry {
        height: 0,
        width: 3,
    };
    assert!(bare().with_nuisances(&[], Some(empty)).is_err());
    let refusal = model(3, &[Nuisance::Turn])
        .check(3 * SITES + 3)
        .unwrap_err();
    assert!(refusal.to_string().contains("3 x 24 x 24"), "{refusal}");
    assert!(model(3, &[Nuisance::Turn]).check(3 * SITES).is_ok());
    assert!(bare().with_shortlist(0).is_err());
    let both = model(3, &[Nuisance::Translation]).with_shortlist(9);
    assert!(both.unwrap_err().to_string().contains("move sites"));
    let unknown = Nuisance::by_name("rotation").unwrap_err();
    assert!(matches!(unknown, Error::UnknownName { .. }), "{unknown}");
}
