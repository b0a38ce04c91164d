use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, Values, at, one_part};

fn run(part: &str, metric: Metric) -> Values {
    Bench::new("drdam", &one_part("energy_error", part)).run(Preset::Smoke, metric)
}

const ERROR: &str = r#"
measure = "error"
levels = [500, 8000]
n_stored = [50]
options = { dim = 40, beta = 20.0, flips = 0.1, queries = 30 }
[[parts.series]]
name = "{class}"
grid = { class = ["memory", "near", "random"] }
[[parts.series]]
name = "cosines"
options = { class = "memory", features = "cos" }
[[parts.series]]
name = "expected"
expectation = true
options = { class = "memory", expected = true }
"#;

#[test]
fn errors_fall_with_the_directions_and_are_as_expected_at_patterns() {
    let values = run(ERROR, Metric::GradientError);
    for class in ["memory", "near", "random"] {
        let ratio = at(&values, class, "500") / at(&values, class, "8000");
        // The root of 16, from one draw of directions.
        assert!((2.0..8.0).contains(&ratio), "{class}: {ratio}");
    }
    for level in ["500", "8000"] {
        let expected = at(&values, "expected", level);
        let ratio = at(&values, "memory", level) / expected;
        assert!((0.7..1.3).contains(&ratio), "{level}: {ratio}");
        assert!(at(&values, "cosines", level) > at(&values, "memory", level));
    }
}

#[test]
fn slopes_come_near_one_half() {
    let part = r#"
measure = "slope"
levels = [10]
n_stored = [50]
options = { dim = 30, flips = 0.1, queries = 30, counts = [1000, 4000, 16000] }
[[parts.series]]
name = "{class}"
grid = { class = ["memory", "near"] }
"#;
    for (place, slope) in run(part, Metric::Exponent) {
        assert!((slope + 0.5).abs() < 0.12, "{place:?}: {slope}");
    }
}

const RECALL: &str = r#"
measure = "recall"
levels = [500, 10000]
n_stored = [10]
options = { dim = 60, beta = 40.0, flips = 0.1, queries = 10, rate = 0.5, steps = 60, class = "near" }
[[parts.series]]
name = "{model}"
grid = { model = ["exact", "features"] }
"#;

#[test]
fn descent_recalls_and_more_directions_agree_better() {
    let values = run(RECALL, Metric::Accuracy);
    assert_eq!(at(&values, "exact", "500"), 100.0);
    assert!(at(&values, "features", "10000") >= 80.0, "{values:?}");
    let values = run(RECALL, Metric::Disagreement);
    let (few, many) = (
        at(&values, "features", "500"),
        at(&values, "features", "10000"),
    );
    assert!(many < few && many < 2.0, "{few} {many}");
}

#[test]
fn patterns_are_minima_above_the_spinodal_only() {
    let part = r#"
measure = "spinodal"
levels = [-3, 3]
options = { dim = 1500, stored = 50, queries = 10, steps = 400 }
[[parts.series]]
name = "patterns"
"#;
    let values = run(part, Metric::Accuracy);
    assert_eq!(at(&values, "patterns", "-3"), 0.0);
    assert_eq!(at(&values, "patterns", "3"), 100.0);
}

#[test]
fn centring_helps_positive_features() {
    let part = r#"
measure = "kinds"
dataset = "letters"
fallback_dataset = "builtin"
levels = [2000]
n_stored = [25]
options = { beta = 10.0, queries = 15 }
[[parts.series]]
name = "sin_cos"
options = { features = "sin_cos" }
[[parts.series]]
name = "positive"
options = { features = "positive" }
[[parts.series]]
name = "centred"
options = { features = "positive", centre = true }
"#;
    let values = run(part, Metric::RelativeError);
    let of = |series| at(&values, series, "2000");
    assert!(of("sin_cos") < of("centred"), "{values:?}");
    assert!(3.0 * of("centred") < of("positive"), "{values:?}");
}

#[test]
fn images_are_completed_and_differ_as_expected() {
    let part = r#"
measure = "images"
dataset = "tiny-imagenet"
fallback_dataset = ["cifar10", "builtin"]
representation = "pixel"
levels = [4000]
n_stored = [2]
options = { beta = 60.0, rate = 1.0, rule = "search", steps = 20, exact_steps = 20, visible = 0.8 }
[[parts.series]]
name = "{model}"
grid = { model = ["exact", "features", "expected"] }
"#;
    let errors = run(part, Metric::PixelMse);
    assert!(at(&errors, "exact", "4000") < 1e-3, "{errors:?}");
    assert!(at(&errors, "features", "4000") < 0.02, "{errors:?}");
    let values = run(part, Metric::Deviation);
    let ratio = at(&values, "features", "4000") / at(&values, "expected", "4000");
    assert!((0.75..1.25).contains(&ratio), "{values:?}");
    // Images that a kernel does not tell apart add up like one, twice as large.
    for (beta, expected) in [("60.0", 1.0), ("0.001", 2f64.sqrt())] {
        let part = part
            .replace("beta = 60.0", &format!("beta = {beta}"))
            .replace("\"exact\", \"features\"", "\"alike\"");
        let values = run(&part, Metric::Deviation);
        let ratio = at(&values, "alike", "4000") / at(&values, "expected", "4000");
        assert!((ratio - expected).abs() < 0.05, "{beta}: {values:?}");
    }
}

#[test]
fn mistakes_in_options_are_named() {
    let refuse = |part: &str, from: &str, to: &str| {
        assert!(part.contains(from));
        Bench::new("drdam", &one_part("energy_error", &part.replace(from, to)))
            .refusal(Preset::Smoke)
    };
    let message = refuse(ERROR, "queries = 30", "quarries = 30");
    assert!(message.contains("unknown field `quarries`"), "{message}");
    let message = refuse(ERROR, "beta = 20.0", "beta = -1.0");
    assert!(message.contains("expected `beta` above 0"), "{message}");
    let message = refuse(ERROR, "levels = [500, 8000]", "levels = [0.5]");
    assert!(
        message.contains("a whole number of directions"),
        "{message}"
    );
    let message = refuse(ERROR, "dim = 40", "dim = 5");
    assert!(
        message.contains("at most half of the patterns of 5 bits"),
        "{message}"
    );
    let message = refuse(RECALL, "rate = 0.5", "rate = 2.5");
    assert!(message.contains("`rate` between 0 and 2"), "{message}");
    let message = refuse(RECALL, "\"recall\"", "\"recal\"");
    assert!(
        message.contains("unknown `measure` `recal`; known: error, slope"),
        "{message}"
    );
}
