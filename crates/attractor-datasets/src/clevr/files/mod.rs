//! CLEVR in files: its layout, its pictures, and a folder of both.

mod decode;
mod layout;
mod source;

pub use layout::{
    image_folder, image_name, read_scenes, scene_file, scene_splits, split_name, write_png,
    write_scenes,
};
pub use source::ClevrFolder;
