use attractor_core::{Merge, Persist, Restore};

use super::*;

fn written(config: &RandomFeaturesConfig, values: &[f32], dim: usize) -> RandomFeatures {
    let mut memory = memory(config, dim);
    memory.store(tensor(values, dim)).unwrap();
    memory
}

#[test]
fn files_hold_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.safetensors");
    for kind in KINDS {
        let config = RandomFeaturesConfig {
            seed: 7,
            centre: vec![0.1],
            typical: Some(2.5),
            ..config(kind, 300, 11.3)
        };
        let saved = written(&config, &binary(3, 4, 5, false), 5);
        saved.save(&path).unwrap();
        let loaded = RandomFeatures::load(&path, &device()).unwrap();
        assert_eq!(loaded.config(), saved.config());
        let bits = |memory: &RandomFeatures| {
            memory
                .superposed()
                .iter()
                .map(|sum| sum.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&loaded), bits(&saved));
        let states = normal(4, 3, 5).mul_scalar(0.3);
        let energies = [&saved, &loaded].map(|memory| host(memory.energy(states.clone()).unwrap()));
        assert_eq!(energies[0], energies[1]);
    }
    let given = RandomFeatures::with_directions(
        config(FeatureKind::Cos, 20, 3.0),
        normal(5, 20, 5),
        vec![0.5; 20],
        &device(),
    );
    let mut given = given.unwrap();
    given.store(normal(6, 2, 5)).unwrap();
    given.save(&path).unwrap();
    let loaded = RandomFeatures::load(&path, &device()).unwrap();
    assert_eq!(given.merge(loaded).unwrap().len(), 4);
}

#[test]
fn damaged_files_are_refused() {
    use attractor_core::weights::Weights;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.safetensors");
    let saved = written(
        &config(FeatureKind::SinCos, 30, 4.0),
        &binary(3, 4, 5, false),
        5,
    );
    let damaged = |change: &dyn Fn(&mut Weights)| {
        saved.save(&path).unwrap();
        attractor_testing::rewritten(&path, change);
        RandomFeatures::load(&path, &device())
            .unwrap_err()
            .to_string()
    };
    let short = damaged(&|weights| weights.insert("sums", &[59], vec![0.0; 59]));
    assert!(
        short.contains("`sums`: expected shape [60], found [59]"),
        "{short}"
    );
    let infinite = damaged(&|weights| weights.insert("sums", &[60], vec![f32::INFINITY; 60]));
    assert!(
        infinite.contains("expected finite numbers, found inf at index 0"),
        "{infinite}"
    );
    let other = damaged(&|weights| weights.set_metadata("kind", "gaussian_mixture"));
    assert!(
        other.contains("expected the kind `random_features`, found `gaussian_mixture`"),
        "{other}"
    );
    let unknown = damaged(&|weights| weights.set_metadata("config", "betta = 3.0"));
    assert!(unknown.contains("unknown field `betta`"), "{unknown}");
    let negative = damaged(&|weights| weights.set_metadata("config", "beta = -3.0"));
    assert!(negative.contains("beta: must be finite"), "{negative}");
    let number = damaged(&|weights| weights.set_metadata("written", "many"));
    assert!(
        number.contains("metadata `written`: expected a number, found `many`"),
        "{number}"
    );
}
