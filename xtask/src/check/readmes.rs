//! The README of each crate, which is the front page of its documentation as people see it elsewhere.
//!
//! Written from the crate's `lib.rs`, whose snippets are tested: `cargo xtask readmes`.

use std::path::Path;

use anyhow::{Context, Result};

/// The crates whose README is not what their front page says.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for name in super::every_crate(root)? {
        let path = root.join("crates").join(&name).join("README.md");
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&*readme(root, &name)?) {
            let what = "is not what lib.rs says; run `cargo xtask readmes`";
            complaints.push(format!("crates/{name}/README.md: {what}"));
        }
    }
    Ok(complaints)
}

/// Writes every README; returns the names of the crates.
///
/// # Errors
/// A file that cannot be read or written.
pub(crate) fn write(root: &Path) -> Result<Vec<String>> {
    let names = super::every_crate(root)?;
    for name in &names {
        let path = root.join("crates").join(name).join("README.md");
        let text = readme(root, name)?;
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(names)
}

fn readme(root: &Path, name: &str) -> Result<String> {
    let sources = root.join("crates").join(name).join("src");
    // That of a program is at the head of its `main.rs`.
    let path = match sources.join("lib.rs") {
        path if path.exists() => path,
        _ => sources.join("main.rs"),
    };
    let source = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let body = page(&source);
    Ok(format!(
        "# {name}\n\n{body}\nA part of [Attractor](../../README.md). MIT or Apache-2.0, at your option.\n"
    ))
}

/// The documentation at the head of a source file, as a page of its own: no links into the API, no hidden
/// lines in snippets, headings below the title.
fn page(source: &str) -> String {
    let mut page = String::new();
    let mut fence: Option<bool> = None;
    let lines = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    for line in lines {
        if let Some(language) = line.strip_prefix("```") {
            let rust = matches!(language, "" | "no_run" | "should_panic" | "ignore")
                || language.starts_with("rust");
            page += match fence {
                None if rust => "```rust",
                _ => line,
            };
            fence = fence.is_none().then_some(rust);
        } else if let Some(rust) = fence {
            if rust && (line == "#" || line.starts_with("# ")) {
                continue;
            }
            page += line;
        } else if line.starts_with('#') {
            page.push('#');
            page += line;
        } else {
            page += &without_api_links(line);
        }
        page.push('\n');
    }
    page
}

/// `[text](path::of::item)` and `[item]` become their text; links to pages stay.
fn without_api_links(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('[') {
        text += &rest[..open];
        rest = &rest[open..];
        let Some(close) = rest.find(']') else { break };
        let (label, after) = (&rest[1..close], &rest[close + 1..]);
        let target = after
            .strip_prefix('(')
            .and_then(|after| after.split_once(')'));
        match target {
            Some((target, after)) if target.contains("://") => {
                text += &format!("[{label}]({target})");
                rest = after;
            }
            Some((_, after)) => {
                text += label;
                rest = after;
            }
            // Shapes such as `[n, d]` stay as they are; only items are links.
            None if label.starts_with('`') => {
                text += label;
                rest = after;
            }
            None => {
                text += &rest[..=close];
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_page_as_a_readme() {
        let source = "//! Reads [`Hopfield`] at `[n, d]`, see [a](crate::a) and [b](https://b.org).\n\
            //!\n//! ```no_run\n//! # hidden();\n//! #[derive(Debug)]\n//! shown();\n//! ```\n//! # More\n\nmod a;\n";
        let expected = "Reads `Hopfield` at `[n, d]`, see a and [b](https://b.org).\n\n\
            ```rust\n#[derive(Debug)]\nshown();\n```\n## More\n";
        assert_eq!(page(source), expected);
    }
}
