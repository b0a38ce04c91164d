//! A folder for the files of one thread's inputs, in memory where the system has such a place.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

thread_local! {
    static HERE: TempDir = {
        let memory = Path::new("/dev/shm");
        let place = match memory.is_dir() {
            true => memory.to_owned(),
            false => std::env::temp_dir(),
        };
        tempfile::Builder::new()
            .prefix("attractor-fuzz-")
            .tempdir_in(place)
            .expect("there is a place for temporary files")
    };
}

/// The path of a file or folder of this thread.
pub(crate) fn path(name: &str) -> PathBuf {
    HERE.with(|folder| folder.path().join(name))
}

/// A file with these bytes, and what `read` makes of it.
pub(crate) fn file<T>(name: &str, bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    let path = path(name);
    std::fs::write(&path, bytes).expect("a temporary file can be written");
    read(&path)
}

/// An empty folder.
pub(crate) fn empty(name: &str) -> PathBuf {
    let path = path(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).expect("a temporary folder can be removed");
    }
    std::fs::create_dir_all(&path).expect("a temporary folder can be made");
    path
}
