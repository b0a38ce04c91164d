//! CLEVR: the grammar of scenes, the renderer, and files in the official layout.

mod files;
mod grammar;
mod real;
mod rendering;

use attractor_datasets::clevr::Generator;

/// Scenes of `fewest` to `most` objects.
fn generator(fewest: usize, most: usize, seed: u64) -> Generator {
    Generator {
        objects: [fewest, most],
        seed,
        ..Generator::default()
    }
}
