//! Log joint density of a mixture of particles, with closed-form gradients.
//!
//! `log sum_k exp(w_k + LJ_k(x))`, `LJ_k` the sum of the layers' densities under particle `k`. Its
//! gradient is the mean of theirs, weighted by the posterior probability of each particle.

use faer::Accum;
use rayon::prelude::*;

use super::clamp::Target;
use super::density::{Density, Seen, Term};
use super::lift::{Lifted, lift};
use super::view::View;
use crate::bayespcn::BayesPcnConfig;
use crate::linalg::{Mat, Panels, Real, Sweeps, axpy, log_sum_exp};

/// The function that inference climbs.
pub(crate) struct Objective<'a, T = f64> {
    pub(crate) config: &'a BayesPcnConfig,
    pub(crate) views: Vec<View<'a, T>>,
    pub(crate) density: Density,
}

/// Values of all layers for some rows.
#[derive(Debug, Clone)]
pub(crate) struct Point<T = f64> {
    /// `[b, hidden]` for each hidden layer.
    pub(crate) hidden: Vec<Mat<T>>,
    /// Sensory values, one for each particle or one for all.
    pub(crate) targets: Vec<Target<T>>,
}

impl<T: Real> Point<T> {
    /// Sensory values `x [b, dim]` shared by all particles, not reduced.
    pub(crate) fn of(hidden: Vec<Mat<T>>, x: Mat<T>) -> Self {
        Self {
            hidden,
            targets: vec![Target::plain(x)],
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.targets[0].values.rows
    }
}

/// Log joint densities.
#[derive(Debug, Clone, Default)]
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
#[derive(Debug)]
pub(crate) struct Gradient<T = f64> {
    pub(crate) hidden: Vec<Mat<T>>,
    pub(crate) sensory: Option<Mat<T>>,
}

/// Everything that an evaluation fills, kept from one to the next: fresh memory would cost more
/// than the arithmetic on it.
pub(crate) struct Workspace<T> {
    lifted: Vec<Lifted<T>>,
    /// By particle, then by layer.
    terms: Vec<Vec<Term<T>>>,
    dz: Vec<Mat<T>>,
    pub(crate) value: Value,
    pub(crate) gradient: Gradient<T>,
}

/// Rows up to which matrices are swept.
const FEW: usize = 2;
/// Rows from which the work between products is shared among threads.
const SHARED: usize = 16;

impl<T: Real> Objective<'_, T> {
    fn seen<'b>(&'b self, point: &'b Point<T>, k: usize, layer: usize) -> Seen<'b, T> {
        let (sheet, noise) = (self.views[k].sheets[layer], self.config.variance(layer));
        match layer {
            0 => {
                let target = &point.targets[k.min(point.targets.len() - 1)];
                Seen {
                    sheet,
                    x: &target.values,
                    rest: Some(&target.rest),
                    mask: target.mask.as_ref(),
                    noise,
                }
            }
            _ => Seen {
                sheet,
                x: &point.hidden[layer - 1],
                rest: None,
                mask: None,
                noise,
            },
        }
    }

    pub(crate) fn workspace(&self) -> Workspace<T> {
        let (layers, particles) = (self.config.layers, self.views.len());
        let terms = || (0..layers).map(|_| Term::empty()).collect();
        let empty = || (1..layers).map(|_| Mat::zeros(0, 0)).collect();
        Workspace {
            lifted: (0..layers).map(|_| Lifted::empty()).collect(),
            terms: (0..particles).map(|_| terms()).collect(),
            dz: empty(),
            value: Value::default(),
            gradient: Gradient {
                hidden: empty(),
                sensory: None,
            },
        }
    }

    /// Log joint densities, into the workspace.
    pub(crate) fn measure(&self, point: &Point<T>, space: &mut Workspace<T>) {
        self.lift(point, space);
        let mut panels = Panels::new();
        for (k, terms) in space.terms.iter_mut().enumerate() {
            for (l, term) in terms.iter_mut().enumerate() {
                let z = &space.lifted[l].z;
                term.begin(&self.seen(point, k, l), z, self.density, &mut panels);
            }
        }
        panels.run();
        self.sum(point, space);
    }

    /// Log joint densities and their gradient, with respect to the sensory values too if `sensory`,
    /// into the workspace.
    pub(crate) fn evaluate(&self, point: &Point<T>, sensory: bool, space: &mut Workspace<T>) {
        let sweep = self.sweepable(point.rows());
        if sweep {
            self.lift(point, space);
            let mut sweeps = Sweeps::new();
            for (k, terms) in space.terms.iter_mut().enumerate() {
                for (l, term) in terms.iter_mut().enumerate() {
                    let z = &space.lifted[l].z;
                    term.sweep(&self.seen(point, k, l), z, self.density, &mut sweeps);
                }
            }
            sweeps.run();
            self.sum(point, space);
        } else {
            self.measure(point, space);
        }
        self.differentiate(point, sensory, sweep, space);
    }

    /// Whether so few rows pass that reading matrices twice would take the time.
    fn sweepable(&self, rows: usize) -> bool {
        let sheets = || self.views.iter().flat_map(|view| &view.sheets);
        rows <= FEW
            && self.density != Density::Joint
            && sheets().all(|sheet| sheet.map.stored.is_some())
    }

    fn lift(&self, point: &Point<T>, space: &mut Workspace<T>) {
        for (lifted, x) in space.lifted.iter_mut().zip(&point.hidden) {
            lifted.fill(self.config, x);
        }
        let top = &mut space.lifted[self.config.layers - 1];
        if top.z.rows != point.rows() {
            *top = Lifted::top(point.rows());
        }
    }

    /// Densities from the products.
    fn sum(&self, point: &Point<T>, space: &mut Workspace<T>) {
        let (rows, layers) = (point.rows(), self.config.layers);
        let each = |at: usize, term: &mut Term<T>| {
            term.measure(&self.seen(point, at / layers, at % layers), self.density);
        };
        let mut all: Vec<&mut Term<T>> = space.terms.iter_mut().flatten().collect();
        if rows < SHARED {
            let all = all.iter_mut().enumerate();
            all.for_each(|(at, term)| each(at, term));
        } else {
            let all = all.par_iter_mut().enumerate();
            all.for_each(|(at, term)| each(at, term));
        }
        let value = &mut space.value;
        value.each.clear();
        for terms in &space.terms {
            let total = |row: usize| terms.iter().map(|term| term.log[row]).sum();
            value.each.push((0..rows).map(total).collect());
        }
        let mixed = (0..rows).map(|row| {
            let weighted = self.views.iter().zip(&value.each);
            log_sum_exp(weighted.map(|(view, each)| view.log_weight + each[row]))
        });
        value.mixed = mixed.collect();
    }

    /// The gradient at the point just measured. After a sweep the products are there already.
    fn differentiate(
        &self,
        point: &Point<T>,
        sensory: bool,
        swept: bool,
        space: &mut Workspace<T>,
    ) {
        let rows = point.rows();
        let Workspace {
            lifted,
            terms,
            dz,
            value,
            gradient,
        } = space;
        for (l, dz) in dz.iter_mut().enumerate() {
            dz.reshape(rows, lifted[l].z.cols);
            dz.data.fill(T::default());
        }
        for (gradient, x) in gradient.hidden.iter_mut().zip(&point.hidden) {
            gradient.reshape(x.rows, x.cols);
            gradient.data.fill(T::default());
        }
        gradient.sensory = sensory.then(|| {
            let x = &point.targets[0].values;
            Mat::zeros(x.rows, x.cols)
        });
        for (k, terms) in terms.iter_mut().enumerate() {
            let view = &self.views[k];
            let weight = value.responsibility(k, view.log_weight);
            if weight.iter().all(|&weight| weight == 0.0) {
                continue;
            }
            if swept {
                for (l, term) in terms.iter_mut().enumerate() {
                    term.weigh(&weight, dz.get_mut(l));
                }
            } else {
                let terms = &mut *terms;
                if rows < SHARED {
                    terms.iter_mut().for_each(|term| term.weigh(&weight, None));
                } else {
                    let terms = terms.par_iter_mut();
                    terms.for_each(|term| term.weigh(&weight, None));
                }
                let mut panels = Panels::new();
                for (l, dz) in dz.iter_mut().enumerate() {
                    panels.backward(dz, Accum::Add, terms[l].terms(&view.sheets[l]));
                }
                panels.run();
            }
            for (l, term) in terms.iter().enumerate() {
                let into = match l {
                    0 => gradient.sensory.as_mut(),
                    _ => Some(&mut gradient.hidden[l - 1]),
                };
                if let Some(into) = into {
                    axpy(&mut into.data, T::of(-1.0), &term.error.data);
                }
            }
        }
        for (l, dz) in dz.iter().enumerate() {
            let dx = &mut gradient.hidden[l];
            lifted[l].pull_back(self.config, &point.hidden[l], dz, dx);
        }
    }

    /// Log joint densities at a point.
    pub(crate) fn value(&self, point: &Point<T>) -> Value {
        let mut space = self.workspace();
        self.measure(point, &mut space);
        space.value
    }

    /// Inputs `[b, inputs]` of each layer at a point.
    pub(crate) fn codes(&self, point: &Point<T>) -> Vec<Mat<T>> {
        let hidden = point.hidden.iter();
        let inputs = hidden.map(|x| lift(self.config, x).z);
        inputs.chain([Lifted::top(point.rows()).z]).collect()
    }
}
