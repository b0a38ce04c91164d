//! Memory priors by name. To add one, add a line to [`PRIORS`].

use attractor_core::options::{Entry, Options, choose, read};
use attractor_core::{MemoryPrior, Result};
use burn::tensor::Device;

use crate::{
    GaussianMixtureConfig, HopfieldConfig, KernelisedConfig, LearnedPrecisionConfig,
    RandomFeaturesConfig, SlotMixtureConfig, SparseHopfieldConfig,
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
