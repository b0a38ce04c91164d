//! Which files of a folder count: the one rule for hidden files and for suffixes.
//!
//! Operating systems leave files of their own beside those of the user: macOS a `._name` beside each
//! file on foreign disks and in archives, Windows its caches of thumbnails, storage servers whole
//! folders of small copies. Whoever lists a folder or an archive asks here which names count, so that
//! pictures, manifests, experiments and figures all follow one rule.
//!
//! ```
//! use attractor_listing::{PICTURES, has_suffix, is_hidden};
//!
//! assert!(has_suffix("holiday.JPG", PICTURES) && !is_hidden("holiday.JPG"));
//! assert!(is_hidden("._holiday.JPG") && is_hidden("Thumbs.db"));
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the names of pictures end with.
pub const PICTURES: &[&str] = &[".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp"];
/// What the names of archives of pictures end with.
pub const ARCHIVES: &[&str] = &[".tar", ".tar.gz", ".tgz"];
/// What the names of manifests and experiments end with.
pub const TOML: &[&str] = &[".toml"];
/// What the names of JSON files end with.
pub const JSON: &[&str] = &[".json"];

/// Names of files and folders that operating systems make for themselves, in lower case.
const OF_THE_SYSTEM: [&str; 7] = [
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "@eadir",
    "$recycle.bin",
    "system volume information",
];

/// Whether a file or folder of that name is passed over: its name starts with a dot, or it is one that
/// an operating system makes for itself. `.` and `..` are steps of a path, not names.
pub fn is_hidden(name: &str) -> bool {
    let step = matches!(name, "." | "..");
    (name.starts_with('.') && !step) || OF_THE_SYSTEM.contains(&name.to_lowercase().as_str())
}

/// Whether a name ends with one of the suffixes, in capital or small letters.
pub fn has_suffix(name: &str, suffixes: &[&str]) -> bool {
    let name = name.to_lowercase();
    suffixes.iter().any(|suffix| name.ends_with(suffix))
}

/// The last part of a path as text.
pub fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What lies in a folder, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Files and folders that count.
    pub visible: Vec<PathBuf>,
    /// Those that are passed over.
    pub hidden: Vec<PathBuf>,
}

/// Lists a folder.
///
/// # Errors
/// The system's, if the folder cannot be listed to its end.
pub fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_hidden(&file_name(&path)) {
            listing.hidden.push(path);
        } else {
            listing.visible.push(path);
        }
    }
    listing.visible.sort();
    listing.hidden.sort();
    Ok(listing)
}

/// The files of a folder that count and have one of the suffixes, sorted by path. A link that leads
/// nowhere is among them: reading it gives an error that names it.
///
/// # Errors
/// As [`list`].
pub fn files(folder: &Path, suffixes: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut paths = list(folder)?.visible;
    paths.retain(|path| has_suffix(&file_name(path), suffixes) && !path.is_dir());
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_names() {
        for name in [
            "._1.jpg",
            ".DS_Store",
            ".git",
            "__MACOSX",
            "Thumbs.db",
            "THUMBS.DB",
            "desktop.ini",
            "@eaDir",
        ] {
            assert!(is_hidden(name), "{name}");
        }
        for name in [".", "..", "a.", "1.jpg", "thumbs", "macosx", "a.b", "..."] {
            assert_eq!(is_hidden(name), name == "...", "{name}");
        }
    }

    #[test]
    fn suffixes_in_any_letters() {
        assert!(has_suffix("1.JPG", PICTURES) && has_suffix("x.Jfif", PICTURES));
        assert!(has_suffix("set.TAR.gz", ARCHIVES));
        assert!(!has_suffix("1.jpg~", PICTURES) && !has_suffix("png", PICTURES));
    }

    #[test]
    fn files_are_sorted_and_no_folders() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.toml", "a.TOML", "._a.toml", "notes.txt"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::create_dir(dir.path().join("folder.toml")).unwrap();
        let found = files(dir.path(), TOML).unwrap();
        let names: Vec<String> = found.iter().map(|path| file_name(path)).collect();
        assert_eq!(names, ["a.TOML", "b.toml"]);
        let all = list(dir.path()).unwrap();
        assert_eq!((all.visible.len(), all.hidden.len()), (4, 1));
        assert!(files(&dir.path().join("nowhere"), TOML).is_err());
    }
}
