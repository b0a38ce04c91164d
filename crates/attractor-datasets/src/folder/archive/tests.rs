use std::collections::HashSet;

use tar::{Builder, EntryType, Header};

use super::{list, read};
use crate::report::LoadReport;

/// Thousands of names may share the bytes of one member: they are not all in memory at once.
#[test]
fn names_that_share_their_bytes_are_handed_over_in_batches() {
    const LINKS: usize = 50;
    const BYTES: usize = 1000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("links.tar");
    let mut tar = Builder::new(std::fs::File::create(&path).unwrap());
    let mut header = Header::new_gnu();
    header.set_size(BYTES as u64);
    tar.append_data(&mut header, "a/0.png", &[7; BYTES][..])
        .unwrap();
    for number in 1..=LINKS {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Link);
        header.set_size(0);
        tar.append_link(&mut header, format!("a/{number}.png"), "a/0.png")
            .unwrap();
    }
    tar.into_inner().unwrap();
    let members = list(&path, &mut LoadReport::default()).unwrap();
    assert_eq!(members.len(), LINKS + 1);
    let wanted: HashSet<usize> = (0..members.len()).collect();
    let (mut most, mut all) = (0, HashSet::new());
    read(&path, &members, &wanted, 4 * BYTES, |batch| {
        most = most.max(batch.len());
        all.extend(batch.iter().map(|(source, _)| *source));
        Ok(())
    })
    .unwrap();
    assert_eq!(all, wanted);
    assert!(most <= 4, "{most} at once");
}
