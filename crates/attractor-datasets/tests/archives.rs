//! Tar archives give what unpacking them would give, or an error that names the member.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use attractor_datasets::{DataError, FolderOptions, ImageSet, Split, folder};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::EntryType;

const FILE: EntryType = EntryType::Regular;

fn png(value: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(2, 2, image::Rgb([value; 3]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One member with its name as it stands; `link` is its target.
fn member(name: &str, kind: EntryType, bytes: &[u8], link: &str) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_gnu_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut out = header.as_bytes().to_vec();
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn file(name: &str, value: u8) -> Vec<u8> {
    member(name, FILE, &png(value), "")
}

fn whole(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

struct Dir(tempfile::TempDir);

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn archive(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("set.tar");
        fs::write(&path, bytes).unwrap();
        path
    }

    fn load(&self, bytes: &[u8]) -> Result<ImageSet, DataError> {
        folder::load(
            &self.archive(bytes),
            Split::Train,
            &FolderOptions::default(),
        )
    }

    fn refusal(&self, bytes: &[u8]) -> String {
        self.load(bytes).unwrap_err().to_string()
    }
}

fn values(set: &ImageSet) -> Vec<u8> {
    (0..set.len()).map(|at| set.image(at).unwrap()[0]).collect()
}

#[test]
fn hard_links_have_the_content_of_their_targets() {
    let dir = Dir::new();
    let link = |name: &str, target: &str| member(name, EntryType::Link, b"", target);
    let set = dir
        .load(&whole(&[
            file("cat/1.png", 1),
            file("./blob", 2),
            link("dog/2.png", "blob"),
            link("dog/3.png", "./cat/1.png"),
            link("dog/4.png", "dog/3.png"),
            // A later file of the same name is another file: links keep the first.
            file("cat/1.png", 9),
        ]))
        .unwrap();
    assert_eq!(values(&set), [9, 2, 1, 1]);
    assert_eq!(set.report.replaced.count, 1);
    assert_eq!(set.report.other_files.first.as_deref(), Some("blob"));
    let message = dir.refusal(&whole(&[
        file("cat/1.png", 1),
        link("dog/2.png", "gone.png"),
    ]));
    assert!(
        message.contains("dog/2.png") && message.contains("`gone.png`"),
        "{message}"
    );
}

#[test]
fn symbolic_links_lead_to_the_last_member_of_that_name() {
    let dir = Dir::new();
    let link = |name: &str, target: &str| member(name, EntryType::Symlink, b"", target);
    let set = dir
        .load(&whole(&[
            link("dog/2.png", "../cat/./1.png"),
            link("dog/3.png", "2.png"),
            file("cat/1.png", 1),
            link("latest", "cat/1.png"),
        ]))
        .unwrap();
    assert_eq!(values(&set), [1, 1, 1]);
    assert_eq!(set.report.special.first.as_deref(), Some("latest"));
    for (name, target) in [
        ("dog/2.png", "/etc/1.png"),
        ("dog/2.png", "../../1.png"),
        ("dog/2.png", "gone.png"),
        ("dog/2.png", "2.png"),
        ("all", "cat"),
    ] {
        let message = dir.refusal(&whole(&[file("cat/1.png", 1), link(name, target)]));
        assert!(message.contains(name), "{name} to {target}: {message}");
    }
    let message = dir.refusal(&whole(&[link("dog", "cat"), file("dog/1.png", 1)]));
    assert!(
        message.contains("dog/1.png: ") && message.contains("below a link"),
        "{message}"
    );
}

#[test]
fn the_last_of_several_members_of_one_name() {
    let dir = Dir::new();
    let members = [
        file("cat/1.png", 1),
        file("cat/2.png", 2),
        file("./cat//1.png", 3),
        file("/cat/2.png", 4),
    ];
    let set = dir.load(&whole(&members)).unwrap();
    assert_eq!(values(&set), [3, 4]);
    assert_eq!(set.report.replaced.count, 2);
}

#[test]
fn names_that_leave_the_archive_are_named() {
    let dir = Dir::new();
    for name in ["../photos/cat/1.png", "cat/../../1.png"] {
        let message = dir.refusal(&whole(&[file("dog/3.png", 1), file(name, 2)]));
        assert!(message.contains(name), "{message}");
    }
    let set = dir
        .load(&whole(&[
            file("dog/3.png", 1),
            member("../notes.txt", FILE, b"x", ""),
        ]))
        .unwrap();
    assert_eq!((set.len(), set.report.other_files.count), (1, 1));
}

#[test]
fn every_kind_of_member_counts_or_is_named() {
    let dir = Dir::new();
    // Contiguous files are files; a name that ends with a slash is a folder, whatever its type.
    let set = dir
        .load(&whole(&[
            member("cat/1.png", EntryType::Continuous, &png(1), ""),
            member("old.png/", FILE, b"", ""),
            member("cat/", EntryType::Directory, b"", ""),
            member("cat/pipe.png", EntryType::Fifo, b"", ""),
            member("cat/._1.png", FILE, b"fork", ""),
            member("Thumbs.db", FILE, b"", ""),
        ]))
        .unwrap();
    assert_eq!(values(&set), [1]);
    assert_eq!((set.report.special.count, set.report.hidden.count), (1, 2));
    let message = dir.refusal(&whole(&[
        file("cat/1.png", 1),
        member("cat/2.png", EntryType::new(b'M'), b"", ""),
    ]));
    assert!(
        message.contains("cat/2.png") && message.contains("type `M`"),
        "{message}"
    );
}

/// A record of a pax header: its length, a key, a value.
fn pax(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}")
}

#[test]
fn long_names_and_sparse_members() {
    let dir = Dir::new();
    let long = format!("cat/{}.png", "x".repeat(150));
    let other = format!("cat/{}.png", "y".repeat(150));
    let set = dir
        .load(&whole(&[
            member(
                "PaxHeader",
                EntryType::XHeader,
                pax("path", &long).as_bytes(),
                "",
            ),
            file("cat/short.png", 1),
            member(
                "././@LongLink",
                EntryType::GNULongName,
                other.as_bytes(),
                "",
            ),
            file("cat/short.png", 2),
            member(
                "pax_global",
                EntryType::XGlobalHeader,
                pax("comment", "x").as_bytes(),
                "",
            ),
            member(
                "PaxHeader",
                EntryType::XHeader,
                pax("linkpath", &long).as_bytes(),
                "",
            ),
            member("dog/3.png", EntryType::Link, b"", "cat/short.png"),
        ]))
        .unwrap();
    assert_eq!(values(&set), [1, 2, 1]);

    // GNU's sparse form: bytes 512 to the end of a file that begins with a hole.
    let mut header = tar::Header::new_gnu();
    header.set_path("cat/1.png").unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    let data = png(7);
    header.set_size(data.len() as u64);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.sparse[0].offset[..12].copy_from_slice(b"00000000000\0");
    let length = format!("{:011o}\0", data.len());
    gnu.sparse[0].numbytes[..12].copy_from_slice(length.as_bytes());
    gnu.realsize[..12].copy_from_slice(length.as_bytes());
    header.set_cksum();
    let mut sparse = header.as_bytes().to_vec();
    sparse.extend(&data);
    sparse.resize(sparse.len().next_multiple_of(512), 0);
    assert_eq!(values(&dir.load(&whole(&[sparse])).unwrap()), [7]);

    let keys = pax("GNU.sparse.major", "1") + &pax("GNU.sparse.name", "cat/hole.png");
    let message = dir.refusal(&whole(&[
        file("cat/1.png", 1),
        member("PaxHeader", EntryType::XHeader, keys.as_bytes(), ""),
        member("cat/GNUSparseFile.0/hole.png", FILE, b"1\n0\n4\n", ""),
    ]));
    assert!(
        message.contains("cat/hole.png: ") && message.contains("sparse"),
        "{message}"
    );
}

#[test]
fn archives_cut_anywhere_are_refused() {
    let dir = Dir::new();
    let members = [
        file("cat/1.png", 1),
        file("cat/2.png", 2),
        file("dog/3.png", 3),
    ];
    let bytes = whole(&members);
    assert_eq!(dir.load(&bytes).unwrap().len(), 3);
    let second = members[0].len();
    for (length, place) in [
        (0, "before the first member"),
        (100, "before the first member"),
        (second, "after the member `cat/1.png`"),
        (second + 100, "after the member `cat/1.png`"),
        (second + 530, "`cat/2.png`"),
        (bytes.len() - 1024, "after the member `dog/3.png`"),
    ] {
        let message = dir.refusal(&bytes[..length]);
        assert!(
            message.contains("expected a whole tar archive") && message.contains(place),
            "{length}: {message}"
        );
    }
    // One block of zeros is an end; padding after it is none of our business, members are.
    assert_eq!(dir.load(&bytes[..bytes.len() - 512]).unwrap().len(), 3);
    let padded = [&bytes[..], &[0; 9000]].concat();
    assert!(dir.load(&padded).unwrap().report.remarks.is_empty());
    let joined = [&bytes[..], &whole(&[file("cat/4.png", 4)])].concat();
    let set = dir.load(&joined).unwrap();
    assert_eq!(set.len(), 3);
    assert!(
        set.report.remarks[0].contains("after the end of the archive"),
        "{:?}",
        set.report
    );
}

#[test]
fn gzip_archives_are_verified_to_their_end() {
    let dir = Dir::new();
    let bytes = gz(&whole(&[file("cat/1.png", 1), file("cat/2.png", 2)]));
    assert_eq!(dir.load(&bytes).unwrap().len(), 2);
    // The checksum and the length are the last eight bytes.
    for cut in 1..=12 {
        let message = dir.refusal(&bytes[..bytes.len() - cut]);
        assert!(
            message.contains("expected a whole tar archive"),
            "{cut}: {message}"
        );
    }
    let mut wrong = bytes.clone();
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    assert!(dir.refusal(&wrong).contains("expected a whole tar archive"));
    let padded = [&bytes[..], &[0; 700]].concat();
    assert_eq!(dir.load(&padded).unwrap().len(), 2);
    // As `gzip -d` and `tar` do, which warn.
    let more = [&bytes[..], b"x"].concat();
    assert_eq!(dir.load(&more).unwrap().len(), 2);
    // Streams may be joined.
    let plain = whole(&[file("cat/1.png", 1)]);
    let two = [gz(&plain[..700]), gz(&plain[700..])].concat();
    assert_eq!(dir.load(&two).unwrap().len(), 1);
}

#[test]
fn damaged_pictures_are_left_out_when_asked() {
    let dir = Dir::new();
    let broken = member("cat/2.png", FILE, &png(2)[..40], "");
    let bytes = whole(&[file("cat/1.png", 1), broken, file("dog/3.png", 3)]);
    assert!(dir.refusal(&bytes).contains("cat/2.png"));
    let options = FolderOptions {
        skip_damaged: true,
        ..FolderOptions::default()
    };
    let set = folder::load(&dir.archive(&bytes), Split::Train, &options).unwrap();
    assert_eq!((values(&set), &set.labels[..]), (vec![1, 3], &[0, 1][..]));
    assert_eq!(set.report.damaged.len(), 1);
    assert_eq!(set.report.damaged[0].name, "cat/2.png");
    assert!(
        set.report
            .lines()
            .iter()
            .any(|line| line.contains("damaged") && line.contains("cat/2.png"))
    );

    // The same in a folder, where a link may also lead nowhere.
    let tree = dir.0.path().join("tree");
    let put = |name: &str, bytes: &[u8]| {
        let path = tree.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    put("cat/1.png", &png(1));
    put("cat/2.png", &png(2)[..40]);
    put("notes.txt", b"x");
    put("._x.png", b"x");
    #[cfg(unix)]
    std::os::unix::fs::symlink(Path::new("gone.png"), tree.join("cat/4.png")).unwrap();
    assert!(folder::load(&tree, Split::Train, &FolderOptions::default()).is_err());
    let set = folder::load(&tree, Split::Train, &options).unwrap();
    assert_eq!(values(&set), [1]);
    assert_eq!(set.report.damaged.len(), 1 + usize::from(cfg!(unix)));
    assert_eq!(
        (set.report.other_files.count, set.report.hidden.count),
        (1, 1)
    );
    // Nothing whole: the first error.
    fs::remove_file(tree.join("cat/1.png")).unwrap();
    assert!(folder::load(&tree, Split::Train, &options).is_err());
}
