use std::fs::{self, OpenOptions};
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::experiment::{Overrides, Preset};
use crate::figures::{Image, ImageGrid};
use crate::fixture::{experiment, info, measure, reference, resolved};
use crate::{Measurement, Metric, Observer, run_cells};

fn config() -> Resolved {
    resolved(Preset::Cpu)
}

fn create(dir: &Path) -> RunWriter {
    RunWriter::create(dir, &config(), &info("flex"), Some(&reference())).unwrap()
}

/// Writes the given cells, one second each.
fn fill(dir: &Path, cells: &[Cell]) {
    let mut run = create(dir);
    for cell in cells {
        run.append(cell, &measure(cell), 1.0).unwrap();
    }
}

fn compute(run: &mut RunWriter, cells: &[Cell]) -> usize {
    let stop = AtomicBool::new(false);
    let summary = run_cells(cells, run, &mut (), &stop, |cell, _| {
        Ok::<_, Error>(measure(cell))
    })
    .unwrap();
    assert!(summary.is_complete());
    summary.computed
}

#[test]
fn results_follow_the_schema() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), &config().cells()[..2]);
    insta::assert_snapshot!(fs::read_to_string(dir.path().join(RESULTS)).unwrap());
    let read = RunFolder::open(dir.path()).unwrap().records().unwrap();
    assert_eq!(read.len(), 6);
    assert_eq!(read[0].cell(), config().cells()[0]);
    let error = serde_json::from_str::<Record>(r#"{"experiment": "x", "speed": 1}"#);
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("unknown field `speed`")
    );
}

#[test]
fn the_manifest_says_where_it_ran() {
    let dir = TempDir::new().unwrap();
    drop(create(dir.path()));
    insta::assert_snapshot!(fs::read_to_string(dir.path().join(MANIFEST)).unwrap());
}

/// A kill while the third cell is written: at every length that the two files can have.
#[test]
fn a_torn_write_costs_the_running_cell_and_nothing_else() {
    let cells = config().cells();
    let whole = TempDir::new().unwrap();
    fill(whole.path(), &cells[..3]);
    let read = |name: &str| fs::read(whole.path().join(name)).unwrap();
    let (results, ledger) = (read(RESULTS), read(LEDGER));
    let entries = RunFolder::open(whole.path()).unwrap().ledger().unwrap();
    let results_before = entries[1].bytes as usize;
    let ledger_before = ledger[..ledger.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n')
        .unwrap()
        + 1;

    // First the results grow, then the ledger does.
    let mut states: Vec<(usize, usize)> = (results_before..=results.len())
        .map(|length| (length, ledger_before))
        .collect();
    states.extend((ledger_before + 1..ledger.len()).map(|length| (results.len(), length)));
    let dir = TempDir::new().unwrap();
    drop(create(dir.path()));
    for (results_length, ledger_length) in states {
        fs::write(dir.path().join(RESULTS), &results[..results_length]).unwrap();
        fs::write(dir.path().join(LEDGER), &ledger[..ledger_length]).unwrap();
        let folder = RunFolder::open(dir.path()).unwrap();
        assert_eq!(folder.ledger().unwrap().len(), 2);
        assert_eq!(folder.records().unwrap().len(), 6);
        {
            let run = RunWriter::resume(dir.path(), &config(), &info("flex")).unwrap();
            assert_eq!(run.finished(), 2);
            assert!(!run.is_finished(&cells[2]));
        }
        // The tail is gone from disk.
        assert_eq!(
            fs::read(dir.path().join(RESULTS)).unwrap(),
            &results[..results_before]
        );
        assert_eq!(
            fs::read(dir.path().join(LEDGER)).unwrap(),
            &ledger[..ledger_before]
        );
    }
    // What follows is as if nothing had happened.
    let mut run = RunWriter::resume(dir.path(), &config(), &info("flex")).unwrap();
    run.append(&cells[2], &measure(&cells[2]), 1.0).unwrap();
    assert_eq!(fs::read(dir.path().join(RESULTS)).unwrap(), results);
    assert_eq!(fs::read(dir.path().join(LEDGER)).unwrap(), ledger);
}

#[test]
fn resuming_skips_what_is_finished() {
    let cells = config().cells();
    let dir = TempDir::new().unwrap();
    fill(dir.path(), &cells[..4]);
    let mut run = RunWriter::resume(dir.path(), &config(), &info("flex")).unwrap();
    assert_eq!(compute(&mut run, &cells), cells.len() - 4);
    assert_eq!(compute(&mut run, &cells), 0);
    assert!(run.folder().missing().unwrap().is_empty());
    let error = run.append(&cells[0], &[], 1.0).unwrap_err().to_string();
    assert!(error.contains("is finished already"), "{error}");
}

#[test]
fn damage_that_no_kill_can_cause_is_an_error() {
    let cells = config().cells();
    let dir = TempDir::new().unwrap();
    fill(dir.path(), &cells[..2]);
    let resume = || {
        RunWriter::resume(dir.path(), &config(), &info("flex"))
            .unwrap_err()
            .to_string()
    };
    let results = fs::read(dir.path().join(RESULTS)).unwrap();
    fs::write(dir.path().join(RESULTS), &results[..results.len() - 1]).unwrap();
    let message = resume();
    assert!(message.contains("bytes by cells.jsonl"), "{message}");
    fs::write(dir.path().join(RESULTS), &results).unwrap();

    let ledger = fs::read_to_string(dir.path().join(LEDGER)).unwrap();
    fs::write(dir.path().join(LEDGER), ledger.replacen('{', "[", 1)).unwrap();
    let message = resume();
    assert!(message.contains("cells.jsonl, line 1: "), "{message}");
}

#[test]
fn a_changed_run_is_refused_with_the_key_that_changed() {
    let dir = TempDir::new().unwrap();
    drop(create(dir.path()));
    let refuse = |config: &Resolved, info: &RunInfo| {
        RunWriter::resume(dir.path(), config, info)
            .unwrap_err()
            .to_string()
    };
    let overrides = Overrides::default().with_option("blocks", 7);
    let other = experiment()
        .resolve(Preset::Cpu, &overrides, &|_| true)
        .unwrap();
    let message = refuse(&other, &info("flex"));
    let end = "cannot resume: the configuration's `parts[0].options.blocks` was 20, now 7";
    assert!(message.ends_with(end), "{message}");

    let message = refuse(&config(), &info("wgpu"));
    assert!(
        message.ends_with("the backend was flex, now wgpu"),
        "{message}"
    );
    let mut data = info("flex");
    data.data[0].sha256 = "beef".into();
    let message = refuse(&config(), &data);
    assert!(
        message.contains("the data was cifar-10-binary.tar.gz c4a3, now"),
        "{message}"
    );

    // Another commit is allowed, and remembered once.
    let mut later = info("flex");
    later.commit = "later".into();
    for _ in 0..2 {
        drop(RunWriter::resume(dir.path(), &config(), &later).unwrap());
        assert_eq!(
            RunFolder::open(dir.path()).unwrap().info(),
            [info("flex"), later.clone()]
        );
    }
}

#[test]
fn a_folder_has_one_run_and_one_writer() {
    let dir = TempDir::new().unwrap();
    let message = RunFolder::open(dir.path()).unwrap_err().to_string();
    assert!(
        message.ends_with("not a run folder (it has no run.toml)"),
        "{message}"
    );
    let run = create(dir.path());
    let open = || RunWriter::resume(dir.path(), &config(), &info("flex"));
    assert!(
        open()
            .unwrap_err()
            .to_string()
            .ends_with("another process is writing this run")
    );
    assert_eq!(RunFolder::open(dir.path()).unwrap().records().unwrap(), []);
    drop(run);
    assert!(open().is_ok());
    let again = RunWriter::create(dir.path(), &config(), &info("flex"), None);
    assert!(
        again
            .unwrap_err()
            .to_string()
            .contains("holds a run already")
    );
}

struct StopAfter<'a>(usize, &'a AtomicBool);

impl Observer for StopAfter<'_> {
    fn finished(&mut self, index: usize, _: &Cell, records: &[Record], _: f64) {
        assert_eq!(records.len(), 3);
        if index + 1 == self.0 {
            self.1.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn the_stop_flag_ends_the_loop_after_the_running_cell() {
    let cells = config().cells();
    let dir = TempDir::new().unwrap();
    let mut run = create(dir.path());
    let stop = AtomicBool::new(false);
    let mut observer = StopAfter(3, &stop);
    let summary = run_cells(&cells, &mut run, &mut observer, &stop, |cell, _| {
        Ok::<_, Error>(measure(cell))
    });
    let summary = summary.unwrap();
    assert_eq!((summary.computed, summary.left), (3, cells.len() - 3));
    assert!(!summary.is_complete());
    assert_eq!(run.folder().missing().unwrap().len(), cells.len() - 3);
}

#[test]
fn a_failed_cell_does_not_stop_the_others() {
    let cells = config().cells();
    let dir = TempDir::new().unwrap();
    let mut run = create(dir.path());
    let stop = AtomicBool::new(false);
    let summary = run_cells(&cells, &mut run, &mut (), &stop, |cell, _| {
        if *cell == cells[1] {
            return Err("out of memory");
        }
        let value = if *cell == cells[2] { f64::NAN } else { 1.0 };
        Ok(vec![Measurement {
            metric: Metric::Top1,
            value,
            n: 1,
        }])
    });
    let summary = summary.unwrap();
    assert_eq!(summary.computed, cells.len() - 2);
    assert_eq!(
        summary.failed[0],
        (cells[1].clone(), "out of memory".into())
    );
    assert!(
        summary.failed[1]
            .1
            .contains("top1 is NaN, expected a finite number")
    );
    // Resuming tries just those.
    assert_eq!(compute(&mut run, &cells), 2);
}

#[test]
fn side_channels_survive_a_torn_line() {
    let dir = TempDir::new().unwrap();
    let mut run = create(dir.path());
    let point = |epoch, loss_per_image| TrainingPoint {
        model: "cifar-vae".into(),
        seed: 0,
        epoch,
        loss_per_image,
        seconds: 1.0,
    };
    run.add_training(&point(1, 50.0)).unwrap();
    run.add_training(&point(2, 40.0)).unwrap();
    let path = dir.path().join(TRAINING);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(fs::metadata(&path).unwrap().len() - 5)
        .unwrap();
    assert_eq!(run.folder().training().unwrap(), [point(1, 50.0)]);
    // Trained again after a resume: the later value of an epoch counts.
    run.add_training(&point(1, 49.0)).unwrap();
    run.add_training(&point(2, 39.0)).unwrap();
    assert_eq!(
        run.folder().training().unwrap(),
        [point(1, 49.0), point(2, 39.0)]
    );

    let cell = &config().cells()[0];
    let image = Image::from_planes(1, 2, 2, vec![0.0, 1.0, 1.0, 0.0]).unwrap();
    let grid = ImageGrid::new(vec![vec![image.clone()], vec![image]]).unwrap();
    for caption in ["first", "second"] {
        run.add_panel(cell, caption, &["stored", "recalled"], &grid)
            .unwrap();
    }
    let panels = run.folder().panels().unwrap();
    assert_eq!(panels.len(), 1);
    assert_eq!(panels[0].caption, "second");
    assert!(run.folder().figures().join(&panels[0].file).is_file());
    run.add_drawing(cell, "phase map", "drawn", "<svg></svg>")
        .unwrap();
    let panels = run.folder().panels().unwrap();
    assert_eq!(panels.len(), 2, "a drawing stands beside the images");
    let drawn = panels
        .iter()
        .find(|panel| panel.caption == "drawn")
        .unwrap();
    assert!(drawn.rows.is_empty() && drawn.file.ends_with("-phase-map.svg"));
    let terms = vec![TraceTerm {
        name: "total".into(),
        values: vec![2.0, 1.0],
    }];
    let trace = Trace {
        cell: cell.clone(),
        terms,
    };
    run.add_trace(&trace).unwrap();
    assert_eq!(run.folder().traces().unwrap(), [trace]);
}

#[test]
fn merging_needs_one_configuration_and_equal_duplicates() {
    let cells = config().cells();
    let [a, b, c, out] = std::array::from_fn(|_| TempDir::new().unwrap());
    fill(a.path(), &cells[..3]);
    fill(b.path(), &cells[2..5]);
    let dirs = [a.path(), b.path()];
    let target = out.path().join("joined");
    let summary = merge(&dirs, &target).unwrap();
    assert_eq!((summary.cells, summary.duplicates), (5, 1));
    assert_eq!(summary.missing, cells[5..]);
    assert!(matches!(
        merge(&dirs, &target),
        Err(Error::RunExists { .. })
    ));
    assert!(matches!(
        merge::<&Path>(&[], &target),
        Err(Error::TooFewRuns { .. })
    ));

    // Another number in one cell.
    let mut run = create(c.path());
    let mut other = measure(&cells[2]);
    other[0].value += 1.0;
    run.append(&cells[2], &other, 1.0).unwrap();
    drop(run);
    let message = merge(&[b.path(), c.path()], out.path().join("x"))
        .unwrap_err()
        .to_string();
    assert!(message.contains(&format!("cell {}", cells[2])), "{message}");
    assert!(
        message.contains("disagree: retrieval_rate 80 and 81"),
        "{message}"
    );

    // Another configuration.
    let smoke = TempDir::new().unwrap();
    drop(RunWriter::create(smoke.path(), &resolved(Preset::Smoke), &info("flex"), None).unwrap());
    let message = merge(&[a.path(), smoke.path()], out.path().join("y"))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("cannot be merged: their configurations differ"),
        "{message}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn shards_merge_to_the_whole_run(n in 1_usize..6, order in any::<prop::sample::Index>()) {
        let cells = config().cells();
        let whole = TempDir::new().unwrap();
        fill(whole.path(), &cells);
        let dirs: Vec<TempDir> = (0..n).map(|_| TempDir::new().unwrap()).collect();
        for (k, dir) in dirs.iter().enumerate() {
            let mine = Shard::new(k + 1, n).unwrap().select(cells.iter().cloned());
            fill(dir.path(), &mine);
        }
        let mut paths: Vec<&Path> = dirs.iter().map(TempDir::path).collect();
        paths.rotate_left(order.index(n));
        let out = TempDir::new().unwrap();
        let target = out.path().join("joined");
        let summary = merge(&paths, &target).unwrap();
        prop_assert!(summary.missing.is_empty());
        for file in [RESULTS, LEDGER, MANIFEST, REFERENCE] {
            let read = |dir: &Path| fs::read_to_string(dir.join(file)).unwrap();
            prop_assert!(read(&target) == read(whole.path()), "{} differs", file);
        }
    }
}

#[test]
fn a_folder_of_another_format_is_refused() {
    let dir = TempDir::new().unwrap();
    RunWriter::create(dir.path(), &config(), &info("flex"), None).unwrap();
    let path = dir.path().join("run.toml");
    let text = fs::read_to_string(&path).unwrap();
    for (line, found) in [("", 1), ("format = 3\n", 3)] {
        fs::write(&path, text.replacen("format = 2\n", line, 1)).unwrap();
        let message = RunFolder::open(dir.path()).unwrap_err().to_string();
        let expected =
            format!("expected a run folder of format 2, found {found}: it was written by");
        assert!(message.contains(&expected), "{message}");
    }
}
