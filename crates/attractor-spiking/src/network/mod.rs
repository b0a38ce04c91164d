//! Networks of leaky integrate-and-fire neurons, of any weights, and the engines that run them.
//!
//! With voltages U relative to their thresholds, constant drives h and spike trains s,
//!
//! ```text
//! tau U_i' = h_i - U_i + tau sum_j W_ij s_j,      a spike where U_i reaches 0
//! tau r_i' = -r_i + tau s_i                       filtered spikes
//! U = h + W r                                     at all times
//! ```
//!
//! and where `W = E D - mu I` has low rank, the activity `y = D r` has few dimensions: each neuron bounds
//! it by a half-space, and the network moves along the boundary of their intersection (Podlaski and
//! Machens, Neural Computation 36, 2024). Time is measured in units of tau throughout.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Network`] | weights, dense or of low rank, and drives |
//! | [`engine`] | from spike to spike without a clock: what every engine can do |
//! | [`event`] | the exact engine of a [`Network`] |
//! | [`clock`] | the clock-driven rules of the papers, with noise, inputs that change, slow synapses |
//! | [`faces`] | which sets of neurons can be active for ever |
//! | [`rates`] | the end state without spikes |

pub mod clock;
pub mod engine;
pub mod event;
pub mod faces;
pub mod rates;

use attractor_core::{Error, Result};

use crate::algebra::{Matrix, finite};

/// Weights W `[n, n]` and constant drives `h = F x + b - T` `[n]`.
#[derive(Debug, Clone)]
pub struct Network {
    form: Form,
    drive: Vec<f64>,
}

#[derive(Debug, Clone)]
enum Form {
    /// W transposed: a spike reads a column.
    Dense(Matrix),
    /// `E D - mu I`.
    LowRank {
        encoders: Matrix,
        /// D transposed.
        decoders: Matrix,
        spike_cost: f64,
    },
}

impl Network {
    /// From all weights `[n, n]`, of row i onto neuron i.
    ///
    /// # Errors
    /// [`Error::Width`] unless they are square with as many rows as there are drives;
    /// [`Error::NonFinite`].
    pub fn dense(weights: &Matrix, drive: Vec<f64>) -> Result<Self> {
        fits("weights", weights, [drive.len(); 2])?;
        finite("drive", &drive, drive.len())?;
        let form = Form::Dense(weights.transposed());
        Ok(Self { form, drive })
    }

    /// From encoders E `[n, k]`, decoders D `[k, n]` and the spike cost mu: `W = E D - mu I`.
    ///
    /// # Errors
    /// [`Error::Width`] unless the shapes fit each other and the drives; [`Error::NonFinite`].
    pub fn low_rank(
        encoders: Matrix,
        decoders: &Matrix,
        spike_cost: f64,
        drive: Vec<f64>,
    ) -> Result<Self> {
        let [_, latent] = encoders.shape();
        fits("encoders", &encoders, [drive.len(), latent])?;
        fits("decoders", decoders, [latent, drive.len()])?;
        finite("drive", &drive, drive.len())?;
        finite("spike cost", &[spike_cost], 1)?;
        let decoders = decoders.transposed();
        let form = Form::LowRank {
            encoders,
            decoders,
            spike_cost,
        };
        Ok(Self { form, drive })
    }

    /// Number of neurons.
    pub fn len(&self) -> usize {
        self.drive.len()
    }

    /// Whether there is no neuron.
    pub fn is_empty(&self) -> bool {
        self.drive.is_empty()
    }

    /// The drives h `[n]`.
    pub fn drive(&self) -> &[f64] {
        &self.drive
    }

    /// The weights W `[n, n]`.
    pub fn weights(&self) -> Matrix {
        match &self.form {
            Form::Dense(columns) => columns.transposed(),
            Form::LowRank {
                encoders,
                decoders,
                spike_cost,
            } => {
                let mut weights = encoders.product(&decoders.transposed());
                for i in 0..self.len() {
                    weights.set(i, i, weights.at(i, i) - spike_cost);
                }
                weights
            }
        }
    }

    /// Whether every weight is at most 0: the networks of the paper.
    pub fn is_inhibitory(&self) -> bool {
        self.weights().values().iter().all(|&weight| weight <= 0.0)
    }

    /// The latent activity `y = D r` of filtered spikes; r itself for dense weights.
    pub fn latent(&self, rates: &[f64]) -> Vec<f64> {
        match &self.form {
            Form::Dense(_) => rates.to_vec(),
            Form::LowRank { decoders, .. } => {
                let mut latent = vec![0.0; decoders.shape()[1]];
                for (j, rate) in rates.iter().enumerate() {
                    for (y, d) in latent.iter_mut().zip(decoders.row(j)) {
                        *y += d * rate;
                    }
                }
                latent
            }
        }
    }

    /// Adds `amount` times column j of W: O(n) for dense weights, O(n k) for those of rank k.
    fn add_column(&self, j: usize, amount: f64, potentials: &mut [f64]) {
        match &self.form {
            Form::Dense(columns) => {
                for (u, w) in potentials.iter_mut().zip(columns.row(j)) {
                    *u += amount * w;
                }
            }
            Form::LowRank {
                encoders,
                decoders,
                spike_cost,
            } => {
                let jump = decoders.row(j);
                for (i, u) in potentials.iter_mut().enumerate() {
                    *u += amount * crate::algebra::dot(encoders.row(i), jump);
                }
                potentials[j] -= amount * spike_cost;
            }
        }
    }

    /// `W_jj`.
    fn self_weight(&self, j: usize) -> f64 {
        match &self.form {
            Form::Dense(columns) => columns.at(j, j),
            Form::LowRank {
                encoders,
                decoders,
                spike_cost,
            } => crate::algebra::dot(encoders.row(j), decoders.row(j)) - spike_cost,
        }
    }

    /// `W r`.
    fn recurrent(&self, rates: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.len()];
        for (j, &rate) in rates.iter().enumerate() {
            if rate != 0.0 {
                self.add_column(j, rate, &mut sum);
            }
        }
        sum
    }

    /// Checks filtered spikes to start from: one for each neuron, finite and not below 0.
    fn start(&self, rates: &[f64]) -> Result<()> {
        starting_rates(rates, self.len())
    }
}

pub(crate) fn starting_rates(rates: &[f64], neurons: usize) -> Result<()> {
    if rates.len() != neurons {
        return Err(Error::Width {
            what: "starting rates",
            expected: neurons,
            rows: 1,
            found: rates.len(),
        });
    }
    finite("starting rates", rates, neurons)?;
    match rates.iter().find(|&&rate| rate < 0.0) {
        None => Ok(()),
        Some(rate) => Err(Error::config("starting rates", "must be at least 0", rate)),
    }
}

fn fits(what: &'static str, matrix: &Matrix, expected: [usize; 2]) -> Result<()> {
    let [rows, found] = matrix.shape();
    if rows != expected[0] {
        return Err(Error::Rows {
            what,
            expected: expected[0],
            found: rows,
        });
    }
    if found != expected[1] {
        return Err(Error::Width {
            what,
            expected: expected[1],
            rows,
            found,
        });
    }
    Ok(())
}
