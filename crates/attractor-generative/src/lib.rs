//! Generative models of Attractor: variational autoencoders as chains of layers.
