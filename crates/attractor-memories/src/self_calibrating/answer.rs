use attractor_core::observation::self_calibrating::Evidence;

/// Nats by which chance spreads the scores of one cue, where those of the others do not spread by themselves.
const CHANCE: f64 = 3.0;

/// What a memory says of one cue.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// Probability of each stored pattern; with [`none`](Self::none) they add up to 1.
    pub posterior: Vec<f64>,
    /// Score of each stored pattern, in nats; minus infinity for those that a first pass ruled out.
    pub scores: Vec<f32>,
    /// Probability that the cue is of nothing stored.
    pub none: f64,
    /// Index of the best stored pattern.
    pub best: usize,
    /// By how much the best stands out from the runner-up that is no near-duplicate of it.
    pub clearance: f64,
    /// How far that is from what cues of nothing stored reach under such conditions
    /// ([`Calibration::familiarity`](super::Calibration::familiarity)).
    pub familiarity: f64,
    /// Whether the cue passes the memory's rate of false acceptance; `true` if it has none.
    pub accepted: bool,
    /// How the best explains the cue: scale of the noise, share of sites that it does not explain, map of
    /// the channels, and how far each site is explained.
    pub evidence: Evidence,
}

/// Index of the best score, of all but some.
pub(super) fn best_of(scores: &[f32], without: &[usize]) -> usize {
    let counted = scores.iter().enumerate();
    let counted = counted.filter(|(index, _)| !without.contains(index));
    let best = counted.fold(None, |best: Option<(usize, f32)>, (at, &score)| match best
        .filter(|(_, most)| *most >= score)
    {
        None => Some((at, score)),
        known => known,
    });
    best.map_or(0, |(index, _)| index)
}

/// By how much the best score stands out from the runner-up, in units of the spread of the others, times the share of the
/// sites that it explains; `without` some patterns, such as near-duplicates of the best. One that is alone is held against 0,
/// the score of what explains nothing. Scores that were ruled out (minus infinity) do not count.
pub(super) fn clearance(scores: &[f32], best: usize, without: &[usize], unexplained: f32) -> f64 {
    let others = || {
        let pairs = scores.iter().map(|score| f64::from(*score)).enumerate();
        pairs
            .filter(|(index, score)| {
                *index != best && score.is_finite() && !without.contains(index)
            })
            .map(|(_, score)| score)
    };
    let count = others().count();
    let (runner_up, variance) = match count {
        0 => (0.0, 0.0),
        _ => {
            let mean = others().sum::<f64>() / count as f64;
            let squares = others().map(|score| (score - mean).powi(2));
            let top = others().fold(f64::NEG_INFINITY, f64::max);
            (top, squares.sum::<f64>() / count as f64)
        }
    };
    let margin = f64::from(scores[best]) - runner_up;
    (1.0 - f64::from(unexplained)) * margin / (variance.sqrt() + CHANCE)
}

/// Probabilities of scores at a temperature, which add up to `total`.
pub(super) fn probabilities(scores: &[f32], temperature: f64, total: f64) -> Vec<f64> {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights = scores
        .iter()
        .map(|score| (f64::from(score - top) / temperature).exp());
    let weights: Vec<f64> = weights.collect();
    let sum: f64 = weights.iter().sum();
    weights
        .into_iter()
        .map(|weight| total * weight / sum)
        .collect()
}
