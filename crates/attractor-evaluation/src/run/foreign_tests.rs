//! Run folders that somebody else has sent.

use std::fs;

use tempfile::TempDir;

use super::{RunFolder, RunWriter};
use crate::Error;
use crate::experiment::Preset;
use crate::figures::{Image, ImageGrid};
use crate::fixture::{info, measure, resolved};

#[test]
fn pictures_from_elsewhere_are_refused() {
    let place = TempDir::new().unwrap();
    let dir = place.path().join("run");
    fs::write(place.path().join("private.png"), "private").unwrap();
    let config = resolved(Preset::Cpu);
    let cell = &config.cells()[0];
    let mut run = RunWriter::create(&dir, &config, &info("flex"), None).unwrap();
    run.append(cell, &measure(cell), 1.0).unwrap();
    let image = Image::from_planes(1, 1, 1, vec![0.5]).unwrap();
    let grid = ImageGrid::new(vec![vec![image]]).unwrap();
    run.add_panel(cell, "a panel", &["stored"], &grid).unwrap();
    drop(run);
    let folder = RunFolder::open(&dir).unwrap();
    let name = folder.panels().unwrap()[0].file.clone();
    let stem = name.strip_suffix(".png").unwrap();
    let path = folder.figures().join(format!("{stem}.json"));
    let text = fs::read_to_string(&path).unwrap();
    let private = place.path().join("private.png").display().to_string();
    for file in ["../../private.png", &private, "..", "", "sub/panel.png"] {
        fs::write(&path, text.replace(&name, file)).unwrap();
        let error = folder.panels().unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        assert!(
            error.to_string().contains(&format!("found `{file}`")),
            "{error}"
        );
        assert!(crate::report::write(&folder).is_err());
    }
}
