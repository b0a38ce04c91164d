//! Pictures of a scene: the window, its rays, and the pixels that they become.

mod encode;
mod open_ground;
mod render;
mod shrink;
mod view;

pub use render::{Rendered, render};
pub(crate) use view::Rays;
pub use view::View;
