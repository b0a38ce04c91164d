//! Dense associative memory with random features (DrDAM): a store of fixed size, whatever it holds.
//!
//! # Equations
//! The kernel of an isotropic mixture is an expectation over random directions, so that a sum over
//! patterns becomes one inner product with a vector T that superposes them:
//!
//! ```text
//! S(z)  = sum_k exp(-beta/2 |z - m_k|^2)  ~  S^(z) = phi(z).T,     T = sum_k phi(m_k)
//! E(z)  = -1/beta log max(S^(z), floor)
//! gradient(z) = -(gradient of S^)(z) / (beta S^(z)), in closed form; 0 where S^ is below the floor
//! attract(z)  = z - a gradient(z), a = 1 halved per row until the energy falls enough (Armijo)
//! ```
//!
//! With Y directions w_i ~ N(0, I), h_i = sqrt(beta) w_i.z, variance of one direction's estimate at
//! kernel value kappa:
//!
//! | kind | phi_i | numbers in T | variance |
//! | --- | --- | --- | --- |
//! | `sin_cos` | `Y^-1/2 (cos h, sin h)` | 2 Y | `(1 - kappa^2)^2 / 2` |
//! | `cos` | `(2/Y)^1/2 cos(h + b)`, b uniform | Y | the same + 1/2 |
//! | `positive` | `Y^-1/2 exp(h - beta \|z\|^2)` | Y | `kappa^2 (e^q - 1)`, `q = beta \|x + y\|^2` |
//! | `hyperbolic_positive` | `(2 Y)^-1/2 (e^(h - beta \|z\|^2), e^(-h - beta \|z\|^2))` | 2 Y | `kappa^2 (e^q - 1)(1 - e^-q) / 2` |
//! | `optimal_positive` | `positive` with the density that suits a typical q | Y | least of its family |
//!
//! `sin_cos` is the default: exact for equal arguments and better than `cos` at equal storage. The
//! positive kinds keep S^ above 0 but blow up with `|x + y|`, so centre the data first
//! ([`RandomFeaturesConfig::centre`]); their sums are kept as logarithms. Patterns themselves are not
//! kept: T can be added to, subtracted from, decayed and merged exactly, but not listed.
//!
//! beta is part of T. A store written at one beta, seed or kind cannot be read or merged with
//! another: such calls are [`attractor_core::Error::Mismatch`].
//!
//! # Scale of the data
//! Patterns in `[0, 1 / sqrt(D)]^D` (values in `[0, 1]` divided by `sqrt(D)`) have squared distances
//! up to 1, for which the published beta of 10 to 80 are meant. [`feasibility`] says whether a memory
//! of given size can work at all before anything is written.
//!
//! # Complexity
//! Writing, energy and gradient cost O(Y D) per row, whatever is stored. T holds Y or 2 Y numbers;
//! the directions are a function of the seed and are either kept (Y D numbers) or drawn again in
//! every pass.
//!
//! # References
//! - B. Hoover, D. Chau, H. Strobelt, P. Ram, D. Krotov, "Dense associative memory through the lens
//!   of random features", NeurIPS 2024 (arXiv 2410.24153).
//! - A. Rahimi, B. Recht, "Random features for large-scale kernel machines", NeurIPS 2007.
//! - F. Yu et al., "Orthogonal random features", NeurIPS 2016 (arXiv 1610.09072).
//! - V. Likhosherstov et al., "Chefs' random tables", NeurIPS 2022 (arXiv 2205.15317).

mod algebra;
mod config;
mod directions;
mod encode;
mod feasibility;
mod host;
mod model;
mod persist;
mod read;
#[cfg(test)]
mod tests;

pub use config::{DirectionKind, FeatureKind, RandomFeaturesConfig};
pub use feasibility::{Window, feasibility, spinodal};
pub use model::RandomFeatures;
