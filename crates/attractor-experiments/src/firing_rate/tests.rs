use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, Values, at, one_part};

fn run(part: &str, metric: Metric) -> Values {
    Bench::new("firing-rate", &one_part(metric.name(), part)).run(Preset::Smoke, metric)
}

const RECALL: &str = r#"
measure = "recall"
levels = [0.1, 0.7]
n_stored = [5]
options = { memory = { rule = "pseudo_inverse" }, patterns = { units = 300 } }
[[parts.series]]
name = "{model}"
grid = { model = ["firing-rate", "covariance", "classical-hopfield"] }
"#;

#[test]
fn patterns_return_from_what_is_left_of_them() {
    let values = run(RECALL, Metric::RetrievalRate);
    for model in ["firing-rate", "covariance", "classical-hopfield"] {
        assert_eq!(at(&values, model, "0.7"), 100.0, "{values:?}");
    }
    assert_eq!(at(&values, "firing-rate", "0.1"), 0.0);
    let values = run(RECALL, Metric::Overlap);
    assert!(
        (at(&values, "firing-rate", "0.7") - 1.0).abs() < 0.1,
        "{values:?}"
    );
    let values = run(RECALL, Metric::OtherOverlap);
    assert!(
        (at(&values, "firing-rate", "0.7") - 0.2).abs() < 0.06,
        "{values:?}"
    );
}

#[test]
fn the_sign_of_the_homogeneous_term_decides() {
    let part = r#"
measure = "recall"
levels = [-0.3, 0.1]
n_stored = [10]
options = { model = "firing-rate", axis = "low_current", keep = 0.6, network = { storage = "known" } }
[[parts.series]]
name = "independent"
options = { patterns = { units = 600 } }
[[parts.series]]
name = "ideal"
options = { patterns = { source = "ideal", units = 600 } }
"#;
    let values = run(part, Metric::RetrievalRate);
    assert_eq!(at(&values, "independent", "-0.3"), 100.0, "{values:?}");
    assert!(at(&values, "independent", "0.1") < 60.0, "{values:?}");
    assert_eq!(at(&values, "ideal", "0.1"), 100.0, "{values:?}");
}

#[test]
fn a_wrong_overlap_is_seen_in_the_currents() {
    let part = r#"
measure = "recall"
levels = [0.2, 0.4]
n_stored = [4]
options = { model = "firing-rate", axis = "assumed_overlap", keep = 0.6, patterns = { source = "correlated", units = 200 } }
[[parts.series]]
name = "sigmoid"
"#;
    let errors = run(part, Metric::CurrentError);
    assert!(
        (at(&errors, "sigmoid", "0.2") - 0.75).abs() < 1e-3,
        "{errors:?}"
    );
    assert!(at(&errors, "sigmoid", "0.4") < 1e-10, "{errors:?}");
}

#[test]
fn maps_count_their_cells() {
    let part = r#"
measure = "phase"
levels = [8]
options = { slopes = [0.2, 5.0], thresholds = [0.0, 0.9], patterns = { source = "ideal", units = 50 } }
[[parts.series]]
name = "sigmoid"
"#;
    let count = |metric| at(&run(part, metric), "sigmoid", "8");
    let certified = [
        Metric::CertifiedStable,
        Metric::CertifiedUnstable,
        Metric::Undecided,
    ];
    assert_eq!(certified.map(count).iter().sum::<f64>(), 64.0);
    assert_eq!(count(Metric::Contradictions), 0.0);
    let stable = count(Metric::StableCells);
    assert!(stable >= count(Metric::CertifiedStable) && stable < 64.0);
}

#[test]
fn strangers_are_rejected_and_energies_fall() {
    let part = r#"
measure = "novelty"
levels = [0.7]
n_stored = [5]
options = { network = { duration = 50.0 }, patterns = { units = 500 } }
[[parts.series]]
name = "sigmoid"
"#;
    assert_eq!(at(&run(part, Metric::Accuracy), "sigmoid", "0.7"), 100.0);
    assert!(at(&run(part, Metric::MeanRate), "sigmoid", "0.7") < 0.01);
    let part = part
        .replace("novelty", "trajectory")
        .replace("options = {", "options = { until = 10.0,");
    assert_eq!(at(&run(&part, Metric::BitError), "sigmoid", "0.7"), 0.0);
    assert!(at(&run(&part, Metric::EnergyRise), "sigmoid", "0.7") < 1e-9);
    assert!(at(&run(&part, Metric::EnergyDrop), "sigmoid", "0.7") > 1.0);
}

#[test]
fn images_become_bits_of_one_activity() {
    let part = r#"
measure = "recall"
dataset = "mnist"
fallback_dataset = "builtin"
representation = "pixel"
n_stored = [6]
x = "n_stored"
options = { axis = "none", keep = 0.6, model = "firing-rate", patterns = { source = "images", activity = 0.1 } }
[[parts.series]]
name = "exact"
options = { network = { storage = "exact" } }
"#;
    assert!(at(&run(part, Metric::CurrentError), "exact", "6") < 1e-9);
    // Whole cues stay; with six patterns of pictures basins are narrow.
    let part = &part.replace("keep = 0.6", "keep = 1.0");
    assert_eq!(at(&run(part, Metric::RetrievalRate), "exact", "6"), 100.0);
}

#[test]
fn mistakes_in_options_are_named() {
    let refuse = |from: &str, to: &str| {
        assert!(RECALL.contains(from));
        Bench::new(
            "firing-rate",
            &one_part("overlap", &RECALL.replace(from, to)),
        )
        .refusal(Preset::Smoke)
    };
    let message = refuse("units = 300", "unit = 300");
    assert!(message.contains("unknown field `unit`"), "{message}");
    let message = refuse("\"covariance\"", "\"covarianze\"");
    assert!(message.contains("unknown recipe `covarianze`"), "{message}");
    let message = refuse("levels = [0.1", "levels = [1.1");
    assert!(
        message.contains("`keep` and `flips` from 0 to 1"),
        "{message}"
    );
    let message = refuse("measure = \"recall\"", "measure = \"recal\"");
    assert!(
        message.contains("known: recall, novelty, phase, trajectory"),
        "{message}"
    );
    let message = refuse("{ units = 300 }", "{ source = 'fixed_count', units = 301 }");
    assert!(
        message.contains("activity x dim: must be a whole number"),
        "{message}"
    );
    let message = refuse("options = {", "options = { network = { slope = -1.0 },");
    assert!(message.contains("Activation.slope"), "{message}");
}
