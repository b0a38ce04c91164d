//! Memory priors by name. To add one, add a line to [`PRIORS`].

use attractor_core::file::Loaders;
use attractor_core::options::{Entry, Options, choose, read};
use attractor_core::{MemoryPrior, Result};
use burn::tensor::Device;

use crate::{
    GaussianMixture, GaussianMixtureConfig, Hopfield, HopfieldConfig, Kernelised, KernelisedConfig,
    LearnedPrecision, LearnedPrecisionConfig, RandomFeatures, RandomFeaturesConfig, SlotMixture,
    SlotMixtureConfig, SparseHopfield, SparseHopfieldConfig,
};

/// Builds an empty prior over codes of some width from its options.
pub type BuildPrior = fn(&Options, usize, &Device) -> Result<Box<dyn MemoryPrior>>;

/// A line of [`PRIORS`].
pub type PriorEntry = Entry<BuildPrior>;

/// The line of a configuration that is read with `serde` and has `init(dim, device)`.
macro_rules! prior {
    ($name:literal, $config:ty, $summary:literal) => {
        Entry {
            name: $name,
            summary: $summary,
            build: |options, dim, device| {
                let config: $config = read(WHAT, $name, options)?;
                Ok(Box::new(config.init(dim, device)?))
            },
        }
    };
}
/// Every memory prior, by the name it gives itself. The options are the fields of its configuration.
pub const PRIORS: &[PriorEntry] = &[
    prior!(
        "gaussian_mixture",
        GaussianMixtureConfig,
        "one isotropic Gaussian per code (sigma)"
    ),
    prior!(
        "hopfield",
        HopfieldConfig,
        "modern continuous Hopfield network (beta)"
    ),
    prior!(
        "learned_precision",
        LearnedPrecisionConfig,
        "Gaussian mixture with a precision matrix (form)"
    ),
    prior!(
        "slot_mixture",
        SlotMixtureConfig,
        "Gaussian mixture over slots in any order (sigma, slots)"
    ),
    prior!(
        "sparse_hopfield",
        SparseHopfieldConfig,
        "sparsemax or alpha-entmax in place of softmax (similarity, alpha, beta)"
    ),
    prior!(
        "kernelised",
        KernelisedConfig,
        "similarities after a map learned to spread the codes (map, features, beta, alpha, separation)"
    ),
    prior!(
        "random_features",
        RandomFeaturesConfig,
        "a superposition of fixed size (features, count, beta, directions, seed, centre)"
    ),
];

const WHAT: &str = "prior";

/// The prior that a table such as `{ kind = "gaussian_mixture", sigma = 0.2 }` asks for, empty, over
/// codes of `dim` entries.
///
/// # Errors
/// [`attractor_core::Error::UnknownName`]; [`attractor_core::Error::Config`] naming the unknown key
/// or the broken rule.
pub fn build(table: &Options, dim: usize, device: &Device) -> Result<Box<dyn MemoryPrior>> {
    let (entry, options) = choose(WHAT, PRIORS, table)?;
    (entry.build)(&options, dim, device)
}

/// Adds what makes every prior again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders
        .add_prior::<GaussianMixture>()
        .add_prior::<Hopfield>()
        .add_prior::<LearnedPrecision>()
        .add_prior::<SlotMixture>()
        .add_prior::<SparseHopfield>()
        .add_prior::<Kernelised>()
        .add_prior::<RandomFeatures>();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[test]
    fn every_prior_builds_under_its_own_name_and_reads() {
        for entry in PRIORS {
            let table = format!("kind = '{}'", entry.name).parse().unwrap();
            let mut prior = build(&table, 6, &device()).unwrap();
            assert_eq!((prior.name(), prior.dim(), prior.len()), (entry.name, 6, 0));
            prior.store(normal(1, 4, 6)).unwrap();
            assert_eq!(prior.len(), 4);
            let answer = host(prior.attract(normal(2, 3, 6)).unwrap());
            assert!(
                answer.iter().all(|value| value.is_finite()),
                "{}",
                entry.name
            );
        }
    }

    /// Reads, further writes and removals are the same, bit by bit; so is a prior that was learned.
    #[test]
    fn every_prior_comes_back_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prior");
        let mut loaders = Loaders::new();
        add_loaders(&mut loaders);
        let device = device();
        let loading = attractor_core::file::Loading::new(&loaders, &device);
        let tables = PRIORS
            .iter()
            .map(|entry| format!("kind = '{}'", entry.name));
        let others = [
            "kind = 'learned_precision'\nform = 'full'",
            "kind = 'slot_mixture'\nslots = 3\nsigma = 0.7",
            "kind = 'sparse_hopfield'\nsimilarity = 'squared_distance'\nalpha = 1.5",
            "kind = 'kernelised'\nmap = 'identity'\nfeatures = 'raw'",
            "kind = 'random_features'\nfeatures = 'cos'\ncount = 50",
        ];
        for table in tables.chain(others.map(ToOwned::to_owned)) {
            let mut prior = build(&table.parse().unwrap(), 6, &device).unwrap();
            if let Some(learner) = prior.as_train() {
                let codes = normal(5, 4, 6);
                learner
                    .train_step(codes.clone(), codes.clone(), codes, 0.1)
                    .unwrap();
            }
            for stored in [0, 4] {
                if stored > 0 {
                    prior.store(normal(1, stored, 6)).unwrap();
                }
                prior.as_persist().unwrap().save(&path).unwrap();
                let file = attractor_core::file::open(&path).unwrap();
                let mut back = loading.prior(&file).unwrap();
                assert_eq!(
                    (back.name(), back.len(), back.dim()),
                    (prior.name(), stored, 6)
                );
                let mut other = loading.prior(&file).unwrap();
                for memory in [&mut back, &mut other] {
                    memory.store(normal(3, 3, 6)).unwrap();
                }
                if stored == 0 {
                    continue;
                }
                let read = |prior: &dyn MemoryPrior| {
                    let states = normal(2, 3, 6);
                    let (next, energy) = prior.attract_with_energy(states.clone()).unwrap();
                    let gradient = prior.gradient(states).unwrap();
                    (host(next), host(energy), host(gradient))
                };
                assert_eq!(
                    read(&*loading.prior(&file).unwrap()),
                    read(&*prior),
                    "{table}"
                );
                prior.store(normal(3, 3, 6)).unwrap();
                assert_eq!(read(&*back), read(&*prior), "{table}");
                if let (Some(own), Some(backs)) = (prior.stored_mut(), back.stored_mut()) {
                    own.remove(1).unwrap();
                    backs.remove(1).unwrap();
                    assert_eq!(read(&*back), read(&*prior), "{table}");
                }
            }
        }
    }

    #[test]
    fn mistakes_are_named() {
        let message = |text: &str| {
            build(&text.parse().unwrap(), 3, &device())
                .unwrap_err()
                .to_string()
        };
        assert!(
            message("kind = 'gmm'").starts_with("unknown prior `gmm`; known: gaussian_mixture, ")
        );
        assert!(
            message("kind = 'hopfield'\nsigma = 1").contains("hopfield: unknown field `sigma`")
        );
        assert!(message("kind = 'hopfield'\nbeta = -1").starts_with("HopfieldConfig.beta: "));
    }
}
