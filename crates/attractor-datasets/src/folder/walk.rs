//! The images below a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{DataError, Result};

use super::layout::{Parts, is_image};

/// Deeper folders are taken for a link that leads back to its parent.
const MAX_DEPTH: usize = 16;

/// An image file.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Path below the folder.
    pub(super) parts: Parts,
}

/// All images below `root`, sorted by path, so that source numbers (and with them which of several
/// bad files an error names) do not depend on the file system.
pub(super) fn images(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    visit(root, &mut Vec::new(), &mut files)?;
    files.sort_by(|a, b| a.parts.cmp(&b.parts));
    Ok(files)
}

fn visit(folder: &Path, parts: &mut Parts, files: &mut Vec<File>) -> Result<()> {
    if parts.len() > MAX_DEPTH {
        let found = "a deeper one (a link that leads back to its parent?)";
        return Err(DataError::layout(
            folder,
            format!("at most {MAX_DEPTH} levels"),
            found,
        ));
    }
    for entry in fs::read_dir(folder).map_err(DataError::io(folder, "list"))? {
        let path = entry.map_err(DataError::io(folder, "list"))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        parts.push(name);
        // Follows links: people collect pictures by linking to them.
        if path.is_dir() {
            visit(&path, parts, files)?;
        } else if is_image(parts) {
            files.push(File {
                path,
                parts: parts.clone(),
            });
        }
        parts.pop();
    }
    Ok(())
}
