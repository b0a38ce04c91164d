use std::fs;

use tempfile::TempDir;

use crate::experiment::{Experiment, Overrides, Preset};
use crate::figures::{Image, ImageGrid};
use crate::fixture::{TOML, experiment, info, measure, reference};
use crate::run::{RunFolder, RunWriter, Trace, TraceTerm, TrainingPoint};
use crate::{Metric, Verdict, report, table};

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
    assert!(!html(&dir).contains("<section id=\"cite\">"));
    let config = RunFolder::open(dir.path()).unwrap().config().clone();
    let mut writer = RunWriter::resume(dir.path(), &config, &info("flex")).unwrap();
    writer
        .set_citations("@misc{a,\n  title = {x < y},\n}")
        .unwrap();
    let page = html(&dir);
    assert!(page.contains("<section id=\"cite\">"));
    assert!(page.contains("@misc{a,\n  title = {x &lt; y},\n}"));
}

#[test]
fn a_report_stands_alone_and_is_stable() {
    let dir = run("cifar10", usize::MAX);
    let first = html(&dir);
    assert_eq!(first, html(&dir));
    // Nothing is fetched: the only address is the name space of SVG, which browsers never load.
    let rest = first.replace("http://www.w3.org/2000/svg", "");
    for foreign in ["http:", "https:", "<script", "@import", "url("] {
        assert!(!rest.contains(foreign), "{foreign}");
    }
    for part in [
        "A tiny &lt;experiment&gt;",
        "Nobody &amp; Co, 2022",
        "One &amp; only.",
        "Example &lt;9000&gt;, 2 threads",
        "commit 0123abc",
        "data:image/png;base64,iVBOR",
        // `<svg>a map</svg>`
        "data:image/svg+xml;base64,PHN2Zz5hIG1hcDwvc3ZnPg==",
        "prefers-color-scheme:dark",
        ">ours</span>",
        ">match</span>",
        "Training of cifar-vae",
        "<dd>2 min 02 s</dd>",
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
        let body = html.split_once("<main>").unwrap().1;
        let start = body.find("<p class=\"dataset").unwrap();
        assert!(!body[..start].contains("<p") && !body[..start].contains("<h1"));
        body[start..].split_once("</p>").unwrap().0.to_owned()
    };
    let real = html(&run("cifar10", 3));
    assert!(first_line(&real).contains("Data set: cifar10."));
    assert!(real.contains("This run is unfinished: 3 of"));
    let built_in = html(&run("builtin", usize::MAX));
    assert!(first_line(&built_in).contains("Data set: built-in images (builtin)."));
    assert!(built_in.contains("data set builtin instead of cifar10"));
    assert!(
        !built_in.contains(">match</span>"),
        "built-in figures must not be judged"
    );
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
        "<a href=\"first&#x2f;report.html\">A tiny &lt;experiment&gt;</a>",
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

/// One row for each system that has pictures, one column for each task.
#[test]
fn parts_under_tasks_lead_with_a_picture() {
    let dir = TempDir::new().unwrap();
    let text = TOML.replacen(
        r#"{ task = "clean" }"#,
        r#"{ task = "clean" }, { task = "grey" }"#,
        1,
    );
    let mut config = Experiment::parse(&text, "tiny.toml")
        .unwrap()
        .resolve(Preset::Paper, &Overrides::default(), &|_| true)
        .unwrap();
    let cells = config.cells();
    let mut run = RunWriter::create(dir.path(), &config, &info("flex"), None).unwrap();
    let image = |value: f32| vec![Image::from_planes(1, 1, 1, vec![value]).unwrap(); 2];
    let hardest = |level: Option<f64>| level.is_none_or(|level| level == 0.4);
    for cell in cells.iter().filter(|cell| hardest(cell.level.value())) {
        let grid = ImageGrid::new(vec![image(0.1), image(0.2), image(0.3)]).unwrap();
        let grid = grid.with_marks(vec![(2, 0)]);
        run.add_panel(cell, "c", &["stored", "cue", "recalled"], &grid)
            .unwrap();
    }
    let html = html(&dir);
    // Stored, cue, GMM twice under all three, and one that has noise alone.
    let overview = html.split_once("<figure>").unwrap().1;
    let overview = overview.split_once("</figure>").unwrap().0;
    assert_eq!(overview.matches("<image").count(), 13);
    assert_eq!(overview.matches("#28c85a").count(), 7);
    for name in ["GMM, vae", "GMM, pixel", ">BP, robust<", ">grey<"] {
        assert!(overview.contains(name), "{name}");
    }
    // Two corruptions are no comparison.
    let panels = super::panels(&RunFolder::open(dir.path()).unwrap()).unwrap();
    let part = &mut config.parts[0];
    part.tasks.truncate(2);
    assert_eq!(super::overview::of_part(part, &panels), None);
}
