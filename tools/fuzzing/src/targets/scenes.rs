//! CLEVR's scene files.

use attractor::datasets::Split;
use attractor::datasets::clevr::{Generator, Info, SceneFile, read_scenes, write_scenes};

use crate::scratch;

/// The file. What is read comes back the same from what is written of it.
pub(super) fn run(data: &[u8]) {
    let Ok(read) = scratch::file("scenes.json", data, read_scenes) else {
        return;
    };
    for scene in &read.scenes {
        assert!(
            scene
                .objects
                .iter()
                .all(|object| object.attributes().len() == 4)
        );
    }
    let path = scratch::path("again.json");
    write_scenes(&path, &read).expect("what was read can be written");
    let again = read_scenes(&path).expect("what was written can be read");
    assert_eq!(again, read);
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let made = Generator::default().generate(Split::Test, 2);
    let made = made.expect("two scenes can be drawn");
    let path = scratch::path("seed.json");
    let file = SceneFile {
        info: Info {
            version: "1.0".into(),
            split: "val".into(),
            license: "none".into(),
            date: "today".into(),
        },
        scenes: made.scenes,
    };
    write_scenes(&path, &file).expect("scenes can be written");
    vec![
        std::fs::read(&path).expect("scenes can be read"),
        b"{\"scenes\":[]}".to_vec(),
    ]
}
