//! Random scenes, rendered.

use std::fs;
use std::path::Path;

use attractor_core::{Error, rng};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::camera::FRAME;
use super::files::{image_folder, scene_file, split_name, write_png, write_scenes};
use super::grammar::{self, MAX_OBJECTS};
use super::picture::{Rendered, View, render};
use super::rig::Rig;
use super::scene::{Info, Scene, SceneFile};
use super::set::ClevrSet;
use crate::{DataError, Result, Split};

/// More would not fit into memory: a mistyped count must not look like a hang.
const MAX_IMAGES: usize = 1_000_000;

/// Draws CLEVR scenes by the official rules and renders them.
///
/// Scene `index` of a split depends only on the seed and the range of objects: a set of 100
/// pictures is the beginning of one of 10,000, whatever the view and the number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Generator {
    /// Fewest and most objects of a scene, within 1 to 10; the count is uniform between them.
    pub objects: [usize; 2],
    /// Seed of every random choice.
    pub seed: u64,
    /// What is rendered by [`Generator::generate`].
    pub view: View,
}

impl Default for Generator {
    fn default() -> Self {
        Self {
            objects: [3, MAX_OBJECTS],
            seed: 0,
            view: View::PAPER,
        }
    }
}

impl Generator {
    /// Checks the range of objects and the view.
    ///
    /// # Errors
    /// [`Error::Config`] if objects are not 1 to 10 or the range is empty; as [`View::validate`].
    pub fn validate(&self) -> Result<()> {
        let [fewest, most] = self.objects;
        if fewest < 1 || fewest > most || most > MAX_OBJECTS {
            let rule = "needs a range within 1 to 10, fewest first";
            return Err(
                Error::config("Generator.objects", rule, format!("{fewest} to {most}")).into(),
            );
        }
        self.view.validate()
    }

    /// One scene, with the camera and lamps of its picture.
    ///
    /// # Errors
    /// As [`Generator::validate`].
    pub fn scene(&self, split: Split, index: usize) -> Result<(Scene, Rig)> {
        self.validate()?;
        let purpose = match split {
            Split::Train => "builtin/clevr/train",
            Split::Test => "builtin/clevr/test",
        };
        let mut rng = rng::indexed_stream(self.seed, purpose, index as u64);
        let count = rng.random_range(self.objects[0]..=self.objects[1]);
        let (objects, rig) = grammar::draw(&mut rng, count);
        let scene = grammar::annotate(split_name(split), index, objects, &rig.camera);
        Ok((scene, rig))
    }

    /// The first `count` scenes of a split, rendered in parallel.
    ///
    /// # Errors
    /// As [`Generator::validate`]; [`Error::Config`] for more than 1,000,000 pictures.
    pub fn generate(&self, split: Split, count: usize) -> Result<ClevrSet> {
        check_count(count)?;
        let made: Vec<Result<(Scene, Rendered)>> = (0..count)
            .into_par_iter()
            .map(|index| {
                let (scene, rig) = self.scene(split, index)?;
                let rendered = render(&scene, &rig, &self.view)?;
                Ok((scene, rendered))
            })
            .collect();
        let mut pixels = Vec::with_capacity(count.saturating_mul(self.view.shape().dim()));
        let (mut masks, mut scenes) = (Vec::new(), Vec::with_capacity(count));
        for made in made {
            let (scene, rendered) = made?;
            pixels.extend_from_slice(&rendered.pixels);
            masks.extend_from_slice(&rendered.mask);
            scenes.push(scene);
        }
        ClevrSet::new(super::BUILTIN, &self.view, pixels, scenes, Some(masks))
    }

    /// Renders the first `count` whole pictures of a split into `root` in CLEVR's layout, calling
    /// `done` after each (from several threads). [`Generator::view`] plays no part; `size` is rows
    /// and columns, officially 240 x 320. The scene file comes last, so that an interrupted run is
    /// not taken for a data set.
    ///
    /// # Errors
    /// [`DataError::Layout`] if the split is already there, [`DataError::Io`] if a file cannot be
    /// written; as [`Generator::generate`].
    pub fn write(
        &self,
        root: &Path,
        split: Split,
        count: usize,
        size: (usize, usize),
        done: &(dyn Fn() + Sync),
    ) -> Result<()> {
        check_count(count)?;
        let view = View::whole(size.0, size.1);
        view.validate()?;
        let name = split_name(split);
        let (folder, file) = (image_folder(root, name), scene_file(root, name));
        for path in [&folder, &file] {
            if path.exists() {
                return Err(DataError::layout(
                    path,
                    "nothing there yet",
                    "a file or folder",
                ));
            }
        }
        for path in [Some(folder.as_path()), file.parent()]
            .into_iter()
            .flatten()
        {
            fs::create_dir_all(path).map_err(DataError::io(path, "create"))?;
        }
        let scenes: Vec<Result<Scene>> = (0..count)
            .into_par_iter()
            .map(|index| {
                let (mut scene, rig) = self.scene(split, index)?;
                let rendered = render(&scene, &rig, &view)?;
                let path = folder.join(&scene.image_filename);
                write_png(&path, view.shape(), &rendered.pixels)?;
                rescale(&mut scene, size);
                done();
                Ok(scene)
            })
            .collect();
        let info = Info {
            version: "1.0".into(),
            split: name.into(),
            license: "none: rendered by the built-in generator".into(),
            // A day would make two runs of one seed differ.
            date: format!("seed {}", self.seed),
        };
        let scenes = scenes.into_iter().collect::<Result<_>>()?;
        write_scenes(&file, &SceneFile { info, scenes })
    }
}

/// Brings the pixel coordinates of a 320 x 240 picture to another size.
fn rescale(scene: &mut Scene, (rows, columns): (usize, usize)) {
    if (rows, columns) == FRAME {
        return;
    }
    let scale = columns as f64 / FRAME.1 as f64;
    for object in &mut scene.objects {
        let (x, y, depth) = object.pixel_coords;
        let across = f64::from(x) * scale;
        // The picture grows from its middle; the width alone sets the scale.
        let down = (f64::from(y) - FRAME.0 as f64 / 2.0) * scale + rows as f64 / 2.0;
        object.pixel_coords = (across.round() as i32, down.round() as i32, depth);
    }
}

fn check_count(count: usize) -> Result<()> {
    if count > MAX_IMAGES {
        let rule = "at most 1,000,000 pictures are rendered at once";
        return Err(Error::config("Generator", rule, count).into());
    }
    Ok(())
}
