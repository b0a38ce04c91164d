//! What must hold: properties of the posterior, of the gradients, of recall and of files.

mod baselines;
mod files;
mod golden;
mod gradients;
mod posterior;
mod programs;
mod recall;
mod support;
mod whole;
