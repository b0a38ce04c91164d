//! Kernelised Hopfield network: similarities after a linear map that spreads the stored codes.
//!
//! # Equations
//! Codes that lie close together are confused: recall stops at their mean. A map W, learned from the
//! stored codes alone, moves their images apart before similarities are taken. With `f_k = W m_k`,
//! `z = W x`, `r_k = |f_k|` and p the separation (softmax for alpha 1, alpha-entmax above):
//!
//! ```text
//! raw features    k_k = f_k.z             E(x) = |z|^2 / 2 - Psi(beta k) / beta
//!                 attract(x) = sum_k p_k m_k
//! unit features   k_k = f_k.z / (r_k |z|) E(x) = -Psi(beta k) / beta
//!                 attract(x) = sum_k q_k m_k,   q_k = (p_k / r_k) / sum_j (p_j / r_j)
//! p = argmax over probabilities of p.(beta k) - T(p);  Psi = that maximum (alpha 1: log sum exp)
//! ```
//!
//! `attract` never increases E, whatever the rank of W. Raw: `W attract(x)` is the concave-convex
//! step of an ordinary Hopfield network on the features. Unit: E depends on the direction of z only,
//! and `W attract(x)` is parallel to `sum_k p_k f_k / r_k`, the direction that maximises the tangent
//! of the convex Psi. The weights q rather than p are what makes this so; both are the same where
//! one weight dominates, and where all images are equally long.
//!
//! [`Kernelised::retrieve`] is the reading of the papers: it iterates on features, where all keys are
//! cached, and mixes codes once, at the end:
//!
//! ```text
//! z_0 = W x (unit: divided by its norm, once);  z_{t+1} = sum_k p_k f_k;  answer = sum_k p_k m_k
//! ```
//!
//! # Learning W
//! With n_k the images on the unit sphere and `s_jk = n_j.n_k`, over the M (M - 1) ordered pairs:
//!
//! ```text
//! tempered (U-Hop+)  L = tau log mean exp(s / tau)    the largest cosine as tau -> 0; tau is annealed
//! average  (U-Hop)   L = log mean exp(-t |n_j - n_k|^2)
//! maximum  (U-Hop)   L = max (-t |n_j - n_k|^2)
//! ```
//!
//! The published program of U-Hop+ masks S before the exponential, so that zeros take part in the
//! sum, and lets only half of the gradient through; the loss here sums over pairs only and is
//! symmetric. Gradients are in closed form, in f64. Where codes have more entries than there are
//! codes, the optimisation runs in an orthonormal basis of their span, found from their Gram matrix:
//! an iteration then costs `O(M^2 D)`, whatever the width of a code.
//!
//! The norm of W is kept at `sqrt(D)`: with raw features `|f|^2` multiplies beta, and a gain made
//! that way is a gain of temperature, not of geometry. [`compare`] prints learned and identity maps
//! at the same and at their best beta side by side; no gain should be reported without it.
//!
//! # References
//! - D. Wu, J. Hu, T.-Y. Hsiao, H. Liu, "Uniform memory retrieval with larger capacity for modern
//!   Hopfield models", ICML 2024 (arXiv 2404.03827): U-Hop, section 2.
//! - J. Hu, D. Wu, H. Liu, "Provably optimal memory capacity for modern Hopfield models:
//!   transformer-compatible dense associative memories as spherical codes", NeurIPS 2024
//!   (arXiv 2410.23126): U-Hop+, spherical codes.
//! - H. Ramsauer et al., "Hopfield networks is all you need", ICLR 2021 (arXiv 2008.02217).

mod config;
mod controls;
mod learn;
mod metastable;
mod model;
mod persist;
mod prior;
mod read;
mod retrieve;
mod separation;
mod sphere;
#[cfg(test)]
mod tests;

pub use config::{FeatureScale, KernelisedConfig, MapKind};
pub use controls::{Comparison, ComparisonConfig, Rivals, Trial, compare};
pub use learn::{
    Coordinates, FitReport, Optimiser, SeparationConfig, SeparationLoss, Start, learn,
};
pub use metastable::{Metastable, metastable};
pub use model::Kernelised;
pub use separation::Separation;
pub use sphere::{SPHERE_CASES, best_known_code, code_bounds, learned_code};
