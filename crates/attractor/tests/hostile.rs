//! Files of memories whose configurations ask for more than there is.
//!
//! One test only: it counts the allocations of the whole process.

use attractor::catalogue::recipes;
use attractor::core::file::{self, CONTENT, FORMAT, hash_of};
use attractor::core::weights::Weights;
use attractor_testing::heap::{Counting, peak};

mod every;

use every::{device, least_options, normal, pixels};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Numbers that somebody may have put into a file.
const HUGE: [&str; 4] = [
    "100000",
    "2147483648",
    "1099511627776",
    "9223372036854775807",
];
/// Bytes that loading any of these files may take: many times what the files have.
const MOST: usize = 64 << 20;

/// The whole numbers of a text, as places and lengths; parts of decimal numbers and of names are none.
fn wholes(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let in_word = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|&byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits > 0 && !in_word(at + digits) && (at == 0 || !in_word(at - 1)) {
            found.push((at, digits));
        }
        at += digits.max(1);
    }
    found
}

/// The file with another text under a key, and the hash of that.
fn changed(file: &Weights, key: &str, text: String) -> Weights {
    let mut changed = file.clone();
    changed.set_metadata(key, text);
    let hash = hash_of(&changed).unwrap();
    changed.set_metadata(CONTENT, hash);
    changed
}

#[test]
fn what_a_file_asks_for_is_looked_at_before_memory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, foreign) = (folder.path().join("sound"), folder.path().join("foreign"));
    let mut tried = 0;
    for recipe in recipes().iter().filter(|recipe| recipe.name != "pc-gmm") {
        let name = &recipe.name;
        let mut memory = recipe.build(&least_options(name), &pixels()).unwrap();
        memory
            .write(normal(1, if name == "spiking" { 2 } else { 5 }))
            .unwrap();
        memory.save(&sound).unwrap();
        let file = file::open(&sound).unwrap();
        let keys: Vec<String> = file.metadata_keys().map(ToOwned::to_owned).collect();
        for key in keys
            .iter()
            .filter(|key| ![CONTENT, FORMAT].contains(&&key[..]))
        {
            let text = file.metadata(key).unwrap().to_owned();
            for (at, length) in wholes(&text) {
                for huge in HUGE {
                    let mut other = text.clone();
                    other.replace_range(at..at + length, huge);
                    changed(&file, key, other).write(&foreign).unwrap();
                    // What asks for no memory, such as a number of steps, may be accepted.
                    let (_, bytes) = peak(|| attractor::load(&foreign, &device()).is_ok());
                    assert!(
                        bytes < MOST,
                        "{name}: {huge} at byte {at} of `{key}` takes {bytes} bytes"
                    );
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} files");
    assert!(tried > 200);
}
