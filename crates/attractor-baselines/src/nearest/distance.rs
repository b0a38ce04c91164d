//! Distances between two rows on the host, over all entries or over the known ones.

use super::Distance;

/// Partial sums that a compiler can keep in vector registers.
const LANES: usize = 16;

impl Distance {
    /// The distance of two rows over the entries with `known` 1, or over all.
    ///
    /// Single precision first; where that does not hold the result, double.
    pub(crate) fn between(self, cue: &[f32], pattern: &[f32], known: Option<&[f32]>) -> f64 {
        let fast = match (self, known) {
            (Self::Euclidean, None) => root(sum(cue, pattern, |x, m| (x - m) * (x - m))),
            (Self::Manhattan, None) => sum(cue, pattern, |x, m| (x - m).abs()),
            (Self::Euclidean, Some(known)) => {
                root(masked_sum(cue, pattern, known, |x, m| (x - m) * (x - m)))
            }
            (Self::Manhattan, Some(known)) => masked_sum(cue, pattern, known, |x, m| (x - m).abs()),
            (Self::Cosine, known) => one_minus_cosine(products(cue, pattern, known)),
        };
        if fast.is_finite() {
            fast
        } else {
            self.in_double(cue, pattern, known)
        }
    }

    fn in_double(self, cue: &[f32], pattern: &[f32], known: Option<&[f32]>) -> f64 {
        let (mut xx, mut mm, mut xm, mut squares, mut absolute) = (0.0, 0.0, 0.0, 0.0, 0.0f64);
        for (p, (&x, &m)) in cue.iter().zip(pattern).enumerate() {
            if known.is_some_and(|known| known[p] == 0.0) {
                continue;
            }
            let (x, m) = (f64::from(x), f64::from(m));
            match self {
                Self::Euclidean => squares += (x - m) * (x - m),
                Self::Manhattan => absolute += (x - m).abs(),
                Self::Cosine => {
                    xx += x * x;
                    mm += m * m;
                    xm += x * m;
                }
            }
        }
        match self {
            Self::Euclidean => f64::sqrt(squares),
            Self::Manhattan => absolute,
            Self::Cosine if xx == 0.0 || mm == 0.0 => 1.0,
            Self::Cosine => 1.0 - xm / (f64::sqrt(xx) * f64::sqrt(mm)),
        }
    }
}

/// Squares in this range were added up without loss.
const SQUARES: std::ops::Range<f64> = 1e-20..1e30;

/// NaN where squares left the range in which single precision adds them up.
fn root(squares: f64) -> f64 {
    match SQUARES.contains(&squares) {
        true => squares.sqrt(),
        false => f64::NAN,
    }
}

/// NaN where squares left the range in which single precision holds the angle.
fn one_minus_cosine([xx, mm, xm]: [f64; 3]) -> f64 {
    if SQUARES.contains(&xx) && SQUARES.contains(&mm) {
        1.0 - xm / (xx.sqrt() * mm.sqrt())
    } else {
        f64::NAN
    }
}

fn sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f64 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(&a, &b)| term(a, b)).sum();
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + f64::from(rest)
}

fn masked_sum(a: &[f32], b: &[f32], known: &[f32], term: impl Fn(f32, f32) -> f32) -> f64 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let (known, known_rest) = known.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for ((a, b), known) in a.iter().zip(b).zip(known) {
        for lane in 0..LANES {
            lanes[lane] += known[lane] * term(a[lane], b[lane]);
        }
    }
    let rest = a_rest.iter().zip(b_rest).zip(known_rest);
    let rest: f32 = rest.map(|((&a, &b), &known)| known * term(a, b)).sum();
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + f64::from(rest)
}

/// x.x, m.m and x.m in one pass.
fn products(cue: &[f32], pattern: &[f32], known: Option<&[f32]>) -> [f64; 3] {
    let (x, x_rest) = cue.as_chunks::<LANES>();
    let (m, m_rest) = pattern.as_chunks::<LANES>();
    let (known, known_rest) = known.unwrap_or_default().as_chunks::<LANES>();
    let mut lanes = [[0.0f32; LANES]; 3];
    let mut add = |x: &[f32; LANES], m: &[f32; LANES]| {
        for lane in 0..LANES {
            lanes[0][lane] += x[lane] * x[lane];
            lanes[1][lane] += m[lane] * m[lane];
            lanes[2][lane] += x[lane] * m[lane];
        }
    };
    let masked = |row: &[f32; LANES], known: &[f32; LANES]| {
        std::array::from_fn::<f32, LANES, _>(|lane| row[lane] * known[lane])
    };
    if known.is_empty() {
        x.iter().zip(m).for_each(|(x, m)| add(x, m));
    } else {
        x.iter()
            .zip(m)
            .zip(known)
            .for_each(|((x, m), k)| add(&masked(x, k), &masked(m, k)));
    }
    let mut totals = lanes.map(|lanes| lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>());
    for (p, (&x, &m)) in x_rest.iter().zip(m_rest).enumerate() {
        let known = known_rest.get(p).copied().unwrap_or(1.0);
        let (x, m) = (f64::from(x * known), f64::from(m * known));
        totals[0] += x * x;
        totals[1] += m * m;
        totals[2] += x * m;
    }
    totals
}
