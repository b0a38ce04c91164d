use attractor_core::error::require_positive;
use attractor_core::{Error, Result};

use crate::FactTaskConfig;

/// When gradient descent is predicted to leave the first and the second plateau, in steps.
///
/// While answers are near uniform a token z obeys `dV[z]/dt = w[z] g_z`, `dw[z]/dt = <V[z], g_z>`, where `g_z`
/// is the correlation of its count with the answer; so w grows as `w0 cosh(|g| t)` and leaves the start at
/// `ln(2 / w0) / |g|`. For uniform prompts
///
/// ```text
/// |g_r| = sqrt((1 / D) (1 - 1 / R)) / R        |g_s| = sqrt((1 / R) (1 - 1 / D)) / S
/// ```
///
/// and 0 for noise. Once the relation is known, what is left inside its block has the same `|g_s|`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StageTimes {
    /// `|g_r|`
    pub relation_rate: f64,
    /// `|g_s|`
    pub subject_rate: f64,
    /// The relation is learned, in steps.
    pub relation: f64,
    /// The subject is learned, in steps.
    pub subject: f64,
}

impl StageTimes {
    /// For the start `w0` and gradient descent of rate `eta`.
    ///
    /// # Errors
    /// [`Error::Config`] unless the relation comes first (`|g_r| > |g_s|`), w0 and eta are above 0, w0 is
    /// below 2, and the task is uniform.
    pub fn predict(task: &FactTaskConfig, w0: f64, eta: f64) -> Result<Self> {
        task.validate()?;
        require_positive("StageTimes.w0", w0)?;
        require_positive("StageTimes.eta", eta)?;
        if w0 >= 2.0 {
            return Err(Error::config("StageTimes.w0", "must be below 2", w0));
        }
        if task.subject_exponent != 0.0 || task.relation_exponent != 0.0 {
            let rule = "must be 0 for a prediction";
            let found = format!("{} and {}", task.subject_exponent, task.relation_exponent);
            return Err(Error::config("FactTaskConfig exponents", rule, found));
        }
        let [s, r, d] = [task.subjects, task.relations, task.answers].map(|count| count as f64);
        let relation_rate = (1.0 / d * (1.0 - 1.0 / r)).sqrt() / r;
        let subject_rate = (1.0 / r * (1.0 - 1.0 / d)).sqrt() / s;
        if relation_rate <= subject_rate || subject_rate == 0.0 {
            let rule = "must let relations be learned before subjects";
            let found = format!("rates {relation_rate} and {subject_rate}");
            return Err(Error::config("StageTimes", rule, found));
        }
        let time = |rate: f64| (2.0 / w0).ln() / rate / eta;
        Ok(Self {
            relation_rate,
            subject_rate,
            relation: time(relation_rate),
            subject: time(subject_rate),
        })
    }
}
