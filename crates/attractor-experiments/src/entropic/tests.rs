use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, Values, at, one_part};

const SIDES: &str =
    r#"right = "builtin-many", train = 10, epochs = 2, columns = 8, rows = 4, test = 10"#;

fn run(part: &str, metric: Metric) -> Values {
    Bench::new("entropic", &one_part("precision", part)).run(Preset::Smoke, metric)
}

/// Every method answers the same cues, and each is nearer to the cue than the one before.
#[test]
fn methods_differ_in_what_they_choose_alone() {
    let part = format!(
        r#"
measure = "recall"
dataset = "builtin-many"
levels = [50, 100]
n_stored = [20]
options = {{ {SIDES} }}
[[parts.series]]
name = "{{method}} {{from}}"
grid = {{ method = ["random", "sample_and_test", "search_and_test"], from = ["left", "right"] }}
"#
    );
    let answered = run(&part, Metric::Answered);
    let entropy = run(&part, Metric::MemoryEntropy);
    for from in ["left", "right"] {
        let name = |method: &str| format!("{method} {from}");
        for level in ["50", "100"] {
            let all = ["random", "sample_and_test", "search_and_test"]
                .map(|method| at(&answered, &name(method), level));
            assert!(all.iter().all(|&share| share == all[0]), "{answered:?}");
        }
        let random = name("random");
        assert!(at(&answered, &random, "50") <= at(&answered, &random, "100"));
        assert!(at(&entropy, &random, "50") > 0.0);
    }
    let distance = run(&part, Metric::BackDistance);
    for (key, random) in distance
        .iter()
        .filter(|(key, _)| key.0.starts_with("random"))
    {
        let sampled = &distance[&(key.0.replace("random", "sample_and_test"), key.1.clone())];
        let searched = &distance[&(key.0.replace("random", "search_and_test"), key.1.clone())];
        assert!(searched <= sampled && sampled <= random, "{distance:?}");
    }
}

#[test]
fn registers_and_pairs_are_recognised_more_as_they_fill() {
    let register = r#"
measure = "register"
dataset = "builtin-many"
levels = [10, 100]
n_stored = [20]
options = { train = 10, epochs = 2, columns = 8, rows = 4, test = 10 }
[[parts.series]]
name = "register"
"#;
    let answered = run(register, Metric::Answered);
    assert!(at(&answered, "register", "10") <= at(&answered, "register", "100"));
    let entropy = run(register, Metric::MemoryEntropy);
    assert!(at(&entropy, "register", "10") < at(&entropy, "register", "100"));
    let pairs = format!(
        r#"
measure = "recognition"
dataset = "builtin-many"
levels = [10, 100]
n_stored = [20]
options = {{ {SIDES} }}
[[parts.series]]
name = "pairs"
"#
    );
    let recall = run(&pairs, Metric::Recall);
    assert!(at(&recall, "pairs", "10") <= at(&recall, "pairs", "100"));
    let fullness = run(&pairs, Metric::Fullness);
    assert!(at(&fullness, "pairs", "10") < at(&fullness, "pairs", "100"));
}

#[test]
fn mistakes_are_named() {
    let refused = |measure: &str, options: &str, level: &str| {
        let part = format!(
            "measure = \"{measure}\"\ndataset = \"builtin\"\nlevels = [{level}]\nn_stored = [20]\n\
             options = {{ train = 10, epochs = 2, test = 10{options} }}\n[[parts.series]]\nname = \"s\"\n"
        );
        Bench::new("entropic", &one_part("precision", &part)).refusal(Preset::Smoke)
    };
    for (measure, options, level, expected) in [
        ("recal", "", "50", "register, recognition, recall"),
        ("recall", ", right = 'builtin'", "50", "`method` and `from`"),
        (
            "register",
            ", right = 'builtin'",
            "50",
            "a data set `right`",
        ),
        ("register", "", "0", "above 0, at most 100"),
        (
            "register",
            ", axis = 'rows'",
            "2.5",
            "whole numbers of rows",
        ),
        ("register", ", colums = 3", "50", "unknown field `colums`"),
    ] {
        let found = refused(measure, options, level);
        assert!(found.contains(expected), "{found}");
    }
}
