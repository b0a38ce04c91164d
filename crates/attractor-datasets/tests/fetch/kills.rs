//! What a download finds that was killed before, and two of them at once.

use std::fs;
use std::path::Path;
use std::time::Duration;

use attractor_datasets::fetch::Quiet;
use attractor_datasets::{DataError, Event, Manifest};

use super::server::{Route, Server};
use super::{FILE, archive, fetch_archive, fetcher, manifest, names, payload, sha256};

fn set() -> Vec<u8> {
    archive(&[("set/1.bin", FILE, b"one")])
}

/// Between the last two steps the folder and the archive are both there.
#[test]
fn an_archive_that_was_unpacked_is_removed_the_next_time() {
    let root = tempfile::tempdir().unwrap();
    fetch_archive(&set(), root.path()).unwrap();
    let folder = root.path().join("tiny");
    fs::write(folder.join("file.bin"), set()).unwrap();
    fs::create_dir(folder.join(".unpack-Ab12Cd")).unwrap();
    fetch_archive(&set(), root.path()).unwrap();
    assert_eq!(names(&folder), ["set"]);
    // One that is not the published one is somebody else's.
    fs::write(folder.join("file.bin"), b"mine").unwrap();
    fetch_archive(&set(), root.path()).unwrap();
    assert_eq!(names(&folder), ["file.bin", "set"]);
}

#[test]
fn what_was_unpacked_in_part_is_removed() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("tiny");
    fs::create_dir_all(folder.join(".unpack-Ab12Cd/set")).unwrap();
    fs::write(folder.join(".unpack-Ab12Cd/set/1.bin"), b"o").unwrap();
    fetch_archive(&set(), root.path()).unwrap();
    assert_eq!(names(&folder), ["set"]);
}

#[test]
fn the_second_of_two_downloads_is_told() {
    let body = payload(200_000);
    let server = Server::start([("/a", Route::new(&body))]);
    let manifest = manifest(&[server.url("/a")], &sha256(&body), "size = 200000");
    let root = tempfile::tempdir().unwrap();
    let mut refused = 0;
    let mut meanwhile = |event: Event<'_>| {
        if matches!(event, Event::Advanced { .. }) {
            let error = fetcher()
                .fetch(&manifest, root.path(), &mut Quiet)
                .unwrap_err();
            assert!(matches!(error, DataError::Busy { .. }), "{error}");
            assert!(
                error.to_string().contains("tiny: another process"),
                "{error}"
            );
            refused += 1;
        }
    };
    fetcher()
        .fetch(&manifest, root.path(), &mut meanwhile)
        .unwrap();
    assert!(refused > 0);
    assert_eq!(names(&root.path().join("tiny")), ["file.bin"]);
    assert_eq!(fs::read(root.path().join("tiny/file.bin")).unwrap(), body);
}

/// A server that says that the rest of a file has nearly 2^64 bytes.
#[test]
fn lengths_that_no_file_has_are_refused() {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let asked = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty());
            assert!(asked.count() > 0);
            let head = "HTTP/1.1 206 X\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 18446744073709551615\r\n\r\n";
            let _ = stream.write_all(head.as_bytes());
        }
    });
    let manifest = manifest(&[url], &sha256(b"x"), "size = 10");
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("tiny")).unwrap();
    fs::write(root.path().join("tiny/file.bin.part"), b"12345").unwrap();
    let error = fetcher()
        .fetch(&manifest, root.path(), &mut Quiet)
        .unwrap_err();
    assert!(matches!(error, DataError::Download { .. }), "{error}");
}

/// Sizes whose sum is no number of 64 bits: found by the fuzz target `manifest`.
#[test]
fn sizes_beyond_64_bits_have_no_total() {
    let file = |name: &str| {
        format!(
            "[[files]]\nname = \"{name}\"\nurls = [\"http://h/\"]\nsize = 9223372036854775807\n"
        )
    };
    let head =
        "name = \"a\"\ntitle = \"T\"\nlicence = \"CC0\"\nhomepage = \"h\"\nlayout = \"idx\"\n";
    let parse = |files: &[&str]| {
        let files: String = files.iter().map(|name| file(name)).collect();
        Manifest::parse(&format!("{head}{files}"), Path::new("a.toml")).unwrap()
    };
    assert_eq!(parse(&["a", "b"]).total_size(), Some(u64::MAX - 1));
    assert_eq!(parse(&["a", "b", "c"]).total_size(), None);
}

/// The list of what was unpacked has a line for each file: found by the fuzz target `unpack`.
#[test]
fn names_that_no_line_holds_are_refused() {
    for name in ["set/a\nb.bin", "set/a\r"] {
        let root = tempfile::tempdir().unwrap();
        let body = archive(&[("set/1.bin", FILE, b"one"), (name, FILE, b"two")]);
        let error = fetch_archive(&body, root.path()).unwrap_err();
        assert!(matches!(error, DataError::UnsafeEntry { .. }), "{error}");
        assert!(error.to_string().contains("line breaks"), "{error}");
        assert!(!root.path().join("tiny/set").exists());
    }
}
