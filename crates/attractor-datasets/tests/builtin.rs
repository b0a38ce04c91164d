//! Built-in images: reproducible, varied, distinct.

use attractor_datasets::builtin::{self, Generator};
use attractor_datasets::{BuiltinSize, ImageSet, ImageShape, Split};

fn mean_distance(set: &ImageSet, pairs: impl Iterator<Item = (usize, usize)>) -> f64 {
    let distances: Vec<f64> = pairs
        .map(|(a, b)| {
            let rows = set.rows(&[a, b]).unwrap();
            let (a, b) = rows.split_at(set.dim());
            let sum: f64 = a.iter().zip(b).map(|(x, y)| f64::from(x - y).powi(2)).sum();
            sum / set.dim() as f64
        })
        .collect();
    distances.iter().sum::<f64>() / distances.len() as f64
}

#[test]
fn an_image_depends_only_on_its_index() {
    for generator in [Generator::SCENES, Generator::GLYPHS, Generator::LETTERS] {
        let many = generator.generate(Split::Train, 40).unwrap();
        let few = generator.generate(Split::Train, 7).unwrap();
        assert_eq!(many.subset(0..7).unwrap(), few);
        let test = generator.generate(Split::Test, 7).unwrap();
        assert_ne!(test.fingerprint, few.fingerprint);
        let seeded = Generator {
            seed: 1,
            ..generator
        }
        .generate(Split::Train, 7)
        .unwrap();
        assert_ne!(seeded.fingerprint, few.fingerprint);
    }
}

#[test]
fn shapes_and_sizes() {
    let size = BuiltinSize { train: 12, test: 5 };
    let scenes = builtin::scenes(Split::Test, &size).unwrap();
    assert_eq!(
        (scenes.len(), scenes.shape),
        (5, ImageShape::new(3, 32, 32))
    );
    let glyphs = builtin::glyphs(Split::Train, &size).unwrap();
    assert_eq!(
        (glyphs.len(), glyphs.shape),
        (12, ImageShape::new(1, 28, 28))
    );
    assert_eq!((scenes.classes.len(), glyphs.classes.len()), (10, 10));
    for (height, width) in [(8, 8), (17, 40), (64, 48)] {
        for generator in [Generator::SCENES, Generator::GLYPHS, Generator::LETTERS] {
            let set = Generator {
                height,
                width,
                ..generator
            }
            .generate(Split::Train, 20)
            .unwrap();
            assert_eq!(set.dim(), generator.shape().channels * height * width);
        }
    }
    for (height, width) in [(7, 32), (32, 1025)] {
        let generator = Generator {
            height,
            width,
            ..Generator::SCENES
        };
        let error = generator.generate(Split::Train, 1).unwrap_err().to_string();
        assert!(error.contains(&format!("{height}x{width}")), "{error}");
    }
    assert!(
        Generator::SCENES
            .generate(Split::Train, 0)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn every_class_occurs() {
    for generator in [Generator::SCENES, Generator::GLYPHS, Generator::LETTERS] {
        let classes = generator.generate(Split::Train, 1).unwrap().classes.len();
        let set = generator.generate(Split::Train, 100 * classes).unwrap();
        for class in 0..classes as u32 {
            let count = set.labels.iter().filter(|&&label| label == class).count();
            assert!(
                (60..150).contains(&count),
                "class {class}: {count}, not 100"
            );
        }
    }
}

#[test]
fn scenes_are_distinct_and_fill_the_colour_range() {
    let set = Generator::SCENES.generate(Split::Train, 500).unwrap();
    // No two images are near each other: retrieval among them is well defined.
    for a in 0..200 {
        for b in 0..a {
            let distance = mean_distance(&set, std::iter::once((a, b)));
            assert!(distance > 0.002, "images {a} and {b}: {distance}");
        }
    }
    // As different from each other as photographs are (CIFAR-10: 0.11).
    let apart = mean_distance(&set, (0..499).map(|i| (i, i + 1)));
    assert!((0.06..0.2).contains(&apart), "{apart}");
    let mean = set.pixels().iter().map(|&v| f64::from(v)).sum::<f64>() / set.pixels().len() as f64;
    assert!((90.0..165.0).contains(&mean), "{mean}");
    // Hardly any image is flat, hardly any pixel is clipped.
    let clipped = set.pixels().iter().filter(|&&v| v == 0 || v == 255).count();
    assert!(clipped * 10 < set.pixels().len(), "{clipped}");
    for index in 0..set.len() {
        let image = set.image(index).unwrap();
        let (low, high) = (image.iter().min().unwrap(), image.iter().max().unwrap());
        assert!(high - low > 40, "image {index} is flat: {low}..{high}");
    }
}

#[test]
fn glyphs_of_one_class_resemble_each_other() {
    resemble(Generator::GLYPHS, 10);
    resemble(Generator::LETTERS, 26);
}

fn resemble(generator: Generator, classes: usize) {
    let set = generator.generate(Split::Train, 2000).unwrap();
    let dim = set.dim();
    let rows = set.rows(&(0..2000).collect::<Vec<_>>()).unwrap();
    let mut means = vec![vec![0.0f64; dim]; classes];
    let mut counts = vec![0.0; classes];
    for (row, &label) in rows.chunks(dim).zip(&set.labels).take(1500) {
        counts[label as usize] += 1.0;
        for (mean, value) in means[label as usize].iter_mut().zip(row) {
            *mean += f64::from(*value);
        }
    }
    for (mean, count) in means.iter_mut().zip(counts) {
        mean.iter_mut().for_each(|value| *value /= count);
    }
    // The nearest class mean names the class of most held-out glyphs: chance is one in ten or less.
    let hits = rows
        .chunks(dim)
        .zip(&set.labels)
        .skip(1500)
        .filter(|(row, label)| {
            let distance = |mean: &[f64]| -> f64 {
                mean.iter()
                    .zip(*row)
                    .map(|(m, v)| (m - f64::from(*v)).powi(2))
                    .sum()
            };
            let nearest =
                (0..classes).min_by(|&a, &b| distance(&means[a]).total_cmp(&distance(&means[b])));
            nearest == Some(**label as usize)
        });
    let hits = hits.count();
    assert!((300..500).contains(&hits), "{hits} of 500");
}
