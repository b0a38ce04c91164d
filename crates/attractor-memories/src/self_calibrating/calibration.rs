use attractor_core::Result;
use attractor_core::weights::Weights;

use super::answer::probabilities;
use super::config::rate;
use super::ordinary::{Ordinary, Standing};

/// Share of the familiarities of novel cues above which their tail is taken to be exponential.
const TAIL: f64 = 0.1;
/// Temperatures that are tried, in nats: powers of the root of 2.
const TEMPERATURES: i32 = 19;

/// One damaged pattern: its scores in the cohort, and how its best stands out.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) scores: Vec<f32>,
    /// Which of the scores are the pattern's own and those of near-duplicates.
    pub(super) alike: Vec<usize>,
    /// Among all.
    pub(super) stored: Standing,
    /// As if it had not been stored, nor any near-duplicate of it.
    pub(super) novel: Standing,
}

/// What clearances mean, measured on stored patterns that were damaged in generic ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// What clearances novel cues reach.
    ordinary: Ordinary,
    /// Familiarities of patterns read among all, in rising order.
    stored: Vec<f64>,
    /// Familiarities of the same cues without their pattern.
    novel: Vec<f64>,
    /// Log odds of stored against novel: first + second familiarity.
    odds: (f64, f64),
    /// Nats of score that weigh as much as one of probability.
    temperature: f64,
    /// Some of the clearances that are cheap to compute again.
    probes: Vec<f64>,
}

/// What a file says of how a calibration was measured; another number is another way.
const METHOD: &str = "2";
/// How much clearances may differ between machines, relative to them.
const ROUNDING: f64 = 1e-3;

impl Calibration {
    pub(super) fn new(trials: &[Trial], probes: Vec<f64>) -> Self {
        let novel: Vec<Standing> = trials.iter().map(|trial| trial.novel).collect();
        let ordinary = Ordinary::of(&novel);
        let sorted = |of: fn(&Trial) -> Standing| {
            let familiarities = trials.iter().map(|trial| ordinary.familiarity(&of(trial)));
            let mut values: Vec<f64> = familiarities.collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (stored, novel) = (sorted(|trial| trial.stored), sorted(|trial| trial.novel));
        Self {
            odds: odds(&stored, &novel),
            temperature: temperature(trials),
            ordinary,
            stored,
            novel,
            probes,
        }
    }

    /// As a section of a file.
    pub(super) fn pack(&self) -> Weights {
        let mut section = Weights::new();
        section.set_metadata("method", METHOD);
        let mut insert = |name: &str, values: &[f64]| {
            section.insert_doubles(name, &[values.len()], values.to_vec());
        };
        insert("ordinary", &self.ordinary.numbers());
        insert("stored", &self.stored);
        insert("novel", &self.novel);
        insert("odds", &[self.odds.0, self.odds.1]);
        insert("temperature", &[self.temperature]);
        insert("probes", &self.probes);
        section
    }

    /// From a section of a file; none if it was measured in another way.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] for what no calibration is.
    pub(super) fn unpack(section: &Weights) -> Result<Option<Self>> {
        if section.metadata("method") != Some(METHOD) {
            return Ok(None);
        }
        let numbers = |name: &str| section.doubles(name, section.shape(name)?);
        let (stored, novel, odds) = (numbers("stored")?, numbers("novel")?, numbers("odds")?);
        let sorted = |values: &[f64]| !values.is_empty() && values.is_sorted();
        let ordinary = Ordinary::from_numbers(&numbers("ordinary")?);
        match (&odds[..], numbers("temperature")?.as_slice(), ordinary) {
            (&[first, second], &[temperature], Some(ordinary))
                if temperature > 0.0 && sorted(&stored) && sorted(&novel) =>
            {
                Ok(Some(Self {
                    ordinary,
                    stored,
                    novel,
                    odds: (first, second),
                    temperature,
                    probes: numbers("probes")?,
                }))
            }
            _ => Err(section.fail(
                "expected a calibration: two odds, a temperature above 0, familiarities in rising order and what is ordinary",
            )),
        }
    }

    /// Whether clearances that were computed anew are those it was measured with.
    pub(super) fn agrees(&self, probes: &[f64]) -> bool {
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= ROUNDING * (1.0 + b.abs());
        probes.len() == self.probes.len() && probes.iter().zip(&self.probes).all(near)
    }

    /// How far a clearance is from the ordinary under its conditions: the logarithm of it over what nine of ten cues of
    /// nothing stored stay below where the best stored pattern explains as much of them, through as much noise, with a map of
    /// the channels or without.
    pub fn familiarity(&self, standing: &Standing) -> f64 {
        self.ordinary.familiarity(standing)
    }

    /// Familiarities of damaged stored patterns, in rising order.
    pub fn stored(&self) -> &[f64] {
        &self.stored
    }

    /// Familiarities of the same cues when their patterns are left out, in rising order.
    pub fn novel(&self) -> &[f64] {
        &self.novel
    }

    /// Nats of score that weigh as much as one of probability: sites are not independent, so that a score
    /// counts the same evidence several times.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// The familiarity that a share `false_accept` of novel cues exceeds. The upper tenth of the measured ones
    /// is continued as an exponential tail, so that rates below one in their number have an answer too.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] unless the rate is between 0 and 1.
    pub fn threshold(&self, false_accept: f64) -> Result<f64> {
        rate(false_accept)?;
        if false_accept >= TAIL {
            return Ok(quantile(&self.novel, 1.0 - false_accept));
        }
        let from = quantile(&self.novel, 1.0 - TAIL);
        let beyond = self.novel.iter().filter(|value| **value > from);
        let count = beyond.clone().count().max(1) as f64;
        let excess = beyond.map(|value| value - from).sum::<f64>() / count;
        Ok(from + excess * (TAIL / false_accept).ln())
    }

    /// Share of the damaged stored patterns that a threshold rejects.
    pub fn false_rejection(&self, threshold: f64) -> f64 {
        let below = self.stored.partition_point(|value| *value < threshold);
        below as f64 / self.stored.len() as f64
    }

    /// Probability that a cue of this familiarity is of a stored pattern, if as many are as are not.
    pub fn probability_stored(&self, familiarity: f64) -> f64 {
        1.0 / (1.0 + (-(self.odds.0 + self.odds.1 * familiarity)).exp())
    }
}

/// By linear interpolation in sorted values.
fn quantile(values: &[f64], share: f64) -> f64 {
    let at = share.clamp(0.0, 1.0) * (values.len() - 1) as f64;
    let (below, part) = (at as usize, at.fract());
    let above = (below + 1).min(values.len() - 1);
    values[below] + part * (values[above] - values[below])
}

/// Logistic regression with Platt's targets, by Newton's steps; each is halved until the loss falls.
fn odds(stored: &[f64], novel: &[f64]) -> (f64, f64) {
    let target = |own: usize, count: f64| match own {
        0 => 1.0 / (count + 2.0),
        _ => (count + 1.0) / (count + 2.0),
    };
    let of = |values: &[f64], own| {
        let target = target(own, values.len() as f64);
        let points = values.iter().map(|value| (*value, target));
        points.collect::<Vec<_>>()
    };
    let points = [of(novel, 0), of(stored, 1)].concat();
    let loss = |(a, b): (f64, f64)| {
        let term = |(x, target): &(f64, f64)| {
            let odds = a + b * x;
            // ln(1 + exp(odds)) - target odds
            odds.max(0.0) + (-odds.abs()).exp().ln_1p() - target * odds
        };
        points.iter().map(term).sum::<f64>()
    };
    let mut found = (0.0, 0.0);
    for _ in 0..50 {
        let (mut slope, mut bend) = ([0.0; 2], [0.0; 3]);
        for &(x, target) in &points {
            let p = 1.0 / (1.0 + (-(found.0 + found.1 * x)).exp());
            let weight = (p * (1.0 - p)).max(1e-12);
            slope[0] += p - target;
            slope[1] += (p - target) * x;
            bend[0] += weight;
            bend[1] += weight * x;
            bend[2] += weight * x * x;
        }
        let determinant = bend[0] * bend[2] - bend[1] * bend[1] + 1e-12;
        let step = (
            (bend[2] * slope[0] - bend[1] * slope[1]) / determinant,
            (bend[0] * slope[1] - bend[1] * slope[0]) / determinant,
        );
        let before = loss(found);
        let shortened = (0..30).map(|halvings| 0.5f64.powi(halvings));
        let moved = |part: f64| (found.0 - part * step.0, found.1 - part * step.1);
        match shortened.map(moved).find(|next| loss(*next) < before) {
            Some(next) => found = next,
            None => break,
        }
    }
    found
}

/// The temperature under which the damaged patterns' own scores are most probable.
fn temperature(trials: &[Trial]) -> f64 {
    let candidates = (0..TEMPERATURES).map(|power| 2f64.powf(f64::from(power) / 2.0));
    let fit = |temperature: f64| {
        let of = |trial: &Trial| {
            let found = probabilities(&trial.scores, temperature, 1.0);
            trial.alike.iter().map(|at| found[*at]).sum::<f64>()
        };
        trials
            .iter()
            .map(|trial| of(trial).max(1e-300).ln())
            .sum::<f64>()
    };
    let fits = candidates.map(|temperature| (temperature, fit(temperature)));
    let best = fits.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(1.0, |(temperature, _)| temperature)
}
