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
fn least_options(recipe: &str) -> Options {
    match recipe {
        "variational" => "prior = { kind = 'gaussian_mixture' }".parse().unwrap(),
        // The defaults are sized for images.
        "pcn" => "hidden = [8, 8]\nwrite = { epochs = 20 }".parse().unwrap(),
        "bayespcn" => "hidden = 8".parse().unwrap(),
        "gpcn" => "hidden = 8".parse().unwrap(),
        // Bits of which every row has both kinds.
        "firing-rate" => "threshold = 0.0".parse().unwrap(),
        _ => Options::new(),
    }
}

fn whole() -> Context {
    let mut context = context();
    context.autoencoder = Some(context.model.clone());
    context
}

/// Every recipe that needs no decoder layers builds, trains, stores and answers.
#[test]
fn every_recipe_works() {
    for recipe in recipes().iter().filter(|recipe| recipe.name != "pc-gmm") {
        let mut memory = recipe
            .build(&least_options(&recipe.name), &whole())
            .unwrap();
        if let Some(learner) = memory.as_train() {
            let codes = normal(1, 8);
            learner
                .train_step(codes.clone(), codes.clone(), codes, 0.01)
                .unwrap();
        }
        memory.write(normal(2, 5)).unwrap();
        assert_eq!(memory.len(), 5, "{recipe:?}");
        let answer = host(memory.read(normal(3, 2)).unwrap().data());
        assert!(answer.iter().all(|value| value.is_finite()), "{recipe:?}");
        if let Some(memory) = memory.as_complete() {
            let known = normal(4, 2).greater_elem(0.0).float();
            let answer = host(memory.complete(normal(3, 2), known).unwrap().data());
            assert!(answer.iter().all(|value| value.is_finite()), "{recipe:?}");
        }
        if let Some(memory) = memory.as_recognise() {
            assert_eq!(memory.familiarity(normal(3, 2)).unwrap().dims(), [2]);
        }
        if let Some(forgetting) = memory.as_forget() {
            forgetting.clear();
            assert!(memory.is_empty(), "{recipe:?}");
        }
    }
}

/// Its defaults, as `list` prints them, build the very same memory.
#[test]
fn options_with_defaults_are_accepted() {
    for recipe in recipes() {
        let mut options = recipe.options();
        fill(&mut options, least_options(&recipe.name));
        recipe.build(&options, &whole()).unwrap();
        assert!(!recipe.summary.is_empty() && !recipe.citation.is_empty());
    }
}

/// A wrapper has what it wraps.
#[test]
fn capabilities_pass_through_a_model() {
    let shifted = Context::codes(
        std::sync::Arc::new(attractor_core::model::Signs::new(6, 0.0).unwrap()),
        &context().device,
    );
    let capabilities = |recipe: &str, context: &Context| {
        let mut memory = build(recipe, &least_options(recipe), context).unwrap();
        memory.capabilities()
    };
    assert_eq!(
        capabilities("nearest", &context()),
        ["complete", "recognise", "identify", "forget", "persist"]
    );
    // Known pixels are no known codes.
    assert_eq!(
        capabilities("nearest", &shifted),
        ["recognise", "identify", "forget", "persist"]
    );
    assert_eq!(
        capabilities("memn2n", &shifted),
        ["identify", "forget", "train", "persist"]
    );
    assert_eq!(
        capabilities("gmm-precision", &shifted),
        ["recognise", "identify", "forget", "train", "persist"]
    );
    for context in [&context(), &shifted] {
        assert_eq!(
            capabilities("self-calibrating", context),
            [
                "complete",
                "recognise",
                "identify",
                "explain",
                "forget",
                "persist"
            ]
        );
    }
    // The prior's own iteration does not look at the cue.
    assert_eq!(
        capabilities("gmm", &context()),
        ["recognise", "identify", "forget", "persist"]
    );
    assert_eq!(
        capabilities("map-gmm", &context()),
        ["complete", "recognise", "identify", "forget", "persist"]
    );
}

/// Every registered prior under the inferences that ask nothing but the prior's traits.
#[test]
fn every_prior_works_with_every_inference_that_fits_all() {
    for prior in attractor_priors::PRIORS {
        for inference in ["amortised", "fixed_point", "gradient"] {
            for observation in ["gaussian", "student_t"] {
                let options = format!(
                    "prior = {{ kind = '{}' }}\ninference = {{ kind = '{inference}' }}\n\
                     observation = {{ kind = '{observation}' }}",
                    prior.name
                );
                let options = options.parse().unwrap();
                let mut memory = build("variational", &options, &context()).unwrap();
                memory.write(normal(2, 5)).unwrap();
                let mut recalls = vec![memory.read(normal(3, 2)).unwrap()];
                let known = normal(4, 2).greater_elem(0.0).float();
                let complete = memory.as_complete();
                assert_eq!(complete.is_some(), inference == "gradient");
                recalls
                    .extend(complete.map(|memory| memory.complete(normal(3, 2), known).unwrap()));
                for recall in recalls {
                    assert_eq!(recall.len(), 2);
                    let answer = host(recall.data());
                    assert!(answer.iter().all(|value| value.is_finite()), "{options}");
                }
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
        let mut memory = build("variational", &options.parse().unwrap(), &context()).unwrap();
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
        let removed = memory.as_forget().unwrap().remove(0);
        assert!(matches!(removed, Err(Error::Unsupported { .. })));
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
        ("firing-rate", "design = 'exact'"),
        ("spiking", "rule = 'hebb'"),
    ] {
        let mut memory = build(recipe, &options.parse().unwrap(), &context()).unwrap();
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
            "prior = { sigma = 0.4 }",
            "prior = { kind = 'gaussian_mixture', sigma = 0.4 }",
        ),
        (
            "mchn",
            "prior = { beta = 2.0 }\niterations = 3",
            "prior = { kind = 'hopfield', beta = 2.0 }\niterations = 3",
        ),
        (
            "map-gmm",
            "observation = { kind = 'truncated', cap = 0.3 }",
            "prior = { kind = 'gaussian_mixture' }\ninference = { kind = 'mode_search' }\n\
             observation = { kind = 'truncated', cap = 0.3 }",
        ),
    ];
    for (recipe, named, general) in pairs {
        let answers = [(recipe, named), ("variational", general)].map(|(recipe, options)| {
            let mut memory = build(recipe, &options.parse().unwrap(), &context()).unwrap();
            memory.write(normal(2, 5)).unwrap();
            host(memory.read(normal(3, 2)).unwrap().data())
        });
        assert_eq!(answers[0], answers[1], "{recipe}");
    }
}

/// The weight of the prior is a variance that follows from the width of the data.
#[test]
fn gamma_is_the_variance_of_an_observation() {
    let answers = ["", "observation = { kind = 'gaussian', variance = 0.015 }"].map(|observation| {
        let gamma = if observation.is_empty() { "gamma = 0.005" } else { observation };
        let options = format!(
            "prior = {{ kind = 'gaussian_mixture' }}\ninference = {{ kind = 'gradient' }}\n{gamma}"
        );
        let mut memory = build("variational", &options.parse().unwrap(), &context()).unwrap();
        memory.write(normal(2, 5)).unwrap();
        host(memory.read(normal(3, 2)).unwrap().data())
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn mistakes_are_named() {
    let message = |recipe: &str, options: &str| {
        build(recipe, &options.parse().unwrap(), &context())
            .unwrap_err()
            .to_string()
    };
    assert!(
        message("gnn", "").starts_with("unknown recipe `gnn`; known: variational, bp-gmm, gmm, ")
    );
    let unknown = message("gmm", "prior = { sigmar = 1.0 }");
    assert!(
        unknown.contains("gaussian_mixture: unknown field `sigmar`"),
        "{unknown}"
    );
    let unknown = message("memn2n", "read_scale = 1.0\nepochs = 3");
    assert!(
        unknown.contains("memn2n: unknown field `epochs`"),
        "{unknown}"
    );
    assert!(
        message("gmm", "prior = { sigma = -1.0 }").starts_with("GaussianMixtureConfig.sigma: ")
    );
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
    let options = "hidden = 8\nlayers = 2\nactivation = 'relu'\niterations = 20";
    let mut memory = built(options).unwrap();
    memory.write(normal(2, 3)).unwrap();
    let known = normal(4, 2).greater_elem(0.0).float();
    let recall = memory
        .as_complete()
        .unwrap()
        .complete(normal(3, 2), known)
        .unwrap();
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
                   iterations = 20";
    let mut memory = built(options).unwrap();
    memory.write(normal(2, 3)).unwrap();
    let known = normal(4, 2).greater_elem(0.0).float();
    let recall = memory
        .as_complete()
        .unwrap()
        .complete(normal(3, 2), known)
        .unwrap();
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
            message.contains("must fit the memory, found pcn: "),
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
            Err("memory options: "),
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
fn options_of_covariance_pcn_reach_it() {
    let built = |options: &str| build("covariance-pcn", &options.parse().unwrap(), &context());
    for form in ["explicit", "implicit", "dendritic"] {
        let options = format!("form = '{form}'\nlearning = {{ closed = {{ ridge = 0.1 }} }}");
        let mut memory = built(&options).unwrap();
        memory.write(normal(2, 5)).unwrap();
        let known = normal(4, 2).greater_elem(0.0).float();
        let recall = memory.as_complete().unwrap().complete(normal(3, 2), known);
        assert_eq!(recall.unwrap().len(), 2);
    }
    let message = built("form = 'none'").unwrap_err().to_string();
    assert!(
        message.contains("covariance-pcn: unknown variant `none`"),
        "{message}"
    );
}

#[test]
fn memories_of_other_crates_are_registered_once() {
    let nearest = MemoryEntry {
        name: "elsewhere",
        ..attractor_memories::MEMORIES[0]
    };
    register(&[nearest]).unwrap();
    assert_eq!(find("elsewhere").unwrap().summary, nearest.summary);
    let other = MemoryEntry {
        name: "not yet",
        ..nearest
    };
    // All or none: the first of these is new, the second is not.
    let error = register(&[other, nearest]).unwrap_err().to_string();
    assert!(error.contains("elsewhere"), "{error}");
    assert!(find("not yet").is_err());
}
