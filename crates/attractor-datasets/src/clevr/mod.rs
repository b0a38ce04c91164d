//! CLEVR: pictures of simple solids on a grey ground, from files or rendered here.
//!
//! The data set of Johnson et al., "CLEVR: A Diagnostic Dataset for Compositional Language and
//! Elementary Visual Reasoning", arXiv:1612.06890. [`ClevrFolder`] reads version 1.0 in its official
//! layout. [`Generator`] draws scenes by the same rules (three solids, two sizes, two materials,
//! eight colours, jittered camera and lamps, least distances, every object visible) and [`render`]s
//! them by ray tracing, so that experiments need no download: [`View::PAPER`] is the window of
//! arXiv:2210.08013, rendered directly at 64 x 76 pixels.
//!
//! World units throughout; z is up and the ground lies at 0.

mod camera;
mod files;
mod generator;
mod grammar;
mod light;
mod picture;
mod rig;
mod scene;
mod set;

pub use camera::{CAMERA, Camera, FOCAL, FRAME};
pub use files::{
    ClevrFolder, image_folder, image_name, read_scenes, scene_file, scene_splits, split_name,
    write_png, write_scenes,
};
pub use generator::Generator;
pub use grammar::{MARGIN, MAX_OBJECTS, MIN_DISTANCE, MIN_PIXELS, REACH};
pub use picture::{Rendered, View, render};
pub use rig::{LAMPS, Rig};
pub use scene::{
    Colour, Directions, Info, Material, Object, RELATION_MARGIN, Relationships, Scene, SceneFile,
    Shape, Size,
};
pub use set::ClevrSet;

/// Name of CLEVR from files.
pub const NAME: &str = "clevr";
/// Name of the built-in pictures.
pub const BUILTIN: &str = "builtin-clevr";
/// Folders of a data root in which [`NAME`] is looked for.
pub const FOLDERS: [&str; 4] = ["clevr", "clevr/CLEVR_v1.0", "CLEVR_v1.0", "clevr-mini"];
