//! The pictures of a tar archive, as unpacking it would leave them.
//!
//! An archive is passed twice: once for the names, because classes and splits are known only when
//! all names are, and once for the images of the requested split, in batches.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;

use attractor_listing::is_hidden;
use tar::{Entry, EntryType};

use crate::report::LoadReport;
use crate::{DataError, Result};

use super::layout::{Parts, is_image};
use super::members::{Input, visit};

/// A larger member is no photograph.
const MAX_MEMBER_BYTES: u64 = 512 << 20;
/// More links than this in a row lead in a circle.
const MAX_LINKS: usize = 16;

/// A picture of the archive.
pub(super) struct Member {
    pub(super) parts: Parts,
    /// Number of the member that holds its bytes; links share one.
    content: usize,
}

/// What a name stands for after all members before it.
#[derive(Clone)]
enum Node {
    /// The bytes of that member.
    Content(usize),
    /// A symbolic link: what it points to, below the archive, or why it leads nowhere.
    Link(Result<Parts, String>),
    /// A device or a pipe.
    Special,
    /// Something that cannot be read, and why.
    Unread(String),
}

/// The archive's names, in the order in which they first come.
#[derive(Default)]
struct Tree {
    nodes: Vec<(Parts, Node)>,
    /// Position in `nodes` by the bytes of the name.
    places: HashMap<Vec<u8>, usize>,
}

impl Tree {
    fn get(&self, key: &[u8]) -> Option<&Node> {
        self.places.get(key).map(|&place| &self.nodes[place].1)
    }

    /// What a symbolic link leads to.
    fn follow(&self, target: &Result<Parts, String>) -> Result<&Node, String> {
        let mut target = target;
        for _ in 0..MAX_LINKS {
            let parts = target.as_ref().map_err(String::clone)?;
            match self.get(parts.join("/").as_bytes()) {
                Some(Node::Link(next)) => target = next,
                Some(node) => return Ok(node),
                None => {
                    let name = parts.join("/");
                    return Err(format!(
                        "a link to `{name}`, which is no file of the archive"
                    ));
                }
            }
        }
        Err("a link that leads in a circle".into())
    }
}

/// The pictures that unpacking would leave: of several members of one name the last, links with the
/// content of what they point to. `report` counts the rest.
///
/// # Errors
/// [`DataError::Image`] or [`DataError::UnsafeEntry`] naming a picture that cannot be had from the
/// archive alone.
pub(super) fn list(path: &Path, report: &mut LoadReport) -> Result<Vec<Member>> {
    let mut tree = Tree::default();
    let rest = visit(path, |number, entry| {
        add(path, &mut tree, number, entry, report)
    })?;
    if rest > 0 {
        report.remarks.push(format!(
            "{rest} bytes after the end of the archive are not read (is another one joined to it?)"
        ));
    }
    let links: HashSet<&Parts> = tree
        .nodes
        .iter()
        .filter(|(_, node)| matches!(node, Node::Link(_)))
        .map(|(parts, _)| parts)
        .collect();
    let mut members = Vec::new();
    for (parts, node) in &tree.nodes {
        if parts.iter().any(|part| is_hidden(part)) {
            report.hidden.add(parts);
            continue;
        }
        let refuse = |found: &str| refused(path, parts, found);
        if !is_image(parts) {
            match node {
                Node::Content(_) => report.other_files.add(parts),
                Node::Link(Ok(target)) if holds_images(&tree, target) => {
                    return Err(refuse("a link to a folder of pictures"));
                }
                _ => report.special.add(parts),
            }
            continue;
        }
        if !links.is_empty() && (1..parts.len()).any(|n| links.contains(&parts[..n].to_vec())) {
            return Err(refuse("a member below a link"));
        }
        let node = match node {
            Node::Link(target) => tree.follow(target).map_err(|why| refuse(&why))?,
            node => node,
        };
        match node {
            Node::Content(content) => members.push(Member {
                parts: parts.clone(),
                content: *content,
            }),
            Node::Unread(why) => return Err(refuse(why)),
            Node::Link(_) | Node::Special => report.special.add(parts),
        }
    }
    Ok(members)
}

fn refused(path: &Path, parts: &[String], found: &str) -> DataError {
    DataError::Image {
        path: path.into(),
        member: Some(parts.join("/")),
        reason: format!(
            "expected a picture within the archive, found {found}; unpack the archive and load the \
             folder"
        ),
    }
}

fn holds_images(tree: &Tree, folder: &[String]) -> bool {
    let below = |parts: &Parts| parts.len() > folder.len() && parts.starts_with(folder);
    tree.nodes
        .iter()
        .any(|(parts, _)| below(parts) && is_image(parts))
}

/// Notes one member.
fn add(
    path: &Path,
    tree: &mut Tree,
    number: usize,
    entry: &mut Entry<'_, Input>,
    report: &mut LoadReport,
) -> Result<()> {
    let kind = entry.header().entry_type();
    if kind == EntryType::XGlobalHeader {
        return Ok(());
    }
    let sparse = sparse_name(entry);
    let raw = match &sparse {
        Some(Some(name)) => name.clone(),
        _ => entry.path_bytes().into_owned(),
    };
    let folder = kind.is_dir() || raw.ends_with(b"/");
    let steps: Vec<&[u8]> = steps(&raw).collect();
    let parts: Parts = steps.iter().map(|step| text(step)).collect();
    if folder || steps.is_empty() {
        return Ok(());
    }
    if parts.iter().any(|part| part == "..") {
        if !is_image(&parts) || parts.iter().any(|part| is_hidden(part)) {
            report.other_files.add(&parts);
            return Ok(());
        }
        return Err(DataError::UnsafeEntry {
            path: path.into(),
            entry: text(&raw),
            reason: "`..` leads out of the archive; pack it again from the folder of its pictures",
        });
    }
    let node = match kind {
        _ if sparse.is_some() => Node::Unread("a sparse file in pax form".into()),
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Node::Content(number),
        EntryType::Link => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            // The bytes that the name stands for now: a later member of that name is another file.
            let key: Vec<u8> = self::steps(&target).collect::<Vec<_>>().join(&b'/');
            tree.get(&key).cloned().unwrap_or_else(|| {
                let name = text(&target);
                Node::Unread(format!("a hard link to `{name}`, which is not before it"))
            })
        }
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            Node::Link(pointed(&parts, &text(&target)))
        }
        EntryType::Char | EntryType::Block | EntryType::Fifo => Node::Special,
        other => {
            let kind = char::from(other.as_byte());
            Node::Unread(format!("a member of the unknown type `{kind}`"))
        }
    };
    let key = steps.join(&b'/');
    match tree.places.get(&key) {
        Some(&place) => {
            report.replaced.add(&parts);
            tree.nodes[place].1 = node;
        }
        None => {
            tree.places.insert(key, tree.nodes.len());
            tree.nodes.push((parts, node));
        }
    }
    Ok(())
}

/// The steps of a name as unpacking takes them: without leading slashes, doubled ones and `.`.
fn steps(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|&byte| byte == b'/')
        .filter(|step| !matches!(*step, b"" | b"."))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a member is sparse in pax form, whose bytes are not those of the file, and its true name.
fn sparse_name(entry: &mut Entry<'_, Input>) -> Option<Option<Vec<u8>>> {
    let extensions = entry.pax_extensions().ok()??;
    let (mut sparse, mut name) = (false, None);
    for extension in extensions.flatten() {
        sparse |= extension.key_bytes().starts_with(b"GNU.sparse.");
        if extension.key_bytes() == b"GNU.sparse.name" {
            name = Some(extension.value_bytes().to_vec());
        }
    }
    sparse.then_some(name)
}

/// Where a symbolic link of that name points to.
fn pointed(link: &[String], target: &str) -> Result<Parts, String> {
    if target.starts_with('/') {
        return Err(format!("a link to `{target}`, outside of the archive"));
    }
    let mut parts = link[..link.len() - 1].to_vec();
    for step in target.split('/').filter(|step| !matches!(*step, "" | ".")) {
        if step != ".." {
            parts.push(step.into());
        } else if parts.pop().is_none() {
            return Err(format!("a link to `{target}`, outside of the archive"));
        }
    }
    Ok(parts)
}

/// Hands over the encoded images whose number (in the order of [`list`]) is in `wanted`, in batches
/// of about `batch_bytes` bytes.
pub(super) fn read(
    path: &Path,
    members: &[Member],
    wanted: &HashSet<usize>,
    batch_bytes: usize,
    mut take: impl FnMut(Vec<(usize, Vec<u8>)>) -> Result<()>,
) -> Result<()> {
    let mut sources: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut wanted: Vec<usize> = wanted.iter().copied().collect();
    wanted.sort_unstable();
    for source in wanted {
        if let Some(member) = members.get(source) {
            sources.entry(member.content).or_default().push(source);
        }
    }
    let (mut batch, mut held) = (Vec::new(), 0);
    visit(path, |number, entry| {
        let Some(names) = sources.get(&number) else {
            return Ok(());
        };
        let size = entry.size();
        let mut bytes = Vec::new();
        entry
            .take(MAX_MEMBER_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(DataError::io(path, "read"))?;
        let whole = size.min(MAX_MEMBER_BYTES + 1);
        if bytes.len() as u64 > MAX_MEMBER_BYTES || (bytes.len() as u64) < whole {
            return Err(DataError::Image {
                path: path.into(),
                member: Some(members[names[0]].parts.join("/")),
                reason: format!(
                    "expected at most {MAX_MEMBER_BYTES} bytes, {size} of them, found {}",
                    bytes.len()
                ),
            });
        }
        // Many names may share one content, each with a copy of it: a batch ends between them too.
        for &source in names {
            held += bytes.len();
            batch.push((source, bytes.clone()));
            if held >= batch_bytes {
                held = 0;
                take(std::mem::take(&mut batch))?;
            }
        }
        Ok(())
    })?;
    take(batch)
}

#[cfg(test)]
mod tests;
