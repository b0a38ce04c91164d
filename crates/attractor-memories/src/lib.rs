//! Named associative memories assembled from models, priors and inference.
