//! What class and split the pictures of a folder or archive belong to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use attractor_listing::{PICTURES, has_suffix};

use crate::report::{LoadReport, pictures};
use crate::{DataError, Result, Split};

use super::FLAT_CLASS;
use super::splits::{Part, UNDERSTOOD, part_of, rivals};

/// A path below the folder or archive, split at its separators.
pub(super) type Parts = Vec<String>;

/// Whether the last part is named like a picture.
pub(super) fn is_image(parts: &[String]) -> bool {
    parts.last().is_some_and(|name| has_suffix(name, PICTURES))
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

type Paths = Vec<(usize, Parts)>;

impl Plan {
    /// Plans a split over all image paths of `root`; `report` hears what is left out and what is
    /// assumed.
    pub(super) fn new(
        root: &Path,
        paths: impl Iterator<Item = Parts>,
        split: Split,
        report: &mut LoadReport,
    ) -> Result<Self> {
        let mut paths: Paths = paths.enumerate().collect();
        paths.sort_by(|a, b| a.1.cmp(&b.1));
        if paths.is_empty() {
            let mut beside = String::from("none");
            for (tally, what) in [(&report.other_files, "other"), (&report.hidden, "hidden")] {
                if let Some(first) = &tally.first {
                    beside.push_str(&format!("; {} {what}, such as `{first}`", tally.count));
                }
            }
            return Err(DataError::layout(root, "PNG or JPEG images", beside));
        }
        let skip = wrapping_folders(&paths);
        let splits = split_folders(root, &paths, skip)?;
        refuse_hidden_splits(root, &paths, skip, splits.is_some())?;
        let Some(splits) = splits else {
            report.unsplit = true;
            return Ok(Self::of(&paths, skip, report));
        };
        let part = |parts: &Parts| part_of(&parts[skip]);
        let wanted = match split {
            Split::Train => Part::Train,
            Split::Test => Part::Test,
        };
        if !splits.contains_key(&split.name()) {
            let expected = format!("images below `{}/`", split.name());
            let names: Vec<String> = splits
                .values()
                .flatten()
                .map(|n| format!("`{n}/`"))
                .collect();
            let found = format!("images of other splits only: {}", names.join(", "));
            return Err(DataError::absent(root, split, expected, found));
        }
        for &name in splits.get(OTHER).into_iter().flatten() {
            let count = paths.iter().filter(|(_, parts)| parts[skip] == name);
            report.other_splits.push((name.into(), count.count()));
        }
        paths.retain(|(_, parts)| part(parts) != Some(Part::Other));
        let mut plan = Self::of(&paths, skip + 1, report);
        let kept = |parts: &Parts| part(parts) == Some(wanted);
        let mut keep = paths.iter().map(|(_, parts)| kept(parts));
        plan.items.retain(|_| keep.next().unwrap_or_default());
        Ok(plan)
    }

    /// All of these paths, with the folder at `level` as their class.
    fn of(paths: &Paths, level: usize, report: &mut LoadReport) -> Self {
        let classes: BTreeSet<&str> = paths.iter().map(|(_, parts)| class(parts, level)).collect();
        let loose = paths.iter().filter(|(_, parts)| parts.len() <= level + 1);
        let (count, first) = (loose.clone().count(), loose.clone().next());
        if let Some((_, first)) = first.filter(|_| count < paths.len()) {
            report.remarks.push(format!(
                "{} in no folder of a class, such as {}: class `{FLAT_CLASS}`",
                pictures(count),
                first.join("/")
            ));
        }
        let classes: Vec<String> = classes.into_iter().map(String::from).collect();
        let items = paths.iter().map(|(source, parts)| {
            let class = class(parts, level);
            // Every class comes from these very paths.
            let label = classes.partition_point(|known| known.as_str() < class) as u32;
            Item {
                source: *source,
                name: parts.join("/"),
                label,
            }
        });
        let items = items.collect();
        Self { items, classes }
    }
}

/// Key of splits that are neither of ours.
const OTHER: &str = "other";

/// The folders of splits at level `skip`, by the split's name; `None` if the folders are classes.
fn split_folders<'a>(
    root: &Path,
    paths: &'a Paths,
    skip: usize,
) -> Result<Option<BTreeMap<&'static str, Vec<&'a str>>>> {
    let mut splits: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    let mut outside = None;
    let mut last = None;
    for (_, parts) in paths {
        let folder = (parts.len() > skip + 1).then(|| parts[skip].as_str());
        // Paths are sorted: each folder comes once.
        if folder.is_some() && folder == last {
            continue;
        }
        last = folder;
        match folder.and_then(|folder| Some((folder, part_of(folder)?))) {
            Some((folder, part)) => {
                let key = match part {
                    Part::Train => Split::Train.name(),
                    Part::Test => Split::Test.name(),
                    Part::Other => OTHER,
                };
                splits.entry(key).or_default().push(folder);
            }
            None if outside.is_none() => outside = Some(parts.join("/")),
            None => {}
        }
    }
    let ours: Vec<&Vec<&str>> = splits
        .iter()
        .filter(|(key, _)| **key != OTHER)
        .map(|(_, names)| names)
        .collect();
    match outside {
        // A class may well be called `valid` or `dev`.
        Some(_) if ours.is_empty() => return Ok(None),
        None if splits.is_empty() => return Ok(None),
        Some(outside) => {
            let names: Vec<String> = splits
                .values()
                .flatten()
                .map(|n| format!("`{n}/`"))
                .collect();
            let found = format!("`{outside}` beside {}", names.join(", "));
            let hint = "move it away, or rename a class that is named like a split";
            return Err(refused(root, &format!("{found}; {hint}")));
        }
        None => {}
    }
    if let Some([first, second, ..]) = ours.iter().find(|names| names.len() > 1).map(|n| &n[..]) {
        let found = format!("`{first}/` and `{second}/`, two folders for one split");
        return Err(refused(root, &found));
    }
    Ok(Some(splits))
}

/// Refuses names of splits where they would be overlooked: in folders of other names or at another
/// level, and in file names if no folder says the split. Training and test data would be one.
fn refuse_hidden_splits(root: &Path, paths: &Paths, skip: usize, split: bool) -> Result<()> {
    let deepest = paths
        .iter()
        .map(|(_, parts)| parts.len())
        .max()
        .unwrap_or(0);
    for level in skip + usize::from(split)..deepest {
        let names: BTreeSet<&str> = paths
            .iter()
            .filter(|(_, parts)| parts.len() > level + 1)
            .map(|(_, parts)| parts[level].as_str())
            .collect();
        let Some((one, other)) = rivals(names.into_iter()) else {
            continue;
        };
        let place = |name: &str| {
            let below = |parts: &&Parts| parts.get(level).is_some_and(|part| part == name);
            let path = paths.iter().map(|(_, parts)| parts).find(below);
            path.map_or(String::new(), |parts| parts[..=level].join("/"))
        };
        let mut found = format!("splits named `{}/` and `{}/`", place(one), place(other));
        let strange = |parts: &Parts| parts.len() < level + 2 || part_of(&parts[level]).is_none();
        if let Some((_, parts)) = paths
            .iter()
            .find(|(_, parts)| level > skip && strange(parts))
        {
            found.push_str(&format!(", with `{}` outside of them", parts.join("/")));
        }
        return Err(refused(root, &found));
    }
    if split {
        return Ok(());
    }
    let stems = paths.iter().filter_map(|(_, parts)| {
        let name = parts.last()?;
        Some(
            name.rsplit_once('.')
                .map_or(name.as_str(), |(stem, _)| stem),
        )
    });
    match rivals(stems) {
        Some((one, other)) => Err(refused(
            root,
            &format!("splits in the names of files: `{one}` and `{other}`; sort them into folders"),
        )),
        None => Ok(()),
    }
}

fn refused(root: &Path, found: &str) -> DataError {
    DataError::layout(root, UNDERSTOOD, found)
}

/// How many leading folders hold everything and say nothing. The last folder before the files is
/// kept: it is a class.
fn wrapping_folders(paths: &[(usize, Parts)]) -> usize {
    let first = &paths[0].1;
    let mut skip = 0;
    while paths.iter().all(|(_, parts)| {
        parts.len() > skip + 2 && parts[skip] == first[skip] && part_of(&parts[skip]).is_none()
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
mod tests;
