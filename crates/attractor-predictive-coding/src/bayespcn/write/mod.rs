//! Changes of the memory.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`absorb`] | stores patterns |
//! | [`encode`] | finds the hidden values that they are stored with |
//! | [`resample`] | drops particles that no longer count |
//! | [`forget`] | moves all weights towards their priors |
//! | [`remove`] | takes one pattern out again |

mod absorb;
mod encode;
mod forget;
mod remove;
pub(super) mod resample;
