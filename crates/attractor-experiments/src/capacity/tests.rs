use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, at};

const PARTS: &str = r#"
[[parts]]
name = "load"
title = "t"
measure = "recall"
x_label = "load"
charts = ["overlap"]
levels = [0.02, 0.3]
options = { cues = 10, flips = 0.1 }
[[parts.series]]
name = "{model}"
grid = { model = ["hebb", "pseudo-inverse", "storkey", "polynomial-3", "exponential", "modern", "log-sum-exp", "sparsemax", "entmax-1.5", "kernelised"] }
options = { dim = 100 }
"#;

#[test]
fn few_patterns_are_recalled_by_every_model_and_many_not_by_hebb() {
    let values = Bench::new("capacity", PARTS).run(Preset::Smoke, Metric::RetrievalRate);
    let of = |model: &str, load: &str| at(&values, model, load);
    assert_eq!(values.len(), 20);
    for (model, load) in values.keys() {
        match (model.as_str(), load.as_str()) {
            ("hebb", "0.3") => continue,
            ("storkey", "0.3") => assert!(of("storkey", "0.3") > 80.0, "{values:?}"),
            _ => assert_eq!(of(model, load), 100.0, "{model} at {load}: {values:?}"),
        }
    }
    assert!(of("hebb", "0.3") < 30.0, "{values:?}");
}

#[test]
fn exponents_come_near_the_law() {
    let text = PARTS
        .replace("measure = \"recall\"", "measure = \"exponent\"")
        .replace("charts = [\"overlap\"]", "charts = [\"exponent\"]")
        .replace("levels = [0.02, 0.3]", "levels = [3]")
        .replace("options = { cues = 10, flips = 0.1 }", "");
    let (text, _) = text.split_once("[[parts.series]]").unwrap();
    let text = format!(
        r#"{text}
[[parts.series]]
name = "measured"
options = {{ dims = {{ 3 = [24, 36, 54] }}, cues = 60, sets = 3 }}
[[parts.series]]
name = "law"
expectation = true
options = {{ law = true }}
"#
    );
    let values = Bench::new("capacity", &text).run(Preset::Smoke, Metric::Exponent);
    let of = |series: &str| at(&values, series, "3");
    assert_eq!(of("law"), 2.0);
    assert!((of("measured") - 2.0).abs() < 0.2, "{values:?}");
    let text = text.replace("3 = [24, 36, 54]", "3 = [24]");
    let message = Bench::new("capacity", &text).refusal(Preset::Smoke);
    assert!(
        message.contains("at least two `dims` above 1 for 3"),
        "{message}"
    );
}

#[test]
fn mistakes_in_options_are_named() {
    let refuse = |from: &str, to: &str| {
        assert!(PARTS.contains(from));
        Bench::new("capacity", &PARTS.replace(from, to)).refusal(Preset::Smoke)
    };
    let message = refuse("cues = 10", "cuse = 10");
    assert!(
        message.contains("part `load`, series `hebb`: unknown field `cuse`"),
        "{message}"
    );
    let message = refuse("measure = \"recall\"", "measure = \"precision\"");
    assert_eq!(
        message,
        "part `load`: unknown `measure` `precision`; known: recall, exponent"
    );
    let message = refuse("flips = 0.1", "flips = 1.1");
    assert!(message.contains("Protocol.flipped"), "{message}");
    let message = refuse("\"hebb\", ", "\"hepp\", ");
    assert!(
        message.contains("unknown `model` `hepp`; known: hebb,"),
        "{message}"
    );
    let message = refuse("0.02", "0.002");
    let expected = "levels: expected a load of at least one pattern in 100, found 0.002";
    assert!(message.contains(expected), "{message}");
}
