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

/// Whatever the catalogue holds takes part, if it stores without being trained first.
#[test]
fn every_memory_joins_the_sweep() {
    use attractor::catalogue::{self, Context};
    let device = attractor::core::Backend::Flex.open().unwrap();
    let context = Context::pixels(100, &device).unwrap();
    // These want a decoder, an autoencoder, or a choice of prior.
    let others = ["pc-gmm", "autoencoder", "variational"];
    let names: Vec<&str> = catalogue::recipes()
        .iter()
        .map(|recipe| recipe.name.as_str())
        .filter(|name| !others.contains(name))
        // Sized for images: minutes here.
        .filter(|name| !["pcn", "bayespcn", "gpcn"].contains(name))
        .filter(|name| {
            let mut memory = catalogue::build(name, &Default::default(), &context).unwrap();
            memory.as_train().is_none()
        })
        .collect();
    assert!(names.len() > 5 && names.contains(&"nearest"), "{names:?}");
    let series = format!("grid = {{ model = {names:?} }}");
    let (before, after) = PARTS.split_once("grid = ").unwrap();
    let rest = after.split_once('\n').unwrap().1;
    let text = format!("{before}{series}\n{rest}").replace("[0.02, 0.3]", "[0.02]");
    let values = Bench::new("capacity", &text).run(Preset::Smoke, Metric::RetrievalRate);
    assert_eq!(at(&values, "nearest", "0.02"), 100.0);
    assert_eq!(values.len(), names.len(), "{values:?}");
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
        "part `load`: unknown `measure` `precision`; known: recall, numbers, exponent"
    );
    let message = refuse("flips = 0.1", "flips = 1.1");
    assert!(message.contains("SweepConfig.flipped"), "{message}");
    let message = refuse("\"hebb\", ", "\"hepp\", ");
    assert!(
        message.contains("`model` is none of hebb, ") && message.contains("unknown recipe `hepp`"),
        "{message}"
    );
    let message = refuse("0.02", "0.002");
    let expected = "levels: expected a load of at least one pattern in 100, found 0.002";
    assert!(message.contains(expected), "{message}");
}

const NUMBERS: &str = r#"
[[parts]]
name = "numbers"
title = "t"
measure = "numbers"
x_label = "numbers"
charts = ["capacity"]
levels = [1024, 4096]
options = { cues = 20, flips = 0.1, overlap = 0.9, most = 0.5 }
[[parts.series]]
name = "hebb"
options = { model = "hebb", holds = "matrix" }
[[parts.series]]
name = "patterns"
options = { model = "modern", holds = "patterns" }
[[parts.series]]
name = "linear"
options = { model = "linear-memory", holds = "matrix", memory = { read = "raw", rule = { ridge = { lambda = 0.1 } } } }
[[parts.series]]
name = "mlp"
options = { model = "mlp-memory", holds = "layer", memory = { read = "raw", layer = { features = { nonlinearity = "relu_centred" } }, rule = { ridge = { lambda = 0.1 } } } }
"#;

/// With the same number of numbers: Hebb's matrix holds its 0.14 D or more of one step, ridge regression more,
/// and kept patterns all that there is room for; more numbers hold more.
#[test]
fn memories_are_compared_at_equal_numbers() {
    let capacities = Bench::new("capacity", NUMBERS).run(Preset::Smoke, Metric::Capacity);
    let of = |model: &str, level: &str| at(&capacities, model, level);
    assert_eq!(
        (of("patterns", "1024"), of("patterns", "4096")),
        (32.0, 64.0)
    );
    for model in ["hebb", "linear", "mlp"] {
        assert!(of(model, "4096") > of(model, "1024"), "{capacities:?}");
    }
    assert!((3.0..32.0).contains(&of("hebb", "4096")), "{capacities:?}");
    assert!(
        of("linear", "4096") > 1.5 * of("hebb", "4096"),
        "{capacities:?}"
    );
    let bits = Bench::new("capacity", NUMBERS).run(Preset::Smoke, Metric::BitsPerNumber);
    assert_eq!(at(&bits, "patterns", "4096"), 1.0);
    for (from, to, expected) in [
        ("[1024, 4096]", "[1025]", "the square of a whole number"),
        ("flips = 0.1", "flips = 0.0", "expected `flips` above 0"),
        (
            "layer = { features = { nonlinearity = \"relu_centred\" } }, ",
            "",
            "`memory.layer`",
        ),
    ] {
        assert!(NUMBERS.contains(from), "{from}");
        let message = Bench::new("capacity", &NUMBERS.replace(from, to)).refusal(Preset::Smoke);
        assert!(message.contains(expected), "{message}");
    }
}
