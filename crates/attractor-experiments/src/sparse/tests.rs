use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, at, one_part};

const WORDS: &str = r#"
measure = "transition"
levels = [2, 12, 30]
options = { n = 40, constraints = 24, ensemble = "gaussian", errors = "gaussian", words = 20 }
[[parts.series]]
name = "{method}"
grid = { method = ["admm", "linear_program", "hard_thresholding", "message_passing", "theory"] }
"#;

fn values(chart: &str, part: &str, metric: Metric) -> crate::testing::Values {
    Bench::new("sparse", &one_part(chart, part)).run(Preset::Smoke, metric)
}

#[test]
fn few_errors_are_corrected_and_many_are_not() {
    let rate = values("retrieval_rate", WORDS, Metric::RetrievalRate);
    for method in [
        "admm",
        "linear_program",
        "hard_thresholding",
        "message_passing",
    ] {
        assert!(at(&rate, method, "2") >= 95.0, "{rate:?}");
        assert_eq!(at(&rate, method, "30"), 0.0, "{rate:?}");
    }
    assert_eq!(
        (at(&rate, "theory", "2"), at(&rate, "theory", "12")),
        (100.0, 0.0)
    );
    let silent = values("silent_errors", WORDS, Metric::SilentErrors);
    assert!(silent.values().all(|share| *share == 0.0), "{silent:?}");
}

#[test]
fn the_map_follows_the_curve() {
    let part = r#"
measure = "map"
n_stored = [1]
x = "n_stored"
options = { n = 60, ensemble = "gaussian", errors = "gaussian", columns = 4, rows = 8, words = 6 }
[[parts.series]]
name = "map"
"#;
    let share = values("share", part, Metric::Share);
    assert!(at(&share, "map", "1") > 80.0, "{share:?}");
}

#[test]
fn enough_samples_are_as_many_as_dimensions() {
    let part = r#"
measure = "learning"
x = "n_stored"
n_stored = [8, 20, 40]
options = { n = 50, constraints = 30, ensemble = "gaussian", errors = 4, noise = 0.0, words = 10 }
[[parts.series]]
name = "exact"
[[parts.series]]
name = "noisy"
options = { noise = 0.001 }
"#;
    let rate = values("retrieval_rate", part, Metric::RetrievalRate);
    assert_eq!(at(&rate, "exact", "8"), 0.0);
    assert_eq!(
        (at(&rate, "exact", "20"), at(&rate, "exact", "40")),
        (100.0, 100.0)
    );
    assert!(at(&rate, "noisy", "40") > 80.0, "{rate:?}");
    let angle = values("subspace_angle", part, Metric::SubspaceAngle);
    assert!(
        at(&angle, "exact", "40") < 1e-9 && at(&angle, "noisy", "40") < 0.1,
        "{angle:?}"
    );
}

#[test]
fn erasures_are_completed_or_said_to_be_open() {
    let part = r#"
measure = "erasures"
levels = [10, 30, 31]
options = { n = 50, constraints = 30, ensemble = "dct", errors = 0, words = 5 }
[[parts.series]]
name = "erased"
"#;
    let rate = values("retrieval_rate", part, Metric::RetrievalRate);
    assert_eq!(at(&rate, "erased", "10"), 100.0);
    let open = values("underdetermined", part, Metric::Underdetermined);
    assert_eq!(
        (at(&open, "erased", "10"), at(&open, "erased", "31")),
        (0.0, 100.0)
    );
}

#[test]
fn graphs_and_dictionaries() {
    let part = r#"
measure = "decoding"
levels = [3, 60]
options = { n = 100, constraints = 50, degree = 5, weights = "gaussian", errors = "gaussian", trials = 6 }
[[parts.series]]
name = "{rule}"
grid = { rule = ["majority", "two_agree"] }
"#;
    let rate = values("retrieval_rate", part, Metric::RetrievalRate);
    assert_eq!(
        (at(&rate, "two_agree", "3"), at(&rate, "two_agree", "60")),
        (100.0, 0.0)
    );
    let part = r#"
measure = "dictionary"
levels = [0.2]
options = { constraints = 5, n = 60, trials = 2 }
[[parts.series]]
name = "rows"
"#;
    let rows = values("accuracy", part, Metric::Accuracy);
    assert!(at(&rows, "rows", "0.2") >= 80.0, "{rows:?}");
    let part = r#"
measure = "end_to_end"
levels = [0.3]
n_stored = [100]
options = { constraints = 5, n = 50, trials = 2 }
[[parts.series]]
name = "whole"
"#;
    let rows = values("accuracy", part, Metric::Accuracy);
    assert!(at(&rows, "whole", "0.3") >= 80.0, "{rows:?}");
}

#[test]
fn patches_are_recalled_better_than_they_were_given() {
    let part = r#"
measure = "patches"
dataset = "builtin"
representation = "pixel"
levels = [0.1]
n_stored = [200]
options = { side = 6, cues = 20 }
[[parts.series]]
name = "subspace"
options = { recipe = "sparse-recovery", memory = { rank = { energy = 0.99 }, noise = 1.0 } }
[[parts.series]]
name = "none"
options = { recipe = "identity" }
"#;
    let psnr = values("psnr", part, Metric::Psnr);
    assert!(
        at(&psnr, "subspace", "0.1") > at(&psnr, "none", "0.1") + 3.0,
        "{psnr:?}"
    );
}

#[test]
fn mistakes_are_named() {
    let refuse = |from: &str, to: &str| {
        assert!(WORDS.contains(from));
        Bench::new(
            "sparse",
            &one_part("retrieval_rate", &WORDS.replace(from, to)),
        )
        .refusal(Preset::Smoke)
    };
    for (from, to, expected) in [
        ("words = 20", "word = 20", "unknown field `word`"),
        ("words = 20", "words = 0", "expected `words`"),
        (
            "constraints = 24",
            "constraints = 40",
            "`constraints` from 1 to below `n`",
        ),
        (
            "[2, 12, 30]",
            "[2.5]",
            "a whole number of errors from 1 to `n`",
        ),
        (
            "\"transition\"",
            "\"transit\"",
            "unknown `measure` `transit`; known: transition, map",
        ),
    ] {
        let message = refuse(from, to);
        assert!(message.contains(expected), "{message}");
    }
}
