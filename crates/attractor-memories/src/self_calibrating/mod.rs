//! A memory that compares stored patterns by evidence, and says when none of them fits.
//!
//! ```text
//! read(x~):  k = argmax_k  score(x~, g(m_k)),   scores of attractor_core::observation::self_calibrating
//! ```
//!
//! Nobody tells it how the cue was damaged: the observation model infers that for each stored pattern. A
//! score is a log likelihood ratio of independent sites, which those of pictures are not: a cue that was
//! never stored reaches hundreds. So the best is held against its cohort, the scores of the other stored
//! patterns on the same cue, which something else of the same kind reaches through the same damage:
//!
//! ```text
//! clearance = (1 - e) (best - runner-up) / ( standard deviation of the others + 3 )
//! ```
//!
//! e is the share of the sites that the best does not explain. Near-duplicates of the best are passed over: they explain it, as
//! a cue, more than half as well as it explains itself. The test normalisation (T-norm) of speaker verification takes the mean of
//! the others for the runner-up; against that, all of a kind stand out when one does. What a clearance means is
//! measured: stored patterns are damaged in six generic ways, each of any strength, and read, once among all and once as if they
//! had not been stored ([`Calibration`]). From the latter follows what clearance is ordinary for a cue of nothing stored, given
//! the noise, the share and the map that were inferred from it; the logarithm of a clearance over that is the cue's familiarity.
//! From that come the threshold of a stated rate of false
//! acceptance, the probability that a cue is of nothing stored (logistic in the familiarity,
//! with Platt's targets), and the temperature at which scores become probabilities of the patterns.
//!
//! Cost of a read: that of the observation model for every stored pattern, on at most
//! [`most_sites`](SelfCalibratingConfig::most_sites) sites; of the calibration, once after every change of
//! what is stored: 192 cues against at most 128 patterns. A file keeps it, with six of its clearances, which are computed
//! again when the file is opened: if they differ, the calibration was of another version or machine and is measured anew.
//!
//! R. Auckenthaler, M. Carey, H. Lloyd-Thomas, "Score normalization for text-independent speaker verification
//! systems", Digital Signal Processing 10, 2000. J. Platt, "Probabilistic outputs for support vector
//! machines", 1999. The memory is ours.

mod answer;
mod calibration;
mod comparison;
mod config;
mod damage;
mod identify;
mod measure;
mod model;
mod ordinary;
mod persist;
mod sites;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use calibration::Calibration;
pub use config::SelfCalibratingConfig;
pub use model::SelfCalibratingMemory;
pub use ordinary::Standing;
