//! Steps of Adam over arrays in host memory, in one pass.

use rayon::prelude::*;

/// Numbers that one thread takes at a time; fewer are not worth a second one.
const CHUNK: usize = 1 << 15;

/// A step of Adam for gradients g and moments m, v of the parameters w:
///
/// ```text
/// m = b1 m + (1 - b1) g      v = b2 v + (1 - b2) g^2
/// w = w - rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + epsilon)
/// ```
///
/// # Source
/// D. Kingma, J. Ba, ICLR 2015, algorithm 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    rate: f32,
    root: f32,
    epsilon: f32,
    decay: (f32, f32),
    rest: (f32, f32),
}

impl AdamStep {
    /// Step number `step`, the first being 1, with decay rates `(b1, b2)` of the moments. A negative
    /// rate climbs.
    pub fn new(rate: f64, decay: (f64, f64), epsilon: f64, step: u64) -> Self {
        let step = step as f64;
        Self {
            rate: (rate / (1.0 - decay.0.powf(step))) as f32,
            root: (1.0 - decay.1.powf(step)).sqrt().recip() as f32,
            epsilon: epsilon as f32,
            decay: (decay.0 as f32, decay.1 as f32),
            // One minus a decay near 1 loses digits in single precision.
            rest: ((1.0 - decay.0) as f32, (1.0 - decay.1) as f32),
        }
    }

    /// Moves `values` and both moments, over the shortest of the four arrays.
    pub fn apply(
        &self,
        values: &mut [f32],
        gradient: &[f32],
        first: &mut [f32],
        second: &mut [f32],
    ) {
        if values.len() <= CHUNK {
            return self.chunk(values, gradient, first, second);
        }
        let moments = first
            .par_chunks_mut(CHUNK)
            .zip(second.par_chunks_mut(CHUNK));
        let values = values.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        values
            .zip(moments)
            .for_each(|((values, gradient), (first, second))| {
                self.chunk(values, gradient, first, second);
            });
    }

    fn chunk(&self, values: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        let moments = first.iter_mut().zip(second);
        for ((value, &g), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            *first = self.decay.0 * *first + self.rest.0 * g;
            *second = self.decay.1 * *second + self.rest.1 * g * g;
            *value -= self.rate * *first / (self.root * second.sqrt() + self.epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    /// The formulas in double precision, for arrays of one chunk and of several.
    #[test]
    fn steps_are_those_of_the_paper() {
        for count in [5, 2 * CHUNK + 7] {
            let mut stream = rng::stream(count as u64, "adam");
            let mut values = rng::normal_vec(&mut stream, count);
            let mut exact: Vec<[f64; 3]> =
                values.iter().map(|&w| [f64::from(w), 0.0, 0.0]).collect();
            let (mut first, mut second) = (vec![0.0; count], vec![0.0; count]);
            for t in 1..=4 {
                let gradient = rng::normal_vec(&mut stream, count);
                let step = AdamStep::new(0.1, (0.9, 0.999), 1e-8, t);
                step.apply(&mut values, &gradient, &mut first, &mut second);
                for ([w, m, v], &g) in exact.iter_mut().zip(&gradient) {
                    let g = f64::from(g);
                    *m = 0.9 * *m + 0.1 * g;
                    *v = 0.999 * *v + 0.001 * g * g;
                    let mean = *m / (1.0 - 0.9f64.powi(t as i32));
                    let square = *v / (1.0 - 0.999f64.powi(t as i32));
                    *w -= 0.1 * mean / (square.sqrt() + 1e-8);
                }
            }
            for (found, [exact, ..]) in values.iter().zip(exact) {
                assert!((f64::from(*found) - exact).abs() < 1e-5, "{found} {exact}");
            }
        }
    }

    #[test]
    fn a_negative_rate_climbs() {
        let moments = || (vec![0.0; 2], vec![0.0; 2]);
        let moved = |rate| {
            let (mut first, mut second) = moments();
            let mut values = [0.0, 0.0];
            let step = AdamStep::new(rate, (0.9, 0.999), 1e-8, 1);
            step.apply(&mut values, &[1.0, -2.0], &mut first, &mut second);
            values
        };
        let (down, up) = (moved(0.5), moved(-0.5));
        assert_eq!(down, up.map(|value: f32| -value));
        assert!(down[0] < -0.49 && down[1] > 0.49, "{down:?}");
    }
}
