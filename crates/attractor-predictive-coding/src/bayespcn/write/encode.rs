//! Hidden values of patterns that are to be stored.

use rayon::prelude::*;

use crate::bayespcn::inference::density::Density;
use crate::bayespcn::inference::objective::{Objective, Point};
use crate::bayespcn::inference::search::{Ascent, search};
use crate::bayespcn::inference::view::{ClampedWeights, StoredParticle, View};
use crate::bayespcn::posterior::Particle;
use crate::bayespcn::{BayesPcn, Coding, SearchPrecision};
use crate::linalg::{Mat, Real};

/// What one particle made of a block of patterns.
pub(crate) struct Code {
    pub(crate) hidden: Vec<Mat>,
    pub(crate) inputs: Vec<Mat>,
    pub(super) log_joint: f64,
}

impl BayesPcn {
    /// Hidden values for each particle.
    pub(crate) fn encode(&self, rows: &Mat) -> Vec<Code> {
        match self.config.search.precision {
            SearchPrecision::Single => self.encode_in::<f32>(rows),
            SearchPrecision::Double => self.encode_in::<f64>(rows),
        }
    }

    fn encode_in<T: Real>(&self, rows: &Mat) -> Vec<Code> {
        let index: Vec<u64> = (0..rows.rows as u64)
            .map(|row| self.state.written + row)
            .collect();
        let start = self.start("bayespcn/write", &index);
        let several = rows.rows > 1;
        let density = match self.density {
            Density::Rows if several => Density::Joint,
            density => density,
        };
        let coupled = density == Density::Joint;
        // `weights` of the particles add up if they are searched together.
        let climb = |particles: &[Particle], weights: &[f64]| -> Vec<Code> {
            let networks: Vec<(StoredParticle<T>, ClampedWeights<T>)> = particles
                .par_iter()
                .map(|particle| {
                    let layers = &particle.layers;
                    rayon::join(
                        || StoredParticle::new(layers, several),
                        || ClampedWeights::new(&layers[0].mean, None, several),
                    )
                })
                .collect();
            let views = networks.iter().zip(weights);
            let objective = Objective {
                config: &self.config,
                views: views
                    .map(|((network, sensory), &weight)| network.view(&sensory.map, weight))
                    .collect(),
                density,
            };
            let targets = networks.iter().zip(particles);
            let point = Point {
                hidden: start.iter().map(Mat::cast).collect(),
                targets: targets
                    .map(|((_, sensory), particle)| {
                        let weights = &particle.layers[0].mean;
                        sensory.clamp.target(weights, rows, coupled)
                    })
                    .collect(),
            };
            let found = search(&objective, &self.config.search, Ascent::Adam, point, None);
            // From here on exactly: the update and its evidence are those of these hidden values.
            let hidden: Vec<Mat> = found.hidden.iter().map(Mat::cast).collect();
            let whole = particles.iter().zip(weights);
            let objective = Objective {
                config: &self.config,
                views: whole
                    .map(|(particle, &weight)| View::whole(&particle.layers, weight))
                    .collect(),
                density,
            };
            let mut point = Point::of(hidden, rows.clone());
            if coupled {
                point.targets[0].rest = Mat::zeros(rows.rows, rows.rows);
            }
            let inputs = objective.codes(&point);
            let each = objective.value(&point).each;
            each.into_iter()
                .map(|each| Code {
                    hidden: point.hidden.clone(),
                    inputs: inputs.clone(),
                    log_joint: match density {
                        Density::Mean => each.iter().sum(),
                        _ => each[0],
                    },
                })
                .collect()
        };
        let (particles, weights) = (&self.state.particles, &self.state.log_weights);
        match self.config.coding {
            Coding::Shared => climb(particles, weights),
            Coding::Individual => {
                let particles = particles.par_iter();
                particles
                    .flat_map(|particle| climb(std::slice::from_ref(particle), &[0.0]))
                    .collect()
            }
        }
    }
}
