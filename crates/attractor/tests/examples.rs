//! Examples end with sentences.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// What `main` returns is printed in the form of `Debug`: only that of `Failure` is a sentence.
#[test]
fn every_example_fails_with_a_sentence() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        let examples = entry.unwrap().path().join("examples");
        if examples.is_dir() {
            sources(&examples, &mut found);
        }
    }
    assert!(found.len() > 10, "{found:?}");
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        let path = path.display();
        if let Some((_, after)) = text.split_once("\nfn main() -> ") {
            let returned = after.split_once(" {").unwrap().0;
            let sentence = ["Result<(), Failure>", "Outcome"];
            assert!(sentence.contains(&returned), "{path}: {returned}");
        }
        assert!(!text.contains("Box<dyn std::error::Error>"), "{path}");
    }
}
