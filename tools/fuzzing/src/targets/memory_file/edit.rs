//! Changes to what a file holds.

use std::collections::BTreeMap;

use attractor::core::burn::tensor::DType;
use attractor::core::file::FORMAT;
use attractor::core::weights::Weights;

use super::sound::SOUND;

/// Numbers of the longest tensor that a change makes.
const LONGEST: usize = 1 << 12;
/// Changes of one input.
const CHANGES: usize = 12;

const SIZES: [usize; 8] = [0, 1, 2, 3, 7, 1 << 31, 1 << 40, usize::MAX];
const NUMBERS: [f64; 10] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1e300,
    3e38,
    1e-40,
];
const WORDS: [&str; 18] = [
    "0",
    "1",
    "2",
    "-1",
    "3",
    "300",
    "4294967296",
    "9223372036854775807",
    "1e300",
    "1e-300",
    "nan",
    "inf",
    "0.0",
    "-0.5",
    "true",
    "[]",
    "''",
    "{}",
];

/// Numbers of a tensor in their type.
#[derive(Clone)]
enum Numbers {
    Single(Vec<f32>),
    Double(Vec<f64>),
    Whole(Vec<u64>),
}

/// What a file holds, for changing it.
#[derive(Clone)]
pub(super) struct Doc {
    texts: BTreeMap<String, String>,
    tensors: BTreeMap<String, (Vec<usize>, Numbers)>,
}

impl Doc {
    pub(super) fn of(file: &Weights) -> Self {
        let mut tensors = BTreeMap::new();
        for name in file.all_names() {
            let Ok((shape, numbers)) = file.numbers(name) else {
                continue;
            };
            let numbers = match file.precision(name) {
                Ok(DType::F64) => Numbers::Double(numbers),
                Ok(_) => Numbers::Single(numbers.iter().map(|&value| value as f32).collect()),
                Err(_) => {
                    let whole = file.wholes(name, shape).map(<[u64]>::to_vec);
                    Numbers::Whole(whole.unwrap_or_default())
                }
            };
            tensors.insert(name.to_owned(), (shape.to_vec(), numbers));
        }
        let text = |key: &str| {
            (
                key.to_owned(),
                file.metadata(key).unwrap_or_default().to_owned(),
            )
        };
        let texts = file.metadata_keys().map(text).collect();
        Self { texts, tensors }
    }

    /// As a file.
    pub(super) fn weights(self) -> Weights {
        let mut file = Weights::new();
        for (key, text) in self.texts {
            file.set_metadata(key, text);
        }
        for (name, (shape, numbers)) in self.tensors {
            match numbers {
                Numbers::Single(values) => file.insert(name, &shape, values),
                Numbers::Double(values) => file.insert_doubles(name, &shape, values),
                Numbers::Whole(values) => file.insert_wholes(name, &shape, values),
            }
        }
        file
    }

    fn text(&mut self, at: u8) -> Option<(&String, &mut String)> {
        let count = self.texts.len().max(1);
        self.texts.iter_mut().nth(usize::from(at) % count)
    }

    fn tensor(&mut self, at: u8) -> Option<(&String, &mut (Vec<usize>, Numbers))> {
        let count = self.tensors.len().max(1);
        self.tensors.iter_mut().nth(usize::from(at) % count)
    }
}

impl Numbers {
    fn resize(&mut self, count: usize) {
        match self {
            Self::Single(values) => values.resize(count, 0.5),
            Self::Double(values) => values.resize(count, 0.5),
            Self::Whole(values) => values.resize(count, 1),
        }
    }

    fn set(&mut self, at: usize, value: f64) {
        match self {
            Self::Single(values) if at < values.len() => values[at] = value as f32,
            Self::Double(values) if at < values.len() => values[at] = value,
            Self::Whole(values) if at < values.len() => values[at] = value as u64,
            _ => {}
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Single(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Whole(values) => values.len(),
        }
    }

    /// The same numbers in the next type.
    fn turn(&mut self) {
        *self = match self {
            Self::Single(values) => {
                Self::Double(values.iter().map(|&value| value.into()).collect())
            }
            Self::Double(values) => Self::Whole(values.iter().map(|&value| value as u64).collect()),
            Self::Whole(values) => Self::Single(values.iter().map(|&value| value as f32).collect()),
        };
    }
}

/// Makes the changes that bytes ask for, four each; whether all texts are as before.
pub(super) fn all(doc: &mut Doc, bytes: &[u8]) -> bool {
    let before = doc.texts.clone();
    for change in bytes.chunks(4).take(CHANGES) {
        let byte = |at: usize| change.get(at).copied().unwrap_or(0);
        one(doc, byte(0), [byte(1), byte(2), byte(3)]);
    }
    doc.texts == before
}

fn one(doc: &mut Doc, kind: u8, [which, at, what]: [u8; 3]) {
    match kind % 12 {
        0 => {
            let name = doc.tensor(which).map(|(name, _)| name.clone());
            name.map(|name| doc.tensors.remove(&name));
        }
        1 => {
            let key = doc.text(which).map(|(key, _)| key.clone());
            key.map(|key| doc.texts.remove(&key));
        }
        2 => {
            if let Some((_, text)) = doc.text(which) {
                splice(text, at, &char::from(what & 0x7f).to_string());
            }
        }
        3 => {
            if let Some((_, text)) = doc.text(which) {
                number(text, at, WORDS[usize::from(what) % WORDS.len()]);
            }
        }
        4 => {
            if let Some((_, (shape, numbers))) = doc.tensor(which) {
                let axis = usize::from(at) % shape.len().max(1);
                if let Some(side) = shape.get_mut(axis) {
                    *side = SIZES[usize::from(what) % SIZES.len()];
                }
                let count = shape
                    .iter()
                    .try_fold(1_usize, |n, &side| n.checked_mul(side));
                if let Some(count) = count.filter(|&count| count <= LONGEST) {
                    numbers.resize(count);
                }
            }
        }
        5 => {
            if let Some((_, (_, numbers))) = doc.tensor(which) {
                let place = usize::from(at) % numbers.len().max(1);
                numbers.set(place, NUMBERS[usize::from(what) % NUMBERS.len()]);
            }
        }
        6 => {
            if let Some((_, (_, numbers))) = doc.tensor(which) {
                numbers.turn();
            }
        }
        7 => {
            let other = doc.text(at).map(|(_, text)| text.clone());
            if let (Some(other), Some((_, text))) = (other, doc.text(which)) {
                *text = other;
            }
        }
        8 => drop(doc.texts.remove(FORMAT)),
        9 => {
            if let Some((_, (shape, _))) = doc.tensor(which) {
                match at % 3 {
                    0 => shape.push(1),
                    1 => drop(shape.pop()),
                    _ => shape.reverse(),
                }
            }
        }
        10 => {
            // Something of another file.
            let other = Doc::of(&SOUND[usize::from(at) % SOUND.len()]);
            let from = usize::from(which);
            let text = other.texts.into_iter().nth(from % 8);
            doc.texts.extend(text);
            let tensor = other.tensors.into_iter().nth(from % 8);
            doc.tensors.extend(tensor);
        }
        _ => {
            if let Some((_, (_, numbers))) = doc.tensor(which) {
                for place in 0..numbers.len().min(LONGEST) {
                    numbers.set(place, NUMBERS[usize::from(what) % NUMBERS.len()]);
                }
            }
        }
    }
}

/// Puts letters in the place of one.
fn splice(text: &mut String, at: u8, letters: &str) {
    let count = text.chars().count().max(1);
    let place = text.char_indices().nth(usize::from(at) % count);
    match place {
        Some((begin, letter)) => text.replace_range(begin..begin + letter.len_utf8(), letters),
        None => text.push_str(letters),
    }
}

/// Puts a word in the place of the `at`-th number.
fn number(text: &mut String, at: u8, word: &str) {
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
    if let Some(place) = places.get(usize::from(at) % places.len().max(1)) {
        text.replace_range(place.clone(), word);
    }
}
