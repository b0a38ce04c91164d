//! The program as people use it.

mod disk;
mod manners;
mod photos;
mod place;
mod serve;
mod vectors;
