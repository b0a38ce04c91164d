//! The streaming read, and the same answers composed of burn's operations.

use attractor_core::backend::Backend;
use attractor_core::kernel::{PatternStore, Precision, Score, read};
use attractor_core::rng;
use burn::tensor::activation::softmax;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use crate::timing::measure;
use crate::{Line, Result};

/// Variance of the sharp reads.
pub const SHARP_VARIANCE: f32 = 0.01;

/// The size and the sharpness of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Stored patterns.
    pub patterns: usize,
    /// Width of a pattern.
    pub dim: usize,
    /// Cues read at once.
    pub cues: usize,
    /// Squared distances with [`SHARP_VARIANCE`], where few patterns have any weight, instead of
    /// dot products scaled by `1/sqrt(dim)`, where all have.
    pub sharp: bool,
    /// How the store keeps its numbers.
    pub precision: Precision,
}

impl Shape {
    const fn new(patterns: usize, dim: usize, cues: usize, sharp: bool) -> Self {
        Self {
            patterns,
            dim,
            cues,
            sharp,
            precision: Precision::F32,
        }
    }

    const fn one_cue(patterns: usize, dim: usize, precision: Precision) -> Self {
        Self {
            precision,
            ..Self::new(patterns, dim, 1, false)
        }
    }

    /// `read/10000x64x1000`, `read-sharp/10000x64x1000` or `read/10000x64x1/f16`.
    pub fn name(&self) -> String {
        let kind = if self.sharp { "read-sharp" } else { "read" };
        let name = format!("{kind}/{}x{}x{}", self.patterns, self.dim, self.cues);
        match self.precision {
            Precision::F32 => name,
            half => format!("{name}/{half}"),
        }
    }

    /// Bytes of the store.
    pub fn bytes(&self) -> f64 {
        (self.patterns * self.dim * self.precision.bytes()) as f64
    }

    /// Multiplications and additions of the two matrix products of a dense read.
    pub fn operations(&self) -> f64 {
        4.0 * self.patterns as f64 * self.dim as f64 * self.cues as f64
    }

    /// The score of the kernel.
    pub fn score(&self) -> Score {
        if self.sharp {
            Score::SquaredDistance {
                variance: SHARP_VARIANCE,
            }
        } else {
            Score::Dot {
                beta: 1.0 / (self.dim as f32).sqrt(),
            }
        }
    }
}

/// Three sizes (many cues, many patterns, wide patterns), dense and sharp, and each with one cue, from stores in
/// half precision as well.
pub const SHAPES: [Shape; 13] = [
    Shape::new(10_000, 64, 1000, false),
    Shape::new(1_000_000, 64, 64, false),
    Shape::new(50_000, 3072, 100, false),
    Shape::new(10_000, 64, 1000, true),
    Shape::new(1_000_000, 64, 64, true),
    Shape::new(50_000, 3072, 100, true),
    Shape::new(10_000, 64, 1, false),
    Shape::new(1_000_000, 64, 1, false),
    Shape::one_cue(1_000_000, 64, Precision::F16),
    Shape::one_cue(1_000_000, 64, Precision::Bf16),
    Shape::new(50_000, 3072, 1, false),
    Shape::one_cue(50_000, 3072, Precision::F16),
    Shape::one_cue(50_000, 3072, Precision::Bf16),
];

/// Standard normal patterns and cues of one shape, for the kernel and for burn's forms.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What the numbers are for.
    pub shape: Shape,
    store: PatternStore,
    patterns: Tensor<2>,
    norms: Tensor<2>,
    cues: Tensor<2>,
}

impl Problem {
    /// Draws the numbers.
    ///
    /// # Errors
    /// If the store cannot hold them.
    pub fn new(shape: Shape, device: &Device) -> Result<Self> {
        let mut random = rng::stream(0, "bench");
        let patterns = rng::normal(&mut random, [shape.patterns, shape.dim], device);
        let cues = rng::normal(&mut random, [shape.cues, shape.dim], device);
        let mut store = PatternStore::new(shape.dim, device)?.with_precision(shape.precision)?;
        store.push(patterns.clone())?;
        let norms = patterns.clone().square().sum_dim(1).transpose();
        Ok(Self {
            shape,
            store,
            patterns,
            norms,
            cues,
        })
    }

    /// The answer `[cues, dim]` of the streaming read.
    ///
    /// # Errors
    /// Those of the read.
    pub fn attractor(&self) -> Result<Tensor<2>> {
        read(&self.store, self.cues.clone(), self.shape.score())?.mean()
    }

    /// The same answer as matmul, softmax, matmul.
    pub fn plain(&self) -> Tensor<2> {
        let products = self.cues.clone().matmul(self.patterns.clone().transpose());
        let scores = match self.shape.score() {
            Score::Dot { beta } => products.mul_scalar(beta),
            // Without the norm of the cue, which the softmax cancels.
            Score::SquaredDistance { variance } => {
                (products - self.norms.clone().mul_scalar(0.5)).div_scalar(variance)
            }
        };
        softmax(scores, 1).matmul(self.patterns.clone())
    }

    /// The same answer by burn's attention operation.
    pub fn fused(&self) -> Tensor<2> {
        let key: Tensor<4> = self.patterns.clone().unsqueeze();
        let (scale, bias) = match self.shape.score() {
            Score::Dot { beta } => (beta, None),
            Score::SquaredDistance { variance } => {
                let bias = self.norms.clone().mul_scalar(-0.5 / variance);
                let bias: Tensor<2> = bias.expand([self.shape.cues, self.shape.patterns]);
                (1.0 / variance, Some(bias.unsqueeze()))
            }
        };
        let options = AttentionModuleOptions {
            scale: Some(scale.into()),
            ..Default::default()
        };
        let query: Tensor<4> = self.cues.clone().unsqueeze();
        let mixed = attention(query, key.clone(), key, None, bias, options);
        mixed.reshape([self.shape.cues, self.shape.dim])
    }
}

/// Bytes that the copy moves from one place to another.
const COPIED: usize = 256 << 20;

/// `copy/256MiB`.
pub fn copy_name() -> String {
    format!("copy/{}MiB", COPIED >> 20)
}

/// What the memory gives: a copy by all threads, bytes read and bytes written.
///
/// # Errors
/// None.
pub fn copy(runs: usize) -> Result<Line> {
    let (from, mut to) = (vec![1u64; COPIED / 8], vec![0u64; COPIED / 8]);
    let part = from.len().div_ceil(crate::threads());
    let timing = measure(runs, || {
        let parts = to.par_chunks_mut(part).zip(from.par_chunks(part));
        parts.for_each(|(to, from)| to.copy_from_slice(from));
        Ok(())
    })?;
    let mut line = Line::new(&copy_name(), "attractor", 0.0, timing);
    line.gb_per_second = Some(2.0 * COPIED as f64 / line.ms / 1e6);
    Ok(line)
}

/// Measures the kernel on one shape and, if asked, burn's two forms.
///
/// # Errors
/// Those of the read.
pub fn run(shape: Shape, runs: usize, all: bool) -> Result<Vec<Line>> {
    let problem = Problem::new(shape, &Backend::Flex.open()?)?;
    let line = |form, timing| {
        let mut line = Line::new(&shape.name(), form, shape.operations(), timing);
        // What limits a read of one cue.
        if shape.cues == 1 {
            line.gb_per_second = Some(shape.bytes() / line.ms / 1e6);
        }
        line
    };
    let mut lines = vec![line("attractor", measure(runs, || problem.attractor())?)];
    if all {
        lines.push(line("plain", measure(runs, || Ok(problem.plain()))?));
        lines.push(line("fused", measure(runs, || Ok(problem.fused()))?));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ratio of times means nothing unless the three forms give the same answer.
    #[test]
    fn forms_agree() {
        let device = Backend::Flex.open().unwrap();
        for sharp in [false, true] {
            let problem = Problem::new(Shape::new(700, 48, 21, sharp), &device).unwrap();
            let ours = problem
                .attractor()
                .unwrap()
                .into_data()
                .try_into_vec::<f32>()
                .unwrap();
            for other in [problem.plain(), problem.fused()] {
                let other = other.into_data().try_into_vec::<f32>().unwrap();
                assert_eq!(ours.len(), other.len());
                for (a, b) in ours.iter().zip(&other) {
                    assert!((a - b).abs() < 1e-3, "sharp {sharp}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn names_and_operations() {
        assert_eq!(SHAPES[0].name(), "read/10000x64x1000");
        assert_eq!(SHAPES[3].name(), "read-sharp/10000x64x1000");
        assert_eq!(SHAPES[8].name(), "read/1000000x64x1/f16");
        assert_eq!(SHAPES[2].operations(), 4.0 * 50_000.0 * 3072.0 * 100.0);
    }
}
