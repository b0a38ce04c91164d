//! What a preset or a command line changes of single series, and what they add.

use super::*;
use crate::fixture::TOML;

/// Systems and levels that the file lacks: at such a level also those that have some of the task's alone, and
/// nothing of it is comparable.
#[test]
fn systems_and_levels_may_be_asked_for_that_the_file_lacks() {
    let recipe = |name: &str, key: &str| SeriesSpec {
        ours: true,
        options: toml::Table::from_iter([(key.to_owned(), name.into())]),
        ..SeriesSpec::named(name)
    };
    let overrides = Overrides {
        systems: Some(vec!["BP, robust (ours)".into()]),
        unlisted: vec![recipe("knn", "recipe"), recipe("hebb", "rule")],
        tasks: Some(vec![TaskLevels {
            task: "noise".into(),
            levels: vec![0.05, 0.4],
        }]),
        ..Overrides::default()
    };
    let text = TOML.replace(
        r#"tasks = [{ task = "noise" }]"#,
        r#"tasks = [{ task = "noise", levels = [0.4] }]"#,
    );
    let experiment = Experiment::parse(&text, "tiny.toml").unwrap();
    assert!(experiment.has_system("GMM/pixel") && !experiment.has_system("knn"));
    assert_eq!(experiment.option_among(&["rule", "recipe"]), Some("recipe"));
    let config = experiment
        .resolve(Preset::Paper, &overrides, &|_| true)
        .unwrap();
    let part = &config.parts[0];
    // `hebb` has an option that no series has.
    let names: Vec<&str> = part
        .series
        .iter()
        .map(|series| series.name.as_str())
        .collect();
    assert_eq!(names, ["BP, robust (ours)", "knn"]);
    let reason = part.series[1].not_comparable.as_deref();
    assert_eq!(reason, Some("not a series of preset paper"));
    for series in &part.series {
        let levels: Vec<_> = part
            .conditions_of(series)
            .iter()
            .map(|(_, level)| level.value())
            .collect();
        assert_eq!(levels, [Some(0.05), Some(0.4)], "{}", series.name);
    }
    let read: Resolved = toml::from_str(&toml::to_string_pretty(&config).unwrap()).unwrap();
    assert_eq!((&read, read.config_hash()), (&config, config.config_hash()));
}

#[test]
fn a_preset_changes_options_of_single_series() {
    let patched = |name: &str| {
        let entry = format!(
            "[presets.cpu.parts.recall.series_options]\n\"{name}\" = {{ memory.iterations = 7, threshold = 2.5 }}\n"
        );
        let text = TOML.replace("[presets.paper]", &format!("{entry}\n[presets.paper]"));
        Experiment::parse(&text, "tiny.toml")
    };
    let resolved = patched("GMM/pixel").unwrap();
    let resolved = resolved
        .resolve(Preset::Cpu, &Overrides::default(), &|_| true)
        .unwrap();
    let options = |index: usize| resolved.parts[0].options_of(&resolved.parts[0].series[index]);
    assert_eq!(options(1)["threshold"].as_float(), Some(2.5));
    assert_eq!(options(1)["memory"]["iterations"].as_integer(), Some(7));
    assert!(!options(0).contains_key("threshold"));
    assert_eq!(options(2)["memory"]["iterations"].as_integer(), Some(100));
    let message = patched("MGG").unwrap_err().to_string();
    assert!(
        message.contains("series_options` must be one of GMM; "),
        "{message}"
    );
}
