use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, Values, at, one_part};

fn run(part: &str, metric: Metric) -> Values {
    Bench::new("khm", &one_part("squared_error", part)).run(Preset::Smoke, metric)
}

const CORRELATED: &str = r#"
measure = "retrieval"
levels = [0.0, 0.2]
n_stored = [20]
options = { source = { correlated = { dim = 24, common = 0.9 } }, steps = 3, memory = { beta = 20.0, separation = { iterations = 200 } } }
[[parts.series]]
name = "{row}"
grid = { row = ["identity", "learned", "identity_tuned", "learned_tuned"] }
"#;

/// A large gain at the same beta, and none at the best.
#[test]
fn correlated_patterns_are_told_apart_and_controls_say_by_what() {
    let errors = run(CORRELATED, Metric::SquaredError);
    for level in ["0", "0.2"] {
        let of = |row| at(&errors, row, level);
        assert!(of("learned") < 0.05 * of("identity"), "{errors:?}");
        assert!(of("identity_tuned") < 1e-3, "{errors:?}");
        assert!(of("learned_tuned") <= of("learned"), "{errors:?}");
    }
    let separation = run(CORRELATED, Metric::Separation);
    assert!(at(&separation, "identity", "0") < 0.15);
    assert!(at(&separation, "learned", "0") > 0.5);
    let beta = run(CORRELATED, Metric::Beta);
    assert_eq!(at(&beta, "learned", "0"), 20.0);
    assert!(at(&beta, "identity_tuned", "0") > 20.0);
}

#[test]
fn images_are_recalled_from_half_of_their_pixels() {
    let part = r#"
measure = "retrieval"
dataset = "mnist"
fallback_dataset = "builtin"
representation = "pixel"
x = "n_stored"
n_stored = [5, 10]
options = { mask = 0.5, betas = [20.0, 100.0], memory = { beta = 20.0, separation = { iterations = 60 } } }
[[parts.series]]
name = "{row}"
grid = { row = ["identity", "learned", "identity_scaled"] }
"#;
    let errors = run(part, Metric::SquaredError);
    for stored in ["5", "10"] {
        let of = |row| at(&errors, row, stored);
        assert!(of("learned") < of("identity"), "{errors:?}");
        // Unit features hide no temperature.
        assert_eq!(of("identity_scaled"), of("identity"));
    }
    assert!(at(&errors, "identity", "5") < at(&errors, "identity", "10"));
    let rates = run(part, Metric::Top1);
    assert!(at(&rates, "learned", "5") > 90.0, "{rates:?}");
}

/// Baselines without a map: what is told apart by squared distances is not by a tenth power, and the
/// nearest pattern has the largest weight under every distance.
#[test]
fn fixed_similarities_recall_by_what_is_near() {
    let part = r#"
measure = "retrieval"
levels = [0.0, 0.3]
n_stored = [12]
options = { source = { normal = { dim = 40 } } }
[[parts.series]]
name = "{similarity}"
grid = { similarity = ["distance", "squared_distance", "manhattan", "polynomial"] }
[[parts.series]]
name = "flat"
options = { similarity = "squared_distance", beta = 1e-9 }
"#;
    let errors = run(part, Metric::SquaredError);
    let rates = run(part, Metric::Top1);
    for level in ["0", "0.3"] {
        for name in ["distance", "squared_distance", "manhattan"] {
            assert_eq!(at(&rates, name, level), 100.0, "{name}");
        }
        assert!(at(&errors, "squared_distance", level) < 1e-6, "{errors:?}");
        let distance = at(&errors, "distance", level);
        assert!(distance > 1e-6 && distance < 10.0, "{errors:?}");
        // A mean of all patterns misses each by about its own length.
        assert!(
            (at(&errors, "flat", level) - 37.0).abs() < 6.0,
            "{errors:?}"
        );
    }
    let part = part.replace("[0.0, 0.3]", "[-1.0]");
    let bench = Bench::new("khm", &one_part("squared_error", &part));
    let message = bench.refusal(Preset::Smoke);
    assert!(message.contains("noise of at least 0"), "{message}");
}

/// Cells that share what was learned find the same as cells that learn for themselves.
#[test]
fn learning_once_changes_nothing() {
    let whole = run(CORRELATED, Metric::SquaredError);
    for level in ["0.0", "0.2"] {
        let part = CORRELATED.replace("levels = [0.0, 0.2]", &format!("levels = [{level}]"));
        let alone = run(&part, Metric::SquaredError);
        for row in ["identity", "learned", "identity_tuned", "learned_tuned"] {
            let level = level.trim_end_matches(".0");
            assert_eq!(at(&alone, row, level), at(&whole, row, level));
        }
    }
}

#[test]
fn the_axis_may_be_the_steps_of_learning() {
    let part = CORRELATED
        .replace("levels = [0.0, 0.2]", "levels = [1, 100]")
        .replace("steps = 3,", "steps = 3, axis = \"iterations\",");
    let errors = run(&part, Metric::SquaredError);
    assert!(at(&errors, "learned", "100") < at(&errors, "learned", "1"));
    assert_eq!(at(&errors, "identity", "100"), at(&errors, "identity", "1"));
}

const STATES: &str = r#"
measure = "metastable"
levels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
n_stored = [10]
options = { source = { normal = { dim = 5 } }, queries = 100, steps = 20, alpha = 1.5 }
[[parts.series]]
name = "{row}"
grid = { row = ["identity", "learned", "identity_scaled"] }
options = { memory = { beta = 1.0, features = "raw", separation = { iterations = 20, learning_rate = 1.0, tau_start = 0.1, tau_end = 0.1, rescale = false } } }
[[parts.series]]
name = "unit"
options = { row = "learned", memory = { beta = 1.0 } }
"#;

/// What the published setting gains it gains by the lengths of its features.
#[test]
fn shares_of_mixtures_sum_to_all_and_the_gain_is_one_of_temperature() {
    let shares = run(STATES, Metric::Share);
    for row in ["identity", "learned", "identity_scaled", "unit"] {
        let own = shares.iter().filter(|((name, _), _)| name == row);
        let sum: f64 = own.map(|(_, share)| share).sum();
        assert!((sum - 100.0).abs() < 1e-9, "{row}: {sum}");
    }
    assert!(at(&shares, "learned", "1") > 90.0, "{shares:?}");
    assert!(at(&shares, "identity_scaled", "1") > 90.0, "{shares:?}");
    assert!(at(&shares, "unit", "1") < 50.0, "{shares:?}");
}

#[test]
fn learned_codes_lie_between_the_bounds() {
    let part = r#"
measure = "separation"
levels = [6, 12]
options = { dim = 3 }
[[parts.series]]
name = "{line}"
grid = { line = ["learned", "best_known", "lower", "upper"] }
"#;
    let values = run(part, Metric::Separation);
    for points in ["6", "12"] {
        let of = |line| at(&values, line, points);
        assert!(of("learned") > 0.95 * of("best_known"), "{values:?}");
        assert!(of("learned") < of("best_known") + 1e-3, "{values:?}");
        assert!(of("lower") < of("learned") && of("learned") < of("upper"));
    }
}

#[test]
fn mistakes_in_options_are_named() {
    let refuse = |part: &str, from: &str, to: &str| {
        assert!(part.contains(from));
        Bench::new("khm", &one_part("squared_error", &part.replace(from, to)))
            .refusal(Preset::Smoke)
    };
    let message = refuse(CORRELATED, "steps = 3", "stops = 3");
    assert!(message.contains("unknown field `stops`"), "{message}");
    let message = refuse(CORRELATED, "beta = 20.0", "beta = 0.0");
    assert!(message.contains("KernelisedConfig.beta"), "{message}");
    let message = refuse(CORRELATED, "n_stored = [20]", "n_stored = [1]");
    assert!(message.contains("at least two patterns"), "{message}");
    let message = refuse(CORRELATED, "common = 0.9", "common = 1.0");
    assert!(message.contains("`common` from 0 to below 1"), "{message}");
    let message = refuse(STATES, "levels = [0, 1,", "levels = [11, 1,");
    assert!(message.contains("a whole number of patterns"), "{message}");
    let message = refuse(STATES, "\"metastable\"", "\"states\"");
    assert!(
        message.contains("known: retrieval, metastable, separation"),
        "{message}"
    );
}
