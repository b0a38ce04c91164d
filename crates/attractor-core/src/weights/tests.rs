use super::*;

#[test]
fn round_trip_and_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let mut weights = Weights::new();
    weights.insert("a", &[2, 2], vec![1.0, 2.0, 3.0, 4.0]);
    weights.set_metadata("spec", "x");
    weights.write(&path).unwrap();
    let back = Weights::read(&path).unwrap();
    assert_eq!(back.values("a").unwrap(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(back.metadata("spec"), Some("x"));
    let device = Device::default();
    let message = back.tensor("a", [4], &device).unwrap_err().to_string();
    assert!(
        message.contains("expected shape [4], found [2, 2]"),
        "{message}"
    );
    let message = back.tensor("b", [4], &device).unwrap_err().to_string();
    assert!(
        message.contains("expected a tensor `b`, found only: a"),
        "{message}"
    );

    // Truncation and garbage are errors, never a panic.
    let bytes = std::fs::read(&path).unwrap();
    for cut in 0..bytes.len() {
        assert!(Weights::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    std::fs::write(&path, b"\xff\xff\xff\xff\xff\xff\xff\xffgarbage").unwrap();
    let message = Weights::read(&path).unwrap_err().to_string();
    assert!(
        message.contains("w.safetensors: expected a safetensors file"),
        "{message}"
    );
}

/// A safetensors file of one tensor `x` and of an integer `count`.
fn file(dtype: &str, bytes: &[u8], entries: usize) -> Weights {
    let (at, end) = (bytes.len(), bytes.len() + 8);
    let header = format!(
        r#"{{"x":{{"dtype":"{dtype}","shape":[{entries}],"data_offsets":[0,{at}]}},"count":{{"dtype":"I64","shape":[],"data_offsets":[{at},{end}]}}}}"#
    );
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(bytes);
    file.extend(7u64.to_le_bytes());
    Weights::from_bytes(&file).unwrap()
}

#[test]
fn every_floating_point_type_is_read_as_numbers() {
    let numbers = [1.5f32, -0.25, 3.0];
    let doubles: Vec<u8> = numbers
        .iter()
        .flat_map(|&x| f64::from(x).to_le_bytes())
        .collect();
    let singles: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    // The upper half of single precision, and the IEEE half precision, of these numbers.
    let brief: Vec<u8> = singles.chunks_exact(4).flat_map(|x| [x[2], x[3]]).collect();
    let half = [0x00, 0x3e, 0x00, 0xb4, 0x00, 0x42];
    for (dtype, bytes) in [
        ("F32", singles.as_slice()),
        ("F64", &doubles),
        ("BF16", &brief),
        ("F16", &half),
    ] {
        let weights = file(dtype, bytes, 3);
        assert_eq!(weights.values("x").unwrap(), numbers, "{dtype}");
        let expected = numbers.map(f64::from);
        assert_eq!(weights.doubles("x", &[3]).unwrap(), expected, "{dtype}");
        assert!(weights.names().eq(["x"]));
    }
}

#[test]
fn what_is_no_finite_number_is_an_error_that_names_the_tensor() {
    let message = |weights: &Weights| {
        let device = Device::default();
        let message = weights.values("x").unwrap_err().to_string();
        let tensor = weights.tensor("x", [2], &device).unwrap_err();
        assert_eq!(tensor.to_string(), message);
        message
    };
    let double = |second: f64| {
        let bytes = [1.0f64, second].map(f64::to_le_bytes);
        file("F64", bytes.as_flattened(), 2)
    };
    for (weights, expected) in [
        (
            double(f64::NAN),
            "`x`: expected finite numbers, found NaN at index 1",
        ),
        (
            double(-f64::INFINITY),
            "`x`: expected finite numbers, found -inf at index 1",
        ),
        (
            double(1e300),
            "`x`: expected numbers that F32 holds, found 1e300 at index 1",
        ),
        (
            file("F16", &[0x00, 0x3c, 0x00, 0x7c], 2),
            "`x`: expected finite numbers, found inf at index 1",
        ),
        (
            file("BF16", &[0xc0, 0x7f, 0x00, 0x00], 2),
            "`x`: expected finite numbers, found NaN at index 0",
        ),
        (
            file("I32", &[0; 8], 2),
            "`x`: expected F32, F16, BF16 or F64, found I32",
        ),
        (
            file("BOOL", &[0; 2], 2),
            "`x`: expected F32, F16, BF16 or F64, found BOOL",
        ),
    ] {
        assert_eq!(message(&weights), format!("<memory>: {expected}"));
    }
    // In double precision the large one is a number like others.
    assert_eq!(double(1e300).doubles("x", &[2]).unwrap(), [1.0, 1e300]);
    let mut own = Weights::new();
    own.insert("x", &[2], vec![f32::INFINITY, 0.0]);
    assert!(message(&own).ends_with("found inf at index 0"));
    let weights = double(1.0);
    assert!(weights.contains("count"));
    let message = weights.shape("count").unwrap_err().to_string();
    assert!(message.ends_with("`count`: expected F32, F16, BF16 or F64, found I64"));
}

/// What programs computed is read as it is: whole numbers, truth values, NaN.
#[test]
fn numbers_of_any_kind_are_read_as_they_are() {
    let of = |dtype, bytes: &[u8], entries| {
        let weights = file(dtype, bytes, entries);
        assert!(weights.all_names().eq(["count", "x"]));
        let (shape, numbers) = weights.numbers("x").unwrap();
        assert_eq!(shape, [entries]);
        numbers
    };
    assert_eq!(of("I32", &[7, 0, 0, 0, 254, 255, 255, 255], 2), [7.0, -2.0]);
    assert_eq!(of("U8", &[0, 255], 2), [0.0, 255.0]);
    assert_eq!(of("BOOL", &[1, 0], 2), [1.0, 0.0]);
    assert_eq!(of("I64", &[255; 8], 1), [-1.0]);
    let odd = of(
        "F64",
        &[f64::NAN.to_le_bytes(), f64::INFINITY.to_le_bytes()].concat(),
        2,
    );
    assert!(odd[0].is_nan() && odd[1] == f64::INFINITY);
    let message = file("C64", &[0; 8], 1).numbers("x").unwrap_err();
    assert!(
        message
            .to_string()
            .ends_with("`x`: expected numbers, found C64")
    );
}

#[test]
fn everything_that_is_missing_is_named() {
    let mut weights = Weights::new();
    for name in ["a", "b", "typo"] {
        weights.insert(name, &[1], vec![0.0]);
    }
    weights.require(["a", "b"]).unwrap();
    let message = |names: &[&str]| {
        let error = weights.require(names.iter().copied()).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        message(&["a", "b", "type"]),
        "<memory>: expected a tensor `type`, which is missing; not asked for: `typo`"
    );
    assert_eq!(
        message(&["a", "c", "b", "typo", "d"]),
        "<memory>: expected tensors `c`, `d`, which are missing"
    );
}

#[test]
fn double_precision_comes_back_bit_by_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let mut weights = Weights::new();
    weights.insert_doubles("x", &[2, 1], vec![0.1, -1e-300]);
    weights.write(&path).unwrap();
    let back = Weights::read(&path).unwrap();
    assert_eq!(back.doubles("x", &[2, 1]).unwrap(), [0.1, -1e-300]);
    let pairs = [("x".to_owned(), "y".to_owned())];
    let renamed = back.renamed(&pairs).unwrap();
    assert_eq!(renamed.doubles("y", &[2, 1]).unwrap(), [0.1, -1e-300]);
    assert_eq!(renamed.path, path);
}

/// Equal content is equal bytes, whatever the texts and the order of insertion; what reads it back is the library of
/// the format.
#[test]
fn files_are_equal_for_equal_content() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w");
    let texts = [
        ("a", "plain"),
        ("b \"q\"", "line\n\ttab \\ \u{1} \u{e9}\u{1f600}"),
        ("c", ""),
    ];
    let bytes = |forwards: bool| {
        let mut weights = Weights::new();
        let mut texts = texts.to_vec();
        if !forwards {
            texts.reverse();
        }
        for (key, text) in texts {
            weights.set_metadata(key, text);
        }
        weights.insert("single", &[3], vec![1.0, f32::MIN_POSITIVE, -0.0]);
        weights.insert_doubles("double", &[1, 2], vec![0.1, 2.0]);
        weights.insert_wholes("whole", &[], vec![u64::MAX]);
        weights.insert("none", &[0, 4], Vec::new());
        weights.write(&path).unwrap();
        let back = Weights::read(&path).unwrap();
        assert_eq!(back.metadata, weights.metadata);
        assert_eq!(back.tensors, weights.tensors);
        std::fs::read(&path).unwrap()
    };
    let first = bytes(true);
    assert_eq!(first, bytes(false));
    let length = u64::from_le_bytes(first[..8].try_into().unwrap());
    assert_eq!(length % 8, 0);
}

/// Several who save under one name, and one who reads: always the whole file of one of them.
#[test]
fn savings_under_one_name_do_not_mix() {
    use std::sync::atomic::{AtomicBool, Ordering};
    const WRITERS: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.safetensors");
    let of = |writer: usize| {
        let mut weights = Weights::new();
        let count = 3_000 * (writer + 1);
        weights.insert("numbers", &[count], vec![writer as f32; count]);
        weights
    };
    of(0).write(&path).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                let found = Weights::read(&path).unwrap();
                let values = found.values("numbers").unwrap();
                assert_eq!(values.len(), 3_000 * (values[0] as usize + 1));
                assert!(values.iter().all(|value| *value == values[0]));
                reads += 1;
            }
            reads
        });
        let (of, path) = (&of, &path);
        let write = |writer| scope.spawn(move || (0..60).try_for_each(|_| of(writer).write(path)));
        let writers: Vec<_> = (0..WRITERS).map(write).collect();
        let written: Vec<_> = writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect();
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
        for outcome in written {
            outcome.unwrap();
        }
    });
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1);
}

/// A file could name sections within sections until whoever loads them has no stack left.
#[test]
fn sections_have_a_deepest_level() {
    let mut file = Weights::new();
    file.set_metadata(format!("{}kind", "memory/".repeat(40)), "encoded");
    let (mut section, mut depth) = (file.section("memory").unwrap(), 1);
    let error = loop {
        match section.section("memory") {
            Ok(inner) => (section, depth) = (inner, depth + 1),
            Err(error) => break error,
        }
    };
    assert_eq!(depth, 16);
    let said = error.to_string();
    assert!(said.contains("expected at most 16 sections"), "{said}");
}

#[test]
fn arrays_that_a_file_cannot_hold_are_refused() {
    let mut file = Weights::new();
    file.insert("a", &[2, 3], vec![0.0; 6]);
    file.insert_wholes("b", &[4], vec![1; 4]);
    file.require_room("counters", &[5, 2]).unwrap();
    for sides in [&[11][..], &[1 << 40, 1 << 40], &[usize::MAX, 2]] {
        assert!(file.require_room("counters", sides).is_err(), "{sides:?}");
    }
    let error = file
        .require_room("counters", &[3, 4])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("expected counters among the 10 numbers of the file"),
        "{error}"
    );
}
