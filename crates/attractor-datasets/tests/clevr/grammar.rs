//! Every random scene keeps the rules of the official generator.

use attractor_datasets::Split;
use attractor_datasets::clevr::{
    CAMERA, Camera, LAMPS, MARGIN, MIN_DISTANCE, MIN_PIXELS, Object, REACH, RELATION_MARGIN, Rig,
    Scene, Shape, View, render,
};
use proptest::prelude::*;

use super::generator;

fn pairs(objects: &[Object]) -> impl Iterator<Item = (&Object, &Object)> {
    let others = move |(index, first)| {
        let rest = objects.iter().enumerate().filter(move |(i, _)| *i != index);
        rest.map(move |(_, second)| (first, second))
    };
    objects.iter().enumerate().flat_map(others)
}

fn along(from: &Object, to: &Object, direction: &[f64; 3]) -> f64 {
    (0..3)
        .map(|k| (to.coords[k] - from.coords[k]) * direction[k])
        .sum()
}

fn check_places(scene: &Scene) -> Result<(), TestCaseError> {
    for (a, b) in pairs(&scene.objects) {
        let distance = (a.coords[0] - b.coords[0]).hypot(a.coords[1] - b.coords[1]);
        prop_assert!(distance - a.size.factor() - b.size.factor() >= MIN_DISTANCE - 1e-9);
        for direction in scene.directions.along_ground() {
            // Heights play no part: the directions lie on the ground.
            let offset = along(a, b, &direction).abs();
            prop_assert!(offset >= MARGIN - 1e-9, "{offset} along {direction:?}");
        }
    }
    for object in &scene.objects {
        let [x, y, z] = object.coords;
        prop_assert!(x.abs() <= REACH && y.abs() <= REACH);
        let half = match object.shape {
            Shape::Cube => object.size.factor() / 2f64.sqrt(),
            _ => object.size.factor(),
        };
        prop_assert!((z - half).abs() < 1e-12, "objects rest on the ground");
        prop_assert!((0.0..360.0).contains(&object.rotation));
    }
    Ok(())
}

fn check_relations(scene: &Scene) -> Result<(), TestCaseError> {
    let relations = &scene.relationships;
    let directions = &scene.directions;
    for (lists, direction) in [
        (&relations.left, directions.left),
        (&relations.right, directions.right),
        (&relations.front, directions.front),
        (&relations.behind, directions.behind),
    ] {
        for (from, list) in scene.objects.iter().zip(lists) {
            for (index, to) in scene.objects.iter().enumerate() {
                let holds = along(from, to, &direction) > RELATION_MARGIN;
                prop_assert_eq!(list.contains(&index), holds);
            }
        }
    }
    Ok(())
}

fn check_rig(rig: &Rig) -> Result<(), TestCaseError> {
    for (value, base) in rig.camera.position.iter().zip(CAMERA) {
        prop_assert!((value - base).abs() <= 0.5);
    }
    for (value, base) in rig.lamps.iter().flatten().zip(LAMPS.iter().flatten()) {
        prop_assert!((value - base).abs() <= 1.0);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn scenes_keep_the_rules(seed: u64, index in 0usize..100_000, fewest in 1usize..=10) {
        let (scene, rig) = generator(fewest, 10, seed).scene(Split::Train, index).unwrap();
        prop_assert!((fewest..=10).contains(&scene.objects.len()));
        prop_assert_eq!(&scene.image_filename, &format!("CLEVR_train_{index:06}.png"));
        check_places(&scene)?;
        check_relations(&scene)?;
        check_rig(&rig)?;
    }

    #[test]
    fn every_object_is_visible(seed: u64) {
        let (scene, rig) = generator(3, 10, seed).scene(Split::Test, 0).unwrap();
        let mask = render(&scene, &rig, &View::whole(240, 320)).unwrap().mask;
        for object in 1..=scene.objects.len() {
            let pixels = mask.iter().filter(|&&id| usize::from(id) == object).count();
            prop_assert!(pixels >= MIN_PIXELS, "object {object} shows {pixels} pixels");
        }
    }

    #[test]
    fn the_camera_is_recovered(seed: u64) {
        let (scene, rig) = generator(2, 6, seed).scene(Split::Test, 0).unwrap();
        let found = Camera::of_scene(&scene).unwrap();
        for (value, truth) in found.position.iter().zip(rig.camera.position) {
            prop_assert!((value - truth).abs() < 1e-6, "{found:?} {:?}", rig.camera);
        }
    }
}

#[test]
fn splits_and_seeds_differ_and_counts_vary() {
    let scene = |seed, split, index| generator(3, 10, seed).scene(split, index).unwrap().0;
    let first = scene(1, Split::Train, 0);
    assert_eq!(first, scene(1, Split::Train, 0));
    assert_ne!(first.objects, scene(2, Split::Train, 0).objects);
    assert_ne!(first.objects, scene(1, Split::Test, 0).objects);
    let counts: std::collections::BTreeSet<usize> = (0..100)
        .map(|i| scene(1, Split::Train, i).objects.len())
        .collect();
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        (3..=10).collect::<Vec<_>>()
    );
}

#[test]
fn a_camera_needs_two_objects() {
    let (scene, _) = generator(1, 1, 0).scene(Split::Test, 0).unwrap();
    assert_eq!(Camera::of_scene(&scene), None);
    assert_eq!(Rig::of_scene(&scene), Rig::nominal());
}

#[test]
fn impossible_ranges_are_refused() {
    for [fewest, most] in [[0, 3], [4, 3], [3, 11]] {
        let message = generator(fewest, most, 0)
            .generate(Split::Train, 1)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(&format!("{fewest} to {most}")),
            "{message}"
        );
    }
    assert!(
        generator(3, 3, 0)
            .generate(Split::Train, usize::MAX)
            .is_err()
    );
}
