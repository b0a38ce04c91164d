//! The baselines by name. To add one, add an entry to [`MEMORIES`].

use attractor_core::Error;
use attractor_core::file::Loaders;
use attractor_core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults, iterations};
use attractor_memories::signs;

use crate::{
    AutoencoderConfig, AutoencoderRecall, ClassicalHopfield, ClassicalHopfieldConfig,
    DenseHopfield, DenseHopfieldConfig, EncoderOnly, EncoderOnlyConfig, Knn, KnnConfig, MemN2N,
    MemN2NConfig, Nearest, NearestConfig, Ntm, NtmConfig, StoredMixture, StoredMixtureConfig,
};

/// An entry whose options are the fields of a configuration with `new(dim)` and `init(&device)`.
macro_rules! of_codes {
    ($name:literal, $config:ident, $summary:literal, $citation:literal) => {
        MemoryEntry {
            name: $name,
            summary: $summary,
            citation: $citation,
            defaults: || defaults($config::new(1)),
            build: BuildMemory::OfCodes(|options, dim, device| {
                let config = configure($name, $config::new(dim), options)?;
                Ok(Box::new(config.init(device)?))
            }),
        }
    };
}

/// An entry of a memory of +1 and -1, behind a threshold.
macro_rules! of_signs {
    ($name:literal, $config:expr, $summary:literal, $citation:literal) => {
        MemoryEntry {
            name: $name,
            summary: $summary,
            citation: $citation,
            defaults: || signs::with_threshold(defaults($config(1))),
            build: BuildMemory::OfData(|options, context| {
                let (options, threshold) = signs::threshold($name, options)?;
                let config = configure($name, $config(context.model.latent_dim()), &options)?;
                signs::behind(context, threshold, Box::new(config.init(&context.device)?))
            }),
        }
    };
}

/// Every baseline that stores patterns.
pub const MEMORIES: &[MemoryEntry] = &[
    of_codes!(
        "identity",
        EncoderOnlyConfig,
        "no memory: the encoder's answer",
        "the control"
    ),
    of_codes!(
        "nearest",
        NearestConfig,
        "nearest stored pattern",
        "the textbook baseline"
    ),
    of_codes!(
        "knn",
        KnnConfig,
        "mean of the nearest stored patterns",
        "E. Fix, J. Hodges 1951; T. Cover, IEEE Trans. Information Theory 1968"
    ),
    MemoryEntry {
        name: "stored-mixture",
        summary: "one Gaussian for each stored pattern, known entries held, in double precision",
        citation: "J. Yoo, F. Wood, NeurIPS 2022, arXiv 2205.09930, experiments",
        defaults: || defaults(StoredMixtureConfig::new(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let mut options = options.clone();
            let steps = iterations("stored-mixture", &mut options)?;
            let mut config = configure("stored-mixture", StoredMixtureConfig::new(dim), &options)?;
            config.max_steps = steps.unwrap_or(config.max_steps);
            Ok(Box::new(config.init(device)?))
        }),
    },
    of_signs!(
        "classical-hopfield",
        ClassicalHopfieldConfig::new,
        "Hopfield network of +1 and -1: Hebb, pseudo-inverse or Storkey; pixels only",
        "J. J. Hopfield, PNAS 1982; L. Personnaz, I. Guyon, G. Dreyfus 1985; A. Storkey, ICANN 1997"
    ),
    of_signs!(
        "dense-hopfield",
        DenseHopfieldConfig::exponential,
        "exponential or polynomial Hopfield network of +1 and -1; pixels only",
        "D. Krotov, J. J. Hopfield, NeurIPS 2016; M. Demircigil et al., J. Stat. Phys. 2017"
    ),
    of_codes!(
        "memn2n",
        MemN2NConfig,
        "end-to-end memory network, learned",
        "S. Sukhbaatar, A. Szlam, J. Weston, R. Fergus, NeurIPS 2015"
    ),
    of_codes!(
        "ntm",
        NtmConfig,
        "content-based read of a neural Turing machine, learned",
        "A. Graves, G. Wayne, I. Danihelka, arXiv 1410.5401, 2014"
    ),
    MemoryEntry {
        name: "autoencoder",
        summary: "iterated reconstruction by an autoencoder",
        citation: "A. Radhakrishnan, M. Belkin, C. Uhler, PNAS 2020",
        defaults: || defaults(AutoencoderConfig::default()),
        build: BuildMemory::OfData(|options, context| {
            let config = configure("autoencoder", AutoencoderConfig::default(), options)?;
            let autoencoder = context.autoencoder.clone().ok_or_else(|| {
                Error::unsupported(
                    "the memory `autoencoder`",
                    "a trained autoencoder",
                    "context",
                )
            })?;
            Ok(Box::new(config.init(autoencoder, &context.device)?))
        }),
    },
];

/// Adds what makes every memory of this crate again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders
        .add_memory::<EncoderOnly>()
        .add_memory::<Nearest>()
        .add_memory::<Knn>()
        .add_memory::<StoredMixture>()
        .add_memory::<ClassicalHopfield>()
        .add_memory::<DenseHopfield>()
        .add_memory::<MemN2N>()
        .add_memory::<Ntm>()
        .add_memory::<AutoencoderRecall>();
}
