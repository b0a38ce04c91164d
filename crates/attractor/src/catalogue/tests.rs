use attractor_core::Backend;
use attractor_core::burn::tensor::{Tensor, TensorData};
use attractor_core::{Outcome, rng};

use super::*;

fn context() -> Context {
    Context::pixels(6, &Backend::Flex.open().unwrap()).unwrap()
}

fn normal(seed: u64, rows: usize) -> Tensor<2> {
    let values = rng::normal_vec(&mut rng::stream(seed, "test"), rows * 6);
    Tensor::from_data(TensorData::new(values, [rows, 6]), &context().device)
}

fn host(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

/// A prior has no default among all there are; everything else has, though not always a quick one.
fn least_options(recipe: &str) -> toml::Table {
    match recipe {
        "variational" => "prior = { kind = 'gaussian_mixture' }".parse().unwrap(),
        // The defaults are sized for images.
        "pcn" => "hidden = [8, 8]\nwrite = { epochs = 20 }".parse().unwrap(),
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

/// A cue about which the superposition knows nothing is said to be so, by every inference.
#[test]
fn clipped_rows_are_named() {
    for inference in ["fixed_point", "gradient"] {
        let options = format!(
            "prior = {{ kind = 'random_features', count = 4000, beta = 50.0, floor = 1e-2 }}\n\
             inference = {{ kind = '{inference}' }}\nobservation = {{ kind = 'gaussian', variance = 1e9 }}"
        );
        let Built::Memory(mut memory) =
            build("variational", &options.parse().unwrap(), &context()).unwrap()
        else {
            panic!("{options}");
        };
        let patterns = normal(2, 1);
        memory.write(patterns.clone()).unwrap();
        // From the pattern to a hundred of its deviations away; the features' noise is a few percent,
        // so some seed of the far cues may lie above the floor: many are read.
        let far = normal(3, 40).mul_scalar(5.0);
        let recall = memory.read(Tensor::cat(vec![patterns, far], 0)).unwrap();
        assert_ne!(recall.outcomes[0], Outcome::Clipped, "{inference}");
        let clipped = recall
            .outcomes
            .iter()
            .filter(|&&outcome| outcome == Outcome::Clipped);
        assert!(clipped.count() >= 10, "{inference}: {:?}", recall.outcomes);
        assert!(matches!(
            memory.stored_states(),
            Err(Error::Unsupported { .. })
        ));
        assert!(matches!(memory.remove(0), Err(Error::Unsupported { .. })));
    }
}

/// Images through a threshold: 0 and 1 come back.
#[test]
fn memories_of_signs_store_data() {
    for (recipe, options) in [
        ("classical-hopfield", "rule = 'pseudo_inverse'"),
        (
            "classical-hopfield",
            "rule = 'storkey'\nschedule = { update = 'synchronous' }",
        ),
        (
            "dense-hopfield",
            "separation = { polynomial = { power = 4, rectified = true } }",
        ),
        ("dense-hopfield", "separation = 'exponential'"),
    ] {
        let built = build(recipe, &options.parse().unwrap(), &context()).unwrap();
        let Built::Memory(mut memory) = built else {
            panic!("{recipe}")
        };
        let bits = [
            [1.0f32, 1.0, 1.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
        ];
        let images = Tensor::<2>::from_data(bits, &context().device);
        memory.write(images.clone()).unwrap();
        let dimmed = images.clone().mul_scalar(0.6).add_scalar(0.1);
        let data = memory.read(dimmed).unwrap().data();
        assert_eq!(host(data), host(images), "{recipe} {options}");
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

#[test]
fn options_of_bayespcn_reach_it() {
    let built = |options: &str| build("bayespcn", &options.parse().unwrap(), &context());
    let options = "hidden = 8\nlayers = 2\nactivation = 'relu'\niterations = 20\nmasked = true";
    let Built::Complete(mut memory) = built(options).unwrap() else {
        panic!("{options} asks for the mask")
    };
    memory.write(normal(2, 3)).unwrap();
    let known = normal(4, 2).greater_elem(0.0).float();
    let recall = memory.complete(normal(3, 2), known).unwrap();
    assert!(recall.steps.iter().all(|&steps| steps <= 20));
    let message = |options: &str| built(options).unwrap_err().to_string();
    for wrong in ["hiden = 8", "dim = 8", "search = { steps = 3 }"] {
        let message = message(wrong);
        assert!(message.contains("bayespcn: unknown field"), "{message}");
    }
    assert!(message("hidden = 0").starts_with("BayesPcnConfig.hidden: must be at least 1"));
}

#[test]
fn options_of_pcn_reach_it() {
    let built = |options: &str| build("pcn", &options.parse().unwrap(), &context());
    let options = "hidden = [8]\nactivation = 'tanh'\nwrite = { epochs = 4, inference = { max_steps = 3 } }\n\
                   iterations = 20\nmasked = true";
    let Built::Complete(mut memory) = built(options).unwrap() else {
        panic!("{options} asks for the mask")
    };
    memory.write(normal(2, 3)).unwrap();
    let known = normal(4, 2).greater_elem(0.0).float();
    let recall = memory.complete(normal(3, 2), known).unwrap();
    assert!(recall.steps.iter().all(|&steps| steps <= 20));
    let message = |options: &str| built(options).unwrap_err().to_string();
    for wrong in [
        "hiden = 8",
        "dim = 8",
        "write = { epoch = 3 }",
        "iterations = 'many'",
    ] {
        let message = message(wrong);
        assert!(
            message.contains("must fit the recipe, found pcn: "),
            "{message}"
        );
    }
    assert!(message("hidden = []").starts_with("PcnConfig.hidden: must hold"));
    // What is given in part keeps the defaults of where it stands.
    for (options, expected) in [
        ("read = { replace = { rounds = 3 } }", Ok(())),
        ("read = { free = { max_steps = 3 } }", Ok(())),
        ("write = { optimiser = { sgd = { rate = 0.1 } } }", Ok(())),
        ("write = { ridge = { rounds = 2 } }", Ok(())),
        ("inference = { step = { fixed = 0.1 } }", Ok(())),
        (
            "inference = { step = { fixed = -0.1 } }",
            Err("InferenceConfig.step: "),
        ),
        (
            "write = { optimiser = { sgd = { rat = 0.1 } } }",
            Err("recipe options: "),
        ),
    ] {
        match (built(options), expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(start)) => {
                assert!(error.to_string().starts_with(start), "{options}: {error}");
            }
            (found, _) => panic!("{options}: {found:?}"),
        }
    }
}

#[test]
fn partial_tables_are_filled_in_from_where_they_stand() {
    use attractor_memories::PcnConfig;
    let config: PcnConfig = whole::over(
        "pcn",
        PcnConfig::new(6),
        "write = { inference = { max_steps = 7 } }\nread = { replace = { rounds = 2 } }"
            .parse()
            .unwrap(),
    )
    .unwrap();
    let defaults = PcnConfig::new(6);
    assert_eq!(config.write.inference.max_steps, 7);
    assert!(!config.write.inference.momentum);
    assert_eq!(config.write.stop, defaults.write.stop);
    assert_ne!(config.read, defaults.read);
}

#[test]
fn options_of_covariance_pcn_reach_it() {
    let built = |options: &str| build("covariance-pcn", &options.parse().unwrap(), &context());
    for form in ["explicit", "implicit", "dendritic"] {
        let options =
            format!("form = '{form}'\nlearning = {{ closed = {{ ridge = 0.1 }} }}\nmasked = true");
        let Built::Complete(mut memory) = built(&options).unwrap() else {
            panic!("{options} asks for the mask")
        };
        memory.write(normal(2, 5)).unwrap();
        let known = normal(4, 2).greater_elem(0.0).float();
        assert_eq!(memory.complete(normal(3, 2), known).unwrap().len(), 2);
    }
    let message = built("form = 'none'").unwrap_err().to_string();
    assert!(
        message.contains("covariance-pcn: unknown variant `none`"),
        "{message}"
    );
}
