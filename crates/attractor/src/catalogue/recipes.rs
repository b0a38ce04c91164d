//! Names and summaries of the recipes.

/// A recipe of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    /// Key in experiment files.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Whether it has weights to train before it can store anything.
    pub learns: bool,
}

/// Every recipe.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        name: "variational",
        summary: "any prior, inference and observation model, each a table with its `kind`",
        learns: false,
    },
    Recipe {
        name: "identity",
        summary: "no memory: the encoder's answer",
        learns: false,
    },
    Recipe {
        name: "gmm",
        summary: "Gaussian mixture, fixed point",
        learns: false,
    },
    Recipe {
        name: "gmm-star",
        summary: "Gaussian mixture with learned precision",
        learns: true,
    },
    Recipe {
        name: "mchn",
        summary: "modern continuous Hopfield network",
        learns: false,
    },
    Recipe {
        name: "bp-gmm",
        summary: "Gaussian mixture, gradient through the decoder",
        learns: false,
    },
    Recipe {
        name: "pc-gmm",
        summary: "Gaussian mixture, predictive coding",
        learns: false,
    },
    Recipe {
        name: "map-gmm",
        summary: "Gaussian mixture, search among the stored codes under any observation model",
        learns: false,
    },
    Recipe {
        name: "bayespcn",
        summary: "predictive coding network written by Bayes' rule: one-shot, with forgetting",
        learns: false,
    },
    Recipe {
        name: "pcn",
        summary: "generative predictive coding network trained until its patterns are attractors",
        learns: false,
    },
    Recipe {
        name: "covariance-pcn",
        summary: "predictive coding within one layer: explicit, implicit or dendritic covariances",
        learns: false,
    },
    Recipe {
        name: "nearest",
        summary: "nearest stored pattern",
        learns: false,
    },
    Recipe {
        name: "classical-hopfield",
        summary: "Hopfield network of +1 and -1: Hebb, pseudo-inverse or Storkey; pixels only",
        learns: false,
    },
    Recipe {
        name: "dense-hopfield",
        summary: "exponential or polynomial Hopfield network of +1 and -1; pixels only",
        learns: false,
    },
    Recipe {
        name: "memn2n",
        summary: "end-to-end memory network, trained on clean cues",
        learns: true,
    },
    Recipe {
        name: "memn2n-star",
        summary: "the same, trained on the task's cues",
        learns: true,
    },
    Recipe {
        name: "ntm",
        summary: "neural Turing machine read, trained on clean cues",
        learns: true,
    },
    Recipe {
        name: "ntm-star",
        summary: "the same, trained on the task's cues",
        learns: true,
    },
    Recipe {
        name: "autoencoder",
        summary: "iterated reconstruction by an autoencoder",
        learns: false,
    },
];
