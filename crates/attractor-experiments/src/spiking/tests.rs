use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, Values, at, one_part};

fn run(part: &str, metric: Metric) -> Values {
    Bench::new("spiking", &one_part("overlap", part)).run(Preset::Smoke, metric)
}

const LOADS: &str = r#"
measure = "recall"
levels = [0.1, 0.6]
options = { units = 60, cues = 20, flips = 0.1, rule = "pseudo_inverse" }
[[parts.series]]
name = "{memory}"
grid = { memory = ["spiking", "hopfield"] }
[[parts.series]]
name = "weak"
options = { inhibition = 0.5 }
"#;

#[test]
fn recall_falls_with_load_and_needs_inhibition() {
    let rate = run(LOADS, Metric::RetrievalRate);
    for memory in ["spiking", "hopfield"] {
        assert_eq!(at(&rate, memory, "0.1"), 100.0);
        assert!(at(&rate, memory, "0.6") < 80.0, "{rate:?}");
    }
    assert!(at(&rate, "weak", "0.1") < 50.0, "{rate:?}");
    let certified = run(LOADS, Metric::Certified);
    assert_eq!(at(&certified, "spiking", "0.1"), 100.0);
    assert_eq!(at(&certified, "weak", "0.1"), 0.0);
    let unlike = run(LOADS, Metric::Unlike);
    assert_eq!(at(&unlike, "spiking", "0.1"), 0.0);
    let spikes = run(LOADS, Metric::Spikes);
    // 60 units, two spikes per tau, 25 tau.
    assert!(
        (2000.0..4000.0).contains(&at(&spikes, "spiking", "0.1")),
        "{spikes:?}"
    );
}

#[test]
fn parts_of_images_are_completed() {
    let part = r#"
measure = "recall"
dataset = "mnist"
fallback_dataset = "builtin"
representation = "pixel"
levels = [0.4]
n_stored = [4]
options = { axis = "known", cues = 4, rule = "pseudo_inverse" }
[[parts.series]]
name = "{held}"
grid = { held = [true, false] }
"#;
    let overlap = run(part, Metric::Overlap);
    for held in ["true", "false"] {
        assert!(at(&overlap, held, "0.4") > 0.95, "{overlap:?}");
    }
}

#[test]
fn capacity_is_linear_in_the_units() {
    let part = r#"
measure = "capacity"
levels = [30, 60]
options = { cues = 30, flips = 0.1, from = 0.1, step = 0.1, rule = "pseudo_inverse" }
[[parts.series]]
name = "{memory}"
grid = { memory = ["spiking", "hopfield"] }
"#;
    let load = run(part, Metric::Load);
    for units in ["30", "60"] {
        let found = at(&load, "spiking", units);
        assert!((0.25..0.6).contains(&found), "{load:?}");
    }
    let capacity = run(part, Metric::Capacity);
    assert!(at(&capacity, "spiking", "60") > 1.4 * at(&capacity, "spiking", "30"));
    let part = r#"
measure = "exponent"
levels = [0.1]
options = { cues = 20, units = [20, 40], from = 0.1, step = 0.1, rule = "pseudo_inverse" }
[[parts.series]]
name = "spiking"
"#;
    let exponent = at(&run(part, Metric::Exponent), "spiking", "0.1");
    assert!((0.5..1.6).contains(&exponent), "{exponent}");
}

#[test]
fn trajectories_end_in_the_memory() {
    let part = r#"
measure = "trajectory"
levels = [0.2]
options = { units = 60, load = 0.1, duration = 8.0, rule = "pseudo_inverse" }
[[parts.series]]
name = "spiking"
"#;
    assert!(at(&run(part, Metric::Overlap), "spiking", "0.2") > 0.99);
}

#[test]
fn mistakes_in_options_are_named() {
    let refuse = |from: &str, to: &str| {
        assert!(LOADS.contains(from));
        let part = one_part("overlap", &LOADS.replace(from, to));
        Bench::new("spiking", &part).refusal(Preset::Smoke)
    };
    let message = refuse("flips = 0.1", "flip = 0.1");
    assert!(message.contains("unknown field `flip`"), "{message}");
    let message = refuse("flips = 0.1", "flips = 1.5");
    assert!(
        message.contains("`flips` must be from 0 to 1, found 1.5"),
        "{message}"
    );
    let message = refuse("levels = [0.1", "levels = [0.0");
    assert!(
        message.contains("a load of at least one pattern of 60 units"),
        "{message}"
    );
    let message = refuse("units = 60", "units = 1");
    assert!(message.contains("`units` of at least 2"), "{message}");
    let message = refuse("\"pseudo_inverse\"", "\"perceptron\"");
    assert!(message.contains("has no such `rule`"), "{message}");
    let message = refuse("inhibition = 0.5", "inhibition = -1.0");
    assert!(
        message.contains("inhibition_ratio: must be finite"),
        "{message}"
    );
    let message = refuse("\"recall\"", "\"recal\"");
    assert!(
        message.contains("known: recall, capacity, exponent, trajectory"),
        "{message}"
    );
}
