//! A folder with photos, and the program run in it.

use std::path::PathBuf;
use std::process::{Command, Output};

use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::prelude::*;

pub(crate) const SIDE: usize = 32;

pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) photos: ImageSet,
}

impl Place {
    /// Twenty photos in two folders, one within the other, and a file that is none.
    pub(crate) fn new() -> Self {
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn picture(&self, name: &str, values: Vec<f32>) {
        let image = Image::from_planes(3, SIDE, SIDE, values).unwrap();
        let png = ImageGrid::new(vec![vec![image]]).unwrap().png().unwrap();
        std::fs::write(self.path(name), png).unwrap();
    }

    /// A copy of a photo without its right third, half as bright.
    pub(crate) fn torn(&self, index: usize, name: &str) {
        let mut values = self.photos.rows(&[index]).unwrap();
        for (at, value) in values.iter_mut().enumerate() {
            *value = if at % SIDE > 20 { 0.5 } else { 0.5 * *value };
        }
        self.picture(name, values);
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_attractor"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("ATTRACTOR_MEMORY")
            .output()
            .unwrap()
    }

    pub(crate) fn says(&self, arguments: &[&str], status: i32) -> String {
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
