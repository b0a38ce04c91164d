//! What must hold.

mod files;
mod learning;
mod recall;
mod support;
