//! What is already there is verified.

use std::fs;

use attractor_datasets::fetch::Quiet;
use attractor_datasets::{DataError, Event, Layout};

use super::server::{Route, Server};
use super::{FILE, archive, fetch_archive, fetcher, manifest, payload, sha256};

#[test]
fn a_file_that_is_there_is_verified() {
    let body = payload(1000);
    let server = Server::start([("/a", Route::new(&body))]);
    let fetch = |sha256: Option<&str>, there: &[u8]| {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("tiny")).unwrap();
        fs::write(root.path().join("tiny/file.bin"), there).unwrap();
        let mut manifest = manifest(&[server.url("/a")], &super::sha256(&body), "size = 1000");
        manifest.files[0].sha256 = sha256.map(String::from);
        let mut events = Vec::new();
        let mut listener = |event: Event<'_>| {
            events.push(format!("{event:?}").split(' ').next().unwrap().to_string());
        };
        let fetched = fetcher().fetch(&manifest, root.path(), &mut listener);
        // Nobody's file is overwritten.
        assert_eq!(fs::read(root.path().join("tiny/file.bin")).unwrap(), there);
        fetched.map(|_| events)
    };
    let hash = sha256(&body);
    assert_eq!(fetch(Some(&hash), &body).unwrap(), ["Verifying", "Present"]);
    let mut wrong = body.clone();
    wrong[500] ^= 1;
    for there in [&wrong[..], &body[..900], b""] {
        let error = fetch(Some(&hash), there).unwrap_err();
        assert!(matches!(error, DataError::Hash { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.contains("already there; move it away and fetch again"),
            "{message}"
        );
    }
    // Without a published hash the size is what there is.
    assert_eq!(fetch(None, &body).unwrap(), ["Unverified"]);
    let error = fetch(None, &body[..900]).unwrap_err();
    assert!(matches!(error, DataError::Size { .. }), "{error}");
    assert!(server.log().is_empty());
}

#[test]
fn what_was_unpacked_is_verified() {
    let body = archive(&[
        ("set/a/1.bin", FILE, b"one"),
        ("set/2.bin", FILE, b"older"),
        ("./set/2.bin", FILE, b"two"),
    ]);
    let root = tempfile::tempdir().unwrap();
    fetch_archive(&body, root.path()).unwrap();
    fetch_archive(&body, root.path()).unwrap();
    let set = root.path().join("tiny/set");
    fs::write(set.join("2.bin"), b"tvo").unwrap();
    let error = fetch_archive(&body, root.path()).unwrap_err();
    assert!(matches!(error, DataError::Hash { .. }), "{error}");
    assert!(error.to_string().contains("2.bin: expected"), "{error}");
    fs::write(set.join("2.bin"), b"two").unwrap();
    fs::remove_file(set.join("a/1.bin")).unwrap();
    let error = fetch_archive(&body, root.path()).unwrap_err();
    assert!(error.to_string().contains("expected `a/1.bin`"), "{error}");

    // A folder that was not unpacked here: an empty one is no data set, of another nothing is known.
    let root = tempfile::tempdir().unwrap();
    let set = root.path().join("tiny/set");
    fs::create_dir_all(&set).unwrap();
    let error = fetch_archive(&body, root.path()).unwrap_err();
    assert!(
        error.to_string().contains("found none; move it away"),
        "{error}"
    );
    fs::write(set.join("2.bin"), b"two").unwrap();
    let server = Server::start([]);
    let rest = "unpack = \"tar.gz\"\ncreates = \"set\"";
    let mut manifest = manifest(&[server.url("/a")], &sha256(&body), rest);
    let mut reasons = Vec::new();
    let mut listener = |event: Event<'_>| {
        if let Event::Unverified { reason, .. } = event {
            reasons.push(reason.to_owned());
        }
    };
    fetcher()
        .fetch(&manifest, root.path(), &mut listener)
        .unwrap();
    assert!(reasons[0].contains("no list of its files"), "{reasons:?}");
    // CIFAR's files are known by name and size.
    manifest.layout = Layout::CifarBinary;
    let error = fetcher()
        .fetch(&manifest, root.path(), &mut Quiet)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("data_batch_1.bin: expected 30730000 bytes, found 0"),
        "{error}"
    );
}
