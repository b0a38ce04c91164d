//! Sums of plane waves: angles, waves and gradients in one pass over the directions.

use rayon::prelude::*;

use super::chunk::{Query, Work, add_values, chunk_rows, score, width};
use super::few::in_lanes;
use super::mix::{Mix, sums_stride};
use super::panel::Scratch;
use super::product::Kernel;
use super::simd::{self, Instructions, Lanes};
use super::softmax::for_vectors;
use super::{GROUP_PANELS, Panel, Rows, SERIAL_BELOW, Task, pack, panels, tasks};
use crate::{Error, Result, math};

/// A sum of plane waves along `y` directions:
///
/// ```text
/// S(x) = sum_i C_i cos(w_i . x + p_i) + S_i sin(w_i . x + p_i)
/// ```
///
/// read in host memory. Neither the angles `[b, y]` nor the waves ever leave the cache.
#[derive(Debug, Clone, Copy)]
pub struct Waves<'a> {
    directions: &'a [f32],
    dim: usize,
    phases: Option<&'a [f32]>,
    cosines: &'a [f32],
    sines: Option<&'a [f32]>,
}

/// A [`Waves`] at some points.
#[derive(Debug, Clone, PartialEq)]
pub struct WaveSums {
    /// S, `[b]`.
    pub sum: Vec<f64>,
    /// The gradient, `sum_i (S_i cos(...) - C_i sin(...)) w_i`, `[b, dim]`, if it was asked for.
    pub gradient: Option<Vec<f32>>,
}

impl<'a> Waves<'a> {
    /// Waves along `directions` `[y, dim]` with amplitudes `cosines` `[y]`, and `phases` and `sines`
    /// `[y]` where there are any.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there is one of each for every direction.
    pub fn new(
        (directions, dim): (&'a [f32], usize),
        phases: Option<&'a [f32]>,
        cosines: &'a [f32],
        sines: Option<&'a [f32]>,
    ) -> Result<Self> {
        let found = [
            ("directions", Some(directions.len())),
            ("phases", phases.map(|all| all.len() * dim)),
            ("amplitudes of sines", sines.map(|all| all.len() * dim)),
        ];
        for (what, numbers) in found {
            if let Some(numbers) = numbers
                && numbers != cosines.len() * dim
            {
                return Err(Error::Rows {
                    what,
                    expected: cosines.len(),
                    found: numbers / dim.max(1),
                });
            }
        }
        Ok(Self {
            directions,
            dim,
            phases,
            cosines,
            sines,
        })
    }

    /// Sums and, if asked for, gradients at points `[b, dim]`.
    ///
    /// # Errors
    /// [`Error::Width`] unless `points` holds whole rows.
    pub fn read(&self, points: &[f32], gradient: bool) -> Result<WaveSums> {
        if self.dim == 0 || !points.len().is_multiple_of(self.dim) {
            return Err(Error::Width {
                what: "points",
                expected: self.dim,
                rows: 1,
                found: points.len(),
            });
        }
        Ok(self.read_with(Instructions::best(), points, gradient))
    }

    fn read_with(&self, isa: Instructions, points: &[f32], gradient: bool) -> WaveSums {
        let count = points.len() / self.dim;
        let panels = panels(count);
        let parallel = points.len() * self.cosines.len() >= SERIAL_BELOW;
        let packed = pack(points, self.dim, &vec![0.0; count], &panels, parallel);
        let (tasks, splits) = tasks(&packed, self.cosines.len());
        let run = |task: &Task<'_>| dispatch(isa, self, points, task, gradient);
        let parts: Vec<Vec<Part>> = match parallel {
            true => tasks.par_iter().map(run).collect(),
            false => tasks.iter().map(run).collect(),
        };
        let mut sums = WaveSums {
            sum: vec![0.0; count],
            gradient: gradient.then(|| vec![0.0; points.len()]),
        };
        for (group, parts) in panels.chunks(GROUP_PANELS).zip(parts.chunks(splits)) {
            for part in parts {
                for (panel, part) in group.iter().zip(part) {
                    part.add_to(&mut sums, *panel, self.dim);
                }
            }
        }
        sums
    }
}

/// What a panel finds along some directions.
struct Part {
    /// One per lane.
    sum: Vec<f64>,
    /// One row per point, padded to whole vectors; nothing if no gradient was asked for.
    gradient: Scratch,
}

impl Part {
    fn new(panel: Panel, dim: usize, gradient: bool) -> Self {
        let vectors = match gradient {
            true => panel.cues * sums_stride(dim) / 16,
            false => 0,
        };
        Self {
            sum: vec![0.0; panel.vectors * 16],
            gradient: Scratch::new(vectors),
        }
    }

    fn add_to(&self, sums: &mut WaveSums, panel: Panel, dim: usize) {
        let rows = panel.start..panel.start + panel.cues;
        for (sum, part) in sums.sum[rows.clone()].iter_mut().zip(&self.sum) {
            *sum += part;
        }
        let Some(gradient) = &mut sums.gradient else {
            return;
        };
        let ours = self.gradient.numbers().chunks_exact(sums_stride(dim));
        for (row, part) in gradient[rows.start * dim..].chunks_exact_mut(dim).zip(ours) {
            for (sum, part) in row.iter_mut().zip(part) {
                *sum += part;
            }
        }
    }
}

/// One group of panels against one range of directions.
///
/// # Safety
/// The instructions of `K` must be available.
#[inline(always)]
unsafe fn run<K: Kernel>(
    waves: &Waves<'_>,
    points: &[f32],
    &(group, from, to): &Task<'_>,
    gradient: bool,
) -> Vec<Part> {
    let dim = waves.dim;
    let query = Query {
        values: points,
        dim,
        bias_scale: 1.0,
        cap: f32::INFINITY,
    };
    let chunk = chunk_rows(width(group), dim, dim).min(to - from);
    let mut work: Vec<Work<'_, Part>> = group
        .iter()
        .map(|packed| Work::new(packed, Part::new(packed.panel, dim, gradient), chunk))
        .collect();
    let lanes = work.iter().map(|work| work.chunk_max.len()).max();
    let mut sines = Scratch::new(chunk * lanes.unwrap_or(0) / 16);
    let mut strip = Scratch::new(chunk * K::COLUMNS / 16);
    let no_phases = vec![0.0; chunk];
    let (mut room, mut spread) = (Vec::new(), Vec::new());

    let mut at = from;
    while at < to {
        let rows = at..to.min(at + chunk);
        at = rows.end;
        let directions = Rows::Single(&waves.directions[rows.start * dim..rows.end * dim]);
        let phases = match waves.phases {
            Some(phases) => &phases[rows.clone()],
            None => &no_phases[..rows.len()],
        };
        // Safety: there is a direction for every phase; the caller grants the instructions.
        unsafe { score::<K, _>(&query, &mut work, directions, phases, &mut room) };
        for work in &mut work {
            let vectors = work.packed.panel.vectors;
            if work.packed.is_few() {
                let places = (work.packed.panel.cues, work.stride);
                in_lanes(work.scores.numbers_mut(), places, rows.len(), &mut spread);
            }
            let angles = &mut work.scores.numbers_mut()[..rows.len() * vectors * 16];
            let sines = &mut sines.numbers_mut()[..angles.len()];
            math::sin_cos(angles, sines);
            let first = &waves.cosines[rows.clone()];
            let second = waves.sines.map(|sines| &sines[rows.clone()]);
            let sum = &mut work.partial.sum;
            // Safety: both arrays hold the panel's vectors for every row, `sum` one number per lane.
            unsafe { for_vectors!(vectors, weigh::<K>(angles, sines, first, second, sum)) };
        }
        if gradient {
            let mixes: Vec<Mix> = work
                .iter_mut()
                .map(|work| Mix {
                    weights: work.scores.numbers().as_ptr(),
                    width: work.packed.panel.vectors * 16,
                    across: 1,
                    sums: work.partial.gradient.numbers_mut().as_mut_ptr(),
                    stride: sums_stride(dim),
                    cues: work.packed.panel.cues,
                })
                .collect();
            // Safety: weights hold a row per direction, sums a row per point.
            unsafe { add_values::<K>(&mixes, directions, dim, strip.numbers_mut()) };
        }
    }
    work.into_iter().map(|work| work.partial).collect()
}

/// Adds the waves of a chunk up and turns cosines into the weights of the directions.
#[inline(always)]
unsafe fn weigh<L: Lanes, const V: usize>(
    cosines: &mut [f32],
    sines: &[f32],
    first: &[f32],
    second: Option<&[f32]>,
    sum: &mut [f64],
) {
    let mut totals = [[0.0f32; 16]; V];
    // Safety: every row of both arrays holds `V` vectors.
    unsafe {
        let mut sums = [L::splat(0.0); V];
        for (row, &amplitude) in first.iter().enumerate() {
            let of_sine = L::splat(second.map_or(0.0, |second| second[row]));
            let (of_cosine, against) = (L::splat(amplitude), L::splat(-amplitude));
            for (v, sum) in sums.iter_mut().enumerate() {
                let at = (row * V + v) * 16;
                let cosine = L::load(cosines.as_ptr().add(at));
                let sine = L::load(sines.as_ptr().add(at));
                *sum = cosine.fma(of_cosine, sine.fma(of_sine, *sum));
                let zero = L::splat(0.0);
                let weight = cosine.fma(of_sine, sine.fma(against, zero));
                weight.store(cosines.as_mut_ptr().add(at));
            }
        }
        for (sum, total) in sums.into_iter().zip(&mut totals) {
            sum.store(total.as_mut_ptr());
        }
    }
    for (sum, &total) in sum.iter_mut().zip(totals.as_flattened()) {
        *sum += f64::from(total);
    }
}

fn dispatch(
    isa: Instructions,
    waves: &Waves<'_>,
    points: &[f32],
    task: &Task<'_>,
    gradient: bool,
) -> Vec<Part> {
    // Safety: each variant runs only where its instructions were detected.
    match isa {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512(waves, points, task, gradient) },
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2(waves, points, task, gradient) },
        Instructions::Portable => unsafe { run::<simd::Portable16>(waves, points, task, gradient) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512(waves: &Waves<'_>, points: &[f32], task: &Task<'_>, gradient: bool) -> Vec<Part> {
    unsafe { run::<simd::x86::Avx512>(waves, points, task, gradient) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(waves: &Waves<'_>, points: &[f32], task: &Task<'_>, gradient: bool) -> Vec<Part> {
    unsafe { run::<simd::x86::Avx2x2>(waves, points, task, gradient) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    /// Every instruction set gives the sums in f64, with and without phases and sines, for widths and
    /// counts with rests, few points and several groups.
    #[test]
    fn sums_are_those_of_f64() {
        // Miri checks every access, thousands of times slower.
        let (sizes, counts): (&[_], &[_]) = match cfg!(miri) {
            true => (&[(1, 1), (97, 7)], &[1, 3, 17]),
            false => (
                &[(1, 1), (700, 19), (300, 100), (97, 300)],
                &[1, 3, 17, 64, 130],
            ),
        };
        for &(y, dim) in sizes {
            for &points in counts {
                for (phased, paired) in [(true, false), (false, true)] {
                    compare(y, dim, points, phased, paired);
                }
            }
        }
    }

    fn compare(y: usize, dim: usize, count: usize, phased: bool, paired: bool) {
        let mut stream = rng::stream(5, "waves");
        let directions = rng::normal_vec(&mut stream, y * dim);
        // Angles of a few units, whose rounding is a few times 1e-7.
        let scale = (dim as f32).sqrt().recip();
        let mut points = rng::normal_vec(&mut stream, count * dim);
        points.iter_mut().for_each(|x| *x *= 2.0 * scale);
        let phases = rng::uniform_vec(&mut stream, y, 0.0, 6.0);
        let cosines = rng::normal_vec(&mut stream, y);
        let sines = rng::normal_vec(&mut stream, y);
        let waves = Waves::new(
            (&directions, dim),
            phased.then_some(&phases),
            &cosines,
            paired.then_some(&sines),
        )
        .unwrap();
        for isa in Instructions::all() {
            let found = waves.read_with(isa, &points, true);
            let alone = waves.read_with(isa, &points, false);
            assert_eq!(alone.sum, found.sum);
            assert_eq!(alone.gradient, None);
            let gradient = found.gradient.unwrap();
            for (b, point) in points.chunks_exact(dim).enumerate() {
                let (mut sum, mut slope) = (0.0f64, vec![0.0f64; dim]);
                for (i, direction) in directions.chunks_exact(dim).enumerate() {
                    let pairs = direction.iter().zip(point);
                    let product: f64 = pairs.map(|(&w, &x)| f64::from(w) * f64::from(x)).sum();
                    let angle = product + if phased { f64::from(phases[i]) } else { 0.0 };
                    let c = f64::from(cosines[i]);
                    let s = if paired { f64::from(sines[i]) } else { 0.0 };
                    sum += c * angle.cos() + s * angle.sin();
                    let weight = s * angle.cos() - c * angle.sin();
                    for (slope, &w) in slope.iter_mut().zip(direction) {
                        *slope += weight * f64::from(w);
                    }
                }
                // Rounding of a plain loop in single precision: of angles, products along `dim` entries,
                // and of sums over `y` terms. Such a loop errs by up to 0.7 of this bound here.
                let rounding = y as f64 + ((dim * y) as f64).sqrt();
                let bound = 1e-6 + 2.0 * f64::from(f32::EPSILON) * rounding;
                let close = |a: f64, b: f64| (a - b).abs() < bound;
                assert!(close(found.sum[b], sum), "{isa:?} {y} {dim} {b}: {sum}");
                for (found, slope) in gradient[b * dim..].iter().zip(slope) {
                    assert!(close(f64::from(*found), slope), "{isa:?} {y} {dim} {b}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let (directions, amplitudes) = ([1.0; 6], [1.0; 2]);
        assert!(matches!(
            Waves::new((&directions, 2), None, &amplitudes, None),
            Err(Error::Rows {
                what: "directions",
                expected: 2,
                found: 3
            })
        ));
        assert!(Waves::new((&directions, 3), Some(&[0.0]), &amplitudes, None).is_err());
        let waves = Waves::new((&directions, 3), None, &amplitudes, None).unwrap();
        assert!(matches!(
            waves.read(&[0.0; 4], false),
            Err(Error::Width {
                what: "points",
                expected: 3,
                found: 4,
                ..
            })
        ));
    }
}
