//! Pictures of the official generator, where `ATTRACTOR_DATA` holds some in a folder `clevr-mini`.

use std::path::PathBuf;

use attractor_datasets::clevr::{Camera, ClevrFolder, Relationships, Rig, View, render};
use attractor_datasets::{DataRoot, Split, load};

fn data() -> Option<PathBuf> {
    let root = std::env::var_os("ATTRACTOR_DATA").map(PathBuf::from);
    let found = root.filter(|root| root.join("clevr-mini").is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: ATTRACTOR_DATA is not set or holds no clevr-mini");
    }
    found
}

#[test]
fn loads_and_knows_its_camera() {
    let Some(root) = data() else { return };
    let path = root.join("clevr-mini");
    let folder = ClevrFolder::open(&path, Split::Test, Some([3, 3]), &View::PAPER).unwrap();
    let set = folder.load().unwrap();
    let data_root = DataRoot::new(Some(root), None, None);
    if !data_root.directories()[0].join("clevr").exists() {
        assert_eq!(load("clevr", Split::Test, &data_root).unwrap(), set.images);
    }
    for scene in &set.scenes {
        let camera = Camera::of_scene(scene).expect("a camera");
        for object in &scene.objects {
            let [x, y, depth] = camera.project(&object.coords);
            let (column, row, seen) = object.pixel_coords;
            assert!((x - f64::from(column)).abs() < 0.6 && (y - f64::from(row)).abs() < 0.6);
            assert!((depth - seen).abs() < 1e-3);
        }
        let again = Relationships::between(&scene.objects, &scene.directions);
        assert_eq!(again, scene.relationships);
    }
}

#[test]
fn rendered_annotations_look_like_the_pictures() {
    let Some(root) = data() else { return };
    let folder =
        ClevrFolder::open(&root.join("clevr-mini"), Split::Test, None, &View::PAPER).unwrap();
    let real = folder.load().unwrap();
    let mut ours = Vec::new();
    for scene in &real.scenes {
        ours.extend(
            render(scene, &Rig::of_scene(scene), &View::PAPER)
                .unwrap()
                .pixels,
        );
    }
    let plane = 64 * 76;
    for channel in 0..3 {
        let mean = |pixels: &[u8]| {
            let planes = pixels.chunks_exact(plane).skip(channel).step_by(3);
            let sum: f64 = planes.flatten().map(|&value| f64::from(value)).sum();
            sum / (255.0 * (pixels.len() / 3) as f64)
        };
        let (theirs, rendered) = (mean(real.images.pixels()), mean(&ours));
        assert!(
            (theirs - rendered).abs() < 0.02,
            "{channel}: {theirs} {rendered}"
        );
    }
    let square: f64 = real
        .images
        .pixels()
        .iter()
        .zip(&ours)
        .map(|(&a, &b)| ((f64::from(a) - f64::from(b)) / 255.0).powi(2))
        .sum();
    let rms = (square / ours.len() as f64).sqrt();
    // The lamps' jitter is not recorded; it accounts for most of what is left.
    assert!(rms < 0.04, "{rms}");
}
