//! A disk that is full while a memory is saved.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::place::Place;

/// A file system of its own, in memory; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(place: &Path, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(place);
        mount
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn what_does_not_fit_on_the_disk_leaves_the_old_memory() {
    let place = Place::new();
    let disk = place.path("disk");
    std::fs::create_dir(&disk).unwrap();
    if !Disk::mount(&disk, "size=400k") {
        eprintln!("SKIPPED: a small file system cannot be mounted here (it takes root)");
        return;
    }
    let disk = Disk(disk);
    place.says(&["add", "photos/00.png", "--memory", "disk/m.attr"], 0);
    let memory = disk.0.join("m.attr");
    let before = std::fs::read(&memory).unwrap();
    // Twenty photos are some 250 KB, and the old file stays until the new one is whole: there is room for neither with this beside it.
    std::fs::write(disk.0.join("something"), vec![1; 250 << 10]).unwrap();
    let said = place.says(&["add", "photos", "--memory", "disk/m.attr"], 2);
    assert!(said.contains("error: disk/m.attr"), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert_eq!(std::fs::read(&memory).unwrap(), before);
    assert!(!disk.0.join("m.attr.part").exists());
    let said = place.says(&["info", "--memory", "disk/m.attr", "--json"], 0);
    assert!(said.contains("\"photos\": 1"), "{said}");
    // Once there is room it goes on.
    std::fs::remove_file(disk.0.join("something")).unwrap();
    place.says(&["add", "photos", "--memory", "disk/m.attr"], 0);
    let said = place.says(&["info", "--memory", "disk/m.attr", "--json"], 0);
    assert!(said.contains("\"photos\": 20"), "{said}");
}
