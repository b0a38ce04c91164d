//! A memory of vectors: the stored one at the smallest angle, or distance, and whether strangers come as close.
//!
//! Embeddings are compared by the cosine of their angle, which is what most models that make them were trained for; the memory is
//! [`Nearest`]. That a cue is of nothing stored is told by a rank: how close stored vectors come to the others of them, each left out
//! once, is measured on a sample, and a cue of the same kind that is of nothing stored comes closer than all but a share a of them with a
//! probability of at most a + 1 / m, whatever the distribution (conformal prediction; V. Vovk, A. Gammerman, G. Shafer, "Algorithmic
//! Learning in a Random World", 2005).

use anyhow::{Result, ensure};
use attractor::baselines::{Distance, Nearest, NearestConfig};
use attractor::core::burn::tensor::Device;
use attractor::core::file::Loading;
use attractor::core::weights::Weights;
use attractor::core::{KeepsPatterns, check, rng};
use attractor::prelude::*;

use crate::FALSE_ACCEPT;

/// Stored vectors that are left out once, at most, ...
const SAMPLE: usize = 512;
/// ... and at least, unless fewer are stored, where that many products would take longer than seconds.
const LEAST: usize = 128;
const PRODUCTS: usize = 1 << 34;
/// Vectors whose cosine is 1 but for rounding are the same.
const SAME: f64 = 1e-6;
/// Where a file has what strangers reach.
const STRANGERS: &str = "strangers";

/// An opened memory of vectors.
#[derive(Debug)]
pub(crate) struct Vectors {
    pub(crate) memory: Nearest,
    pub(crate) device: Device,
    /// Scores that left-out vectors reach, of what is stored now; rising.
    strangers: Option<Vec<f64>>,
}

/// How a cue stands among strangers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standing {
    /// Share of vectors of nothing stored that come as close.
    pub(crate) strangers: f64,
    /// Whether it is of a stored one; nothing where too few are stored to tell.
    pub(crate) recognised: Option<bool>,
}

impl Vectors {
    /// An empty one.
    pub(crate) fn new(dim: usize, distance: Distance) -> Result<Self> {
        let device = Backend::Flex.open()?;
        Ok(Self {
            memory: NearestConfig { dim, distance }.init(&device)?,
            device,
            strangers: None,
        })
    }

    /// That of an opened file.
    pub(crate) fn restore(file: &Weights) -> Result<Self> {
        let device = Backend::Flex.open()?;
        let loaders = attractor::core::file::Loaders::new();
        let memory = Nearest::restore(file, &Loading::new(&loaders, &device))?;
        let strangers = match file.contains(STRANGERS) {
            false => None,
            true => {
                let strangers = file.doubles(STRANGERS, file.shape(STRANGERS)?)?;
                ensure!(
                    strangers.is_sorted(),
                    "{}: expected what strangers reach in rising order, found another",
                    file.path.display()
                );
                Some(strangers)
            }
        };
        Ok(Self {
            memory,
            device,
            strangers,
        })
    }

    pub(crate) fn changed(&mut self) {
        self.strangers = None;
    }

    /// What strangers reach, measured once after every change.
    pub(crate) fn strangers(&mut self) -> Result<&[f64]> {
        if self.strangers.is_none() {
            self.strangers = Some(self.measure()?);
        }
        Ok(self.strangers.as_deref().unwrap_or_default())
    }

    fn measure(&self) -> Result<Vec<f64>> {
        let stored = self.memory.len();
        if stored < 2 {
            return Ok(Vec::new());
        }
        let affordable = (PRODUCTS / stored / self.memory.dim()).clamp(LEAST, SAMPLE);
        let mut sample = rng::permutation(&mut rng::stream(0, "strangers"), stored);
        sample.truncate(affordable);
        let cues = self.memory.patterns().select(&sample)?;
        let found = Identify::nearest(&self.memory, cues, 2)?;
        let others = found.into_iter().zip(&sample).map(|(found, own)| {
            let mut others = found.candidates.iter();
            let other = others.find(|other| other.index != *own);
            other.map_or(f64::NEG_INFINITY, |other| other.score)
        });
        let mut reached: Vec<f64> = others.collect();
        reached.sort_by(f64::total_cmp);
        Ok(reached)
    }

    /// How a score stands among those of strangers.
    pub(crate) fn standing(&mut self, score: f64) -> Result<Standing> {
        let same = match self.memory.config().distance {
            Distance::Cosine => SAME,
            _ => 0.0,
        };
        let reached = self.strangers()?;
        let as_close = reached.len() - reached.partition_point(|other| *other < score);
        let all = (reached.len() + 1) as f64;
        let strangers = (as_close + 1) as f64 / all;
        let recognised = match 1.0 / all <= FALSE_ACCEPT {
            _ if score >= -same => Some(true),
            true => Some(strangers <= FALSE_ACCEPT),
            false => None,
        };
        Ok(Standing {
            strangers,
            recognised,
        })
    }

    /// Values of some of the stored vectors.
    pub(crate) fn values(&self, indices: &[usize]) -> Result<Vec<f32>> {
        Ok(check::to_host(self.memory.patterns().select(indices)?)?)
    }
}

/// As the memory within, and what strangers reach, if it was measured.
impl Persist for Vectors {
    fn kind(&self) -> &'static str {
        Nearest::KIND
    }

    fn pack(&self) -> attractor::core::Result<Weights> {
        let mut file = self.memory.pack()?;
        if let Some(strangers) = &self.strangers {
            file.insert_doubles(STRANGERS, &[strangers.len()], strangers.clone());
        }
        Ok(file)
    }
}

/// What a score says: the cosine, or the distance.
pub(crate) fn nearness(distance: Distance, score: f64) -> f64 {
    match distance {
        Distance::Cosine => 1.0 + score,
        _ => -score,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on a circle: each is as far from its neighbour as any other.
    fn circle(count: usize) -> Vectors {
        let mut vectors = Vectors::new(2, Distance::Cosine).unwrap();
        let angle = |at: usize| std::f32::consts::TAU * at as f32 / count as f32;
        let rows = (0..count).flat_map(|at| [angle(at).cos(), angle(at).sin()]);
        let rows = check::from_host("rows", rows.collect(), 2, &vectors.device).unwrap();
        vectors.memory.write(rows).unwrap();
        vectors
    }

    #[test]
    fn a_cue_is_recognised_where_hardly_any_stranger_comes_as_close() {
        let mut vectors = circle(200);
        let step = (std::f64::consts::TAU / 200.0).cos() - 1.0;
        assert_eq!(vectors.strangers().unwrap().len(), 200);
        let near = vectors.standing(0.5 * step).unwrap();
        assert_eq!(near.recognised, Some(true));
        assert!((near.strangers - 1.0 / 201.0).abs() < 1e-12);
        let far = vectors.standing(2.0 * step).unwrap();
        assert_eq!((far.recognised, far.strangers), (Some(false), 1.0));
    }

    #[test]
    fn few_vectors_say_nothing_of_strangers() {
        let mut vectors = circle(50);
        assert_eq!(vectors.standing(-0.5).unwrap().recognised, None);
        // What is stored is known all the same.
        assert_eq!(vectors.standing(0.0).unwrap().recognised, Some(true));
    }

    #[test]
    fn files_keep_what_strangers_reach() {
        let mut vectors = circle(20);
        let measured = vectors.strangers().unwrap().to_vec();
        let restored = Vectors::restore(&vectors.section().unwrap()).unwrap();
        assert_eq!(restored.strangers, Some(measured));
        assert_eq!(restored.memory.len(), 20);
    }
}
