//! Folders of photos.

use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use crate::place::{Place, SIDE};

#[test]
fn photos_are_added_once_and_found_again_from_damaged_copies() {
    let place = Place::new();
    let said = place.says(&["add", "photos"], 0);
    assert!(
        said.contains("20 added, 0 were there, 0 left out"),
        "{said}"
    );
    let said = place.says(&["add", "photos"], 0);
    assert!(said.contains("0 added, 20 were there"), "{said}");

    place.torn(13, "torn.png");
    let said = place.says(&["recall", "torn.png", "--html", "page.html"], 0);
    assert!(
        said.contains("torn.png is ") && said.contains("older/13.png"),
        "{said}"
    );
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    // The cue, what was taken for covered, three photos.
    assert_eq!(page.matches("data:image/png;base64,").count(), 5);

    // Nobody stored this one.
    place.picture("stranger.png", place.photos.rows(&[22]).unwrap());
    let said = place.says(&["recall", "stranger.png"], 1);
    assert!(said.contains("none of the stored photos"), "{said}");
    assert_eq!(
        place.says(&["recall", "stranger.png", "--quiet"], 1),
        "none\n"
    );

    let said = place.says(&["recall", "torn.png", "--json", "--top", "1"], 0);
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    let best = found[0]["candidates"][0]["name"].as_str().unwrap();
    assert!(Path::new(best).ends_with("photos/older/13.png"), "{best}");
    assert_eq!(found[0]["recognised"], true);
}

#[test]
fn what_is_forgotten_is_gone_and_the_file_stays() {
    let place = Place::new();
    place.says(&["add", "photos", "--memory", "m.attr"], 0);
    let said = place.says(&["forget", "photos/older", "3", "--memory", "m.attr"], 0);
    assert!(said.contains("11 forgotten, 9 left"), "{said}");
    assert!(place.path("photos/older/13.png").exists());
    let said = place.says(&["list", "--memory", "m.attr"], 0);
    assert_eq!(said.lines().count(), 9);
    assert!(!said.contains("older"), "{said}");
    let said = place.says(&["forget", "3", "--memory", "m.attr"], 2);
    assert!(said.contains("nothing stored has this id"), "{said}");
    // Added again, it has an id of its own.
    place.says(&["add", "photos", "--memory", "m.attr"], 0);
    let said = place.says(&["info", "--memory", "m.attr", "--json"], 0);
    assert!(said.contains("\"photos\": 20"), "{said}");
    let said = place.says(&["export", "--to", "out", "0", "--memory", "m.attr"], 0);
    assert!(said.contains("1 photos in out"), "{said}");
    assert!(place.path("out/0.png").exists());
}

#[test]
fn damaged_files_are_left_out_by_name_and_errors_are_sentences() {
    let place = Place::new();
    std::fs::write(place.path("photos/bad.jpg"), b"\xff\xd8\xff\xe0 cut").unwrap();
    let said = place.says(&["add", "photos"], 0);
    assert!(
        said.contains("20 added") && said.contains("1 left out"),
        "{said}"
    );
    assert!(
        said.contains("left out: ") && said.contains("bad.jpg"),
        "{said}"
    );

    let said = place.says(&["recall", "photos/bad.jpg"], 2);
    assert!(said.starts_with("error: photos/bad.jpg"), "{said}");
    let said = place.says(&["recall", "x.png", "--memory", "other.attr"], 2);
    assert!(
        said.contains("other.attr: there is no such memory"),
        "{said}"
    );
    std::fs::write(place.path("empty.attr"), b"").unwrap();
    let said = place.says(&["list", "--memory", "empty.attr"], 2);
    assert!(said.contains("empty.attr"), "{said}");
    std::fs::create_dir(place.path("nothing")).unwrap();
    let said = place.says(&["add", "nothing", "--memory", "new.attr"], 2);
    assert!(said.contains("found none"), "{said}");
    assert!(!place.path("new.attr").exists());
}

#[test]
fn the_same_picture_twice_is_counted() {
    let place = Place::new();
    std::fs::copy(
        place.path("photos/04.png"),
        place.path("photos/older/copy.png"),
    )
    .unwrap();
    let said = place.says(&["add", "photos"], 0);
    assert!(said.contains("21 added"), "{said}");
    assert!(
        said.contains("nearly the same: ") && said.contains("copy.png"),
        "{said}"
    );
}

/// A photo of the place as a JPEG, lying on its side, with an EXIF orientation that turns it upright.
fn turned(place: &Place, index: usize) -> Vec<u8> {
    let planes = place.photos.rows(&[index]).unwrap();
    let upright = RgbImage::from_fn(SIDE as u32, SIDE as u32, |x, y| {
        let at = y as usize * SIDE + x as usize;
        image::Rgb(std::array::from_fn(|c| {
            (planes[c * SIDE * SIDE + at] * 255.0) as u8
        }))
    });
    // Orientation 6: to be turned clockwise by a quarter.
    let lying = image::imageops::rotate270(&upright);
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder
        .set_exif_metadata(std::mem::take(&mut exif))
        .unwrap();
    let side = SIDE as u32;
    encoder
        .write_image(lying.as_raw(), side, side, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

#[test]
fn content_counts_not_names_and_photos_are_turned_upright() {
    let place = Place::new();
    place.says(&["add", "photos"], 0);
    // The same photo from a camera that was held upright: a JPEG on its side, called a PNG.
    std::fs::write(place.path("camera.png"), turned(&place, 13)).unwrap();
    let said = place.says(&["recall", "camera.png", "--quiet"], 0);
    assert!(said.trim_end().ends_with("older/13.png"), "{said}");
    // Stray bytes between the segments of a JPEG, and after it, as some programs leave.
    let mut bytes = turned(&place, 12);
    bytes.insert(4 + usize::from(u16::from_be_bytes([bytes[4], bytes[5]])), 0);
    bytes.extend([0; 512]);
    std::fs::write(place.path("padded.JPG"), &bytes).unwrap();
    let said = place.says(&["recall", "padded.JPG", "--quiet"], 0);
    assert!(said.trim_end().ends_with("older/12.png"), "{said}");
    // Cut off, or no picture at all: left out by name, whatever they are called.
    bytes.truncate(bytes.len() - 700);
    std::fs::create_dir(place.path("more")).unwrap();
    std::fs::write(place.path("more/cut.jpeg"), &bytes).unwrap();
    std::fs::write(place.path("more/text.png"), "words").unwrap();
    std::fs::write(place.path("more/empty.webp"), "").unwrap();
    let said = place.says(&["add", "more", "--json"], 0);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["added"], 0);
    assert_eq!(said["damaged"].as_array().unwrap().len(), 3, "{said}");
}

#[test]
fn what_tells_strangers_is_kept_with_the_memory() {
    use attractor::prelude::*;

    let place = Place::new();
    place.says(&["add", "photos", "--memory", "m.attr"], 0);
    let device = Backend::Flex.open().unwrap();
    let open = || SelfCalibratingMemory::load(&place.path("m.attr"), &device).unwrap();
    let kept =
        |memory: &SelfCalibratingMemory| memory.section().unwrap().section("calibration").is_ok();
    assert!(kept(&open()));
    place.says(&["forget", "3", "--memory", "m.attr"], 0);
    let after = open();
    assert!(kept(&after));
    // That of what is left.
    let mut fresh = open();
    let values = fresh.stored_states().unwrap();
    fresh.remove(0).unwrap();
    assert!(!kept(&fresh));
    assert_eq!(values.dims()[0], 19);
}

#[test]
fn two_writers_do_not_undo_one_another() {
    let place = Place::new();
    let lock = std::fs::File::create(place.path("memory.attr.lock")).unwrap();
    lock.try_lock().unwrap();
    let said = place.says(&["add", "photos"], 2);
    assert!(
        said.contains("another `attractor` is changing this memory"),
        "{said}"
    );
    drop(lock);
    place.says(&["add", "photos"], 0);
    assert!(!place.path("memory.attr.lock").exists());
}
