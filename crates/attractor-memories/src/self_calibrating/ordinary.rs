//! What clearances cues of nothing stored reach, given how the best of the stored patterns explains them.
//!
//! How far chance lets a pattern stand out depends on the cue: through strong noise and where little is explained, hardly; among clean
//! cues, whose scores are large, far. So the logarithm of what nine of ten such cues stay below is a linear function of what was
//! inferred,
//!
//! ```text
//! ln( clearance + 0.05 )  <=  w_0 + w_1 ln s + w_2 ln(1 - e) + w_3 ln s ln(1 - e) + w_4 [a map is fitted]
//! ```
//!
//! by quantile regression on stored patterns that were damaged and left out: the pinball loss `rho_q(r) = r (q - [r < 0])` with a small
//! ridge, minimised by majorisation (each step is a weighted least squares fit). Beyond the conditions that were seen the function
//! is continued as a constant, and nowhere above its largest value at one of those cues.
//!
//! R. Koenker, G. Bassett, "Regression quantiles", Econometrica 46, 1978. D. R. Hunter, K. Lange, "Quantile regression via an MM
//! algorithm", Journal of Computational and Graphical Statistics 9, 2000.

/// The share of cues that stay below.
const QUANTILE: f64 = 0.9;
/// What is added to clearances: differences of less tell nothing.
const LEAST: f64 = 0.05;
/// The finest noise, and the least share that is explained, that are told apart.
const FINEST: (f32, f32) = (0.01, 0.02);
/// Terms of the function.
const TERMS: usize = 5;
/// Of them, conditions by themselves.
const CONDITIONS: usize = 3;
/// Precision of the coefficients but the first, in units of one cue.
const RIDGE: f64 = 1.0;
/// Steps of the minimisation.
const STEPS: usize = 200;
/// Residuals below this count as equal to it.
const SMOOTH: f64 = 1e-3;

type Terms = [f64; TERMS];
/// `ln s`, `ln(1 - e)`, and 1 with a map.
type Conditions = [f64; CONDITIONS];

/// By how much the best of the stored patterns stands out, and what that depends on.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// By how much it stands out from the runner-up.
    pub clearance: f64,
    /// Scale of the noise through which it explains the cue.
    pub scale: f32,
    /// Share of the sites that it does not explain.
    pub unexplained: f32,
    /// Whether a map of the channels does better than none.
    pub mapped: bool,
}

impl Standing {
    fn conditions(&self) -> Conditions {
        [
            f64::from(self.scale.clamp(FINEST.0, 1.0).ln()),
            f64::from((1.0 - self.unexplained).clamp(FINEST.1, 1.0).ln()),
            f64::from(u8::from(self.mapped)),
        ]
    }

    fn height(&self) -> f64 {
        (self.clearance.max(0.0) + LEAST).ln()
    }
}

/// The function, of conditions that are held to the range that was seen; its terms less their means, over their spreads.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ordinary {
    lowest: Conditions,
    highest: Conditions,
    centre: Terms,
    spread: Terms,
    weights: Terms,
    /// The largest value at conditions that were seen together.
    top: f64,
}

impl Ordinary {
    /// Of cues of nothing stored, at least one.
    pub(super) fn of(novel: &[Standing]) -> Self {
        let conditions: Vec<Conditions> = novel.iter().map(Standing::conditions).collect();
        let end = |best: fn(f64, f64) -> f64, from: f64| -> Conditions {
            std::array::from_fn(|at| conditions.iter().map(|own| own[at]).fold(from, best))
        };
        let mut found = Self {
            lowest: end(f64::min, f64::INFINITY),
            highest: end(f64::max, f64::NEG_INFINITY),
            centre: [0.0; TERMS],
            spread: [1.0; TERMS],
            weights: [0.0; TERMS],
            top: 0.0,
        };
        let terms: Vec<Terms> = novel.iter().map(|standing| found.terms(standing)).collect();
        let count = terms.len() as f64;
        for term in 1..TERMS {
            let own = || terms.iter().map(|terms| terms[term]);
            let centre = own().sum::<f64>() / count;
            let squares = own().map(|value| (value - centre).powi(2));
            let spread = (squares.sum::<f64>() / count).sqrt();
            found.centre[term] = centre;
            // What never changes has no part.
            found.spread[term] = if spread < 1e-9 { 1.0 } else { spread };
        }
        let points: Vec<(Terms, f64)> = novel
            .iter()
            .map(|standing| (found.scaled(standing), standing.height()))
            .collect();
        found.weights = regression(&points);
        let values = points
            .iter()
            .map(|(terms, _)| product(terms, &found.weights));
        found.top = values.fold(f64::NEG_INFINITY, f64::max);
        found
    }

    /// For a file.
    pub(super) fn numbers(&self) -> Vec<f64> {
        let conditions = [self.lowest, self.highest].concat();
        let terms = [self.centre, self.spread, self.weights].concat();
        [conditions, terms, vec![self.top]].concat()
    }

    /// From a file: finite, with spreads above 0.
    pub(super) fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let (ends, terms) = numbers.split_at_checked(2 * CONDITIONS)?;
        let (&[lowest, highest], []) = ends.as_chunks::<CONDITIONS>() else {
            return None;
        };
        let (&[centre, spread, weights], &[top]) = terms.as_chunks::<TERMS>() else {
            return None;
        };
        let finite = numbers.iter().all(|number| number.is_finite());
        (finite && spread.iter().all(|spread| *spread > 0.0)).then_some(Self {
            lowest,
            highest,
            centre,
            spread,
            weights,
            top,
        })
    }

    fn terms(&self, standing: &Standing) -> Terms {
        let conditions = standing.conditions();
        let [noise, explained, mapped]: Conditions =
            std::array::from_fn(|at| conditions[at].max(self.lowest[at]).min(self.highest[at]));
        [1.0, noise, explained, noise * explained, mapped]
    }

    fn scaled(&self, standing: &Standing) -> Terms {
        let terms = self.terms(standing);
        std::array::from_fn(|term| (terms[term] - self.centre[term]) / self.spread[term])
    }

    /// The logarithm of a clearance over what nine of ten cues of nothing stored stay below under such conditions.
    pub(super) fn familiarity(&self, standing: &Standing) -> f64 {
        standing.height() - product(&self.scaled(standing), &self.weights).min(self.top)
    }
}

fn product(a: &Terms, b: &Terms) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Weights of the quantile, by majorisation: `rho_q(r) <= r^2 / 4a + (q - 1/2) r + a / 4`, equal at `a = |r|`.
fn regression(points: &[(Terms, f64)]) -> Terms {
    let mut weights = [0.0; TERMS];
    for step in 0..=STEPS {
        let mut left = [[0.0; TERMS]; TERMS];
        let mut right = [0.0; TERMS];
        for (row, own) in left.iter_mut().enumerate().skip(1) {
            own[row] = RIDGE;
        }
        for (terms, height) in points {
            // The first step is a fit of the mean.
            let (weight, pull) = match step {
                0 => (1.0, 0.0),
                _ => {
                    let rest = height - product(terms, &weights);
                    (0.5 / (rest.abs() + SMOOTH), QUANTILE - 0.5)
                }
            };
            for row in 0..TERMS {
                for (column, entry) in left[row].iter_mut().enumerate() {
                    *entry += weight * terms[row] * terms[column];
                }
                right[row] += terms[row] * (weight * height + pull);
            }
        }
        weights = solve(left, right);
    }
    weights
}

/// Gauss without exchanges: the matrix is positive definite.
fn solve(mut left: [[f64; TERMS]; TERMS], mut right: Terms) -> Terms {
    for pivot in 0..TERMS {
        let own = left[pivot];
        for row in pivot + 1..TERMS {
            let factor = left[row][pivot] / own[pivot];
            for (entry, pivotal) in left[row].iter_mut().zip(own) {
                *entry -= factor * pivotal;
            }
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..TERMS).rev() {
        let known: f64 = (row + 1..TERMS).map(|k| left[row][k] * right[k]).sum();
        right[row] = (right[row] - known) / left[row][row];
    }
    right
}
