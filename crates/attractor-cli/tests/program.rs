//! The program as people use it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::prelude::*;

const SIDE: usize = 32;

struct Place {
    folder: tempfile::TempDir,
    photos: ImageSet,
}

impl Place {
    /// Twenty photos in two folders, one within the other, and a file that is none.
    fn new() -> Self {
        let size = BuiltinSize { train: 1, test: 24 };
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            photos: builtin::scenes(Split::Test, &size).unwrap(),
        };
        std::fs::create_dir_all(place.path("photos/older")).unwrap();
        for index in 0..20 {
            let folder = if index < 10 { "photos" } else { "photos/older" };
            let values = place.photos.rows(&[index]).unwrap();
            place.picture(&format!("{folder}/{index:02}.png"), values);
        }
        std::fs::write(place.path("photos/notes.txt"), "no photo").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn picture(&self, name: &str, values: Vec<f32>) {
        let image = Image::from_planes(3, SIDE, SIDE, values).unwrap();
        let png = ImageGrid::new(vec![vec![image]]).unwrap().png().unwrap();
        std::fs::write(self.path(name), png).unwrap();
    }

    /// A copy of a photo without its right third, half as bright.
    fn torn(&self, index: usize, name: &str) {
        let mut values = self.photos.rows(&[index]).unwrap();
        for (at, value) in values.iter_mut().enumerate() {
            *value = if at % SIDE > 20 { 0.5 } else { 0.5 * *value };
        }
        self.picture(name, values);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_attractor"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("ATTRACTOR_MEMORY")
            .output()
            .unwrap()
    }

    fn says(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {text}{errors}"
        );
        text + &errors
    }
}

#[test]
fn photos_are_added_once_and_found_again_from_damaged_copies() {
    let place = Place::new();
    let said = place.says(&["add", "photos"], 0);
    assert!(
        said.contains("20 added, 0 were there, 0 left out"),
        "{said}"
    );
    let said = place.says(&["add", "photos"], 0);
    assert!(said.contains("0 added, 20 were there"), "{said}");

    place.torn(13, "torn.png");
    let said = place.says(&["recall", "torn.png", "--html", "page.html"], 0);
    assert!(
        said.contains("torn.png is ") && said.contains("older/13.png"),
        "{said}"
    );
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    // The cue, what was taken for covered, three photos.
    assert_eq!(page.matches("data:image/png;base64,").count(), 5);

    // Nobody stored this one.
    place.picture("stranger.png", place.photos.rows(&[22]).unwrap());
    let said = place.says(&["recall", "stranger.png"], 1);
    assert!(said.contains("none of the stored photos"), "{said}");
    assert_eq!(
        place.says(&["recall", "stranger.png", "--quiet"], 1),
        "none\n"
    );

    let said = place.says(&["recall", "torn.png", "--json", "--top", "1"], 0);
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    let best = found[0]["candidates"][0]["path"].as_str().unwrap();
    assert!(Path::new(best).ends_with("photos/older/13.png"), "{best}");
    assert_eq!(found[0]["recognised"], true);
}

#[test]
fn what_is_forgotten_is_gone_and_the_file_stays() {
    let place = Place::new();
    place.says(&["add", "photos", "--memory", "m.attr"], 0);
    let said = place.says(&["forget", "photos/older", "3", "--memory", "m.attr"], 0);
    assert!(said.contains("11 forgotten, 9 left"), "{said}");
    assert!(place.path("photos/older/13.png").exists());
    let said = place.says(&["list", "--memory", "m.attr"], 0);
    assert_eq!(said.lines().count(), 9);
    assert!(!said.contains("older"), "{said}");
    let said = place.says(&["forget", "3", "--memory", "m.attr"], 2);
    assert!(said.contains("no stored photo has this id"), "{said}");
    // Added again, it has an id of its own.
    place.says(&["add", "photos", "--memory", "m.attr"], 0);
    let said = place.says(&["info", "--memory", "m.attr", "--json"], 0);
    assert!(said.contains("\"photos\": 20"), "{said}");
    let said = place.says(&["export", "--to", "out", "0", "--memory", "m.attr"], 0);
    assert!(said.contains("1 photos in out"), "{said}");
    assert!(place.path("out/0.png").exists());
}

#[test]
fn damaged_files_are_left_out_by_name_and_errors_are_sentences() {
    let place = Place::new();
    std::fs::write(place.path("photos/bad.jpg"), b"\xff\xd8\xff\xe0 cut").unwrap();
    let said = place.says(&["add", "photos"], 0);
    assert!(
        said.contains("20 added") && said.contains("1 left out"),
        "{said}"
    );
    assert!(
        said.contains("left out: ") && said.contains("bad.jpg"),
        "{said}"
    );

    let said = place.says(&["recall", "photos/bad.jpg"], 2);
    assert!(said.starts_with("error: photos/bad.jpg"), "{said}");
    let said = place.says(&["recall", "x.png", "--memory", "other.attr"], 2);
    assert!(
        said.contains("other.attr: there is no such memory"),
        "{said}"
    );
    std::fs::write(place.path("empty.attr"), b"").unwrap();
    let said = place.says(&["list", "--memory", "empty.attr"], 2);
    assert!(said.contains("empty.attr"), "{said}");
    std::fs::create_dir(place.path("nothing")).unwrap();
    let said = place.says(&["add", "nothing", "--memory", "new.attr"], 2);
    assert!(said.contains("found none"), "{said}");
    assert!(!place.path("new.attr").exists());
}

#[test]
fn the_same_picture_twice_is_counted() {
    let place = Place::new();
    std::fs::copy(
        place.path("photos/04.png"),
        place.path("photos/older/copy.png"),
    )
    .unwrap();
    let said = place.says(&["add", "photos"], 0);
    assert!(said.contains("21 added"), "{said}");
    assert!(
        said.contains("nearly the same: ") && said.contains("copy.png"),
        "{said}"
    );
}
