//! Which maps of the channels are likely, and the most likely one given a cue.
//!
//! A map is a gain g and an offset b that all channels share, around one of a few centres U, and what departs
//! from that, D, if anything does:
//!
//! ```text
//! A [m; 1] = g U m + b 1 + D [m; 1],   g, b ~ N(0, 1),   D = 0  or  D_jk ~ N(0, 0.3^2)
//! ```
//!
//! The centres are the C! permutations of the channels, with the identity among them, and their mean (grey). All are
//! equally likely. Given weights and a scale, everything is Gaussian: with G the Gram matrix of `[m; 1]` and X its products
//! with the cue, both in units of the noise (over s^2), and D integrated out,
//!
//! ```text
//! K = G + P,   W = P K^-1 G,   V = P K^-1 X,   P = 1 / 0.3^2     (D = 0: W = G, V = X)
//! S = U' W U + 1,   (g, b) = S^-1 U' V,   D = K^-1 (X - G A_0),   A_0 = (g U, b 1)
//! ```
//!
//! where U stands for the two directions of gain and offset. So one factorisation of C + 1 rows serves every centre, and
//! the evidence of each is a quadratic form and a determinant of two rows. A cue that tells little, seen through strong
//! noise, is so judged by maps of two degrees of freedom; what the others cost grows with what they could fit.

use super::channel_map::Affine;

/// Most channels and the offset.
pub(super) const MOST: usize = 5;
/// Standard deviation of the gain and of the shared offset.
const WIDE: f64 = 1.0;
/// Standard deviation of what departs from gain and offset.
const NARROW: f64 = 0.3;
/// Least pivot of a factorisation.
const PIVOT: f64 = 1e-12;

type Square = [[f64; MOST]; MOST];

/// Weighted sums over sites, of `[m; 1]` with itself and with the cue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums<const C: usize> {
    pub(super) gram: Square,
    pub(super) cross: [[f64; C]; MOST],
}

/// What a map departs from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Centre {
    /// Channel out shows channel in.
    Permutation([u8; MOST]),
    /// Every channel shows the mean.
    Mean,
}

/// A family of maps: a centre, and whether maps depart from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Family {
    centre: Centre,
    free: bool,
}

/// A map and what it costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likely<const C: usize> {
    pub(super) map: Affine<C>,
    pub(super) family: Family,
    /// Minus the log density of the prior at the map, in units in which only departures from its mean cost.
    pub(super) departure: f64,
    /// Half the log determinant of the posterior precision over the prior's (Laplace), and the choice of a centre.
    pub(super) volume: f64,
}

/// Centres that are tried for so many channels.
#[derive(Debug, Clone)]
pub(super) struct MapPrior {
    families: Vec<Family>,
    /// Log of the number of centres.
    choice: f64,
}

impl MapPrior {
    /// All of them; with `shared`, a gain and an offset alone.
    pub(super) fn new(channels: usize, shared: bool) -> Self {
        let mut centres = Vec::new();
        permutations([0, 1, 2, 3, 4], 0, channels, &mut centres);
        let mut centres: Vec<Centre> = centres.into_iter().map(Centre::Permutation).collect();
        if channels > 1 {
            centres.push(Centre::Mean);
        }
        if shared {
            centres.truncate(1);
        }
        // One channel: gain and offset are all there is.
        let kinds: &[bool] = if channels > 1 && !shared {
            &[false, true]
        } else {
            &[false]
        };
        Self {
            choice: (centres.len() as f64).ln(),
            families: kinds
                .iter()
                .flat_map(|&free| centres.iter().map(move |&centre| Family { centre, free }))
                .collect(),
        }
    }

    /// The most likely map at a scale, over all families.
    pub(super) fn choose<const C: usize>(&self, sums: &Sums<C>, scale: f32) -> Option<Likely<C>> {
        let split = self.families.iter().take_while(|f| !f.free).count();
        let (plain, free) = self.families.split_at(split);
        let mut best: Option<(f64, Family)> = None;
        let mut systems = [None, None];
        for (families, system) in [plain, free].into_iter().zip(&mut systems) {
            let Some(first) = families.first() else {
                continue;
            };
            let known = system.insert(System::new(sums, scale, first.free));
            for family in families {
                let evidence = known.evidence(family.centre);
                if best.is_none_or(|(most, _)| evidence > most) {
                    best = Some((evidence, *family));
                }
            }
        }
        let (_, family) = best?;
        let [plain, free] = &systems;
        let system = if family.free { free } else { plain };
        system.as_ref()?.map(family, self.choice)
    }

    /// The most likely map of one family.
    pub(super) fn within<const C: usize>(
        &self,
        sums: &Sums<C>,
        scale: f32,
        family: Family,
    ) -> Option<Likely<C>> {
        System::new(sums, scale, family.free).map(family, self.choice)
    }
}

/// All orders of the first `channels` entries, the given one first.
fn permutations(order: [u8; MOST], from: usize, channels: usize, found: &mut Vec<[u8; MOST]>) {
    if from + 1 >= channels {
        found.push(order);
        return;
    }
    for at in from..channels {
        let mut next = order;
        next.swap(from, at);
        permutations(next, from + 1, channels, found);
    }
}

/// The equations of all families that depart, or of all that do not.
#[derive(Debug)]
struct System<const C: usize> {
    /// W and V.
    left: Square,
    right: [[f64; C]; MOST],
    /// K^-1 G and K^-1 X, where maps depart.
    solved: Option<(Square, [[f64; C]; MOST])>,
    /// Evidence and half log determinant of the departures.
    evidence: f64,
    volume: f64,
}

/// Gain, offset, their quadratic form and the log determinant of their precision.
struct Shared {
    gain: f64,
    offset: f64,
    fitted: f64,
    log_det: f64,
}

impl<const C: usize> System<C> {
    fn new(sums: &Sums<C>, scale: f32, free: bool) -> Self {
        let precision = 1.0 / (f64::from(scale) * f64::from(scale));
        let gram = sums.gram.map(|row| row.map(|value| value * precision));
        let cross = sums.cross.map(|row| row.map(|value| value * precision));
        if !free {
            return Self {
                left: gram,
                right: cross,
                solved: None,
                evidence: 0.0,
                volume: 0.0,
            };
        }
        let prior = 1.0 / (NARROW * NARROW);
        let mut both = gram;
        for (at, row) in both.iter_mut().enumerate().take(C + 1) {
            row[at] += prior;
        }
        let (factor, log_det) = cholesky::<C>(&both);
        let (mut of_gram, mut of_cross) = (gram, cross);
        for column in 0..=C {
            substitute::<C, MOST>(&factor, &mut of_gram, column);
        }
        for column in 0..C {
            substitute::<C, C>(&factor, &mut of_cross, column);
        }
        let fitted: f64 = (0..=C)
            .map(|row| {
                let pairs = cross[row].iter().zip(&of_cross[row]);
                pairs.map(|(x, solved)| x * solved).sum::<f64>()
            })
            .sum();
        let volume = 0.5 * C as f64 * (log_det - (C + 1) as f64 * prior.ln());
        Self {
            left: of_gram.map(|row| row.map(|value| value * prior)),
            right: of_cross.map(|row| row.map(|value| value * prior)),
            solved: Some((of_gram, of_cross)),
            evidence: 0.5 * fitted - volume,
            volume,
        }
    }

    /// Gain and offset around a centre.
    fn shared(&self, centre: Centre) -> Shared {
        let (left, right) = (&self.left, &self.right);
        let prior = 1.0 / (WIDE * WIDE);
        let (mut gains, mut mixed, mut sum) = (prior, 0.0, 0.0);
        match centre {
            Centre::Permutation(order) => {
                for out in 0..C {
                    let from = usize::from(order[out]);
                    gains += left[from][from];
                    mixed += left[from][C];
                    sum += right[from][out];
                }
            }
            Centre::Mean => {
                let each = 1.0 / C as f64;
                for from in 0..C {
                    gains += each * left[from][..C].iter().sum::<f64>();
                    mixed += left[from][C];
                    sum += each * right[from].iter().sum::<f64>();
                }
            }
        }
        let offsets = prior + C as f64 * left[C][C];
        let added: f64 = right[C].iter().sum();
        let det = (gains * offsets - mixed * mixed).max(PIVOT);
        let gain = (offsets * sum - mixed * added) / det;
        let offset = (gains * added - mixed * sum) / det;
        Shared {
            gain,
            offset,
            fitted: gain * sum + offset * added,
            log_det: det.ln() - 2.0 * prior.ln(),
        }
    }

    /// Log evidence of the Gaussian model, up to what all families share.
    fn evidence(&self, centre: Centre) -> f64 {
        let shared = self.shared(centre);
        self.evidence + 0.5 * (shared.fitted - shared.log_det)
    }

    fn map(&self, family: Family, choice: f64) -> Option<Likely<C>> {
        let shared = self.shared(family.centre);
        let (gain, offset) = (shared.gain, shared.offset);
        let centred = |out: usize, from: usize| match family.centre {
            _ if from == C => offset,
            Centre::Permutation(order) if usize::from(order[out]) == from => gain,
            Centre::Permutation(_) => 0.0,
            Centre::Mean => gain / C as f64,
        };
        let mut map = Affine {
            linear: [[0.0; C]; C],
            offset: [0.0; C],
        };
        let mut departure = 0.5 * (gain * gain + offset * offset) / (WIDE * WIDE);
        for out in 0..C {
            for row in 0..=C {
                let mut entry = centred(out, row);
                if let Some((of_gram, of_cross)) = &self.solved {
                    let known: f64 = (0..=C).map(|k| of_gram[row][k] * centred(out, k)).sum();
                    let departs = of_cross[row][out] - known;
                    departure += 0.5 * departs * departs / (NARROW * NARROW);
                    entry += departs;
                }
                match row == C {
                    true => map.offset[out] = entry as f32,
                    false => map.linear[out][row] = entry as f32,
                }
            }
        }
        let entries = map.linear.as_flattened().iter().chain(&map.offset);
        let finite = departure.is_finite() && entries.into_iter().all(|entry| entry.is_finite());
        finite.then_some(Likely {
            map,
            family,
            departure,
            volume: self.volume + 0.5 * shared.log_det + choice,
        })
    }
}

/// Lower factor of a symmetric positive definite matrix of C + 1 rows, and the log of its determinant.
fn cholesky<const C: usize>(matrix: &Square) -> (Square, f64) {
    let mut factor = [[0.0; MOST]; MOST];
    let mut log_det = 0.0;
    for row in 0..=C {
        for column in 0..=row {
            let known: f64 = (0..column)
                .map(|k| factor[row][k] * factor[column][k])
                .sum();
            let rest = matrix[row][column] - known;
            factor[row][column] = match row == column {
                true => {
                    let pivot = rest.max(PIVOT);
                    log_det += pivot.ln();
                    pivot.sqrt()
                }
                false => rest / factor[column][column],
            };
        }
    }
    (factor, log_det)
}

/// Solves for one column, in place.
fn substitute<const C: usize, const N: usize>(
    factor: &Square,
    right: &mut [[f64; N]; MOST],
    column: usize,
) {
    for row in 0..=C {
        let known: f64 = (0..row).map(|k| factor[row][k] * right[k][column]).sum();
        right[row][column] = (right[row][column] - known) / factor[row][row];
    }
    for row in (0..=C).rev() {
        let known: f64 = (row + 1..=C)
            .map(|k| factor[k][row] * right[k][column])
            .sum();
        right[row][column] = (right[row][column] - known) / factor[row][row];
    }
}
