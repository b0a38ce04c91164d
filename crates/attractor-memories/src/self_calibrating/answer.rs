use attractor_core::observation::self_calibrating::Evidence;

/// Nats by which chance spreads the scores of one site; squared and summed, as sites are in a score.
const CHANCE: f64 = 0.6;

/// What a memory says of one cue.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Probability of each stored pattern; with [`none`](Self::none) they add up to 1.
    pub posterior: Vec<f64>,
    /// Probability that the cue is of nothing stored.
    pub none: f64,
    /// Index of the best stored pattern.
    pub best: usize,
    /// By how much the best stands out from the others.
    pub clearance: f64,
    /// Whether the cue passes the memory's rate of false acceptance; `true` if it has none.
    pub accepted: bool,
    /// How the best explains the cue: scale of the noise, share of sites that it does not explain, map of
    /// the channels, and how far each site is explained.
    pub evidence: Evidence,
}

/// Index of the best score, and its clearance from the others, `without` some. One alone has none to stand out from: it is
/// held against 0, the score of what explains nothing.
pub(super) fn clearance(scores: &[f32], without: &[usize], sites: usize) -> (usize, f64) {
    let counted = || {
        let pairs = scores.iter().map(|score| f64::from(*score)).enumerate();
        pairs.filter(|(index, _)| !without.contains(index))
    };
    let (best, top) = counted().fold((0, f64::NEG_INFINITY), |(index, top), (at, score)| {
        if score > top {
            (at, score)
        } else {
            (index, top)
        }
    });
    let others = || {
        counted()
            .filter(|(index, _)| *index != best)
            .map(|(_, s)| s)
    };
    let count = others().count().max(1) as f64;
    let mean = others().sum::<f64>() / count;
    let variance = others().map(|score| (score - mean).powi(2)).sum::<f64>() / count;
    let chance = CHANCE * CHANCE * sites as f64;
    (best, (top - mean) / (variance + chance).sqrt())
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
