//! What shells and pipes expect.

use std::process::{Command, Stdio};

use crate::place::Place;

#[test]
fn completions_and_the_manual_know_all_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let said = place.says(&["completions", shell], 0);
        for command in ["add", "recall", "forget", "serve"] {
            assert!(said.contains(command), "{shell}: {command}");
        }
    }
    let manual = place.says(&["man"], 0);
    assert!(
        manual.contains(".TH attractor") && manual.contains("COMMAND RECALL"),
        "{manual}"
    );
    assert!(manual.contains("label\\-column"), "{manual}");
}

#[test]
fn nobody_who_reads_is_no_error() {
    let place = Place::new();
    place.says(&["add", "photos"], 0);
    let mut child = Command::new(env!("CARGO_BIN_EXE_attractor"))
        .arg("list")
        .current_dir(place.path(""))
        .env_remove("ATTRACTOR_MEMORY")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn nothing_that_is_piped_has_colours_or_pictures() {
    let place = Place::new();
    place.says(&["add", "photos"], 0);
    place.torn(3, "torn.png");
    let said = place.says(&["recall", "torn.png"], 0);
    assert!(!said.contains('\u{1b}'), "{said:?}");
}
