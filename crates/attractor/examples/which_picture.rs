//! Stores pictures under their names and asks whose bad copies are shown.
//!
//! ```sh
//! cargo run --example which_picture -- FOLDER CUE.jpg   # your photos, and one more picture
//! cargo run --example which_picture                     # built-in images
//! ```

use attractor::prelude::*;

fn main() -> Result<(), Failure> {
    let device = Backend::Flex.open()?;
    let mut arguments = std::env::args().skip(1);
    let options = FolderOptions {
        size: Some((32, 32)),
        ..FolderOptions::default()
    };
    let pictures = match arguments.next() {
        Some(path) => folder::load(path.as_ref(), Split::Train, &options)?,
        None => {
            let size = BuiltinSize { train: 1, test: 60 };
            let set = builtin::scenes(Split::Test, &size)?;
            let names = (0..set.len()).map(|at| format!("scene {at}")).collect();
            set.named(names)?
        }
    };
    let mut memory = image_memory(pictures.shape, &device)?;
    let all = pictures.all();
    let tags = Tags::labels(pictures.names.clone());
    memory.write_as(pictures.tensor(&all, &device)?, &tags)?;

    // One picture that was loaded as those of the folder were, or bad copies of three that are stored.
    let cues = match arguments.next() {
        Some(path) => folder::load_one(path.as_ref(), &options)?.tensor(&[0], &device)?,
        None => {
            let copies = [3, 14, 41].map(|index| bad_copy(&pictures, index, &device));
            Tensor::cat(copies.into_iter().collect::<Result<Vec<_>, _>>()?, 0)
        }
    };
    for (row, found) in memory.nearest(cues, 3)?.into_iter().enumerate() {
        println!("cue {row}");
        for candidate in found.candidates {
            let name = candidate
                .label
                .unwrap_or_else(|| format!("id {}", candidate.id));
            match candidate.probability {
                Some(probability) => println!("  {name:<24} {:6.2} %", 100.0 * probability),
                None => println!("  {name:<24} score {:.1}", candidate.score),
            }
        }
        if let Some(none) = found.none {
            println!("  {:<24} {:6.2} %", "none of them", 100.0 * none);
        }
    }
    Ok(())
}
