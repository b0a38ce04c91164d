//! Variational auto-associative memory: perception and recall as one inference problem.
//!
//! ```text
//! write(x):  m_k = mean of q(z | x_k), given to the prior
//! read(x~):  z0 = mean of q(z | x~);  inference on  E_obs(x~, g(z)) + E_prior(z)  from z0
//! ```
//!
//! Every generative model, observation model, memory prior and inference algorithm that implements
//! its trait composes here. The paper's systems are points of that grid:
//!
//! | name | model | prior | inference |
//! | --- | --- | --- | --- |
//! | GMM | identity | Gaussian mixture | fixed point |
//! | MCHN | identity or VAE | Hopfield | fixed point |
//! | VAE-GMM | VAE | Gaussian mixture | fixed point |
//! | VAE-GMM* | VAE | learned precision | fixed point |
//! | VAE-BP-GMM | VAE | Gaussian mixture | gradient |
//! | VAE-PC-GMM | VAE | Gaussian mixture | predictive coding |
//!
//! Annabi, Pitti and Quoy, "On the relationship between variational inference and auto-associative
//! memory", NeurIPS 2022 (arXiv 2210.08013).

mod model;
mod persist;
#[cfg(test)]
mod tests;

pub use model::VariationalMemory;
