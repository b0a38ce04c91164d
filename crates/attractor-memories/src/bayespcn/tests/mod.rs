//! What must hold.

mod golden;
mod support;
