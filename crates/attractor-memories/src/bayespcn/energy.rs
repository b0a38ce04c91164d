//! Log joint density of a mixture of particles, with closed-form gradients.
//!
//! `log sum_k exp(w_k + LJ_k(x))`, `LJ_k` the sum of the layers' densities under particle `k`. Its
//! gradient is the mean of theirs, weighted by the posterior probability of each particle.

use super::clamp::Target;
use super::density::{Density, Seen, Term};
use super::lift::{Lifted, lift};
use super::linalg::{Mat, axpy, log_sum_exp};
use super::{BayesPcnConfig, MatrixNormal};

/// One particle as inference sees it.
pub(crate) struct View<'a> {
    pub(crate) layers: &'a [MatrixNormal],
    /// Sensory weights as reduced by a [`super::clamp::Clamp`].
    pub(crate) map: &'a Mat,
    pub(crate) log_weight: f64,
}

/// The function that inference climbs.
pub(crate) struct Objective<'a> {
    pub(crate) config: &'a BayesPcnConfig,
    pub(crate) views: Vec<View<'a>>,
    pub(crate) density: Density,
}

/// Values of all layers for some rows.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// `[b, hidden]` for each hidden layer.
    pub(crate) hidden: Vec<Mat>,
    /// Sensory values, one for each particle or one for all.
    pub(crate) targets: Vec<Target>,
}

/// Log joint densities.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    /// By particle, then by row.
    pub(crate) each: Vec<Vec<f64>>,
    /// Of the mixture, by row.
    pub(crate) mixed: Vec<f64>,
}

impl Value {
    /// Posterior probability of particle `k` for each row.
    pub(crate) fn responsibility(&self, k: usize, log_weight: f64) -> Vec<f64> {
        let rows = self.each[k].iter().zip(&self.mixed);
        rows.map(|(each, mixed)| (log_weight + each - mixed).exp())
            .collect()
    }
}

/// Gradient of the mixture's density.
pub(crate) struct Gradient {
    pub(crate) hidden: Vec<Mat>,
    pub(crate) sensory: Option<Mat>,
}

impl Objective<'_> {
    fn seen<'b>(&'b self, point: &'b Point, k: usize, layer: usize) -> Seen<'b> {
        let noise = self.config.variance(layer);
        match layer {
            0 => {
                let target = &point.targets[k.min(point.targets.len() - 1)];
                Seen {
                    map: self.views[k].map,
                    x: &target.values,
                    rest: Some(&target.rest),
                    noise,
                }
            }
            _ => Seen {
                map: &self.views[k].layers[layer].mean,
                x: &point.hidden[layer - 1],
                rest: None,
                noise,
            },
        }
    }

    /// Inputs of every layer, the sensory one first.
    fn inputs(&self, point: &Point) -> Vec<Lifted> {
        let rows = point.targets[0].values.rows;
        let hidden = point.hidden.iter().map(|x| lift(self.config, x));
        hidden.chain([Lifted::top(rows)]).collect()
    }

    fn terms(&self, point: &Point, inputs: &[Lifted]) -> (Vec<Vec<Term>>, Value) {
        let rows = point.targets[0].values.rows;
        let mut each = Vec::new();
        let mut terms = Vec::new();
        for (k, view) in self.views.iter().enumerate() {
            let layers: Vec<Term> = (0..self.config.layers)
                .map(|l| {
                    let seen = self.seen(point, k, l);
                    Term::new(&view.layers[l], &inputs[l].z, &seen, self.density)
                })
                .collect();
            let total = |row: usize| layers.iter().map(|term| term.log[row]).sum();
            each.push((0..rows).map(total).collect::<Vec<f64>>());
            terms.push(layers);
        }
        let mixed = (0..rows)
            .map(|row| {
                let weighted = self.views.iter().zip(&each);
                log_sum_exp(weighted.map(|(view, each)| view.log_weight + each[row]))
            })
            .collect();
        (terms, Value { each, mixed })
    }

    /// Log joint densities at a point.
    pub(crate) fn value(&self, point: &Point) -> Value {
        self.terms(point, &self.inputs(point)).1
    }

    /// Inputs `[b, inputs]` of each layer at a point.
    pub(crate) fn codes(&self, point: &Point) -> Vec<Mat> {
        let inputs = self.inputs(point);
        inputs.into_iter().map(|lifted| lifted.z).collect()
    }

    /// Log joint densities and the gradient, with respect to the sensory values too if `sensory`.
    pub(crate) fn gradient(&self, point: &Point, sensory: bool) -> (Value, Gradient) {
        let inputs = self.inputs(point);
        let (terms, value) = self.terms(point, &inputs);
        let mut gradient = Gradient {
            hidden: point
                .hidden
                .iter()
                .map(|x| Mat::zeros(x.rows, x.cols))
                .collect(),
            sensory: sensory.then(|| {
                let x = &point.targets[0].values;
                Mat::zeros(x.rows, x.cols)
            }),
        };
        let mut dz: Vec<Mat> = inputs[..point.hidden.len()]
            .iter()
            .map(|lifted| Mat::zeros(lifted.z.rows, lifted.z.cols))
            .collect();
        for (k, layers) in terms.into_iter().enumerate() {
            let weight = value.responsibility(k, self.views[k].log_weight);
            if weight.iter().all(|&weight| weight == 0.0) {
                continue;
            }
            for (l, term) in layers.into_iter().enumerate() {
                let error = term.pull_back(&self.seen(point, k, l), &weight, dz.get_mut(l));
                let into = match l {
                    0 => gradient.sensory.as_mut(),
                    _ => Some(&mut gradient.hidden[l - 1]),
                };
                if let Some(into) = into {
                    axpy(&mut into.data, -1.0, &error.data);
                }
            }
        }
        for (l, dz) in dz.iter_mut().enumerate() {
            inputs[l].pull_back(self.config, &point.hidden[l], dz, &mut gradient.hidden[l]);
        }
        (value, gradient)
    }
}
