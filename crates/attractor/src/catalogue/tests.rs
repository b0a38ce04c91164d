use attractor_core::Backend;
use attractor_core::burn::tensor::{Tensor, TensorData};
use attractor_core::rng;

use super::*;

fn context() -> Context {
    Context::pixels(6, &Backend::Flex.open().unwrap()).unwrap()
}

fn normal(seed: u64, rows: usize) -> Tensor<2> {
    let values = rng::normal_vec(&mut rng::stream(seed, "test"), rows * 6);
    Tensor::from_data(TensorData::new(values, [rows, 6]), &context().device)
}

/// Every recipe that needs no decoder layers builds, trains, stores and answers.
#[test]
fn every_recipe_works() {
    let mut context = context();
    context.autoencoder = Some(context.model.clone());
    for recipe in RECIPES.iter().filter(|recipe| recipe.name != "pc-gmm") {
        let mut built = build(recipe.name, &toml::Table::new(), &context).unwrap();
        if let Built::Learner(mut learner) = built {
            assert!(recipe.learns);
            let codes = normal(1, 8);
            learner
                .train_step(codes.clone(), codes.clone(), codes, 0.01)
                .unwrap();
            built = learner.finish(&context).unwrap();
        }
        let Built::Memory(mut memory) = built else {
            panic!("{recipe:?} is not ready")
        };
        memory.write(normal(2, 5)).unwrap();
        assert_eq!(memory.len(), 5, "{recipe:?}");
        let recall = memory.read(normal(3, 2)).unwrap();
        let answer = recall.data().into_data().try_into_vec::<f32>().unwrap();
        assert!(answer.iter().all(|value| value.is_finite()), "{recipe:?}");
    }
}

#[test]
fn masked_observations_ask_for_the_mask() {
    let options = "observation = 'masked'".parse().unwrap();
    for recipe in ["bp-gmm", "map-gmm"] {
        assert!(matches!(
            build(recipe, &options, &context()),
            Ok(Built::Complete(_))
        ));
    }
}

#[test]
fn mistakes_are_named() {
    let message = |recipe: &str, options: &str| {
        build(recipe, &options.parse().unwrap(), &context())
            .unwrap_err()
            .to_string()
    };
    assert!(message("gnn", "").starts_with("unknown recipe `gnn`; known: identity, gmm, "));
    let unknown = message("gmm", "sigmar = 1.0");
    assert!(unknown.contains("gmm: unknown field `sigmar`"), "{unknown}");
    assert!(message("gmm", "sigma = -1.0").starts_with("GaussianMixtureConfig.sigma: "));
    assert!(message("autoencoder", "").contains("a trained autoencoder"));
}
