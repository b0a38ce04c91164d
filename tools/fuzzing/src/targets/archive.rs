//! Archives of pictures, `.tar` and `.tar.gz`.

use attractor::datasets::Split;
use attractor::datasets::folder::{FolderOptions, load};
use image::ImageFormat;
use tar::{Builder, EntryType, Header};

use super::{bit, each, encoded, head};
use crate::{repair, scratch};

/// Flags (1: packed, 2: the training split, 4: damaged pictures are left out, 8: right checksums of headers), then the archive.
pub(super) fn run(data: &[u8]) {
    let ([flags], rest) = head::<1>(data);
    let mut bytes = rest.to_vec();
    if bit(flags, 3) {
        repair::tar(&mut bytes);
    }
    if bit(flags, 0) {
        bytes = repair::gzip(&bytes);
    }
    let split = if bit(flags, 1) {
        Split::Train
    } else {
        Split::Test
    };
    let options = FolderOptions {
        size: Some((4, 4)),
        skip_damaged: bit(flags, 2),
        ..FolderOptions::default()
    };
    match scratch::file("pictures.tar", &bytes, |path| load(path, split, &options)) {
        Ok(set) => {
            assert!(!set.is_empty() && set.names.len() == set.len());
            assert_eq!(set.labels.len(), set.len());
            assert!(options.skip_damaged || set.report.damaged.is_empty());
            assert!(
                set.names
                    .iter()
                    .all(|name| !name.split('/').any(|part| part == ".."))
            );
        }
        Err(error) => assert!(error.to_string().contains("pictures.tar"), "{error}"),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let png = encoded(ImageFormat::Png, 5, 4);
    let plain = archive(|tar| {
        file(tar, "cat/1.png", &png);
        file(tar, "dog/2.png", &png);
    });
    let splits = archive(|tar| {
        file(tar, "a/train/cat/1.png", &png);
        file(tar, "a/test/cat/2.png", &png);
        file(tar, "a/test/cat/.hidden.png", &png);
        file(tar, "a/readme.txt", b"no picture");
    });
    let links = archive(|tar| {
        file(tar, "cat/1.png", &png);
        link(tar, EntryType::Link, "cat/2.png", "cat/1.png");
        link(tar, EntryType::Symlink, "cat/3.png", "2.png");
        link(tar, EntryType::Symlink, "cat/4.png", "4.png");
    });
    let long = archive(|tar| file(tar, &format!("{}/1.png", "long/".repeat(40)), &png));
    let damaged = archive(|tar| {
        file(tar, "1.png", &png[..20]);
        file(tar, "2.png", &png);
    });
    each(
        &[&[0], &[1], &[2], &[12], &[14]],
        &[plain, splits, links, long, damaged],
    )
}

/// An archive of what `fill` puts into it.
pub(super) fn archive(fill: impl FnOnce(&mut Builder<Vec<u8>>)) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    fill(&mut tar);
    tar.into_inner().expect("a vector takes all bytes")
}

/// Adds a file.
pub(super) fn file(tar: &mut Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let added = tar.append_data(&mut header, name, bytes);
    added.expect("a vector takes all bytes");
}

/// Adds a link.
pub(super) fn link(tar: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, to: &str) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    let added = tar.append_link(&mut header, name, to);
    added.expect("a vector takes all bytes");
}
