//! Files of memories whose configuration was changed by somebody who could hash them again.

use attractor::catalogue::{Context, recipes};
use attractor::core::file::{CONTENT, hash_of};
use attractor::core::weights::Weights;
use attractor::prelude::*;

mod every;

use every::{device, least_options, normal, pixels};

/// Numbers that nobody means.
const NUMBERS: [&str; 7] = [
    "0",
    "-1",
    "4294967296",
    "1099511627776",
    "9223372036854775807",
    "1e300",
    "nan",
];

/// Where the numbers of a text are.
fn numbers(text: &str) -> Vec<std::ops::Range<usize>> {
    let digit = |letter: char| letter.is_ascii_digit() || letter == '.';
    let mut places = Vec::new();
    let mut begin = None;
    for (place, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (begin, digit(letter)) {
            (None, true) => begin = Some(place),
            (Some(from), false) => {
                places.push(from..place);
                begin = None;
            }
            _ => {}
        }
    }
    places
}

/// Every number of every configuration, each in turn another one: an error that names the file, or a memory. Neither a panic nor
/// memory for what the file does not hold.
#[test]
fn no_number_of_a_configuration_brings_the_program_down() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.memory");
    let (mut changed, mut refused, mut panics) = (0, 0, Vec::new());
    let context: Context = pixels();
    for recipe in recipes().iter().filter(|recipe| recipe.name != "pc-gmm") {
        let name = &recipe.name;
        let mut memory = recipe.build(&least_options(name), &context).unwrap();
        for rows in [0, 2] {
            if rows > 0 {
                memory.write(normal(1, rows)).unwrap();
            }
            memory.save(&path).unwrap();
            let sound = Weights::read(&path).unwrap();
            for key in sound
                .metadata_keys()
                .filter(|key| !key.starts_with("attractor."))
            {
                let text = sound.metadata(key).unwrap();
                for place in numbers(text) {
                    for number in NUMBERS {
                        let mut text = text.to_owned();
                        text.replace_range(place.clone(), number);
                        let mut file = sound.clone();
                        file.set_metadata(key, text);
                        let content = hash_of(&file).unwrap();
                        file.set_metadata(CONTENT, content);
                        file.write(&path).unwrap();
                        changed += 1;
                        let text = file.metadata(key).unwrap().to_owned();
                        let loaded = std::panic::catch_unwind(|| {
                            attractor::load(&path, &device()).map(|memory| memory.dim())
                        });
                        match loaded {
                            Ok(Ok(dim)) => assert!(dim > 0),
                            Ok(Err(error)) => {
                                let said = error.to_string();
                                assert!(said.contains("changed.memory: "), "{name}: {key}: {said}");
                                refused += 1;
                            }
                            Err(_) => panics.push(format!("{name}: {key}: {text}")),
                        }
                    }
                }
            }
        }
    }
    assert!(panics.is_empty(), "{panics:#?}");
    assert!(changed > 1000 && refused > 300, "{refused} of {changed}");
}
