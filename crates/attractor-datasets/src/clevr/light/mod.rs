//! Light among solids: what a ray meets, and the radiance that leaves a point towards a viewer.

mod ground;
mod lamp;
mod near;
mod near_grid;
mod shade;
mod solid;
mod vector;
mod world;

pub(crate) use ground::{GroundPoint, meet};
pub(crate) use near::{Among, Near};
pub(crate) use solid::Touch;
pub(crate) use vector::V3;
pub(crate) use world::{ANY, Hit, World};
