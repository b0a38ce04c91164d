use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, study};

const TOML: &str = r#"
kind = "study"
name = "capacity"
title = "t"
description = "d"
source = "s"
protocol = "capacity"
[[parts]]
name = "load"
title = "t"
measure = "recall"
x_label = "load"
charts = ["overlap"]
levels = [0.02, 0.3]
options = { cues = 10, flips = 0.1 }
[[parts.series]]
name = "{rule}"
grid = { rule = ["hebb", "pseudo_inverse", "storkey"] }
options = { dim = 100 }
[presets.smoke]
seeds = 1
[presets.cpu]
seeds = 1
[presets.paper]
seeds = 1
"#;

#[test]
fn few_patterns_are_recalled_by_every_rule_and_many_not_by_hebb() {
    let values = Bench::new(&study(TOML)).run(Preset::Smoke, Metric::Overlap);
    for rule in ["hebb", "pseudo_inverse", "storkey"] {
        assert!(
            values[&(rule.to_owned(), "0.02".to_owned())] > 0.99,
            "{values:?}"
        );
    }
    assert!(
        values[&("hebb".to_owned(), "0.3".to_owned())] < 0.6,
        "{values:?}"
    );
    assert!(
        values[&("pseudo_inverse".to_owned(), "0.3".to_owned())] > 0.95,
        "{values:?}"
    );
}

#[test]
fn mistakes_in_options_are_named() {
    let refuse = |from: &str, to: &str| {
        assert!(TOML.contains(from));
        Bench::new(&study(&TOML.replace(from, to))).refusal(Preset::Smoke)
    };
    let message = refuse("cues = 10", "cuse = 10");
    assert!(
        message.contains("part `load`, series `hebb`: unknown field `cuse`"),
        "{message}"
    );
    let message = refuse("measure = \"recall\"", "measure = \"precision\"");
    assert_eq!(
        message,
        "part `load`: unknown `measure` `precision`; known: recall"
    );
    let message = refuse("flips = 0.1", "flips = 1.1");
    assert!(message.contains("`flips` from 0 to 1"), "{message}");
    let message = refuse("0.02", "0.002");
    let expected = "levels: expected a load of at least one pattern in 100, found 0.002";
    assert!(message.contains(expected), "{message}");
}
