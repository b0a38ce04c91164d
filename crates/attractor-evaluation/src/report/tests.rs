use std::fs;

use tempfile::TempDir;

use crate::experiment::{Experiment, Overrides, Preset};
use crate::figures::{Image, ImageGrid};
use crate::fixture::{TOML, experiment, info, measure, reference};
use crate::run::{RunFolder, RunWriter, Trace, TraceTerm, TrainingPoint};
use crate::{Cell, Metric, Verdict, report, table};

fn run(dataset: &str, cells: usize) -> TempDir {
    let dir = TempDir::new().unwrap();
    let overrides = Overrides {
        dataset: Some(dataset.into()),
        ..Overrides::default()
    };
    let config = experiment()
        .resolve(Preset::Paper, &overrides, &|_| true)
        .unwrap();
    let mut run =
        RunWriter::create(dir.path(), &config, &info("flex"), Some(&reference())).unwrap();
    for cell in config.cells().iter().take(cells) {
        run.append(cell, &measure(cell), 2.0).unwrap();
    }
    for epoch in 1..=3 {
        run.add_training(&TrainingPoint {
            model: "cifar-vae".into(),
            seed: 0,
            epoch,
            loss_per_image: 60.0 / epoch as f64,
            seconds: 30.0,
        })
        .unwrap();
    }
    let cell = &config.cells()[0];
    let image = Image::from_planes(3, 1, 1, vec![0.2, 0.5, 0.9]).unwrap();
    let grid = ImageGrid::new(vec![vec![image]]).unwrap();
    run.add_panel(cell, "One & only.", &["stored"], &grid)
        .unwrap();
    run.add_drawing(cell, "map", "Drawn.", "<svg>a map</svg>")
        .unwrap();
    run.add_trace(&Trace {
        cell: cell.clone(),
        terms: vec![TraceTerm {
            name: "total".into(),
            values: vec![900.0, 3.0, 1.0],
        }],
    })
    .unwrap();
    dir
}

fn html(dir: &TempDir) -> String {
    let folder = RunFolder::open(dir.path()).unwrap();
    fs::read_to_string(report::write(&folder).unwrap()).unwrap()
}

/// What was noted is shown, escaped; without a note there is no section.
#[test]
fn citations_are_shown() {
    let dir = run("cifar10", 1);
    assert!(!html(&dir).contains("class=\"cite\""));
    let config = RunFolder::open(dir.path()).unwrap().config().clone();
    let mut writer = RunWriter::resume(dir.path(), &config, &info("flex")).unwrap();
    writer
        .set_citations("@misc{a,\n  title = {x < y},\n}")
        .unwrap();
    let page = html(&dir);
    assert!(page.contains("class=\"cite\""));
    assert!(page.contains("@misc{a,\n  title = {x &lt; y},\n}"));
}

#[test]
fn a_report_stands_alone_and_is_stable() {
    let dir = run("cifar10", usize::MAX);
    let first = html(&dir);
    assert_eq!(first, html(&dir));
    // Nothing is fetched: the only addresses are the name space of SVG, which browsers never load, and
    // pictures that the page holds itself.
    let rest = first.replace("http://www.w3.org/2000/svg", "");
    let rest = rest.replace("url(data:image/png", "");
    for foreign in ["http:", "https:", "<script ", "@import", "url("] {
        assert!(!rest.contains(foreign), "{foreign}");
    }
    for part in [
        "A tiny &lt;experiment&gt;",
        "Nobody &amp; Co, 2022",
        "One &amp; only.",
        "Example &lt;9000&gt;, 2 threads",
        "commit 0123abc",
        "data:image/png;base64,iVBOR",
        "<svg>a map</svg>",
        "prefers-color-scheme:dark",
        ">ours</span>",
        "Of 4 published figures 1 agree, 1 better, 2 worse.",
        "Training of cifar-vae",
        "computed in 2 min 02 s",
    ] {
        assert!(first.contains(part), "{part}");
    }
    for file in [
        "loss-cifar-vae.svg",
        "recall-retrieval-rate-vae-noise-10-stored.svg",
    ] {
        assert!(dir.path().join("figures").join(file).is_file(), "{file}");
    }
}

#[test]
fn the_first_line_names_the_data() {
    let first_line = |html: &str| {
        let body = html.split_once("<main id=\"main\">").unwrap().1;
        let start = body.find("<p class=\"dataset").unwrap();
        assert!(!body[..start].contains("<h2"));
        assert!(!body[..start].contains("<p") && !body[..start].contains("<h1"));
        body[start..].split_once("</p>").unwrap().0.to_owned()
    };
    let real = html(&run("cifar10", 3));
    assert!(first_line(&real).contains("Data set: cifar10."));
    assert!(real.contains("publ. 100.0"));
    assert!(real.contains("This run is unfinished: 3 of"));
    let built_in = html(&run("builtin", usize::MAX));
    assert!(first_line(&built_in).contains("Data set: built-in images (builtin)."));
    assert!(built_in.contains("data set builtin instead of cifar10"));
    assert!(
        !built_in.contains("publ. "),
        "what cannot be compared must not stand beside a value"
    );
    assert!(built_in.contains("none can be compared with this run"));
}

#[test]
fn a_smaller_data_set_is_named() {
    let mut config = experiment()
        .resolve(Preset::Paper, &Overrides::default(), &|_| true)
        .unwrap();
    config.parts[0].shortages = vec!["training images 10 instead of 50000".into()];
    let dir = TempDir::new().unwrap();
    let mut run = RunWriter::create(dir.path(), &config, &info("flex"), None).unwrap();
    let cell = &config.cells()[0];
    run.append(cell, &measure(cell), 1.0).unwrap();
    let said = "training images 10 instead of 50000";
    assert!(html(&dir).contains(said));
    let text = table::text(&RunFolder::open(dir.path()).unwrap()).unwrap();
    assert!(text.contains(said), "{text}");
}

#[test]
fn an_index_links_to_the_reports() {
    let dir = TempDir::new().unwrap();
    let (done, part) = (run("cifar10", usize::MAX), run("builtin", 3));
    let inner = dir.path().join("first");
    fs::rename(done.path(), &inner).unwrap();
    report::write(&RunFolder::open(&inner).unwrap()).unwrap();
    let entry = |name: &str, outcome| report::Entry {
        name: name.into(),
        outcome,
    };
    let page = report::write_index(
        dir.path(),
        &[
            entry("first", report::Outcome::Run(inner)),
            entry("second", report::Outcome::Run(part.path().into())),
            entry("third", report::Outcome::Failed("no <data>".into())),
            entry("fourth", report::Outcome::Left),
        ],
    );
    let html = fs::read_to_string(page.unwrap()).unwrap();
    for part in [
        "href=\"first&#x2f;report.html\"",
        "<a href=\"#first\">A tiny &lt;experiment&gt;</a>",
        "Of 4 published figures",
        "failed: no &lt;data&gt;",
        "not begun",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let text = fs::read_to_string(dir.path().join("index.txt")).unwrap();
    for part in [
        "first: A tiny <experiment>\n  data: cifar10\n",
        "  report: first/report.html\n",
        "built-in data stand in",
        "3 of ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text.matches("report:").count(), 1, "one was never reported");
}

#[test]
fn an_empty_run_has_a_report() {
    let dir = run("cifar10", 0);
    assert!(html(&dir).contains("0 of"));
    assert_eq!(
        table::text(&RunFolder::open(dir.path()).unwrap()).unwrap(),
        "No cell is finished yet.\n"
    );
}

#[test]
fn the_text_table_shows_ours_and_theirs() {
    let dir = run("cifar10", usize::MAX);
    insta::assert_snapshot!(table::text(&RunFolder::open(dir.path()).unwrap()).unwrap());
    let dir = run("builtin", usize::MAX);
    insta::assert_snapshot!(table::text(&RunFolder::open(dir.path()).unwrap()).unwrap());
}

#[test]
fn records_carry_figure_and_verdict() {
    let records = RunFolder::open(run("cifar10", usize::MAX).path())
        .unwrap()
        .records()
        .unwrap();
    let verdict = |representation: &str, level: f64, metric| {
        let found = records.iter().find(|record| {
            record.system == "GMM"
                && record.representation.name() == representation
                && record.level.value() == Some(level)
                && record.metric == metric
                && record.seed == 0
        });
        found
            .unwrap()
            .reference
            .clone()
            .map(|reference| reference.verdict)
    };
    // Ours: 95 and 80 (vae), 72 (pixel).
    assert_eq!(
        verdict("vae", 0.1, Metric::RetrievalRate),
        Some(Verdict::Better)
    );
    assert_eq!(
        verdict("vae", 0.4, Metric::RetrievalRate),
        Some(Verdict::Worse)
    );
    assert_eq!(
        verdict("pixel", 0.4, Metric::RetrievalRate),
        Some(Verdict::Worse)
    );
    assert_eq!(
        verdict("vae", 0.1, Metric::LatentDistance),
        Some(Verdict::NotComparable(
            "no tolerance is set for this metric".into()
        ))
    );
    assert_eq!(verdict("vae", 0.1, Metric::PixelMse), None);
}

/// One row for each system that has pictures, one column for each task, every image once.
#[test]
fn parts_lead_with_pictures() {
    let dir = TempDir::new().unwrap();
    let config = experiment()
        .resolve(Preset::Paper, &Overrides::default(), &|_| true)
        .unwrap();
    let mut run = RunWriter::create(dir.path(), &config, &info("flex"), None).unwrap();
    let shown =
        |cell: &&Cell| cell.seed == 0 && cell.level.value().is_none_or(|level| level == 0.4);
    let cells = config.cells();
    for cell in cells.iter().filter(shown) {
        // The stored image comes back on codes, another one on pixels.
        let right = cell.representation.name() == "vae";
        let image = |values: [f32; 2]| Image::from_planes(1, 1, 2, values.to_vec()).unwrap();
        let row = |values| vec![image(values); 2];
        let recalled = if right { [0.1, 0.9] } else { [0.3, 0.2] };
        let cue = [0.2, cell.level.value().unwrap_or(0.0) as f32];
        let grid = ImageGrid::new(vec![row([0.1, 0.9]), row(cue), row(recalled)]).unwrap();
        let marks = if right { vec![(2, 0)] } else { Vec::new() };
        let grid = grid.with_marks(marks).with_rejected(vec![(2, 1)]);
        run.add_panel(cell, "c", &["stored", "cue", "recalled"], &grid)
            .unwrap();
    }
    let folder = RunFolder::open(dir.path()).unwrap();
    let mut panels = super::panels(&folder).unwrap();
    let part = &folder.config().parts[0];
    let matrix = super::pictures::of_part("m", part, &[2, 0, 1], &mut panels, 2).unwrap();
    assert!(
        panels.is_empty(),
        "what the matrix shows is not shown again"
    );
    let value = serde_json::to_value(&matrix).unwrap();
    assert_eq!(value["columns"], serde_json::json!(["clean", "noise 0.4"]));
    let names: Vec<&str> = value["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["stored", "cue", "BP, robust", "GMM", "GMM"]);
    // Two cues, one stored image, one wrong one: each once in the sprite.
    assert_eq!(value["across"], 4);
    assert_eq!(
        value["rows"][3]["cells"][1]["is"],
        serde_json::json!(["right", "rejected"])
    );
    assert_eq!(
        value["rows"][4]["cells"][1]["is"],
        serde_json::json!(["wrong", "rejected"])
    );
    assert_eq!(
        value["rows"][3]["cells"][0]["at"],
        value["rows"][0]["cells"][0]["at"]
    );
    assert!(
        value["rows"][2]["cells"][0].is_null(),
        "it has no cell there"
    );
    let html = html(&dir);
    assert_eq!(html.matches("url(data:image/png").count(), 1);
    assert!(html.contains("The same cue in every cell") && html.contains("class=\"pic right\""));
}

/// Small multiples have a few lines each, no two of all of them alike.
#[test]
fn many_lines_are_several_charts() {
    let many: String = (0..14)
        .map(|index| {
            let recipe = index % 3;
            format!(
                "[[parts.series]]\nname = \"extra {index}\"\nrepresentation = \"vector\"\n\
                 options = {{ recipe = \"r{recipe}\" }}\n\n"
            )
        })
        .collect();
    let text = TOML.replacen("[presets.smoke]", &format!("{many}[presets.smoke]"), 1);
    let config = Experiment::parse(&text, "tiny.toml")
        .unwrap()
        .resolve(Preset::Paper, &Overrides::default(), &|_| true)
        .unwrap();
    let dir = TempDir::new().unwrap();
    let mut run = RunWriter::create(dir.path(), &config, &info("flex"), None).unwrap();
    for cell in &config.cells() {
        run.append(cell, &measure(cell), 1.0).unwrap();
    }
    let folder = RunFolder::open(dir.path()).unwrap();
    let summary = crate::summary::Summary::new(&folder.records().unwrap());
    let charts = super::charts::of_part(&folder.config().parts[0], &summary);
    let vectors: Vec<&str> = charts
        .iter()
        .map(|chart| chart.svg.as_str())
        .filter(|svg| svg.contains("extra "))
        .collect();
    assert!(vectors.len() > 1);
    let mut looks = std::collections::HashSet::new();
    for svg in vectors {
        let lines: Vec<&str> = svg
            .split("<polyline class=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert!(lines.len() <= crate::figures::LINES, "{}", lines.len());
        // The first marker of each line follows it.
        for (line, rest) in lines.iter().zip(svg.split("<polyline ").skip(1)) {
            let marker = rest
                .split("</polyline>")
                .nth(1)
                .unwrap()
                .trim_start()
                .split(' ')
                .next()
                .unwrap()
                .to_owned();
            let points = rest.split("<polygon").nth(1).map_or(0, |polygon| {
                polygon.split('>').next().unwrap().matches(',').count()
            });
            assert!(
                looks.insert(format!("{line} {marker} {points}")),
                "{line} {marker}"
            );
        }
    }
    assert_eq!(looks.len(), 14);
}

/// What became worse between two commits is marked.
#[test]
fn a_history_marks_what_changed() {
    let (before, after) = (run("cifar10", usize::MAX), TempDir::new().unwrap());
    let config = RunFolder::open(before.path()).unwrap().config().clone();
    let mut later = info("flex");
    later.commit = "4567def".into();
    let mut run = RunWriter::create(after.path(), &config, &later, None).unwrap();
    for cell in &config.cells() {
        let mut measured = measure(cell);
        if cell.representation.name() == "pixel" {
            measured[0].value -= 20.0;
        }
        run.append(cell, &measured, 1.0).unwrap();
    }
    drop(run);
    let runs = [before.path(), after.path()].map(|dir| RunFolder::open(dir).unwrap());
    let page = report::write_history(after.path(), &runs).unwrap();
    let html = fs::read_to_string(page).unwrap();
    for part in [
        "0123abc flex",
        "4567def flex",
        "1 worse</span>",
        "▼",
        "2 runs",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert_eq!(html.matches("is-worse\"").count(), 1);

    // With one run there is nothing to compare, and the page does not claim that nothing changed.
    let page = report::write_history(after.path(), &runs[..1]).unwrap();
    let html = fs::read_to_string(page).unwrap();
    assert!(html.contains("One run:") && !html.contains("Nothing is worse"));
}
