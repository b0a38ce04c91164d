//! Gaussian mixture over codes made of slots whose order means nothing.
//!
//! A scene model such as MONet codes an image as `S` slots of equal width, and two images of one
//! scene may fill them in different orders. With `P_k` the order of the slots of stored code `m_k`
//! that fits the state best,
//!
//! ```text
//! E(z) = -log sum_k exp(-|P_k m_k - z|^2 / (2 sigma^2))        (constants dropped)
//! P_k  = argmin over orders P of |P m_k - z|^2                  (an assignment problem)
//! attract(z) = P_1^-1 sum_k w_k P_k m_k,  w = softmax_k(-|P_k m_k - z|^2 / (2 sigma^2))
//! gradient(z) = (z - sum_k w_k P_k m_k) / sigma^2
//! ```
//!
//! where index 1 is the best fitting code: the answer comes in the slot order in which that code was
//! stored, so that it can be compared with it entry by entry. The energy does not change when the
//! slots of a state or of a stored code are permuted. It is the smallest of the energies of all
//! mixtures with fixed orders, and a step never raises the one with the present orders, so
//! `attract` never raises `E`.
//!
//! With one slot this is the Gaussian mixture. Ours; the mixture is that of Annabi, Pitti, Quoy,
//! NeurIPS 2022, section 3, the assignment that of Kuhn, Naval Research Logistics 2, 1955.

mod assignment;
mod config;
mod model;
mod read;
#[cfg(test)]
mod tests;

pub use config::SlotMixtureConfig;
pub use model::SlotMixture;
