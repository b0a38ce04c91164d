use attractor::datasets::{ImageShape, Split};
use attractor::evaluation::{Metric, Preset};

use super::cues::{Corruption, Geometry};
use crate::testing::{Bench, at};

const PARTS: &str = r#"
[[parts]]
name = "noise"
title = "t"
measure = "noise"
dataset = "builtin"
representation = "pixel"
x = "n_stored"
x_label = "stored images"
charts = ["pixel_mse"]
n_stored = [3]
options = { width = 64, epochs = 200 }
[[parts.series]]
name = "variance {variance}"
grid = { variance = [0.0, 0.2] }
[[parts]]
name = "parts"
title = "t"
measure = "parts"
dataset = "builtin"
representation = "pixel"
x = "n_stored"
x_label = "stored images"
charts = ["pixel_mse"]
n_stored = [3]
options = { width = 64, epochs = 200 }
[[parts.series]]
name = "{geometry}, one in {share}"
grid = { geometry = ["random", "top"], share = [2] }
"#;

#[test]
fn images_come_back_closer_than_their_cues() {
    let values = Bench::new("pcn", PARTS).run(Preset::Smoke, Metric::PixelMse);
    let error = |series: &str| at(&values, series, "3");
    // The cue's own error is 0.2.
    assert!(error("variance 0.2") < 0.02, "{values:?}");
    assert!(error("variance 0.0") < error("variance 0.2"), "{values:?}");
    assert!(error("random, one in 2") < 0.01, "{values:?}");
    assert!(error("top, one in 2") < 0.05, "{values:?}");
}

/// A solution in closed form first: a tenth of the passes do as well.
#[test]
fn a_ridge_solution_saves_most_of_the_training() {
    let error = |from: &str, to: &str| {
        let parts = PARTS.replace(from, to);
        let values = Bench::new("pcn", &parts).run(Preset::Smoke, Metric::PixelMse);
        at(&values, "random, one in 2", "3")
    };
    let trained = error("epochs = 200", "epochs = 20");
    let solved = error("epochs = 200", "epochs = 20, ridge = 0.1, prior_std = 0.1");
    assert!(solved < 0.1 * trained, "{solved} {trained}");
}

/// More images than there are is known before anything is computed, and said by name.
#[test]
fn cells_say_how_many_images_they_take() {
    let parts = PARTS.replace("n_stored = [3]", "n_stored = [3, 41]");
    let needs = Bench::new("pcn", &parts).needs(Preset::Smoke);
    let most = needs.iter().map(|(_, count)| *count).max();
    assert_eq!(most, Some(41));
    assert!(needs.iter().all(|(split, _)| *split == Split::Train));
}

#[test]
fn counts_beyond_reason_are_refused() {
    let parts = PARTS.replace("epochs = 200", "epochs = 20000000000");
    let message = Bench::new("pcn", &parts).refusal(Preset::Smoke);
    let expected = "`epochs` must be at most 10000000, found 20000000000";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn mistakes_in_options_are_named() {
    let refuse = |from: &str, to: &str| {
        assert!(PARTS.contains(from));
        Bench::new("pcn", &PARTS.replace(from, to)).refusal(Preset::Smoke)
    };
    for (from, to, expected) in [
        ("epochs = 200", "epoch = 200", "unknown field `epoch`"),
        ("width = 64", "width = 0", "expected `width`, `layers`"),
        (
            "width = 64",
            "width = 64, rounds = 0",
            "`rounds` of at least 1",
        ),
        ("width = 64", "width = 64, ridge = 0.0", "`ridge` above 0"),
        (
            "width = 64",
            "width = 64, prior_std = -1.0",
            "`prior_std` of at least 0",
        ),
        ("0.0, 0.2", "0.0, -0.2", "a `variance` of at least 0"),
        ("share = [2]", "share = [0]", "a `share` of at least 1"),
        ("\"top\"", "\"left\"", "unknown variant `left`"),
        (
            "measure = \"parts\"",
            "measure = \"pieces\"",
            "unknown `measure` `pieces`; known: noise, parts",
        ),
    ] {
        let message = refuse(from, to);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn cues_are_what_was_asked_for() {
    let shape = ImageShape {
        channels: 3,
        height: 8,
        width: 8,
    };
    let images = vec![0.5; 40 * 192];
    let noisy = Corruption::Noise { variance: 0.2 }
        .apply(&images, shape, 1)
        .unwrap();
    let errors = noisy.errors(&images, &noisy.cues);
    let mean = errors.iter().sum::<f64>() / 40.0;
    // 7680 numbers: the variance of the mean square is 2 * 0.04 / 7680.
    assert!(
        (mean - 0.2).abs() < 5.0 * (0.08f64 / 7680.0).sqrt(),
        "{mean}"
    );
    for geometry in [Geometry::Random, Geometry::Top] {
        let parts = Corruption::Parts { share: 4, geometry }
            .apply(&images, shape, 1)
            .unwrap();
        let known = parts.mask().unwrap();
        for (values, known) in parts.cues.chunks(192).zip(known.chunks(192)) {
            assert_eq!(known.iter().sum::<f32>(), 48.0);
            assert_eq!(known[..64], known[64..128]);
            assert!(values.iter().zip(known).all(|(x, known)| *x == 0.5 * known));
        }
        if geometry == Geometry::Top {
            assert!(known[..16].iter().all(|&known| known == 1.0));
        }
        // Unknown entries are black, and they alone count.
        let errors = parts.errors(&images, &parts.cues);
        assert!(errors.iter().all(|error| (error - 0.25).abs() < 1e-12));
    }
}
