use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, at, one_part};

fn bits(axis: &str) -> Bench {
    Bench::new(
        "shared",
        &one_part(
            "top1",
            &format!(
                r#"measure = "binary"
{axis}
[[parts.series]]
name = "nearest"
options = {{ recipe = "nearest" }}
[[parts.series]]
name = "hebb"
options = {{ recipe = "classical-hopfield" }}
"#
            ),
        ),
    )
}

/// What is stored comes back from itself, whatever stores it; from cues of noise nothing does.
#[test]
fn bits_come_back_from_less_and_less() {
    let axis = r#"n_stored = [4]
levels = [0.0, 0.1, 0.5]
options = { damage = "flips", cues = 4, dim = 100 }"#;
    let top = bits(axis).run(Preset::Smoke, Metric::Top1);
    for series in ["nearest", "hebb"] {
        for level in ["0", "0.1"] {
            assert_eq!(at(&top, series, level), 100.0, "{series} {level}");
        }
        assert!(at(&top, series, "0.5") < 100.0, "{series}");
    }
    let bytes = bits(axis).run(Preset::Smoke, Metric::BytesPerPattern);
    // Four bytes for each of 100 entries: a network of weights is saved as the patterns that it is made of.
    for series in ["nearest", "hebb"] {
        let each = at(&bytes, series, "0");
        assert!((400.0..500.0).contains(&each), "{series}: {each}");
    }
}

/// A memory that completes is told what is hidden: nine in ten bits may be.
#[test]
fn missing_bits_are_said_to_be_missing() {
    let axis = r#"x = "n_stored"
n_stored = [3, 6]
options = { damage = "hidden", strength = 0.9, cues = 6, dim = 200 }"#;
    let top = bits(axis).run(Preset::Smoke, Metric::Top1);
    assert_eq!(at(&top, "nearest", "6"), 100.0);
    let wrong = bits(axis).run(Preset::Smoke, Metric::BitError);
    assert_eq!(at(&wrong, "nearest", "3"), 0.0);
}

#[test]
fn images_are_stored_whole() {
    let part = r#"measure = "images"
dataset = "builtin"
n_stored = [5]
levels = [0.0, 0.2]
options = { damage = "noise", cues = 3 }
[[parts.series]]
name = "GMM"
options = { recipe = "gmm" }
"#;
    let top = Bench::new("shared", &one_part("top1", part)).run(Preset::Smoke, Metric::Top1);
    assert_eq!(at(&top, "GMM", "0.2"), 100.0);
}

#[test]
fn mistakes_are_named() {
    let message = |options: &str| {
        let axis = format!("n_stored = [4]\nlevels = [0.5]\noptions = {{ cues = 2, {options} }}");
        bits(&axis).refusal(Preset::Smoke)
    };
    for (options, rule) in [
        (r#"damage = "rain", dim = 10"#, "flips or hidden"),
        (r#"damage = "flips""#, "expected `dim` for bits, from 1"),
        (
            r#"damage = "flips", dim = 10, strength = 0.1"#,
            "found both",
        ),
    ] {
        let message = message(options);
        assert!(message.contains(rule), "{message}");
    }
}
