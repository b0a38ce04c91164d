//! Recall: [`batch`] sorts the rows of a batch and searches their hidden values, [`readout`] finds
//! sensory values given the hidden ones.

mod batch;
mod readout;

pub use batch::Given;
