//! Files of memories, whole ones and their parts.
//!
//! Bytes at random seldom get past the header of a safetensors file, and never past the hash of its content. So an input is
//! either such bytes, or the number of a sound file and changes to what it holds (names, texts, shapes, numbers), after which the
//! file is written with a right hash: what somebody makes who wants to do harm.

mod edit;
mod sound;

use std::sync::LazyLock;

use attractor::core::file::{CONTENT, FORMAT, Loaders, Loading, hash_of, open};
use attractor::core::weights::Weights;
use attractor::core::{AssociativeMemory, check};

use self::edit::Doc;
use self::sound::{SOUND, device};
use super::head;
use crate::scratch;

/// Entries of the widest memory that is read from after it was loaded.
const WIDEST: usize = 64;

static LOADERS: LazyLock<Loaders> = LazyLock::new(attractor::loaders);

/// 0 and a file, or 1, the number of a sound one, and changes.
pub(super) fn run(data: &[u8]) {
    let ([form, number], rest) = head::<2>(data);
    if form % 2 == 0 {
        scratch::file("raw.memory", &data[data.len().min(1)..], |path| {
            if let Ok(mut memory) = LOADERS.load(path, device()) {
                used(&mut *memory, true);
            }
        });
        return;
    }
    let sound = &SOUND[usize::from(number) % SOUND.len()];
    let mut doc = Doc::of(sound);
    let same_settings = edit::all(&mut doc, rest);
    let mut file = doc.weights();
    if file.metadata(FORMAT).is_some() {
        // Types that this library does not write have no hash.
        if let Ok(content) = hash_of(&file) {
            file.set_metadata(CONTENT, content);
        }
    }
    let path = scratch::path("edited.memory");
    file.write(&path)
        .expect("what was put together can be written");
    match LOADERS.load(&path, device()) {
        Ok(mut memory) => used(&mut *memory, same_settings),
        Err(error) => assert!(error.to_string().contains("edited.memory"), "{error}"),
    }
    parts(&path);
}

/// Each section as a part by itself.
fn parts(path: &std::path::Path) {
    let Ok(file) = open(path) else {
        return;
    };
    let loading = Loading::new(&LOADERS, device());
    let _ = loading.model(&file).map(|model| model.latent_dim());
    let section = |name: &str| file.section(name).ok();
    let _ = section("model").map(|part| loading.model(&part).map(|model| model.data_dim()));
    let _ = section("prior").map(|part| loading.prior(&part).map(|prior| prior.len()));
    let _ = section("inference").map(|part| loading.inference(&part).map(|_| ()));
    let _ = section("observation").map(|part| loading.observation(&part).map(|_| ()));
}

/// Asks a memory that was loaded for everything. With other settings than the sound file's it is only described and saved again:
/// they may ask for more steps than anybody has time for, as those of any configuration may.
fn used(memory: &mut dyn AssociativeMemory, read: bool) {
    let (rows, dim) = (memory.len(), memory.dim());
    assert!(!memory.name().is_empty());
    if let Some(Ok(ids)) = memory.as_identify().map(|memory| memory.pattern_ids()) {
        assert_eq!(ids.len(), rows);
    }
    if read && dim <= WIDEST && rows <= WIDEST {
        let cue = |value: f32| {
            let values = (0..dim)
                .map(|at| if at % 2 == 0 { value } else { -value })
                .collect();
            check::from_host("cue", values, dim, device())
        };
        for value in [1.0, 0.25, -3e4] {
            let Ok(cue) = cue(value) else { continue };
            if let Ok(recall) = memory.read(cue.clone()) {
                assert_eq!(recall.data().dims(), [1, dim]);
            }
            if let Some(memory) = memory.as_identify()
                && let Ok(found) = memory.nearest(cue.clone(), 2)
            {
                assert!(found[0].candidates.len() <= 2);
            }
            if let Some(memory) = memory.as_recognise() {
                let _ = memory.familiarity(cue.clone());
            }
            if memory.write(cue).is_ok() {
                assert!(memory.len() >= rows);
            }
        }
    }
    // What is sound in memory is sound in a file.
    let path = scratch::path("again.memory");
    if memory.save(&path).is_ok() {
        let again = LOADERS.load(&path, device());
        let again = again.expect("what was saved can be loaded");
        assert_eq!(
            (again.name(), again.len(), again.dim()),
            (memory.name(), memory.len(), dim)
        );
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, file) in (0_u8..).zip(&*SOUND) {
        seeds.push(vec![1, number]);
        seeds.push(vec![1, number, 2, 3, 5, 9]);
        seeds.push(vec![1, number, 4, 0, 1, 4, 6, 0, 3, 1]);
        // Raw files that are not too large for a corpus.
        let path = scratch::path("seed.memory");
        if file.write(&path).is_ok()
            && let Ok(bytes) = std::fs::read(&path)
            && bytes.len() < 4096
        {
            seeds.push([&[0], &bytes[..]].concat());
        }
    }
    seeds
}

/// The file of a memory as it was saved.
fn saved(memory: &dyn AssociativeMemory) -> Weights {
    let path = scratch::path("sound.memory");
    memory
        .save(&path)
        .expect("a memory of the catalogue can be saved");
    Weights::read(&path).expect("what was saved can be read")
}
