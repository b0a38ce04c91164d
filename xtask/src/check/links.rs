//! Links from page to page and to headings within pages.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use super::markdown::{self, Page};

pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut pages = markdown::pages(root)?;
    pages.retain(|page| page.path.extension().is_some_and(|suffix| suffix == "md"));
    let anchors: HashMap<PathBuf, HashSet<String>> = pages
        .iter()
        .map(|page| (page.path.clone(), headings(page)))
        .collect();
    let mut complaints = Vec::new();
    for page in &pages {
        for (number, target) in page.lines.iter().flat_map(|(number, line)| {
            targets(line)
                .into_iter()
                .map(move |target| (number, target))
        }) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match file.is_empty() {
                true => page.path.clone(),
                false => normal(&page.path.parent().unwrap_or(Path::new("")).join(file)),
            };
            let complain = |what: String| format!("{}:{number}: {what}", page.path.display());
            if !root.join(&path).exists() {
                complaints.push(complain(format!("`{target}`: no such file")));
            } else if !anchor.is_empty()
                && anchors
                    .get(&path)
                    .is_some_and(|known| !known.contains(anchor))
            {
                complaints.push(complain(format!("`{target}`: no such heading")));
            }
        }
    }
    Ok(complaints)
}

/// The targets of `[text](target)` in a line.
pub(super) fn targets(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("](") {
        rest = &rest[at + 2..];
        let Some(end) = rest.find(')') else { break };
        targets.extend(rest[..end].split_whitespace().next());
        rest = &rest[end..];
    }
    targets
}

/// Headings as the anchors that renderers make of them.
fn headings(page: &Page) -> HashSet<String> {
    let titles = page.lines.iter().filter_map(|(_, line)| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len() && title.starts_with(' ')).then(|| title.trim())
    });
    titles.map(slug).collect()
}

fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let kept = lower
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_link() {
        assert_eq!(
            targets("see [a](b.md#c) and [d](e \"title\")"),
            ["b.md#c", "e"]
        );
        assert_eq!(slug("In five lines: `x`"), "in-five-lines-x");
        assert_eq!(
            normal(Path::new("docs/systems/../kernel.md")),
            Path::new("docs/kernel.md")
        );
    }
}
