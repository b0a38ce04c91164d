//! The images below a folder.

use std::fs;
use std::path::{Path, PathBuf};

use attractor_listing::{file_name, list};

use crate::report::LoadReport;
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
/// bad files an error names) do not depend on the file system. `report` counts what is no image.
pub(super) fn images(root: &Path, report: &mut LoadReport) -> Result<Vec<File>> {
    let mut files = Vec::new();
    visit(root, &mut Vec::new(), &mut files, report)?;
    files.sort_by(|a, b| a.parts.cmp(&b.parts));
    Ok(files)
}

fn visit(
    folder: &Path,
    parts: &mut Parts,
    files: &mut Vec<File>,
    report: &mut LoadReport,
) -> Result<()> {
    if parts.len() > MAX_DEPTH {
        let found = "a deeper one (a link that leads back to its parent?)";
        return Err(DataError::layout(
            folder,
            format!("at most {MAX_DEPTH} levels"),
            found,
        ));
    }
    let listing = list(folder).map_err(DataError::io(folder, "list"))?;
    for path in listing.hidden {
        report
            .hidden
            .add(&[&parts[..], &[file_name(&path)]].concat());
    }
    for path in listing.visible {
        parts.push(file_name(&path));
        // Follows links: people collect pictures by linking to them. One that leads nowhere has no
        // metadata; reading it gives an error with its name.
        let metadata = fs::metadata(&path).ok();
        if metadata.as_ref().is_some_and(fs::Metadata::is_dir) {
            visit(&path, parts, files, report)?;
        } else if metadata.is_some_and(|metadata| !metadata.is_file()) {
            // Reading from a pipe might never end.
            report.special.add(parts);
        } else if is_image(parts) {
            files.push(File {
                path,
                parts: parts.clone(),
            });
        } else {
            report.other_files.add(parts);
        }
        parts.pop();
    }
    Ok(())
}
