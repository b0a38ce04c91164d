//! Downloads against a local server: resume, mirrors, hashes, unpacking, hostile archives.

mod kills;
mod present;
mod server;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use attractor_datasets::fetch::Quiet;
use attractor_datasets::sha256_file;
use attractor_datasets::{DataError, Event, FetchOptions, Fetcher, Manifest};
use flate2::Compression;
use flate2::write::GzEncoder;
use server::{Route, Server};

fn fetcher() -> Fetcher {
    Fetcher::new(FetchOptions {
        attempts: 3,
        pause: Duration::from_millis(1),
        timeout: Duration::from_secs(5),
    })
}

fn payload(len: u32) -> Vec<u8> {
    (0..len)
        .map(|i| (i.wrapping_mul(2654435761) >> 11) as u8)
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    sha256_file(file.path()).unwrap()
}

/// A manifest of one file.
fn manifest(urls: &[String], sha256: &str, rest: &str) -> Manifest {
    let text = format!(
        "name = \"tiny\"\ntitle = \"T\"\nlicence = \"CC0\"\nhomepage = \"h\"\nlayout = \"idx\"\n\
         [[files]]\nname = \"file.bin\"\nurls = {urls:?}\nsha256 = \"{sha256}\"\n{rest}"
    );
    Manifest::parse(&text, Path::new("tiny.toml")).unwrap()
}

/// Names below a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn hashes_are_sha256() {
    // The published test vector for "abc".
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256(b"abc"), abc);
}

#[test]
fn downloads_once_and_reports_progress() {
    let body = payload(200_000);
    let server = Server::start([("/a", Route::new(&body))]);
    let manifest = manifest(&[server.url("/a")], &sha256(&body), "size = 200000");
    let root = tempfile::tempdir().unwrap();
    let mut events = Vec::new();
    let mut listener = |event: Event<'_>| {
        events.push(match event {
            Event::Advanced { done, total, .. } => format!("{done} of {total:?}"),
            other => format!("{other:?}").split(' ').next().unwrap().to_string(),
        });
    };
    let fetched = fetcher()
        .fetch(&manifest, root.path(), &mut listener)
        .unwrap();
    assert_eq!(fetched.downloaded, 1);
    assert_eq!(fs::read(root.path().join("tiny/file.bin")).unwrap(), body);
    assert_eq!(names(&root.path().join("tiny")), ["file.bin"]);
    assert_eq!(events[0], "Started");
    assert!(
        events.contains(&"200000 of Some(200000)".to_string()),
        "{events:?}"
    );
    assert_eq!(events[events.len() - 2..], ["Verifying", "Finished"]);

    let again = fetcher().fetch(&manifest, root.path(), &mut Quiet).unwrap();
    assert_eq!(again.downloaded, 0);
    assert_eq!(server.log(), ["/a"]);
}

#[test]
fn resumes_a_part_file() {
    let body = payload(100_000);
    let server = Server::start([("/a", Route::new(&body))]);
    let manifest = manifest(&[server.url("/a")], &sha256(&body), "size = 100000");
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("tiny")).unwrap();
    fs::write(root.path().join("tiny/file.bin.part"), &body[..60_000]).unwrap();
    fetcher().fetch(&manifest, root.path(), &mut Quiet).unwrap();
    assert_eq!(fs::read(root.path().join("tiny/file.bin")).unwrap(), body);
    assert_eq!(server.log(), ["/a from 60000"]);
}

#[test]
fn a_dropped_connection_is_continued() {
    let body = payload(100_000);
    let cut = Route {
        cut: Some(40_000),
        ..Route::new(&body)
    };
    let server = Server::start([("/a", cut)]);
    // With and without a known size.
    for rest in ["size = 100000", ""] {
        let manifest = manifest(&[server.url("/a")], &sha256(&body), rest);
        let root = tempfile::tempdir().unwrap();
        fetcher().fetch(&manifest, root.path(), &mut Quiet).unwrap();
        assert_eq!(fs::read(root.path().join("tiny/file.bin")).unwrap(), body);
    }
    assert_eq!(server.log()[..3], ["/a", "/a from 40000", "/a from 80000"]);
}

#[test]
fn a_server_without_ranges_starts_over() {
    let body = payload(50_000);
    let server = Server::start([(
        "/a",
        Route {
            ranges: false,
            ..Route::new(&body)
        },
    )]);
    let manifest = manifest(&[server.url("/a")], &sha256(&body), "");
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("tiny")).unwrap();
    fs::write(root.path().join("tiny/file.bin.part"), &body[..30_000]).unwrap();
    fetcher().fetch(&manifest, root.path(), &mut Quiet).unwrap();
    assert_eq!(fs::read(root.path().join("tiny/file.bin")).unwrap(), body);
}

#[test]
fn a_foreign_part_file_is_replaced() {
    let body = payload(50_000);
    let server = Server::start([("/a", Route::new(&body))]);
    // One of the wrong content, and one that is too long for the server.
    for part in [vec![7; 20_000], vec![7; 60_000]] {
        let manifest = manifest(&[server.url("/a")], &sha256(&body), "");
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("tiny")).unwrap();
        fs::write(root.path().join("tiny/file.bin.part"), part).unwrap();
        fetcher().fetch(&manifest, root.path(), &mut Quiet).unwrap();
        assert_eq!(fs::read(root.path().join("tiny/file.bin")).unwrap(), body);
    }
}

#[test]
fn wrong_hash_leaves_nothing() {
    let body = payload(1000);
    let server = Server::start([("/a", Route::new(&body))]);
    let expected = sha256(b"something else");
    let manifest = manifest(&[server.url("/a")], &expected, "size = 1000");
    let root = tempfile::tempdir().unwrap();
    let error = fetcher()
        .fetch(&manifest, root.path(), &mut Quiet)
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains(&format!("expected sha256 {expected}")),
        "{message}"
    );
    assert!(
        message.contains(&format!("found {}", sha256(&body))),
        "{message}"
    );
    assert!(message.contains("file.bin"), "{message}");
    assert!(names(&root.path().join("tiny")).is_empty());
    // Asked once: the same bytes would come again.
    assert_eq!(server.log(), ["/a"]);
}

#[test]
fn the_second_mirror_helps() {
    let body = payload(1000);
    let server = Server::start([
        ("/changed", Route::new(&payload(999))),
        (
            "/broken",
            Route {
                status: 503,
                ..Route::new(b"")
            },
        ),
        ("/good", Route::new(&body)),
    ]);
    for first in ["/changed", "/missing", "/broken"] {
        let urls = [server.url(first), server.url("/good")];
        let root = tempfile::tempdir().unwrap();
        let manifest = manifest(&urls, &sha256(&body), "");
        fetcher().fetch(&manifest, root.path(), &mut Quiet).unwrap();
        assert_eq!(fs::read(root.path().join("tiny/file.bin")).unwrap(), body);
    }
    let log = server.log();
    let asked = |path: &str| log.iter().filter(|line| *line == path).count();
    assert_eq!((asked("/missing"), asked("/broken")), (1, 3), "{log:?}");
}

#[test]
fn no_mirror_delivers() {
    let server = Server::start([
        ("/long", Route::new(&payload(2000))),
        (
            "/never",
            Route {
                cut: Some(0),
                ..Route::new(&payload(1000))
            },
        ),
    ]);
    let urls = [
        server.url("/missing"),
        server.url("/long"),
        server.url("/never"),
    ];
    let root = tempfile::tempdir().unwrap();
    let manifest = manifest(&urls, &sha256(b""), "size = 1000");
    let error = fetcher()
        .fetch(&manifest, root.path(), &mut Quiet)
        .unwrap_err();
    assert!(matches!(error, DataError::Download { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("/missing: HTTP status 404"), "{message}");
    assert!(
        message.contains("/long: expected 1000 bytes, found 2000"),
        "{message}"
    );
    assert!(!root.path().join("tiny/file.bin").exists());
}

#[test]
fn a_dead_server_is_an_error() {
    let url = Server::start([]).url("/a");
    let root = tempfile::tempdir().unwrap();
    let manifest = manifest(&[url], &sha256(b""), "");
    let error = fetcher()
        .fetch(&manifest, root.path(), &mut Quiet)
        .unwrap_err();
    assert!(matches!(error, DataError::Download { .. }), "{error}");
}

/// A tar.gz with raw member names, so that hostile ones can be written.
fn archive(members: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, kind, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// Fetches an archive that should create `set`.
fn fetch_archive(body: &[u8], root: &Path) -> Result<(), DataError> {
    let server = Server::start([("/a", Route::new(body))]);
    let rest = "unpack = \"tar.gz\"\ncreates = \"set\"";
    let manifest = manifest(&[server.url("/a")], &sha256(body), rest);
    fetcher().fetch(&manifest, root, &mut Quiet).map(|_| ())
}

const FILE: tar::EntryType = tar::EntryType::Regular;

#[test]
fn archives_are_unpacked_and_removed() {
    let root = tempfile::tempdir().unwrap();
    let body = archive(&[
        ("./set/", tar::EntryType::Directory, b""),
        ("set/a/1.bin", FILE, b"one"),
        ("set/2.bin", FILE, b"two"),
    ]);
    fetch_archive(&body, root.path()).unwrap();
    assert_eq!(names(&root.path().join("tiny")), ["set"]);
    assert_eq!(
        fs::read(root.path().join("tiny/set/a/1.bin")).unwrap(),
        b"one"
    );
    assert_eq!(
        fs::read(root.path().join("tiny/set/2.bin")).unwrap(),
        b"two"
    );
    // What is unpacked is not fetched again: this server has nothing to offer.
    let server = Server::start([]);
    let rest = "unpack = \"tar.gz\"\ncreates = \"set\"";
    let manifest = manifest(&[server.url("/a")], &sha256(&body), rest);
    fetcher().fetch(&manifest, root.path(), &mut Quiet).unwrap();
    assert!(server.log().is_empty());
}

#[test]
fn hostile_members_are_refused() {
    let cases: [(&str, tar::EntryType, &str); 6] = [
        ("../evil", FILE, "`..` would leave"),
        ("set/../../evil", FILE, "`..` would leave"),
        ("/tmp/attractor-evil", FILE, "absolute names"),
        ("set/link", tar::EntryType::Symlink, "no links"),
        ("set/hard", tar::EntryType::Link, "no links"),
        ("set/fifo", tar::EntryType::Fifo, "no links or devices"),
    ];
    for (name, kind, reason) in cases {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        fs::create_dir(&root).unwrap();
        let body = archive(&[("set/1.bin", FILE, b"one"), (name, kind, b"")]);
        let error = fetch_archive(&body, &root).unwrap_err();
        assert!(
            matches!(error, DataError::UnsafeEntry { .. }),
            "{name}: {error}"
        );
        let message = error.to_string();
        assert!(
            message.contains(name) && message.contains(reason),
            "{message}"
        );
        // Only the verified archive is there; nothing of it was unpacked anywhere.
        assert_eq!(names(&root.join("tiny")), ["file.bin"]);
        assert_eq!(names(outer.path()), ["root"]);
        assert!(!Path::new("/tmp/attractor-evil").exists());
    }
}

#[test]
fn an_archive_without_its_folder_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let error = fetch_archive(&archive(&[("other/1", FILE, b"")]), root.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected an archive with the folder `set`"),
        "{error}"
    );
}

#[test]
fn an_archive_put_there_by_hand_is_verified() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("tiny")).unwrap();
    fs::write(root.path().join("tiny/file.bin"), b"not it").unwrap();
    let error = fetch_archive(&archive(&[("set/1", FILE, b"")]), root.path()).unwrap_err();
    assert!(matches!(error, DataError::Hash { .. }), "{error}");
    assert_eq!(names(&root.path().join("tiny")), ["file.bin"]);
}

#[test]
fn zip_files_are_left_to_the_user() {
    let body = payload(100);
    let server = Server::start([("/a", Route::new(&body))]);
    let rest = "unpack = \"zip-not-supported\"";
    let manifest = manifest(&[server.url("/a")], &sha256(&body), rest);
    let root = tempfile::tempdir().unwrap();
    let fetched = fetcher().fetch(&manifest, root.path(), &mut Quiet).unwrap();
    assert_eq!(fetched.left_packed, [root.path().join("tiny/file.bin")]);
}
