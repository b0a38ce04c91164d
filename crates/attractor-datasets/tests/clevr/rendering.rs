//! Pictures and masks.

use attractor_datasets::clevr::{
    Colour, Generator, Material, Object, Relationships, Rig, Scene, Shape, Size, View, render,
};
use attractor_datasets::{BuiltinSize, DataRoot, ImageShape, LoadOptions, Split, load_with};
use rayon::ThreadPoolBuilder;

use super::generator;

/// One object in the middle, seen by the camera without jitter.
fn single(shape: Shape, material: Material, color: Colour) -> Scene {
    let rig = Rig::nominal();
    let height = if shape == Shape::Cube {
        0.7 / 2f64.sqrt()
    } else {
        0.7
    };
    let coords = [0.0, 0.0, height];
    let [x, y, depth] = rig.camera.project(&coords);
    let object = Object {
        shape,
        size: Size::Large,
        material,
        color,
        rotation: 20.0,
        pixel_coords: (x as i32, y as i32, depth),
        coords,
    };
    let directions = rig.camera.directions();
    Scene {
        split: "val".into(),
        image_index: 0,
        image_filename: "CLEVR_val_000000.png".into(),
        relationships: Relationships::between(std::slice::from_ref(&object), &directions),
        objects: vec![object],
        directions,
    }
}

/// Mean of each channel over the pixels of object 1.
fn mean_colour(scene: &Scene) -> [f64; 3] {
    let picture = render(scene, &Rig::nominal(), &View::PAPER).unwrap();
    let plane = picture.mask.len();
    std::array::from_fn(|channel| {
        let values: Vec<f64> = (0..plane)
            .filter(|&at| picture.mask[at] == 1)
            .map(|at| f64::from(picture.pixels[channel * plane + at]))
            .collect();
        values.iter().sum::<f64>() / values.len() as f64
    })
}

#[test]
fn threads_do_not_matter() {
    let on = |threads: usize| {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| generator(3, 10, 5).generate(Split::Train, 12).unwrap())
    };
    let one = on(1);
    assert_eq!(one, on(2));
    let more = generator(3, 10, 5).generate(Split::Train, 14).unwrap();
    assert_eq!(
        more.images.subset(0..12).unwrap().pixels(),
        one.images.pixels()
    );
    assert_ne!(
        one.images.pixels(),
        generator(3, 10, 6)
            .generate(Split::Train, 12)
            .unwrap()
            .images
            .pixels()
    );
}

#[test]
fn sets_hold_scenes_masks_and_counts() {
    let set = generator(3, 5, 1).generate(Split::Test, 10).unwrap();
    assert_eq!(set.images.shape, ImageShape::new(3, 64, 76));
    for (index, scene) in set.scenes.iter().enumerate() {
        assert_eq!(set.images.labels[index] as usize, scene.objects.len());
        let mask = set.mask(index).unwrap();
        assert_eq!(mask.len(), 64 * 76);
        assert!(
            mask.iter()
                .all(|&id| usize::from(id) <= scene.objects.len())
        );
        assert!(mask.contains(&0));
    }
    assert_eq!(set.images.classes[3], "3 objects");
    assert!(set.mask(10).is_none() && set.mask(usize::MAX).is_none());
}

#[test]
fn masks_lie_where_the_camera_sees_the_objects() {
    let (scene, rig) = generator(3, 3, 9).scene(Split::Train, 4).unwrap();
    let mask = render(&scene, &rig, &View::whole(240, 320)).unwrap().mask;
    for (index, object) in scene.objects.iter().enumerate() {
        let (x, y, _) = object.pixel_coords;
        let id = usize::from(mask[y as usize * 320 + x as usize]);
        // Another object may stand before the centre, but the ground may not.
        assert!(id > 0, "object {index} at {x}, {y}");
        let hidden_by_nearer =
            id != index + 1 && scene.objects[id - 1].pixel_coords.2 < object.pixel_coords.2;
        assert!(id == index + 1 || hidden_by_nearer);
    }
}

#[test]
fn the_mask_of_the_window_is_that_of_the_whole_picture() {
    let (scene, rig) = generator(3, 10, 3).scene(Split::Train, 0).unwrap();
    let whole = render(&scene, &rig, &View::whole(240, 320)).unwrap().mask;
    let window = render(&scene, &rig, &View::PAPER).unwrap().mask;
    let differing = (0..64 * 76)
        .filter(|at| {
            let y = 64 + (((at / 76) as f64 + 0.5) * 2.5) as usize;
            let x = 29 + (((at % 76) as f64 + 0.5) * 192.0 / 76.0) as usize;
            whole[y * 320 + x] != window[*at]
        })
        .count();
    // Middles of pixels of different sizes coincide to half a pixel only.
    assert!(differing < 64 * 76 / 50, "{differing} pixels differ");
}

#[test]
fn colours_and_materials_are_told_apart() {
    for (colour, strongest) in [(Colour::Red, 0), (Colour::Green, 1), (Colour::Blue, 2)] {
        for shape in Shape::ALL {
            for material in Material::ALL {
                let mean = mean_colour(&single(shape, material, colour));
                let others = (0..3).filter(|&c| c != strongest);
                for other in others {
                    assert!(mean[strongest] > mean[other] + 15.0, "{colour:?} {mean:?}");
                }
            }
        }
    }
    for shape in Shape::ALL {
        let rubber = single(shape, Material::Rubber, Colour::Gray);
        let metal = single(shape, Material::Metal, Colour::Gray);
        let rig = Rig::nominal();
        let [rubber, metal] =
            [rubber, metal].map(|scene| render(&scene, &rig, &View::PAPER).unwrap());
        assert_eq!(rubber.mask, metal.mask);
        assert_ne!(rubber.pixels, metal.pixels);
    }
}

#[test]
fn an_empty_scene_is_a_grey_ground_without_horizon() {
    let mut scene = single(Shape::Sphere, Material::Rubber, Colour::Red);
    scene.objects.clear();
    let picture = render(&scene, &Rig::nominal(), &View::whole(240, 320)).unwrap();
    assert!(picture.mask.iter().all(|&id| id == 0));
    let plane = 240 * 320;
    for at in 0..plane {
        let rgb: [u8; 3] = std::array::from_fn(|channel| picture.pixels[channel * plane + at]);
        assert!(
            rgb.iter().all(|value| (85..180).contains(value)),
            "{rgb:?} at {at}"
        );
        assert!(
            rgb.iter().max().unwrap() - rgb.iter().min().unwrap() < 25,
            "{rgb:?}"
        );
    }
    for at in 320..plane {
        let step = picture.pixels[at].abs_diff(picture.pixels[at - 320]);
        assert!(step <= 3, "a step of {step} at {at}");
    }
}

#[test]
fn shadows_darken_the_ground() {
    let mut scene = single(Shape::Cylinder, Material::Rubber, Colour::Gray);
    let rig = Rig::nominal();
    let with = render(&scene, &rig, &View::PAPER).unwrap();
    scene.objects.clear();
    let without = render(&scene, &rig, &View::PAPER).unwrap();
    let darker = (0..with.mask.len())
        .filter(|&at| with.mask[at] == 0 && with.pixels[at] + 8 < without.pixels[at])
        .count();
    assert!(darker > 60, "{darker} pixels in shadow");
}

#[test]
fn any_resolution() {
    let (scene, rig) = generator(3, 3, 2).scene(Split::Train, 0).unwrap();
    for view in [
        View::whole(1, 1),
        View::whole(30, 41),
        View::whole(480, 640),
        View {
            size: (7, 3),
            ..View::PAPER
        },
        View {
            size: (160, 192),
            ..View::PAPER
        },
    ] {
        let picture = render(&scene, &rig, &view).unwrap();
        assert_eq!(picture.pixels.len(), view.shape().dim());
        assert_eq!(picture.mask.len(), view.size.0 * view.size.1);
    }
    for view in [
        View::whole(0, 10),
        View::whole(10_000, 10),
        View {
            size: (161, 76),
            ..View::PAPER
        },
        View {
            corner: (200, 29),
            ..View::PAPER
        },
        View {
            corner: (usize::MAX, 29),
            ..View::PAPER
        },
    ] {
        let message = render(&scene, &rig, &view).unwrap_err().to_string();
        assert!(message.contains("View"), "{message}");
    }
}

#[test]
fn loads_by_name() {
    let options = LoadOptions {
        builtin: BuiltinSize { train: 4, test: 3 },
        objects: Some([3, 3]),
        columns: Some(64),
        ..LoadOptions::default()
    };
    let set = load_with("builtin-clevr", Split::Test, &DataRoot::default(), &options).unwrap();
    assert_eq!((set.len(), set.shape), (3, ImageShape::new(3, 64, 64)));
    assert_eq!(set.columns_beside(), (0, 12));
    assert_eq!(set.labels, [3, 3, 3]);
    let direct = Generator {
        objects: [3, 3],
        ..Generator::default()
    };
    let direct = direct.generate(Split::Test, 3).unwrap().images;
    assert_eq!(direct.crop_columns(0..64).unwrap(), set);
}
