use super::*;

fn set() -> ImageSet {
    let pixels = (0..24).collect();
    let classes = vec!["a".into(), "b".into()];
    ImageSet::new(
        "t",
        ImageShape::new(1, 2, 3),
        pixels,
        vec![0, 1, 0, 1],
        classes,
    )
    .unwrap()
}

#[test]
fn rows_are_scaled_and_ordered() {
    let rows = set().rows(&[3, 0]).unwrap();
    assert_eq!(rows.len(), 12);
    assert_eq!(rows[0], 18.0 / 255.0);
    assert_eq!(rows[6..9], [0.0, 1.0 / 255.0, 2.0 / 255.0]);
}

#[test]
fn tensor_has_one_row_per_image() {
    let tensor = set().tensor(&[1, 2], &Device::flex()).unwrap();
    assert_eq!(tensor.dims(), [2, 6]);
    let values = tensor.into_data().try_into_vec::<f32>().unwrap();
    assert_eq!(values, set().rows(&[1, 2]).unwrap());
}

#[test]
fn bad_indices_are_errors() {
    let set = set();
    let message = set.rows(&[4]).unwrap_err().to_string();
    assert_eq!(message, "image index: expected an index below 4, found 4");
    assert!(set.rows(&[usize::MAX]).is_err());
    assert!(set.subset(2..5).is_err());
    assert!(set.subset(0..usize::MAX).is_err());
}

#[test]
fn subset_keeps_labels_and_changes_the_fingerprint() {
    let set = set();
    let half = set.subset(1..3).unwrap();
    assert_eq!(half.labels, [1, 0]);
    assert_eq!(half.pixels(), &set.pixels()[6..18]);
    assert_ne!(half.fingerprint, set.fingerprint);
    assert_eq!(set.subset(0..4).unwrap(), set);
    assert!(set.subset(2..2).unwrap().is_empty());
}

#[test]
fn fingerprint_covers_the_shape() {
    let wide = ImageSet::new(
        "t",
        ImageShape::new(1, 3, 2),
        (0..24).collect(),
        vec![0; 4],
        vec!["a".into()],
    );
    assert_ne!(wide.unwrap().fingerprint, set().fingerprint);
    assert_eq!(set().fingerprint.len(), 64);
}

#[test]
fn inconsistent_parts_are_refused() {
    let build = |pixels, labels: Vec<u32>| {
        ImageSet::new(
            "t",
            ImageShape::new(1, 2, 3),
            vec![0; pixels],
            labels,
            vec!["a".into()],
        )
    };
    assert!(
        build(13, vec![0, 0])
            .unwrap_err()
            .to_string()
            .contains("[n, 6]")
    );
    assert!(
        build(12, vec![0])
            .unwrap_err()
            .to_string()
            .contains("expected 2 rows, found 1")
    );
    assert!(
        build(12, vec![0, 1])
            .unwrap_err()
            .to_string()
            .contains("below 1, found 1")
    );
    let empty = ImageSet::new("t", ImageShape::new(1, 0, 3), vec![], vec![], vec![]);
    assert!(empty.unwrap_err().to_string().contains("1x0x3"));
}

#[test]
fn shuffled_order_is_a_seeded_permutation() {
    let set = set();
    let mut order = set.shuffled_order(5);
    assert_eq!(order, set.shuffled_order(5));
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2, 3]);
}
