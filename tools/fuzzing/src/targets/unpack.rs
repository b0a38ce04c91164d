//! Archives that a download unpacks.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use attractor::datasets::fetch::Quiet;
use attractor::datasets::{Fetcher, Manifest};
use tar::EntryType;

use super::archive::{archive, file, link};
use super::{bit, each, head};
use crate::{repair, scratch};

/// Nothing listens there, and nobody asks: the archive is in place.
const MANIFEST: &str = r#"
name = "set"
title = "A set"
licence = "none"
homepage = "http://127.0.0.1/"
layout = "folder"

[[files]]
name = "set.tar"
urls = ["http://127.0.0.1:1/set.tar"]
unpack = "tar"
creates = "made"
"#;

static FETCHER: LazyLock<Fetcher> = LazyLock::new(Fetcher::default);

/// Flags (1: packed, 2: right checksums of headers), then the archive. Nothing may appear outside of its folder.
pub(super) fn run(data: &[u8]) {
    let ([flags], rest) = head::<1>(data);
    let mut bytes = rest.to_vec();
    if bit(flags, 1) {
        repair::tar(&mut bytes);
    }
    if bit(flags, 0) {
        bytes = repair::gzip(&bytes);
    }
    let manifest = Manifest::parse(MANIFEST, Path::new("set.toml"));
    let manifest = manifest.expect("the manifest follows its rules");
    let root = scratch::empty("root/data");
    let set = root.join("set");
    std::fs::create_dir(&set).expect("a temporary folder can be made");
    std::fs::write(set.join("set.tar"), &bytes).expect("a temporary file can be written");
    let outside = names(&scratch::path(""));
    let fetched = FETCHER.fetch(&manifest, &root, &mut Quiet);
    assert_eq!(names(&scratch::path("")), outside);
    assert_eq!(names(&scratch::path("root")), ["data".to_owned()].into());
    assert_eq!(names(&root), ["set".to_owned()].into());
    let there = names(&set);
    match fetched {
        Ok(_) => assert_eq!(there, ["made".to_owned()].into()),
        Err(_) => assert_eq!(there, ["set.tar".to_owned()].into()),
    }
    if there.contains("made") {
        // What was unpacked is what is verified the next time.
        let again = FETCHER.fetch(&manifest, &root, &mut Quiet);
        assert!(again.is_ok(), "{again:?}");
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a temporary folder can be listed");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("a temporary folder can be listed");
        entry.file_name().to_string_lossy().into_owned()
    };
    entries.map(name).collect()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let good = archive(|tar| {
        file(tar, "made/a.txt", b"content");
        file(tar, "made/b/c.txt", b"more");
    });
    let twice = archive(|tar| {
        file(tar, "made/a.txt", b"old");
        file(tar, "made/a.txt", b"new");
        file(tar, "other/a.txt", b"beside");
    });
    let links = archive(|tar| {
        link(tar, EntryType::Symlink, "made/out", "../../..");
        file(tar, "made/a.txt", b"content");
    });
    let listed = archive(|tar| {
        file(tar, "made/.attractor-contents", b"00  ../../../x\n");
        file(tar, "made/a\nb.txt", b"content");
    });
    each(&[&[0], &[1], &[2]], &[good, twice, links, listed])
}
