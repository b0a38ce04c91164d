//! What must hold: properties of the posterior, of the gradients, of recall and of files.

mod files;
mod golden;
mod gpcn;
mod gradients;
mod posterior;
mod programs;
mod recall;
mod reduced;
mod support;
mod whole;
