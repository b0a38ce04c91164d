//! Predictive coding memories by name. To add one, add an entry to [`MEMORIES`].

use attractor_core::file::Loaders;
use attractor_core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults, iterations};

use attractor_core::Options;

use crate::pcn::Reading;
use crate::{
    BayesPcn, BayesPcnConfig, CovariancePcn, CovariancePcnConfig, Gpcn, GpcnConfig, Pcn, PcnConfig,
};

/// The field of [`GpcnConfig`] whose own fields are options.
const NETWORK: &str = "network";

/// Every predictive coding memory. The options are the fields of the configuration; `iterations` is short for the steps of whatever a read does.
pub const MEMORIES: &[MemoryEntry] = &[
    MemoryEntry {
        name: "bayespcn",
        summary: "predictive coding network written by Bayes' rule: one-shot, with forgetting",
        citation: "J. Yoo, F. Wood, NeurIPS 2022, arXiv 2205.09930",
        defaults: || defaults(BayesPcnConfig::new(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let mut options = options.clone();
            let steps = iterations("bayespcn", &mut options)?;
            let mut config = configure("bayespcn", BayesPcnConfig::new(dim), &options)?;
            config.search.max_steps = steps.unwrap_or(config.search.max_steps);
            Ok(Box::new(config.init(device)?))
        }),
    },
    MemoryEntry {
        name: "gpcn",
        summary: "the same network with point weights, by gradient steps online or offline",
        citation: "J. Yoo, F. Wood, NeurIPS 2022, arXiv 2205.09930; T. Salvatori et al., NeurIPS 2021",
        defaults: || {
            let mut options = defaults(BayesPcnConfig::new(1));
            let own = Options::try_from(GpcnConfig::online(1)).unwrap_or_default();
            options.extend(own.into_iter().filter(|(key, _)| key != NETWORK));
            options
        },
        build: BuildMemory::OfCodes(|options, dim, device| {
            let mut network = options.clone();
            let steps = iterations("gpcn", &mut network)?;
            // What is not its own is the network's.
            let mut own = Options::new();
            for key in ["rate", "epochs", "batch"] {
                own.extend(network.remove(key).map(|value| (key.to_owned(), value)));
            }
            let mut config = configure("gpcn", GpcnConfig::online(dim), &own)?;
            config.network = configure("gpcn", BayesPcnConfig::new(dim), &network)?;
            let search = &mut config.network.search;
            search.max_steps = steps.unwrap_or(search.max_steps);
            Ok(Box::new(config.init(device)?))
        }),
    },
    MemoryEntry {
        name: "pcn",
        summary: "generative predictive coding network trained until its patterns are attractors",
        citation: "T. Salvatori et al., NeurIPS 2021, arXiv 2109.08063",
        defaults: || defaults(PcnConfig::new(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let mut options = options.clone();
            let steps = iterations("pcn", &mut options)?;
            let mut config = configure("pcn", PcnConfig::new(dim), &options)?;
            if let Some(steps) = steps {
                config.inference.max_steps = steps;
                match &mut config.read {
                    Reading::Replace(denoising) => denoising.inference.max_steps = steps,
                    Reading::Free(inference) => inference.max_steps = steps,
                }
            }
            Ok(Box::new(config.init(device)?))
        }),
    },
    MemoryEntry {
        name: "covariance-pcn",
        summary: "predictive coding within one layer: explicit, implicit or dendritic covariances",
        citation: "M. Tang et al., PLoS Computational Biology 2023",
        defaults: || defaults(CovariancePcnConfig::new(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let mut options = options.clone();
            let steps = iterations("covariance-pcn", &mut options)?;
            let mut config = configure("covariance-pcn", CovariancePcnConfig::new(dim), &options)?;
            let inference = &mut config.inference;
            inference.max_steps = steps.unwrap_or(inference.max_steps);
            Ok(Box::new(config.init(device)?))
        }),
    },
];

/// Adds what makes every memory of this crate again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders
        .add_memory::<BayesPcn>()
        .add_memory::<Gpcn>()
        .add_memory::<Pcn>()
        .add_memory::<CovariancePcn>();
}
