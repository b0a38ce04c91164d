use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::*;
use crate::model::{Identity, Signs};
use crate::observation::{self, OBSERVATIONS};
use crate::{AssociativeMemory, GenerativeModel, ObservationModel, Recall};

/// A memory of one row and a model.
#[derive(Debug)]
struct Row {
    model: Arc<dyn GenerativeModel>,
    row: Vec<f32>,
    count: u64,
}

impl AssociativeMemory for Row {
    fn name(&self) -> &'static str {
        "row"
    }

    fn write(&mut self, _: Tensor<2>) -> Result<()> {
        Ok(())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        Ok(Recall::single_pass(cues))
    }

    fn len(&self) -> usize {
        1
    }

    fn dim(&self) -> usize {
        self.row.len()
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        Err(Error::EmptyMemory)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Persist for Row {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn savable(&self) -> Result<()> {
        savable("the model", self.model.name(), self.model.as_persist()).map(|_| ())
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.insert("row", &[self.row.len()], self.row.clone());
        file.insert_wholes("count", &[1], vec![self.count]);
        let model = section_of("the model", self.model.name(), self.model.as_persist())?;
        file.insert_section("model", model);
        Ok(file)
    }
}

impl Restore for Row {
    const KIND: &'static str = "row";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        Ok(Self {
            row: file.values("row")?.to_vec(),
            count: file.wholes("count", &[1])?[0],
            model: loading.model(&file.section("model")?)?,
        })
    }
}

fn row() -> Row {
    Row {
        model: Arc::new(Signs::new(3, 0.25).unwrap()),
        row: vec![1.0, -2.5, 3.0e-20],
        count: u64::MAX - 7,
    }
}

fn saved() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("row.mem");
    row().save(&path).unwrap();
    (folder, path)
}

fn loaders() -> Loaders {
    let mut loaders = Loaders::new();
    loaders.add_memory::<Row>();
    loaders
}

fn message(path: &Path) -> String {
    let error = loaders().load(path, &Device::default()).unwrap_err();
    assert!(matches!(error, Error::Weights { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn a_memory_comes_back_bit_by_bit() {
    let (folder, path) = saved();
    let device = Device::default();
    let back = Row::load(&path, &device).unwrap();
    assert_eq!((back.row, back.count), (row().row, row().count));
    assert_eq!(back.model.name(), "signs");
    let codes = back
        .model
        .encode(Tensor::from_data([[0.2f32, 0.3, 9.0]], &device));
    let codes = crate::check::to_host(codes.mean).unwrap();
    assert_eq!(codes, [-1.0, 1.0, 1.0]);
    // Behind the trait as well, and nothing is left beside the file.
    let mut back = loaders().load(&path, &device).unwrap();
    assert_eq!(back.capabilities(), ["persist"]);
    back.save(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(
        message(&folder.path().join("none"))
            .matches("none: ")
            .count(),
        1
    );
}

/// Whichever byte is not what was written, the file is refused by name; so is every beginning of it.
#[test]
fn no_flipped_byte_and_no_cut_passes() {
    let (folder, path) = saved();
    let bytes = std::fs::read(&path).unwrap();
    let bad = folder.path().join("bad.mem");
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80] {
            let mut flipped = bytes.clone();
            flipped[at] ^= flip;
            std::fs::write(&bad, &flipped).unwrap();
            let message = message(&bad);
            assert!(message.contains("bad.mem: "), "{at}: {message}");
        }
        std::fs::write(&bad, &bytes[..at]).unwrap();
        assert!(message(&bad).contains("expected a safetensors file"));
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let (folder, path) = saved();
    let changed = |change: &dyn Fn(&mut Weights)| {
        let mut file = Weights::read(&path).unwrap();
        change(&mut file);
        let content = hash_of(&file).unwrap();
        file.set_metadata(CONTENT, content);
        let path = folder.path().join("changed.mem");
        file.write(&path).unwrap();
        message(&path)
    };
    let newer = changed(&|file| file.set_metadata(FORMAT, "2"));
    assert!(
        newer.ends_with(
            "expected a file of format 1 or older, found format 2: a newer version of this library wrote it, and is \
             needed to read it"
        ),
        "{newer}"
    );
    let other = changed(&|file| file.set_metadata(KIND, "column"));
    assert!(
        other.contains("expected a kind of memory that is known here (row), found `column`: what others made is added by `Loaders::add_memory`"),
        "{other}"
    );
    let model = changed(&|file| file.set_metadata("model/kind", "sines"));
    assert!(
        model.contains("in `model`: expected a kind of generative model that is known here (identity, signs), found `sines`"),
        "{model}"
    );
    let shape = changed(&|file| file.insert_wholes("count", &[2], vec![1, 2]));
    assert!(
        shape.contains("`count`: expected shape [1], found [2]"),
        "{shape}"
    );
    let dtype = changed(&|file| file.insert("count", &[1], vec![1.0]));
    assert!(
        dtype.contains("`count`: expected U64, found F32"),
        "{dtype}"
    );
    let section = changed(&|file| file.remove_section("model"));
    assert!(
        section.contains("expected a section `model`, found none"),
        "{section}"
    );
    let config = changed(&|file| file.set_metadata("model/config", "dim = 0\nthreshold = 1.0"));
    assert!(
        config.contains("in `model`: Signs.dim: must be at least 1, found 0"),
        "{config}"
    );

    // Not of this library at all.
    let path = folder.path().join("other.safetensors");
    let mut other = Weights::new();
    other.insert("row", &[1], vec![1.0]);
    other.write(&path).unwrap();
    let found = message(&path);
    assert!(
        found.contains("other.safetensors: expected a memory that this library saved (metadata `kind`: row), found none"),
        "{found}"
    );
    std::fs::write(&path, b"a text").unwrap();
    assert!(message(&path).contains("expected a safetensors file"));
    let error = Identity::load(&path, &Device::default()).unwrap_err();
    assert!(error.to_string().contains("expected a safetensors file"));
}

/// The wrong type for a file says so.
#[test]
fn kinds_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    Identity::new(4).unwrap().save(&path).unwrap();
    assert_eq!(
        Identity::load(&path, &Device::default())
            .unwrap()
            .data_dim(),
        4
    );
    let error = Signs::load(&path, &Device::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("expected the kind `signs`, found `identity`"),
        "{error}"
    );
}

/// A part without a form in files is named, before anything is written.
#[test]
fn parts_of_others_are_refused() {
    #[derive(Debug)]
    struct Own(Identity);

    impl GenerativeModel for Own {
        fn name(&self) -> &'static str {
            "own"
        }

        fn data_dim(&self) -> usize {
            self.0.data_dim()
        }

        fn latent_dim(&self) -> usize {
            self.0.latent_dim()
        }

        fn encode(&self, data: Tensor<2>) -> crate::Posterior {
            self.0.encode(data)
        }

        fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
            self.0.decode(codes)
        }

        fn pull_back(
            &self,
            codes: Tensor<2>,
            cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
        ) -> (Tensor<2>, Tensor<2>) {
            self.0.pull_back(codes, cotangent)
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("row");
    let mut memory: Box<dyn AssociativeMemory> = Box::new(Row {
        model: Arc::new(Own(Identity::new(3).unwrap())),
        ..row()
    });
    assert_eq!(memory.capabilities(), Vec::<&str>::new());
    let error = memory.save(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        "saving a memory needs a form in files (`as_persist`), which the model `own` does not offer"
    );
    assert!(!path.exists());
    let given = Loaders::new()
        .give_model(Arc::new(Own(Identity::new(3).unwrap())))
        .map(|_| ());
    assert_eq!(given.unwrap_err(), error);
}

#[test]
fn a_model_may_be_named_by_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("row");
    save_by_hash(&row(), &path).unwrap();
    let none = message(&path);
    assert!(
        none.contains("in `model`: expected the model `signs` with the hash sha256:")
            && none.ends_with("among those given by `Loaders::give_model`, found none"),
        "{none}"
    );
    let with = |threshold| {
        let mut loaders = loaders();
        let model = Signs::new(3, threshold).unwrap();
        loaders.give_model(Arc::new(model)).unwrap();
        loaders.load(&path, &Device::default())
    };
    with(0.25).unwrap();
    let other = with(0.5).unwrap_err().to_string();
    assert!(other.contains(", found sha256:"), "{other}");
}

#[test]
fn every_observation_model_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observation");
    let device = Device::default();
    let mut tables: Vec<String> = OBSERVATIONS
        .iter()
        .map(|entry| format!("kind = '{}'", entry.name))
        .collect();
    tables.extend(
        [
            "kind = 'gaussian'\nvariance = 0.3",
            "kind = 'laplace'\nscale = 0.7",
            "kind = 'student_t'\ndegrees = 1.1\nscale = 0.3",
            "kind = 'truncated'\ncap = 0.2\nvariance = 0.3",
            "kind = 'self_calibrating'\nheight = 4\nwidth = 4\nnuisances = ['gain', 'turn']",
            "kind = 'self_calibrating'\nshortlist = 3\nnuisances = []",
        ]
        .map(ToOwned::to_owned),
    );
    let rows = |seed| {
        let mut rng = crate::rng::stream(seed, "observations");
        crate::rng::uniform::<2>(&mut rng, [3, 16], 0.0, 1.0, &device)
    };
    for table in tables {
        let model = observation::build(&table.parse().unwrap()).unwrap();
        let saved: &dyn Persist = model.as_persist().unwrap();
        assert_eq!(saved.kind(), model.name());
        saved.save(&path).unwrap();
        let loaders = Loaders::new();
        let back = Loading::new(&loaders, &device)
            .observation(&open(&path).unwrap())
            .unwrap();
        let energies =
            |model: &dyn ObservationModel| crate::check::to_host(model.energies(&rows(1), rows(2)));
        assert_eq!(energies(&*model), energies(&*back), "{table}");
        assert_eq!(model.shortlist(), back.shortlist());
    }
}
