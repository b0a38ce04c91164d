use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, Values, at, one_part};

fn run(part: &str, metric: Metric) -> Values {
    Bench::new("factual-recall", &one_part(metric.name(), part)).run(Preset::Smoke, metric)
}

fn refusal(part: &str, from: &str, to: &str) -> String {
    assert!(part.contains(from), "{from}");
    let part = part.replace(from, to);
    Bench::new("factual-recall", &one_part("capacity", &part)).refusal(Preset::Smoke)
}

const CAPACITY: &str = r#"
measure = "capacity"
levels = [64, 256]
options = { most = 0.5 }
[[parts.series]]
name = "sum"
options = { store = "hebbian" }
[[parts.series]]
name = "trained"
options = { store = { trained = { rule = { sgd = { rate = 1000.0 } }, steps = 1000, stop_at = 0.99 } } }
[[parts.series]]
name = "features"
options = { most = 1.0, alpha = 4.0, store = { features_ridge = { nonlinearity = "relu_centred", lambda = 0.001 } } }
"#;

/// Training and features hold more in as many numbers, and more numbers hold more.
#[test]
fn capacities_grow_with_parameters() {
    let found = run(CAPACITY, Metric::Capacity);
    for name in ["sum", "trained", "features"] {
        let (small, large) = (at(&found, name, "64"), at(&found, name, "256"));
        assert!(large > 1.5 * small, "{name}: {found:?}");
    }
    for level in ["64", "256"] {
        assert!(
            at(&found, "trained", level) > 2.0 * at(&found, "sum", level),
            "{found:?}"
        );
    }
}

/// A search that finds nothing has no value rather than its lower end.
#[test]
fn a_failed_search_has_no_value() {
    let part = CAPACITY.replace("rate = 1000.0", "rate = 1e-9");
    let part = part.replace("[64, 256]", "[64, 100, 144, 196, 256, 324]");
    let found = run(&part, Metric::Capacity);
    let of = |name: &str| -> Vec<f64> {
        let own = found.iter().filter(|((series, _), _)| series == name);
        own.map(|(_, capacity)| *capacity).collect()
    };
    // Weights that hardly move answer two facts by chance, one time in four, and no more.
    let untrained = of("trained");
    assert!(untrained.len() < 6, "{found:?}");
    assert!(
        untrained.iter().all(|capacity| *capacity <= 3.0),
        "{found:?}"
    );
    assert_eq!(of("sum").len(), 6);
}

#[test]
fn slopes_have_intervals() {
    let part = r#"
measure = "slope"
levels = [0, 1]
options = { most = 0.5, seeds = 2, store = "hebbian", parameters = [256, 1024, 4096] }
[[parts.series]]
name = "sum"
"#;
    let slopes = run(part, Metric::Exponent);
    let (plain, with_log) = (at(&slopes, "sum", "0"), at(&slopes, "sum", "1"));
    assert!(
        plain < with_log && (0.6..1.5).contains(&with_log),
        "{slopes:?}"
    );
    assert!(at(&run(part, Metric::Interval), "sum", "1") > 0.0);
    let message = refusal(part, "levels = [0, 1]", "levels = [2]");
    assert!(message.contains("0 (of N) or 1 (of N ln N)"), "{message}");
}

#[test]
fn more_bits_and_less_noise_read_more() {
    let part = r#"
measure = "precision"
levels = [1, 8]
options = { change = "bits", store = "hebbian", dim = 32, facts = 40 }
[[parts.series]]
name = "sum"
"#;
    let shares = run(part, Metric::Accuracy);
    assert!(
        at(&shares, "sum", "8") >= at(&shares, "sum", "1"),
        "{shares:?}"
    );
    let noise = part
        .replace("\"bits\"", "\"noise\"")
        .replace("[1, 8]", "[0.0, 4.0]");
    let shares = run(&noise, Metric::Accuracy);
    assert!(
        at(&shares, "sum", "0") > at(&shares, "sum", "4") + 10.0,
        "{shares:?}"
    );
    let message = refusal(part, "levels = [1, 8]", "levels = [17]");
    assert!(message.contains("1 to 16 bits"), "{message}");
}

const RECALL: &str = r#"
measure = "recall"
levels = [2, 24]
options = { subjects = 6, relations = 6, answers = 4, dim = 16, head_dim = 4, rate = 0.01, steps = 400, batch = 64, every = 50 }
[[parts.series]]
name = "H = {heads}"
grid = { heads = [1, 6] }
"#;

#[test]
fn heads_and_units_hold_facts() {
    let shares = run(RECALL, Metric::Accuracy);
    assert!(
        at(&shares, "H = 6", "24") > at(&shares, "H = 1", "2") + 20.0,
        "{shares:?}"
    );
    let message = refusal(RECALL, "rate = 0.01", "rate = 0.0");
    assert!(message.contains("Rule.rate"), "{message}");
    let message = refusal(RECALL, "heads = [1, 6]", "heads = [0]");
    assert!(message.contains("TransformerConfig.heads"), "{message}");
}

/// A training that leaves the finite numbers is reported as that, never with the accuracy of chance, whatever
/// measures it.
#[test]
fn trainings_that_diverge_have_no_accuracy() {
    let absurd = RECALL.replace("rate = 0.01", "rate = 1e30");
    let bits = r#"
measure = "precision"
levels = [8]
options = { change = "bits", store = { trained = { rule = { sgd = { rate = 1e39 } }, steps = 50, stop_at = 1.0 } }, dim = 8, facts = 20 }
[[parts.series]]
name = "trained"
"#;
    for (part, level) in [(absurd.as_str(), 2.0), (bits, 8.0)] {
        let lost = run(part, Metric::Diverged);
        assert!(!lost.is_empty(), "{level}");
        assert!(lost.values().all(|share| *share == 100.0), "{lost:?}");
        let shares = run(part, Metric::Accuracy);
        assert!(shares.is_empty(), "{shares:?}");
    }
    assert!(run(RECALL, Metric::Diverged).is_empty());
    // Two facts are read by the start; where larger sizes diverge, that is no capacity.
    let capacity = CAPACITY.replace("rate = 1000.0", "rate = 1e39");
    let found = run(&capacity, Metric::Capacity);
    assert!(
        found.keys().all(|(series, _)| series != "trained"),
        "{found:?}"
    );
}

const STAGES: &str = r#"
measure = "stages"
levels = [0, 640, 1280]
options = { subjects = 6, relations = 2, answers = 3, descent = { w0 = 1e-3, eta = 0.2, steps = 1280, batch = 64, test = 256, every = 16 } }
[[parts.series]]
name = "{line}"
grid = { line = ["loss", "relation_loss"] }
"#;

#[test]
fn losses_fall_in_stages() {
    let losses = run(STAGES, Metric::Loss);
    assert!((at(&losses, "loss", "0") - 6f64.ln()).abs() < 1e-3);
    assert!(at(&losses, "relation_loss", "640") < 0.1, "{losses:?}");
    assert!(
        at(&losses, "loss", "1280") < at(&losses, "loss", "640"),
        "{losses:?}"
    );
    let message = refusal(STAGES, "640", "641");
    assert!(message.contains("multiples of 16 up to 1280"), "{message}");
    let times = STAGES
        .replace("\"stages\"", "\"stage_times\"")
        .replace("[0, 640, 1280]", "[1, 2]");
    let times = times.replace("\"loss\", \"relation_loss\"", "\"measured\", \"predicted\"");
    let steps = run(&times, Metric::Steps);
    for stage in ["1", "2"] {
        let ratio = at(&steps, "measured", stage) / at(&steps, "predicted", stage);
        assert!((0.9..1.5).contains(&ratio), "{steps:?}");
    }
}

#[test]
fn edits_change_one_fact() {
    let part = r#"
measure = "edit"
levels = [24]
options = { edits = 3, training = { subjects = 6, relations = 6, answers = 4, dim = 16, heads = 4, head_dim = 4, rate = 0.01, steps = 600, batch = 64, every = 50 } }
[[parts.series]]
name = "{site}"
options = { along = "covariance" }
grid = { site = ["second_layer", "output"] }
"#;
    let edited = run(part, Metric::Edited);
    let kept = run(part, Metric::Kept);
    for found in [&edited, &kept] {
        for site in ["second_layer", "output"] {
            assert!((0.0..=100.0).contains(&at(found, site, "24")), "{found:?}");
        }
    }
    // Hidden units see subject and relation; what the heads attended to holds the noise tokens of the prompt
    // as well, so that a write there may miss prompts with others.
    assert!(at(&edited, "second_layer", "24") > 60.0, "{edited:?}");
    let message = refusal(part, "edits = 3", "edits = 37");
    assert!(message.contains("1 to all facts as `edits`"), "{message}");
}

#[test]
fn facts_are_searched_for() {
    let part = r#"
measure = "facts"
levels = [8]
options = { answers = 2, heads = 2, alpha = 1.0, beta = 1.0, rate = 0.02, steps = 400, batch = 64, every = 50, range = [0.01, 0.5], ratio = 1.3 }
[[parts.series]]
name = "trained"
"#;
    let found = run(part, Metric::Density);
    assert!(
        found.values().all(|density| (0.01..0.5).contains(density)),
        "{found:?}"
    );
    let message = refusal(part, "heads = 2", "heads = 9");
    assert!(
        message.contains("at least one entry for each head, found 8 with 9 heads"),
        "{message}"
    );
    let message = refusal(CAPACITY, "[64, 256]", "[63]");
    assert!(
        message.contains("d m with whole d and m = 1 d, found 63"),
        "{message}"
    );
    let message = refusal(CAPACITY, "\"capacity\"", "\"capacities\"");
    assert!(
        message.contains("known: capacity, slope, precision"),
        "{message}"
    );
}
