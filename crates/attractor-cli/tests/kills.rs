//! `add` killed at 200 moments: the file is what it was before, or what one of the savings made of it. Run by
//! `cargo test -p attractor-cli --test kills -- --ignored --nocapture`; it takes a few minutes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use attractor::core::rng;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::prelude::*;
use rand::RngExt;

const KILLS: u64 = 200;
const PHOTOS: usize = 200;
/// Photos between two savings: many of them, so that many kills meet one.
const EVERY: usize = 10;

fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_attractor"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("ATTRACTOR_MEMORY")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Stored photos, as `info` says after it has verified the file.
fn stored(folder: &Path) -> usize {
    let output = start(folder, &["info", "--json"])
        .wait_with_output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let facts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    facts["photos"].as_u64().unwrap() as usize
}

#[test]
#[ignore = "minutes"]
fn a_kill_at_any_moment_leaves_the_old_or_the_new_memory() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let size = BuiltinSize {
        train: 1,
        test: PHOTOS,
    };
    let photos = builtin::scenes(Split::Test, &size).unwrap();
    for part in ["old", "new"] {
        std::fs::create_dir(folder.join(part)).unwrap();
    }
    for index in 0..PHOTOS {
        let part = if index < EVERY { "old" } else { "new" };
        let image = Image::from_planes(3, 32, 32, photos.rows(&[index]).unwrap()).unwrap();
        let png = ImageGrid::new(vec![vec![image]]).unwrap().png().unwrap();
        std::fs::write(folder.join(format!("{part}/{index:04}.png")), png).unwrap();
    }
    let every = EVERY.to_string();
    let add = |part: &str| start(folder, &["add", part, "--every", &every, "--quiet"]);
    assert!(add("old").wait().unwrap().success());
    let memory = folder.join("memory.attr");
    let old = std::fs::read(&memory).unwrap();
    // How long a whole one takes.
    let begun = Instant::now();
    assert!(add("new").wait().unwrap().success());
    let whole = begun.elapsed();
    assert_eq!(stored(folder), PHOTOS);

    let mut rng = rng::stream(0, "kills");
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut parts, mut ended) = (0, 0);
    for _ in 0..KILLS {
        std::fs::write(&memory, &old).unwrap();
        let mut child = add("new");
        std::thread::sleep(Duration::from_secs_f64(
            whole.as_secs_f64() * rng.random_range(0.0..1.0),
        ));
        ended += usize::from(child.try_wait().unwrap().is_some());
        // SIGKILL: nothing of the program runs any more.
        child.kill().unwrap();
        child.wait().unwrap();
        parts += usize::from(folder.join("memory.attr.part").exists());
        let count = stored(folder);
        assert!(
            (EVERY..=PHOTOS).contains(&count) && count.is_multiple_of(EVERY),
            "{count}"
        );
        *found.entry(count).or_default() += 1;
    }
    println!(
        "{KILLS} kills within {whole:?}: {ended} after the end, {parts} while a file was written, photos then: {found:?}"
    );
    // Neither always at the beginning nor always at the end.
    assert!(found.len() > 5, "{found:?}");
    // What is left behind hinders nobody.
    assert!(add("new").wait().unwrap().success());
    assert_eq!(stored(folder), PHOTOS);
    assert!(!folder.join("memory.attr.part").exists());
}
