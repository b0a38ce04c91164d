//! Every memory of the catalogue goes to a file and comes back.

use std::path::Path;
use std::sync::Arc;

use attractor::catalogue::{Context, Recipe, recipes};
use attractor::core::burn::tensor::Tensor;
use attractor::core::file::{CONTENT, FORMAT, KIND, Loading, hash_of, save_by_hash};
use attractor::core::model::Signs;
use attractor::core::options::Options;
use attractor::core::weights::Weights;
use attractor::core::{Error, check, rng};
use attractor::generative::{MnistVaeConfig, MonetConfig, Vae};
use attractor::inference::FixedPointConfig;
use attractor::prelude::*;

mod every;

use every::{DIM, device, least_options, normal, pixels};

fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    check::to_host(tensor).unwrap()
}

/// Behind a model that is no identity, where the recipe takes one.
fn coded() -> Context {
    let model = Arc::new(Signs::new(DIM, 0.1).unwrap());
    let mut context = Context::codes(model, &device());
    context.autoencoder = Some(context.model.clone());
    context
}

/// All that a memory says of some cues, in numbers that are compared bit by bit.
fn said(memory: &mut dyn AssociativeMemory) -> Vec<Vec<f32>> {
    let cues = normal(3, 3);
    let mut all = Vec::new();
    let mut note = |recall: attractor::core::Recall| {
        all.push(host(recall.state.clone()));
        all.push(host(recall.data()));
        all.push(recall.energy_last.clone());
        all.push(recall.steps.iter().map(|&steps| steps as f32).collect());
    };
    note(memory.read(cues.clone()).unwrap());
    if let Some(memory) = memory.as_complete() {
        let known = normal(4, 3).greater_elem(0.0).float();
        note(memory.complete(cues.clone(), known).unwrap());
    }
    if let Some(memory) = memory.as_recognise() {
        all.push(host(memory.familiarity(cues).unwrap()));
    }
    if let Ok(stored) = memory.stored_states() {
        all.push(host(stored));
    }
    all
}

fn learn(memory: &mut dyn AssociativeMemory) {
    if let Some(learner) = memory.as_train() {
        let codes = normal(1, 8);
        learner
            .train_step(codes.clone(), codes.clone(), codes, 0.01)
            .unwrap();
    }
}

/// Saves and loads `memory`, empty, then after a write, then after another, and compares what it says and what
/// it says after further writes and a removal.
fn goes_round(recipe: &Recipe, context: &Context, path: &Path) {
    let name = &recipe.name;
    let mut memory = recipe.build(&least_options(name), context).unwrap();
    learn(&mut *memory);
    // A hypercube of six neurons holds few patterns with a coupling between them.
    let (many, few) = if name == "spiking" { (2, 1) } else { (9, 4) };
    for seed in [0, 10, 20] {
        if seed > 0 {
            memory.write(normal(seed, many)).unwrap();
        }
        memory.save(path).unwrap();
        let mut back = attractor::load(path, &device()).unwrap();
        assert_eq!(
            (back.name(), back.len(), back.dim()),
            (memory.name(), memory.len(), memory.dim()),
            "{name}"
        );
        assert_eq!(back.capabilities(), memory.capabilities(), "{name}");
        assert!(back.capabilities().contains(&"persist"), "{name}");
        if seed > 0 {
            assert_eq!(said(&mut *back), said(&mut *memory), "{name}");
        }
        // Two of one file go on alike.
        let mut other = attractor::load(path, &device()).unwrap();
        for memory in [&mut back, &mut other] {
            memory.write(normal(7, few)).unwrap();
        }
        assert_eq!(said(&mut *back), said(&mut *other), "{name}");
        if seed == 10 {
            let mut further = recipe.build(&least_options(name), context).unwrap();
            learn(&mut *further);
            further.write(normal(10, many)).unwrap();
            further.write(normal(7, few)).unwrap();
            assert_eq!(
                said(&mut *back),
                said(&mut *further),
                "{name}: further writes"
            );
            let removed = |memory: &mut dyn AssociativeMemory| {
                let forget = memory.as_forget().map(|memory| memory.remove(2).is_ok());
                (forget, said(memory))
            };
            assert_eq!(
                removed(&mut *back),
                removed(&mut *further),
                "{name}: removed"
            );
        }
    }
}

#[test]
fn every_recipe_comes_back_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.memory");
    for recipe in recipes().iter().filter(|recipe| recipe.name != "pc-gmm") {
        goes_round(recipe, &pixels(), &path);
    }
}

/// Behind a model, memories of codes are encoded ones; those of the data have it in themselves.
#[test]
fn every_recipe_behind_a_model_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.memory");
    for recipe in recipes().iter().filter(|recipe| recipe.name != "pc-gmm") {
        match recipe.build(&least_options(&recipe.name), &coded()) {
            Ok(_) => goes_round(recipe, &coded(), &path),
            // Of bits and signs, of pixels only.
            Err(error) => assert!(matches!(error, Error::Unsupported { .. }), "{error}"),
        }
    }
}

/// With all weights inside, and predictive coding through its layers.
#[test]
fn trained_models_come_back_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vae.memory");
    let vae = MnistVaeConfig::default().init(3, &device()).unwrap();
    let model: Arc<dyn GenerativeModel> = Arc::new(vae.freeze().unwrap());
    let context = Context::codes(model.clone(), &device());
    let rows = |seed: u64, count: usize| -> Tensor<2> {
        let mut rng = rng::stream(seed, "images");
        rng::uniform(&mut rng, [count, model.data_dim()], 0.0, 1.0, &device())
    };
    let options = "iterations = 3".parse().unwrap();
    let recipe = attractor::catalogue::find("pc-gmm").unwrap();
    let mut memory = recipe.build(&options, &context).unwrap();
    memory.write(rows(1, 4)).unwrap();
    memory.save(&path).unwrap();
    let mut back = attractor::load(&path, &device()).unwrap();
    memory.write(rows(2, 2)).unwrap();
    back.write(rows(2, 2)).unwrap();
    let read = |memory: &dyn AssociativeMemory| {
        let recall = memory.read(rows(3, 2)).unwrap();
        (host(recall.state.clone()), host(recall.data()))
    };
    assert_eq!(read(&*memory), read(&*back));

    // By its hash, the file is small; the model is asked for, and another is refused.
    let whole = std::fs::metadata(&path).unwrap().len();
    save_by_hash(memory.as_persist().unwrap(), &path).unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < whole / 20);
    let error = attractor::load(&path, &device()).unwrap_err().to_string();
    assert!(
        error.contains("vae.memory: in `model`: expected the model `vae` with the hash sha256:"),
        "{error}"
    );
    let mut loaders = attractor::loaders();
    loaders.give_model(model.clone()).unwrap();
    let back = attractor::load_with(&loaders, &path, &device()).unwrap();
    assert_eq!(read(&*memory), read(&*back));
}

#[test]
fn a_monet_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("monet");
    let config = MonetConfig {
        attention_width: 8,
        decoder_channels: 8,
        slots: 2,
        code: 4,
        ..MonetConfig::paper()
    };
    let model = config.init(1, &device()).unwrap().freeze().unwrap();
    model.save(&path).unwrap();
    let loaders = attractor::loaders();
    let loading_device = device();
    let file = attractor::core::file::open(&path).unwrap();
    let back = Loading::new(&loaders, &loading_device)
        .model(&file)
        .unwrap();
    let codes: Tensor<2> = rng::normal(
        &mut rng::stream(1, "codes"),
        [1, model.latent_dim()],
        &device(),
    );
    assert_eq!(host(back.decode(codes.clone())), host(model.decode(codes)));
}

/// A file that is not what was written: the error says which file, what was expected and what was found.
#[test]
fn damaged_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.memory");
    let message = || match attractor::load(&path, &device()) {
        Err(error @ Error::Weights { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(message().contains("damaged.memory: "));
    std::fs::write(&path, "not a memory").unwrap();
    assert!(message().contains("damaged.memory: expected a safetensors file"));
    for recipe in recipes().iter().filter(|recipe| recipe.name != "pc-gmm") {
        let name = &recipe.name;
        let mut memory = recipe.build(&least_options(name), &pixels()).unwrap();
        memory.write(normal(1, 3)).unwrap();
        memory.save(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for at in [0, 7, 8, 40, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..at]).unwrap();
            let cut = message();
            assert!(cut.contains("expected a safetensors file"), "{name}: {cut}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 4;
            std::fs::write(&path, flipped).unwrap();
            assert!(message().contains("damaged.memory: "), "{name} at {at}");
        }
        std::fs::write(&path, &bytes).unwrap();
        let whole = Weights::read(&path).unwrap();
        let changed = |change: &dyn Fn(&mut Weights)| {
            let mut file = whole.clone();
            change(&mut file);
            let content = hash_of(&file).unwrap();
            file.set_metadata(CONTENT, content);
            file.write(&path).unwrap();
            message()
        };
        let newer = changed(&|file| file.set_metadata(FORMAT, "2"));
        assert!(
            newer.contains("expected a file of format 1 or older, found format 2"),
            "{newer}"
        );
        let unknown = changed(&|file| file.set_metadata(KIND, "elephant"));
        assert!(
            unknown.contains("expected a kind of memory that is known here (")
                && unknown.contains("), found `elephant`"),
            "{unknown}"
        );
        // Each of its tensors left out.
        for tensor in whole.all_names() {
            // Of a map that was learned; without them it is the identity.
            if ["prior/map", "prior/report"].contains(&tensor) {
                continue;
            }
            let missing = changed(&|file| assert!(file.remove(tensor)));
            assert!(
                missing.contains("damaged.memory: ") && missing.contains("expected"),
                "{name}: {tensor}: {missing}"
            );
        }
    }
}

/// The wrong type, and a file from before there was a format number.
#[test]
fn other_kinds_and_older_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memn2n.safetensors");
    let mut memory = attractor::catalogue::build("memn2n", &Options::new(), &pixels()).unwrap();
    memory.write(normal(1, 3)).unwrap();
    memory.save(&path).unwrap();
    let error = attractor::baselines::Ntm::load(&path, &device()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("expected the kind `ntm`, found `memn2n`"),
        "{error}"
    );
    // As the last version wrote it: the name under `system`, nothing else.
    let now = Weights::read(&path).unwrap();
    let same: Vec<(String, String)> = now.names().map(|name| (name.into(), name.into())).collect();
    let mut old = now.renamed(&same).unwrap();
    old.set_metadata("system", "memn2n");
    old.set_metadata("config", now.metadata("config").unwrap());
    old.write(&path).unwrap();
    let mut back = attractor::load(&path, &device()).unwrap();
    assert_eq!(said(&mut *back), said(&mut *memory));
    attractor::baselines::MemN2N::load(&path, &device()).unwrap();
    // Codes alone are no memory.
    let mut codes = Weights::new();
    codes.insert("codes", &[1, 6], vec![0.0; 6]);
    codes.write(&path).unwrap();
    let error = attractor::load(&path, &device()).unwrap_err().to_string();
    assert!(
        error.contains("memn2n.safetensors: expected a memory that this library saved"),
        "{error}"
    );
}

/// A prior that others made.
#[derive(Debug)]
struct Own {
    inner: attractor::priors::GaussianMixture,
    saved: bool,
}

impl Energy for Own {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>, Error> {
        self.inner.energy(states)
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>, Error> {
        self.inner.gradient(states)
    }
}

impl MemoryPrior for Own {
    fn name(&self) -> &'static str {
        "own"
    }

    fn store(&mut self, codes: Tensor<2>) -> Result<(), Error> {
        self.inner.store(codes)
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>, Error> {
        self.inner.attract(states)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        self.saved.then_some(self as &dyn Persist)
    }

    fn len(&self) -> usize {
        self.inner.len()
    }

    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn clear(&mut self) {
        self.inner.clear();
    }
}

impl Persist for Own {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights, Error> {
        let mut file = Weights::new();
        file.insert_section("inner", self.inner.section()?);
        Ok(file)
    }
}

impl Restore for Own {
    const KIND: &'static str = "own";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self, Error> {
        Ok(Self {
            inner: Restore::restore(&file.section("inner")?, loading)?,
            saved: true,
        })
    }
}

fn with_own_prior(saved: bool) -> Box<dyn AssociativeMemory> {
    let inner = attractor::priors::GaussianMixtureConfig { sigma: 0.4 };
    let prior = Own {
        inner: inner.init(DIM, &device()).unwrap(),
        saved,
    };
    let memory = VariationalMemory::new(
        pixels().model,
        Box::new(attractor::core::observation::Gaussian::new(0.1).unwrap()),
        Box::new(prior),
        Box::new(FixedPointConfig::default().init().unwrap()),
    );
    Box::new(memory.unwrap())
}

#[test]
fn priors_of_others_are_refused_until_they_are_registered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.memory");
    let mut memory = with_own_prior(false);
    assert!(!memory.capabilities().contains(&"persist"));
    let error = memory.save(&path).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }));
    assert_eq!(
        error.to_string(),
        "saving a memory needs a form in files (`as_persist`), which the prior `own` does not offer"
    );
    assert!(!path.exists());

    let mut memory = with_own_prior(true);
    memory.write(normal(1, 4)).unwrap();
    memory.save(&path).unwrap();
    let error = attractor::load(&path, &device()).unwrap_err().to_string();
    assert!(
        error.contains("own.memory: in `prior`: expected a kind of prior that is known here (gaussian_mixture, ")
            && error.ends_with("found `own`: what others made is added by `Loaders::add_prior`"),
        "{error}"
    );
    let mut loaders = attractor::loaders();
    loaders.add_prior::<Own>();
    let mut back = attractor::load_with(&loaders, &path, &device()).unwrap();
    assert_eq!(said(&mut *back), said(&mut *memory));
}
