//! Names that say which split something belongs to.

use std::collections::HashMap;

/// What a folder's name makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Train,
    Test,
    /// A split that is loaded as neither.
    Other,
}

const WORDS: [(&str, Part); 8] = [
    ("training", Part::Train),
    ("train", Part::Train),
    ("testing", Part::Test),
    ("test", Part::Test),
    ("validation", Part::Other),
    ("valid", Part::Other),
    ("val", Part::Other),
    ("dev", Part::Other),
];

/// What is understood, for messages.
pub(super) const UNDERSTOOD: &str = "folders `train/` and `test/` (and beside them `val/`, `valid/`, \
     `validation/` or `dev/`, which are left out) with nothing else beside them, or folders of classes \
     without splits";

/// The split of a folder that is named like one, in capital or small letters.
pub(super) fn part_of(folder: &str) -> Option<Part> {
    let lower = folder.to_lowercase();
    WORDS
        .iter()
        .find(|(word, _)| *word == lower)
        .map(|(_, part)| *part)
}

/// Two names that differ in the word for a split, and in numbers: `trainA` and `testA`, `train_1` and
/// `val_27`. Whoever chose them meant splits, even if the names are not the ones understood here.
pub(super) fn rivals<'a>(names: impl Iterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let mut seen: HashMap<String, (Part, &str)> = HashMap::new();
    for name in names {
        let lower = name.to_lowercase();
        for (word, part) in WORDS {
            for (at, _) in lower.match_indices(word) {
                let rest = (&lower[..at], &lower[at + word.len()..]);
                let template = format!("{}*{}", numbers(rest.0), numbers(rest.1));
                let (other, first) = *seen.entry(template).or_insert((part, name));
                if other != part {
                    return Some((first, name));
                }
            }
        }
    }
    None
}

/// Every run of digits as `#`.
fn numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('#') => {}
            true => out.push('#'),
            false => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_splits() {
        for (name, part) in [
            ("train", Some(Part::Train)),
            ("Training", Some(Part::Train)),
            ("TEST", Some(Part::Test)),
            ("Val", Some(Part::Other)),
            ("dev", Some(Part::Other)),
            ("trains", None),
            ("value", None),
        ] {
            assert_eq!(part_of(name), part, "{name}");
        }
    }

    #[test]
    fn names_that_mean_splits() {
        let meant = |names: &[&str]| rivals(names.iter().copied()).is_some();
        for names in [
            ["trainA", "testA"],
            ["train2017", "val2017"],
            ["trainset", "testset"],
            ["my_train", "my_test"],
            ["CLEVR_train_000001", "CLEVR_val_000207"],
            ["train", "Validation"],
        ] {
            assert!(meant(&names), "{names:?}");
        }
        for names in [
            ["train", "car"],
            ["train_1", "train_2"],
            ["train_station", "test_tube"],
            ["valid", "invalid"],
            ["trainA", "testB"],
        ] {
            assert!(!meant(&names), "{names:?}");
        }
    }
}
