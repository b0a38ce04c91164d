//! Folders of IDX files, and which data set they say they are.
//!
//! MNIST, Fashion-MNIST and a dozen relatives use the same file names: only the folder tells them apart.

use std::path::{Path, PathBuf};

use attractor_listing::{file_name, list};

use super::{Found, FoundKind};
use crate::idx::{EMNIST_BALANCED, EMNIST_DIGITS, FASHION_MNIST, IdxFamily, MNIST};
use crate::{DataError, ImageSet, Result, Split};

/// What the name of a folder says about the IDX files in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Family(&'static str),
    /// One of MNIST's relatives that is not understood.
    Relative,
}

/// Words that make `mnist` another data set.
const RELATIVES: [&str; 14] = [
    "k",
    "q",
    "not",
    "kuzushiji",
    "kannada",
    "moving",
    "med",
    "rotated",
    "colored",
    "coloured",
    "binarized",
    "permuted",
    "sign",
    "affine",
];

/// Folders that torchvision and the archives of the authors put below one with a name.
const BELOW: [&str; 4] = ["", "raw", "gzip", "raw/gzip"];

/// Levels on which a name is looked for: the folder of the files and what [`BELOW`] adds.
const LEVELS: usize = 3;

fn says(name: &str) -> Option<Says> {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    if lower.contains("fashion") {
        return Some(Says::Family(FASHION_MNIST.name));
    }
    if words.iter().any(|word| word.starts_with("emnist")) {
        return Some(Says::Family(EMNIST_DIGITS.name));
    }
    let at = words.iter().find_map(|word| word.find("mnist"))?;
    if at > 0 || words.iter().any(|word| RELATIVES.contains(word)) {
        return Some(Says::Relative);
    }
    Some(Says::Family(MNIST.name))
}

/// What the nearest telling name on the way to a folder says.
fn said_by(folder: &Path) -> Option<Says> {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.into());
    whole
        .ancestors()
        .take(LEVELS)
        .find_map(|path| says(&file_name(path)))
}

/// Whether files of this family may be taken from a folder: its name says so, or it says nothing and
/// the names of the files do, or it says nothing and they are taken for MNIST.
fn may_hold(family: &IdxFamily, folder: &Path) -> bool {
    match said_by(folder) {
        Some(Says::Family(name)) => name == family.name || has_own_names(family),
        Some(Says::Relative) => has_own_names(family),
        None => family.name == MNIST.name || has_own_names(family),
    }
}

fn has_own_names(family: &IdxFamily) -> bool {
    !family.prefix.is_empty()
}

/// Where files of the family could lie below a data root: first in a folder of its name, then in the
/// root itself, then in folders whose names say so.
fn candidates(root: &Path, family: &IdxFamily) -> Vec<PathBuf> {
    let mut bases = vec![root.join(family.name), root.to_path_buf()];
    let folders = list(root).unwrap_or_default().visible;
    let named = |path: &PathBuf| says(&file_name(path)) == Some(Says::Family(family.name));
    bases.extend(
        folders
            .into_iter()
            .filter(|path| path.is_dir() && named(path)),
    );
    bases
        .iter()
        .flat_map(|base| BELOW.map(|below| base.join(below).components().collect()))
        .collect()
}

fn has(family: &IdxFamily, folder: &Path, split: Split) -> bool {
    family.files(folder, split).is_some()
}

fn has_both(family: &IdxFamily, folder: &Path) -> bool {
    has(family, folder, Split::Train) && has(family, folder, Split::Test)
}

/// The family's folder below a data root, if both splits are there.
pub(super) fn find(root: &Path, family: &'static IdxFamily) -> Option<Found> {
    let path = candidates(root, family)
        .into_iter()
        .find(|path| may_hold(family, path) && has_both(family, path))?;
    Some(Found {
        path,
        kind: FoundKind::Idx(family),
    })
}

/// IDX files in the folder itself or where torchvision puts them below it.
pub(super) fn at(folder: &Path) -> Option<Found> {
    BELOW.iter().find_map(|below| {
        let path: PathBuf = folder.join(below).components().collect();
        let family = [&MNIST, &FASHION_MNIST, &EMNIST_DIGITS, &EMNIST_BALANCED]
            .into_iter()
            .find(|family| {
                let some = has(family, &path, Split::Train) || has(family, &path, Split::Test);
                some && may_hold(family, &path)
            })?;
        Some(Found {
            path,
            kind: FoundKind::Idx(family),
        })
    })
}

/// Loads a split, and says if the name of the data set was taken for granted.
pub(super) fn load(folder: &Path, family: &IdxFamily, split: Split) -> Result<ImageSet> {
    if !has(family, folder, split) {
        let other = match split {
            Split::Train => Split::Test,
            Split::Test => Split::Train,
        };
        if has(family, folder, other) {
            let expected = format!("the {} files of {}", split.name(), family.name);
            let found = format!("only those of {}", other.name());
            return Err(DataError::absent(folder, split, expected, found));
        }
    }
    let mut set = family.load(folder, split)?;
    if !has_own_names(family) && said_by(folder).is_none() {
        set.report.remarks.push(format!(
            "{}: no folder's name says which data set these IDX files are; they are taken for {}",
            folder.display(),
            family.name
        ));
    }
    Ok(set)
}

/// What [`find`] passed over: one split of the family.
///
/// # Errors
/// [`DataError::Absent`] if it is the other split, [`DataError::Layout`] for files of these names in a
/// folder that says that they are another data set.
pub(super) fn part(root: &Path, family: &IdxFamily, split: Split) -> Result<Option<ImageSet>> {
    for folder in candidates(root, family) {
        if !has(family, &folder, Split::Train) && !has(family, &folder, Split::Test) {
            continue;
        }
        if may_hold(family, &folder) {
            return load(&folder, family, split).map(Some);
        }
        let says = match said_by(&folder) {
            Some(Says::Family(name)) => format!("files in a folder that says {name}"),
            Some(Says::Relative) => {
                let known = "mnist and fashion-mnist are understood";
                format!("files in a folder that says another of MNIST's relatives ({known})")
            }
            None => format!(
                "files in a folder that does not say so and are taken for {}; name it `{}`",
                MNIST.name, family.name
            ),
        };
        let expected = format!("IDX files of {}", family.name);
        return Err(DataError::layout(&folder, expected, says));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders() {
        for name in ["fashion-mnist", "FashionMNIST", "Fashion_MNIST", "fashion"] {
            assert_eq!(says(name), Some(Says::Family("fashion-mnist")), "{name}");
        }
        for name in ["mnist", "MNIST", "mnist_data", "my-mnist", "MNIST-original"] {
            assert_eq!(says(name), Some(Says::Family("mnist")), "{name}");
        }
        for name in [
            "KMNIST",
            "QMNIST",
            "notMNIST",
            "moving-mnist",
            "Kuzushiji-MNIST",
        ] {
            assert_eq!(says(name), Some(Says::Relative), "{name}");
        }
        assert_eq!(says("EMNIST"), Some(Says::Family("emnist-digits")));
        assert_eq!(says("raw"), None);
    }
}
