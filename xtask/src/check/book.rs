//! The pages of `docs/` as a book.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Verdict, absent, links, markdown};

/// Every page has its place in the book; where mdbook is installed, the book is made.
pub(super) fn check(root: &Path) -> Result<Verdict> {
    let docs = Path::new("docs");
    let pages = markdown::pages(root)?;
    let summary = docs.join("SUMMARY.md");
    let listed: HashSet<&str> = pages
        .iter()
        .filter(|page| page.path == summary)
        .flat_map(|page| page.lines.iter().flat_map(|(_, line)| links::targets(line)))
        .collect();
    let forgotten = pages.iter().filter_map(|page| {
        let name = page.path.strip_prefix(docs).ok()?.to_str()?;
        let page = name.ends_with(".md") && page.path != summary;
        (page && !listed.contains(name)).then(|| format!("docs/{name}"))
    });
    let forgotten: Vec<String> = forgotten.collect();
    if !forgotten.is_empty() {
        bail!("not in docs/SUMMARY.md: {}", forgotten.join(", "));
    }
    if let Some(verdict) = absent("mdbook") {
        return Ok(verdict);
    }
    let status = Command::new("mdbook")
        .arg("build")
        .current_dir(root)
        .status()
        .context("could not start mdbook")?;
    match status.success() {
        true => Ok(Verdict::Passed),
        false => bail!("mdbook: {status}"),
    }
}
