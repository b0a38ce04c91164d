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

/// A prior has no default among all there are; everything else has.
fn least_options(recipe: &str) -> toml::Table {
    match recipe {
        "variational" => "prior = { kind = 'gaussian_mixture' }".parse().unwrap(),
        _ => toml::Table::new(),
    }
}

/// Every recipe that needs no decoder layers builds, trains, stores and answers.
#[test]
fn every_recipe_works() {
    let mut context = context();
    context.autoencoder = Some(context.model.clone());
    for recipe in RECIPES.iter().filter(|recipe| recipe.name != "pc-gmm") {
        let mut built = build(recipe.name, &least_options(recipe.name), &context).unwrap();
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

/// Every registered prior under the inferences that ask nothing but the prior's traits.
#[test]
fn every_prior_works_with_every_inference_that_fits_all() {
    for prior in attractor_priors::PRIORS {
        for inference in ["amortised", "fixed_point", "gradient"] {
            for observation in ["gaussian", "masked", "student_t"] {
                let options = format!(
                    "prior = {{ kind = '{}' }}\ninference = {{ kind = '{inference}' }}\n\
                     observation = {{ kind = '{observation}' }}",
                    prior.name
                );
                let built = build("variational", &options.parse().unwrap(), &context()).unwrap();
                let recall = match built {
                    Built::Memory(mut memory) => {
                        memory.write(normal(2, 5)).unwrap();
                        memory.read(normal(3, 2)).unwrap()
                    }
                    Built::Complete(mut memory) => {
                        assert_eq!(observation, "masked");
                        memory.write(normal(2, 5)).unwrap();
                        let known = normal(4, 2).greater_elem(0.0).float();
                        memory.complete(normal(3, 2), known).unwrap()
                    }
                    Built::Learner(_) => panic!("{options}"),
                };
                assert_eq!(recall.len(), 2);
                let answer = recall.data().into_data().try_into_vec::<f32>().unwrap();
                assert!(answer.iter().all(|value| value.is_finite()), "{options}");
            }
        }
    }
}

/// The named recipes are points of the general one.
#[test]
fn named_recipes_equal_their_tables() {
    let pairs = [
        (
            "gmm",
            "sigma = 0.4",
            "prior = { kind = 'gaussian_mixture', sigma = 0.4 }",
        ),
        (
            "mchn",
            "beta = 2.0\niterations = 3",
            "prior = { kind = 'hopfield', beta = 2.0 }\niterations = 3",
        ),
        (
            "map-gmm",
            "observation = 'truncated'\ncap = 0.3",
            "prior = { kind = 'gaussian_mixture' }\ninference = { kind = 'mode_search' }\n\
             observation = { kind = 'truncated', cap = 0.3 }",
        ),
    ];
    for (recipe, named, general) in pairs {
        let answers = [(recipe, named), ("variational", general)].map(|(recipe, options)| {
            match build(recipe, &options.parse().unwrap(), &context()).unwrap() {
                Built::Memory(mut memory) => {
                    memory.write(normal(2, 5)).unwrap();
                    let data = memory.read(normal(3, 2)).unwrap().data();
                    data.into_data().try_into_vec::<f32>().unwrap()
                }
                other => panic!("{other:?}"),
            }
        });
        assert_eq!(answers[0], answers[1], "{recipe}");
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
    assert!(
        message("gnn", "").starts_with("unknown recipe `gnn`; known: variational, identity, gmm, ")
    );
    let unknown = message("gmm", "sigmar = 1.0");
    assert!(unknown.contains("gmm: unknown field `sigmar`"), "{unknown}");
    assert!(message("gmm", "sigma = -1.0").starts_with("GaussianMixtureConfig.sigma: "));
    let unknown = message("variational", "prior = { kind = 'hopfield' }\nsteps = 3");
    assert!(
        unknown.contains("variational: unknown field `steps`"),
        "{unknown}"
    );
    let unknown = message("variational", "prior = { kind = 'hopfield', sigma = 3 }");
    assert!(
        unknown.contains("hopfield: unknown field `sigma`"),
        "{unknown}"
    );
    assert!(message("variational", "").contains("missing field `prior`"));
    assert!(message("autoencoder", "").contains("a trained autoencoder"));
}
