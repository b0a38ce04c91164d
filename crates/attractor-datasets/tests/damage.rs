//! Damage: what each kind does, what the cue knows, and how answers are scored.

use attractor_core::rng;
use attractor_datasets::{Damage, ImageShape, Part};

const SHAPE: ImageShape = ImageShape::new(3, 4, 5);
const ROWS: usize = 6;

fn rows() -> Vec<f32> {
    (0..ROWS * SHAPE.dim())
        .map(|at| 0.01 + at as f32 / 1000.0)
        .collect()
}

fn apply(damage: Damage) -> attractor_datasets::Corrupted {
    let stream = |row: usize| rng::indexed_stream(7, "damage", row as u64);
    damage.apply(rows(), SHAPE, stream).unwrap()
}

#[test]
fn hidden_parts_are_filled_and_known() {
    let hidden = [
        (Part::Square { side: 2 }, 4),
        (Part::Left { columns: 2 }, 12),
        (Part::Kept { pixels: 3 }, 17),
        (Part::Dropped { pixels: 3 }, 3),
        (Part::First { entries: 15 }, 15),
    ];
    for (part, pixels) in hidden {
        let out = apply(Damage::Hide { part, fill: -1.0 });
        let known = out.mask().unwrap();
        for row in known.chunks(SHAPE.dim()) {
            let planes: Vec<&[f32]> = row.chunks(20).collect();
            assert_eq!(planes[0], planes[1], "{part:?}");
            assert_eq!(planes[0], planes[2], "{part:?}");
            assert_eq!(
                planes[0].iter().filter(|x| **x == 0.0).count(),
                pixels,
                "{part:?}"
            );
        }
        for ((cue, value), known) in out.cues.iter().zip(rows()).zip(known) {
            assert_eq!(*cue, if *known == 1.0 { value } else { -1.0 });
        }
    }
    let left = apply(Damage::Hide {
        part: Part::Left { columns: 2 },
        fill: 0.0,
    });
    assert_eq!(left.known[..5], [1.0, 1.0, 0.0, 0.0, 0.0]);
    // Two entries of the sixth pixel: no whole pixel.
    let first = apply(Damage::Hide {
        part: Part::First { entries: 17 },
        fill: 0.0,
    });
    assert_eq!(
        [first.known[5], first.known[25], first.known[45]],
        [1.0, 1.0, 0.0]
    );
}

#[test]
fn other_kinds_say_nothing_about_what_is_known() {
    let (dim, before) = (SHAPE.dim(), rows());
    let flipped = apply(Damage::Flip {
        entries: 7,
        mirror: 1.0,
    });
    for (cue, row) in flipped.cues.chunks(dim).zip(before.chunks(dim)) {
        let changed: Vec<usize> = (0..dim).filter(|&at| cue[at] != row[at]).collect();
        assert_eq!(changed.len(), 7);
        assert!(changed.iter().all(|&at| cue[at] == 1.0 - row[at]));
    }
    let pushed = apply(Damage::Push { length: 0.5 });
    for (cue, row) in pushed.cues.chunks(dim).zip(before.chunks(dim)) {
        let squares = cue.iter().zip(row).map(|(a, b)| f64::from(a - b).powi(2));
        assert!((squares.sum::<f64>().sqrt() - 0.5).abs() < 1e-5);
    }
    let thin = apply(Damage::Thin { share: 0.75 });
    let pairs = || thin.cues.iter().zip(&before);
    assert!(pairs().all(|(cue, value)| *cue == 0.0 || *cue == value / 0.25));
    let kept = pairs().filter(|(cue, _)| **cue != 0.0).count();
    // 360 entries, a standard deviation of 8.2.
    assert!((49..=131).contains(&kept), "{kept}");
    let clipped = apply(Damage::Noise {
        std: 2.0,
        within: Some((-1.0, 1.0)),
    });
    assert!(
        clipped
            .cues
            .iter()
            .all(|value| (-1.0..=1.0).contains(value))
    );
    assert!(clipped.cues.contains(&-1.0) && clipped.cues.contains(&1.0));
    for out in [flipped, pushed, thin, clipped, apply(Damage::Nothing)] {
        assert_eq!(out.mask(), None);
        assert!(out.known.iter().all(|&known| known == 1.0));
    }
}

#[test]
fn only_hidden_entries_count_where_some_are_hidden() {
    let stored = rows();
    let wrong: Vec<f32> = stored.iter().map(|value| value + 0.5).collect();
    let mean = |damage| apply(damage).errors(&stored, &wrong);
    assert!(
        mean(Damage::Nothing)
            .iter()
            .all(|error| (error - 0.25).abs() < 1e-6)
    );
    let part = Part::Left { columns: 2 };
    let hide = Damage::Hide { part, fill: 0.0 };
    let out = apply(hide);
    // Wrong in what is known, right in what is hidden.
    let known = out.mask().unwrap().iter();
    let answers: Vec<f32> = stored
        .iter()
        .zip(known)
        .map(|(x, known)| x + 9.0 * known)
        .collect();
    assert_eq!(out.errors(&stored, &answers), [0.0; ROWS]);
    assert!(
        out.errors(&stored, &wrong)
            .iter()
            .all(|error| (error - 0.25).abs() < 1e-6)
    );
    let nothing = Damage::Hide {
        part: Part::Left { columns: 5 },
        fill: 0.0,
    };
    assert_eq!(apply(nothing).errors(&stored, &wrong), [0.0; ROWS]);
    assert!(apply(nothing).mask().is_some());
}

#[test]
fn parameters_out_of_range_are_refused() {
    let hide = |part| Damage::Hide { part, fill: 0.0 };
    for (damage, expected) in [
        (
            hide(Part::Square { side: 5 }),
            "no larger than the image, found Square { side: 5 }",
        ),
        (hide(Part::Left { columns: 6 }), "of images of 3x4x5"),
        (
            hide(Part::First { entries: 61 }),
            "no larger than the image",
        ),
        (hide(Part::Kept { pixels: 21 }), "no larger than the image"),
        (
            hide(Part::Dropped { pixels: 21 }),
            "no larger than the image",
        ),
        (
            Damage::Flip {
                entries: 61,
                mirror: 0.0,
            },
            "found 61 of 60",
        ),
        (Damage::Thin { share: 1.0 }, "from 0 to below 1, found 1"),
        (
            Damage::Noise {
                std: -1.0,
                within: None,
            },
            "at least 0, found -1",
        ),
        (Damage::Push { length: f64::NAN }, "found NaN"),
    ] {
        let stream = |row: usize| rng::indexed_stream(7, "damage", row as u64);
        let error = damage.apply(rows(), SHAPE, stream).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn light_and_grey_follow_their_formulas() {
    let light = apply(Damage::Light {
        gain: -0.5,
        offset: 0.25,
    });
    for (cue, value) in light.cues.iter().zip(rows()) {
        assert!((cue - (0.25 - 0.5 * value)).abs() < 1e-6);
    }
    let grey = apply(Damage::Grey);
    for (cue, row) in grey.cues.chunks(60).zip(rows().chunks(60)) {
        for pixel in 0..20 {
            let mean = (row[pixel] + row[pixel + 20] + row[pixel + 40]) / 3.0;
            assert!((0..3).all(|plane| (cue[pixel + 20 * plane] - mean).abs() < 1e-6));
        }
    }
}

#[test]
fn replaced_pixels_are_whole_and_as_many_as_asked() {
    let shape = ImageShape::new(3, 40, 50);
    let pattern = vec![0.3f32; shape.dim()];
    let stream = |row: usize| rng::indexed_stream(7, "damage", row as u64);
    let damage = Damage::Replace {
        share: 0.7,
        with: [0.0, 1.0],
    };
    let out = damage.apply(pattern, shape, stream).unwrap();
    let planes: Vec<&[f32]> = out.cues.chunks(2000).collect();
    assert!(planes[0] == planes[1] && planes[0] == planes[2]);
    let count = |value: f32| planes[0].iter().filter(|x| **x == value).count();
    // 1400 and 700 expected; four standard deviations.
    assert!((count(0.3) as i64 - 600).abs() < 82, "{}", count(0.3));
    assert!((count(0.0) as i64 - 700).abs() < 86, "{}", count(0.0));
    assert_eq!(count(0.3) + count(0.0) + count(1.0), 2000);
    assert!(out.mask().is_none(), "the cue does not say which");
}

#[test]
fn every_second_row_is_filled() {
    let out = apply(Damage::Rows { fill: -1.0 });
    for (cue, row) in out.cues.chunks(60).zip(rows().chunks(60)) {
        for (line, (cue, row)) in cue.chunks(5).zip(row.chunks(5)).enumerate() {
            match line % 4 % 2 {
                1 => assert_eq!(cue, [-1.0; 5]),
                _ => assert_eq!(cue, row),
            }
        }
    }
}

#[test]
fn new_kinds_refuse_numbers_out_of_range() {
    let stream = |row: usize| rng::indexed_stream(7, "damage", row as u64);
    for (damage, expected) in [
        (
            Damage::Replace {
                share: 1.5,
                with: [0.0; 2],
            },
            "from 0 to 1, found 1.5",
        ),
        (
            Damage::Light {
                gain: f32::NAN,
                offset: 0.0,
            },
            "must be finite",
        ),
    ] {
        let error = damage.apply(rows(), SHAPE, stream).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
