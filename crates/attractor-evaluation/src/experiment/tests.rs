use super::*;
use crate::fixture::info;
use crate::{Cell, Level, Measurement, RunFolder, RunWriter};
use crate::{report, run, table};

pub(super) const TOML: &str = r#"
name = "tiny-study"
title = "A tiny <study>"
description = "Two figures."
source = "Nobody & Co, 2023"
protocol = "sums"

[[parts]]
name = "error"
title = "Error against features"
about = "Falls with the root."
measure = "error"
x_label = "features"
log_x = true
charts = ["energy_error", "clipped"]
log_y = ["energy_error"]
levels = [100, 1000, 10000]
n_stored = [50]
options = { queries = 40, class = "near" }
[[parts.series]]
name = "D = {dim}, beta = {beta}"
grid = { dim = [30, 100], beta = [10.0, 50.0] }
[[parts.series]]
name = "expected"
expectation = true
options = { class = "none" }

[[parts]]
name = "images"
title = "Images"
measure = "images"
dataset = "cifar10"
fallback_dataset = "builtin"
representation = "pixel"
x = "n_stored"
x_label = "stored images"
charts = ["pixel_mse"]
n_stored = [4, 16]
[[parts.series]]
name = "memory (ours)"
ours = true

[presets.smoke]
seeds = 1
[presets.smoke.parts.error]
levels = [100, 1000]
grid = { dim = [30] }
options = { queries = 4 }
[presets.smoke.parts.images]
skip = true

[presets.cpu]
seeds = 2
[presets.cpu.parts.images]
seeds = 1
n_stored = [4]

[presets.paper]
seeds = 5
"#;

fn study() -> Experiment {
    Experiment::parse(TOML, "tiny-study.toml").unwrap()
}

fn resolved(preset: Preset) -> Resolved {
    let overrides = Overrides::default();
    study().resolve(preset, &overrides, &|_| true).unwrap()
}

pub(super) fn error(text: &str) -> String {
    Experiment::parse(text, "tiny-study.toml")
        .unwrap_err()
        .to_string()
}

#[test]
fn a_grid_becomes_one_series_for_each_combination() {
    let paper = resolved(Preset::Paper);
    let part = &paper.parts[0];
    let names: Vec<&str> = part
        .series
        .iter()
        .map(|series| series.name.as_str())
        .collect();
    let expected = [
        "D = 30, beta = 10.0",
        "D = 100, beta = 10.0",
        "D = 30, beta = 50.0",
        "D = 100, beta = 50.0",
        "expected",
    ];
    assert_eq!(names, expected);
    let options = part.options_of(&part.series[1]);
    assert_eq!(options["dim"], toml::Value::Integer(100));
    assert_eq!(options["beta"], toml::Value::Float(10.0));
    assert_eq!(options["queries"], toml::Value::Integer(40));
    assert_eq!(part.series[4].options["class"].as_str(), Some("none"));
    assert!(
        !part.series[1].options.contains_key("queries"),
        "the part's own"
    );
    // 5 seeds x (5 series x 3 levels + 1 series x 2 numbers).
    assert_eq!(paper.cells().len(), 5 * (5 * 3 + 2));
    let cell = &paper.cells()[1];
    assert_eq!((cell.task.as_str(), cell.n_stored), ("error", 50));
    assert_eq!(cell.level, Level::new(1000.0));
    assert_eq!(cell.dataset, "synthetic");
    let (found, series) = paper.find(cell).unwrap();
    assert_eq!(
        (found.measure.as_str(), series.name.as_str()),
        ("error", expected[0])
    );
}

#[test]
fn presets_restrict_and_say_what_is_not_comparable() {
    let smoke = resolved(Preset::Smoke);
    assert_eq!(smoke.parts.len(), 1);
    assert_eq!(smoke.cells().len(), 3 * 2);
    let reason = smoke.parts[0].series[0].not_comparable.as_deref();
    assert_eq!(reason, Some("queries 4 instead of 40"));
    let cpu = resolved(Preset::Cpu);
    assert_eq!(cpu.parts[0].series[0].not_comparable, None);
    assert_eq!((cpu.parts[0].seeds, cpu.parts[1].seeds), (2, 1));
    assert_eq!(cpu.parts[1].n_stored, [4]);
}

#[test]
fn a_missing_data_set_is_stood_in_for() {
    let here = |name: &str| name != "cifar10";
    let overrides = Overrides::default();
    let resolved = study().resolve(Preset::Cpu, &overrides, &here).unwrap();
    let part = &resolved.parts[1];
    assert_eq!((part.dataset.as_str(), part.fallback), ("builtin", true));
    let reason = part.series[0].not_comparable.as_deref();
    assert_eq!(reason, Some("data set builtin instead of cifar10"));
    assert!(resolved.fallback());
    let asked = |name: &str| {
        let overrides = Overrides {
            dataset: Some(name.into()),
            ..Overrides::default()
        };
        study().resolve(Preset::Cpu, &overrides, &|_| true)
    };
    assert_eq!(asked("builtin").unwrap().parts[1].dataset, "builtin");
    assert_eq!(asked("cifar10").unwrap().parts[1].dataset, "cifar10");
    assert_eq!(
        asked("mnist").unwrap_err().to_string(),
        "tiny-study.toml: `dataset` must be one of cifar10, builtin for part `images`, found mnist"
    );
}

#[test]
fn parts_and_series_are_chosen_by_name() {
    let choose = |systems: Option<&str>, task: Option<(&str, &[f64])>| {
        let overrides = Overrides {
            systems: systems.map(|name| vec![name.to_owned()]),
            tasks: task.map(|(task, levels)| {
                vec![TaskLevels {
                    task: task.into(),
                    levels: levels.to_vec(),
                }]
            }),
            ..Overrides::default()
        };
        study().resolve(Preset::Cpu, &overrides, &|_| true)
    };
    let grid = choose(Some("D = {dim}, beta = {beta}"), None).unwrap();
    assert_eq!((grid.parts.len(), grid.parts[0].series.len()), (1, 4));
    let one = choose(Some("D = 30, beta = 50.0"), Some(("error", &[100.0]))).unwrap();
    assert_eq!(one.cells().len(), 2);
    // Asked for by name, a part comes even if the preset leaves it out.
    assert!(choose(None, Some(("images", &[]))).is_ok());
    let message = choose(None, Some(("figure", &[]))).unwrap_err().to_string();
    assert!(
        message.ends_with("`task` must be one of error, images, found figure"),
        "{message}"
    );
    let message = choose(Some("nobody"), None).unwrap_err().to_string();
    assert!(
        message.contains(
            "`systems` must be one of D = {dim}, beta = {beta}/vector; expected/vector; "
        ),
        "{message}"
    );
}

/// Levels that the file lacks come besides, in order, and are said to be none of its.
#[test]
fn levels_may_be_asked_for_that_the_file_lacks() {
    let asked = |task: &str, levels: &[f64]| {
        let overrides = Overrides {
            tasks: Some(vec![TaskLevels {
                task: task.into(),
                levels: levels.to_vec(),
            }]),
            ..Overrides::default()
        };
        study().resolve(Preset::Cpu, &overrides, &|_| true)
    };
    let part = asked("error", &[500.0, 100.0]).unwrap().parts.remove(0);
    assert_eq!(part.levels, [100.0, 500.0]);
    assert!(part.lists("error", Level::new(100.0)) && !part.lists("error", Level::new(500.0)));
    let labels = part.slices().remove(0).places;
    let labels: Vec<&str> = labels.iter().map(|place| place.label.as_str()).collect();
    assert_eq!(labels, ["100", "500 \u{2020}"]);
    for (task, levels, rule) in [
        (
            "images",
            [1.0],
            "must be `images` alone, which has no levels, found 1",
        ),
        ("error", [f64::NAN], "must be finite, found NaN"),
    ] {
        let message = asked(task, &levels).unwrap_err().to_string();
        assert!(message.ends_with(rule), "{message}");
    }
}

#[test]
fn mistakes_are_named() {
    for (from, to, expected) in [
        ("title = \"Images\"", "tilte = \"Images\"", "tilte"),
        (
            "name = \"images\"",
            "name = \"error\"",
            "`parts` must not repeat, found error",
        ),
        (
            "log_y = [\"energy_error\"]",
            "log_y = [\"top1\"]",
            "must be a metric of `charts`, found top1",
        ),
        (
            "levels = [100, 1000, 10000]",
            "levels = [100, 100]",
            "must not repeat, found 100",
        ),
        (
            "n_stored = [4, 16]",
            "n_stored = [4, 0]",
            "must be at least 1, found 0",
        ),
        (
            "n_stored = [4, 16]",
            "levels = [1]",
            "must hold at least one number",
        ),
        (
            "D = {dim}, beta",
            "D, beta",
            "must not repeat, found D, beta = 10.0/vector",
        ),
        (
            "grid = { dim = [30] }",
            "grid = { dim = [31] }",
            "must hold values of the series' grid, found 31",
        ),
        (
            "grid = { dim = [30] }",
            "grid = { size = [30] }",
            "must be a key of a series' grid, found size",
        ),
        (
            "[presets.smoke.parts.images]",
            "[presets.smoke.parts.imges]",
            "must be one of error, images, found imges",
        ),
        (
            "dataset = \"cifar10\"\n",
            "",
            "needs a `dataset` to stand in for",
        ),
        (
            "[presets.paper]\nseeds = 5",
            "[presets.paper]\nseeds = 0",
            "must be at least 1, found 0",
        ),
    ] {
        assert!(TOML.contains(from), "{from}");
        let message = error(&TOML.replacen(from, to, 1));
        assert!(message.contains(expected), "{from} -> {to}: {message}");
    }
    let without = &TOML[..TOML.find("[presets.paper]").unwrap()];
    assert!(error(without).contains("`presets.paper` is missing"));
}

#[test]
fn every_file_of_a_folder_loads() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("b.toml"), TOML).unwrap();
    std::fs::write(dir.path().join("a.toml"), crate::fixture::TOML).unwrap();
    std::fs::write(dir.path().join("notes.txt"), "no experiment").unwrap();
    // What another system leaves beside a file.
    let fork = b"\0\x05\x16\x07\xff\xfeMac";
    std::fs::write(dir.path().join("._b.toml"), fork).unwrap();
    let all = Experiment::load_all(dir.path()).unwrap();
    let names: Vec<&str> = all.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["tiny", "tiny-study"]);
    assert_eq!(all[1].dataset(), "synthetic, cifar10");
    std::fs::write(dir.path().join("c.toml"), "name = 3").unwrap();
    let message = Experiment::load_all(dir.path()).unwrap_err().to_string();
    assert!(
        message.contains("c.toml") && message.contains("name"),
        "{message}"
    );
}

/// A value for every chart that depends on the cell alone.
fn measure(cell: &Cell, config: &Resolved) -> Vec<Measurement> {
    let (part, _) = config.find(cell).unwrap();
    let x = cell.level.value().unwrap_or(cell.n_stored as f64);
    let value = 1.0 / x.sqrt() + 0.001 * cell.seed as f64;
    let number = |&metric| Measurement {
        metric,
        value,
        n: 40,
    };
    part.charts.iter().map(number).collect()
}

fn write(dir: &std::path::Path, cells: &[Cell]) -> Resolved {
    let study = resolved(Preset::Cpu);
    let config = study.clone();
    let mut run = RunWriter::create(dir, &config, &info("flex"), None).unwrap();
    for cell in cells {
        run.append(cell, &measure(cell, &study), 0.5).unwrap();
    }
    config
}

#[test]
fn runs_resume_merge_and_keep_their_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let cells = resolved(Preset::Cpu).cells();
    let (left, right) = (dir.path().join("left"), dir.path().join("right"));
    let config = write(&left, &cells[..7]);
    write(&right, &cells[7..]);
    assert_eq!(RunFolder::open(&left).unwrap().config(), &config);
    assert_eq!(
        RunFolder::open(&left).unwrap().missing().unwrap(),
        cells[7..]
    );

    let whole = dir.path().join("whole");
    let summary = run::merge(&[&left, &right], &whole).unwrap();
    assert_eq!((summary.cells, summary.missing.len()), (cells.len(), 0));

    // Prose may change between two sittings, options may not.
    let mut prose = resolved(Preset::Cpu);
    prose.parts[0].about = "Another sentence.".into();
    assert!(RunWriter::resume(&left, &prose, &info("flex")).is_ok());
    prose.parts[0].options.insert("queries".into(), 41.into());
    let message = RunWriter::resume(&left, &prose, &info("flex"))
        .unwrap_err()
        .to_string();
    let end = "cannot resume: the configuration's `parts[0].options.queries` was 40, now 41";
    assert!(message.ends_with(end), "{message}");
}

#[test]
fn the_report_has_a_chart_and_a_table_for_each_part() {
    let dir = tempfile::tempdir().unwrap();
    let cells = resolved(Preset::Cpu).cells();
    write(dir.path(), &cells);
    let folder = RunFolder::open(dir.path()).unwrap();
    let html = std::fs::read_to_string(report::write(&folder).unwrap()).unwrap();
    for text in [
        "A tiny &lt;study&gt;",
        "Falls with the root.",
        "Error of the energy, 50 stored",
        "stored images",
        "D = 100, beta = 50.0",
    ] {
        assert!(html.contains(text), "{text}");
    }
    let charts = [
        "error-energy_error-50-stored",
        "error-clipped-50-stored",
        "images-pixel_mse",
    ];
    for chart in charts {
        let path = folder
            .figures()
            .join(format!("{chart}.svg").replace('_', "-"));
        assert!(path.is_file(), "{}", path.display());
    }
    insta::assert_snapshot!(table::text(&folder).unwrap());
}
