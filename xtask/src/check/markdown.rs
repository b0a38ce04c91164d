//! The Markdown of the project: its pages, and the doc comments of its sources.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The lines of one file that are Markdown, with their numbers, code blocks left out.
pub(super) struct Page {
    /// Relative to the root.
    pub(super) path: PathBuf,
    pub(super) lines: Vec<(usize, String)>,
}

/// Every page and source file that git knows or would add.
pub(super) fn pages(root: &Path) -> Result<Vec<Page>> {
    let list = [
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "*.md",
        "*.rs",
    ];
    let output = Command::new("git").args(list).current_dir(root).output();
    let output = output.context("could not start git")?;
    if !output.status.success() {
        bail!(
            "git ls-files: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let names = String::from_utf8(output.stdout).context("a file name that is not UTF-8")?;
    let mut pages = Vec::new();
    for name in names.lines() {
        let path = root.join(name);
        // Deleted, but not yet in the index.
        if !path.exists() {
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| name.to_owned())?;
        let source = name.ends_with(".rs");
        pages.push(Page {
            path: name.into(),
            lines: markdown(&text, source),
        });
    }
    Ok(pages)
}

fn markdown(text: &str, source: bool) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = match source {
            false => line,
            true => match comment(line) {
                Some(text) => text,
                None => {
                    fenced = false;
                    // Tables end where their comment does.
                    lines.push((index + 1, String::new()));
                    continue;
                }
            },
        };
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((index + 1, line.to_owned()));
        }
    }
    lines
}

/// The text of a line of documentation.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = line
        .strip_prefix("///")
        .or_else(|| line.strip_prefix("//!"))?;
    Some(text.strip_prefix(' ').unwrap_or(text))
}
