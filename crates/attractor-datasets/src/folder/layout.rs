//! Which paths are images, and what class and split they belong to.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{DataError, Result, Split};

use super::FLAT_CLASS;

/// A path below the folder or archive, split at its separators.
pub(super) type Parts = Vec<String>;

/// Whether the last part names a PNG, JPEG or WebP file. Hidden files are none: archives made on macOS
/// carry a `._name.jpg` beside each image.
pub(super) fn is_image(parts: &[String]) -> bool {
    let Some(name) = parts.last() else {
        return false;
    };
    let hidden = parts
        .iter()
        .any(|part| part.starts_with('.') || part == "__MACOSX");
    let lower = name.to_lowercase();
    !hidden
        && [".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp"]
            .iter()
            .any(|end| lower.ends_with(end))
}

/// One image of the requested split.
pub(super) struct Item {
    /// Position in the list of paths.
    pub(super) source: usize,
    /// The path as text.
    pub(super) name: String,
    /// Class index.
    pub(super) label: u32,
}

/// The images of a split, sorted by path, and the classes of both splits.
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
    pub(super) classes: Vec<String>,
}

impl Plan {
    /// Plans a split over all image paths of `root`.
    pub(super) fn new(
        root: &Path,
        paths: impl Iterator<Item = Parts>,
        split: Split,
    ) -> Result<Self> {
        let mut paths: Vec<(usize, Parts)> = paths.enumerate().collect();
        paths.sort_by(|a, b| a.1.cmp(&b.1));
        if paths.is_empty() {
            return Err(DataError::layout(root, "PNG or JPEG images", "none"));
        }
        let skip = wrapping_folders(&paths);
        let has_splits = paths
            .iter()
            .all(|(_, parts)| parts.len() > skip + 1 && is_split(&parts[skip]));
        let classes: BTreeSet<&str> = paths
            .iter()
            .map(|(_, parts)| class(parts, skip + usize::from(has_splits)))
            .collect();
        let classes: Vec<String> = classes.into_iter().map(String::from).collect();
        let items: Vec<Item> = paths
            .iter()
            .filter(|(_, parts)| !has_splits || parts[skip] == split.name())
            .map(|(source, parts)| {
                let class = class(parts, skip + usize::from(has_splits));
                // Every class comes from these very paths.
                let label = classes.partition_point(|known| known.as_str() < class) as u32;
                Item {
                    source: *source,
                    name: parts.join("/"),
                    label,
                }
            })
            .collect();
        if items.is_empty() {
            let expected = format!("images below `{}/`", split.name());
            return Err(DataError::layout(
                root,
                expected,
                "only images of the other split",
            ));
        }
        Ok(Self { items, classes })
    }
}

fn is_split(part: &str) -> bool {
    part == Split::Train.name() || part == Split::Test.name()
}

/// How many leading folders hold everything and say nothing. The last folder before the files is
/// kept: it is a class.
fn wrapping_folders(paths: &[(usize, Parts)]) -> usize {
    let first = &paths[0].1;
    let mut skip = 0;
    while paths.iter().all(|(_, parts)| {
        parts.len() > skip + 2 && parts[skip] == first[skip] && !is_split(&parts[skip])
    }) {
        skip += 1;
    }
    skip
}

fn class(parts: &[String], level: usize) -> &str {
    if parts.len() > level + 1 {
        &parts[level]
    } else {
        FLAT_CLASS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(paths: &[&str], split: Split) -> (Vec<String>, Vec<u32>, Vec<String>) {
        let parts = paths
            .iter()
            .map(|path| path.split('/').map(String::from).collect());
        let plan = Plan::new(Path::new("root"), parts, split).unwrap();
        let names = plan.items.iter().map(|item| item.name.clone()).collect();
        (
            names,
            plan.items.iter().map(|item| item.label).collect(),
            plan.classes,
        )
    }

    #[test]
    fn classes_and_splits() {
        let paths = [
            "train/b/2.png",
            "train/b/1.png",
            "test/a/1.png",
            "train/a/9.png",
        ];
        let (names, labels, classes) = plan(&paths, Split::Train);
        assert_eq!(names, ["train/a/9.png", "train/b/1.png", "train/b/2.png"]);
        assert_eq!(labels, [0, 1, 1]);
        assert_eq!(classes, ["a", "b"]);
        assert_eq!(plan(&paths, Split::Test).0, ["test/a/1.png"]);
    }

    #[test]
    fn labels_agree_between_splits() {
        let paths = ["train/a/1.png", "train/b/1.png", "test/b/1.png"];
        assert_eq!(plan(&paths, Split::Test).1, [1]);
        assert_eq!(plan(&paths, Split::Test).2, ["a", "b"]);
    }

    #[test]
    fn wrapping_folder_is_ignored() {
        let (_, labels, classes) = plan(&["set/train/b/1.png", "set/test/a/1.png"], Split::Train);
        assert_eq!((labels, classes), (vec![1], vec!["a".into(), "b".into()]));
        assert_eq!(
            plan(&["set/cat/1.png", "set/dog/1.png"], Split::Test).2,
            ["cat", "dog"]
        );
        assert_eq!(
            plan(&["set/cat/1.png", "set/cat/2.png"], Split::Test).2,
            ["cat"]
        );
    }

    #[test]
    fn flat_folders_have_one_class() {
        let (names, labels, classes) = plan(&["2.jpg", "1.jpg"], Split::Train);
        assert_eq!(names, ["1.jpg", "2.jpg"]);
        assert_eq!(
            (labels, classes),
            (vec![0, 0], vec![FLAT_CLASS.to_string()])
        );
        assert_eq!(
            plan(&["train/1.jpg", "test/2.jpg"], Split::Test).0,
            ["test/2.jpg"]
        );
    }

    #[test]
    fn a_class_named_train_is_a_class() {
        assert_eq!(
            plan(&["train/1.jpg", "car/1.jpg"], Split::Test).2,
            ["car", "train"]
        );
    }

    #[test]
    fn an_empty_split_is_an_error() {
        let parts = [vec!["train".to_string(), "a".into(), "1.png".into()]];
        let error = Plan::new(Path::new("root"), parts.into_iter(), Split::Test)
            .err()
            .unwrap();
        assert!(
            error.to_string().contains("images below `test/`"),
            "{error}"
        );
    }

    #[test]
    fn image_names() {
        let image = |path: &str| is_image(&path.split('/').map(String::from).collect::<Vec<_>>());
        assert!(image("a/1.JPG") && image("x.jpeg") && image("x.png"));
        assert!(!image("a/._1.jpg") && !image("notes.txt") && !image(".cache/1.png"));
    }
}
