//! Pictures of the official generator, where `ATTRACTOR_DATA` holds some in a folder `clevr-mini`.

use std::path::PathBuf;

use attractor_datasets::clevr::{
    Camera, ClevrFolder, Material, Relationships, Rig, Shape, View, render,
};
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

/// Mean and standard deviation of values from 0 to 255, on a scale to 1.
fn moments(values: impl Iterator<Item = u8> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let values = values.map(|value| f64::from(value) / 255.0);
    let mean = values.clone().sum::<f64>() / count;
    let square = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, square.sqrt())
}

#[test]
fn rendered_annotations_look_like_the_pictures() {
    let Some(root) = data() else { return };
    let folder =
        ClevrFolder::open(&root.join("clevr-mini"), Split::Test, None, &View::PAPER).unwrap();
    let real = folder.load().unwrap();
    let (mut ours, mut masks) = (Vec::new(), Vec::new());
    for scene in &real.scenes {
        let picture = render(scene, &Rig::of_scene(scene), &View::PAPER).unwrap();
        ours.extend(picture.pixels);
        masks.push(picture.mask);
    }
    let theirs = real.images.pixels();
    let plane = 64 * 76;
    for channel in 0..3 {
        let of = |pixels: &[u8]| {
            let planes = pixels.chunks_exact(plane).skip(channel).step_by(3);
            moments(planes.flatten().copied())
        };
        let (a, b) = (of(theirs), of(&ours));
        assert!((a.0 - b.0).abs() < 0.02, "mean, {channel}: {a:?} {b:?}");
        assert!((a.1 - b.1).abs() < 0.02, "contrast, {channel}: {a:?} {b:?}");
    }
    for (material, shape) in Material::ALL
        .into_iter()
        .flat_map(|m| Shape::ALL.map(|s| (m, s)))
    {
        let mut places = Vec::new();
        for (index, (scene, mask)) in real.scenes.iter().zip(&masks).enumerate() {
            for (at, &id) in mask.iter().enumerate() {
                let object = usize::from(id).checked_sub(1).map(|i| &scene.objects[i]);
                if object.is_some_and(|o| o.material == material && o.shape == shape) {
                    places.extend((0..3).map(|channel| (3 * index + channel) * plane + at));
                }
            }
        }
        assert!(places.len() > 3000, "{material:?} {shape:?}");
        for channel in 0..3 {
            let of = |pixels: &[u8]| {
                let places = places.iter().skip(channel).step_by(3);
                moments(places.map(|&place| pixels[place])).0
            };
            let (a, b) = (of(theirs), of(&ours));
            assert!(
                (a - b).abs() < 0.03,
                "{material:?} {shape:?} {channel}: {a} {b}"
            );
        }
    }
    let square: f64 = theirs
        .iter()
        .zip(&ours)
        .map(|(&a, &b)| ((f64::from(a) - f64::from(b)) / 255.0).powi(2))
        .sum();
    let rms = (square / ours.len() as f64).sqrt();
    // The lamps' jitter is not recorded; it accounts for most of what is left.
    assert!(rms < 0.04, "{rms}");
}
