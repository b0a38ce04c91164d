use std::fs;

use tempfile::TempDir;

use super::charts;
use crate::experiment::{Experiment, Overrides, Preset};
use crate::fixture::info;
use crate::run::{RunFolder, RunWriter};
use crate::summary::Summary;
use crate::{Measurement, Metric, Reference, report};

const TOML: &str = r#"
name = "grid"
title = "Grid"
description = "d"
source = "s"
protocol = "p"

[[parts]]
name = "sizes"
title = "Sizes"
measure = "m"
charts = ["accuracy"]
x_label = "units"
levels = [8, 2]
map = { option = "heads", label = "heads", curves = [{ name = "frontier", points = [[1, 2], [4, 8]] }] }

[[parts.series]]
name = "H = {heads}"
grid = { heads = [4, 1] }

[[parts.series]]
name = "none"
options = { heads = "all" }

[presets.smoke]
seeds = 2
[presets.cpu]
seeds = 2
[presets.paper]
seeds = 2
"#;

fn reference() -> Reference {
    let rows = [("H = 4", 8.0, 90.0), ("H = 1", 2.0, 10.0)].map(|(system, level, accuracy)| {
        format!(
            r#"{{"system": "{system}", "representation": "vector", "task": "sizes", "level": {level},
               "cues": 5, "accuracy": {accuracy}}}"#
        )
    });
    let text = format!(
        r#"{{"short": "paper", "source": "s", "data": "d", "protocol": "p", "note": "n",
            "tolerance": {{"accuracy": 5.0}}, "results": [{}]}}"#,
        rows.join(", ")
    );
    serde_json::from_str(&text).unwrap()
}

/// Rows and columns rise whatever the file's order, values are means over seeds, and published figures have
/// a map of their own.
#[test]
fn maps_show_means_and_published_figures() {
    let experiment = Experiment::parse(TOML, "grid.toml").unwrap();
    let config = experiment.resolve(Preset::Cpu, &Overrides::default(), &|_| true);
    let (dir, config) = (TempDir::new().unwrap(), config.unwrap());
    let mut run =
        RunWriter::create(dir.path(), &config, &info("flex"), Some(&reference())).unwrap();
    for cell in &config.cells() {
        let heads = if cell.system == "H = 4" { 40.0 } else { 10.0 };
        let value = heads + cell.level.value().unwrap() + 4.0 * cell.seed as f64;
        let measured = Measurement {
            metric: Metric::Accuracy,
            value,
            n: 500,
        };
        run.append(cell, &[measured], 1.0).unwrap();
    }
    drop(run);
    let folder = RunFolder::open(dir.path()).unwrap();
    let part = &folder.config().parts[0];
    let summary = Summary::new(&folder.records().unwrap());
    let map = |published| {
        charts::map_of(
            part,
            &summary,
            Metric::Accuracy,
            &part.charted()[0],
            published,
        )
    };
    let measured = map(false).unwrap();
    assert_eq!(measured.x, [1.0, 4.0]);
    assert_eq!(measured.y, [2.0, 8.0]);
    assert_eq!(measured.values, [14.0, 44.0, 20.0, 50.0]);
    assert_eq!(measured.range, Some((0.0, 100.0)));
    let theirs = map(true).unwrap().values;
    assert_eq!((theirs[0], theirs[3]), (10.0, 90.0));
    assert!(theirs[1].is_nan() && theirs[2].is_nan());
    let html = fs::read_to_string(report::write(&folder).unwrap()).unwrap();
    for (file, text) in [
        ("sizes-accuracy-map-measured.svg", "Accuracy, measured"),
        ("sizes-accuracy-map-published.svg", "Accuracy, published"),
    ] {
        let svg = fs::read_to_string(folder.figures().join(file)).unwrap();
        assert!(svg.contains(text) && svg.contains("frontier"), "{file}");
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn a_map_needs_levels_and_a_number_of_every_series() {
    for (from, to) in [
        ("option = \"heads\"", "option = \"size\""),
        ("levels = [8, 2]", "x = \"n_stored\"\nn_stored = [8, 2]"),
    ] {
        assert!(TOML.contains(from), "{from}");
        let found = Experiment::parse(&TOML.replace(from, to), "grid.toml");
        let message = found.unwrap_err().to_string();
        let rule = "must be an option of every series of a part with levels";
        assert!(message.contains(rule), "{message}");
    }
}
