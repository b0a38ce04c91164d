//! Hidden values by ascent of the log joint density.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`lift`] | from a layer's values to the inputs of the layer below |
//! | [`clamp`] | the sensory layer while its values are clamped, without its width |
//! | [`view`] | particles as inference sees them, and what is kept between searches |
//! | [`density`] | log density of one layer |
//! | [`objective`] | log joint density of a mixture of particles, with its gradient |
//! | [`search`] | the ascent |

pub(crate) mod clamp;
pub(crate) mod density;
pub(crate) mod lift;
pub(crate) mod objective;
pub(crate) mod search;
pub(crate) mod view;
