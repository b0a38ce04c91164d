//! What files of vectors give, and what is refused.

use std::path::PathBuf;

use proptest::prelude::*;

use super::{Description, Table, read, write_npy};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, name: &str, bytes: impl AsRef<[u8]>) -> Table {
        read(&self.file(name, bytes), &Description::default()).unwrap()
    }

    fn refused(&self, name: &str, bytes: impl AsRef<[u8]>, given: &Description) -> String {
        let message = read(&self.file(name, bytes), given)
            .unwrap_err()
            .to_string();
        assert!(message.contains(name), "{message}");
        message
    }
}

/// A file of NumPy with that header.
fn npy(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let length = header.len() as u32;
    let length = &length.to_le_bytes()[..if version == 1 { 2 } else { 4 }];
    [
        &b"\x93NUMPY"[..],
        &[version, 0],
        length,
        header.as_bytes(),
        data,
    ]
    .concat()
}

fn doubles(values: &[f64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

#[test]
fn numpy_gives_what_was_written() {
    let folder = Folder::new();
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }   \n";
    let six = doubles(&[1.0, 2.0, 3.0, 4.0, 5.0, -0.5]);
    for version in [1, 2, 3] {
        let table = folder.read("a.npy", npy(version, header, &six));
        assert_eq!((table.dim, table.len()), (3, 2));
        assert_eq!(table.values, [1.0, 2.0, 3.0, 4.0, 5.0, -0.5]);
    }
    // One vector; keys in another order.
    let one = "{\"shape\": (6,), \"fortran_order\": False, \"descr\": \"<f8\"}";
    let table = folder.read("b.npy", npy(1, one, &six));
    assert_eq!((table.dim, table.len()), (6, 1));
}

#[test]
fn numpy_that_is_something_else_is_refused() {
    let folder = Folder::new();
    let given = Description::default();
    let of = |descr: &str, order: &str, shape: &str| {
        format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}")
    };
    let six = doubles(&[1.0; 6]);
    let cases = [
        (of(">f8", "False", "(2, 3)"), "<f4 or <f8"),
        (of("<i8", "False", "(2, 3)"), "<f4 or <f8"),
        (of("<f8", "True", "(2, 3)"), "Fortran order"),
        (of("<f8", "False", "(2, 4)"), "48 bytes"),
        (
            of(
                "<f8",
                "False",
                "(18446744073709551615, 18446744073709551615)",
            ),
            "48 bytes",
        ),
        (of("<f8", "False", "(2, 3, 1)"), "shape [2, 3, 1]"),
        (of("<f8", "False", "(2, x)"), "names no type"),
        ("{}".into(), "names no type"),
    ];
    for (header, expected) in cases {
        let message = folder.refused("x.npy", npy(1, &header, &six), &given);
        assert!(message.contains(expected), "{header}: {message}");
    }
    let none = npy(1, &of("<f8", "False", "(0, 3)"), &[]);
    assert!(folder.refused("x.npy", none, &given).contains("found none"));
    let wide = npy(1, &of("<f8", "False", "(3, 0)"), &[]);
    assert!(folder.refused("x.npy", wide, &given).contains("found none"));
    for bytes in [
        &b""[..],
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff{}",
        b"\x93NUMPY\x09\x00",
    ] {
        let message = folder.refused("x.npy", bytes, &given);
        assert!(message.contains("NumPy"), "{message}");
    }
    let header = of("<f8", "False", "(2, 2)");
    for bad in [f64::NAN, f64::INFINITY, 1e300] {
        let message = folder.refused(
            "x.npy",
            npy(1, &header, &doubles(&[1.0, 2.0, 3.0, bad])),
            &given,
        );
        assert!(message.contains("vector 1, entry 1"), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn numpy_of_ours_is_read_again(dim in 1usize..9, rows in 1usize..9, seed in any::<u32>()) {
        let value = |at: usize| (seed.wrapping_mul(at as u32 + 1) % 1000) as f32 / 7.0 - 50.0;
        let values: Vec<f32> = (0..dim * rows).map(value).collect();
        let bytes = write_npy(&values, dim);
        prop_assert_eq!((bytes.len() - 4 * values.len()) % 64, 0);
        let table = Folder::new().read("a.npy", bytes);
        prop_assert_eq!((table.dim, table.values), (dim, values));
    }

    #[test]
    fn no_bytes_panic(name in prop::sample::select(super::SUFFIXES.to_vec()), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = Folder::new();
        let mut whole = bytes.clone();
        if name == ".npy" {
            whole.splice(0..0, *b"\x93NUMPY\x01\x00");
        }
        let _ = read(&folder.file(&format!("a{name}"), &bytes), &Description::default());
        let _ = read(&folder.file(&format!("b{name}"), &whole), &Description::default());
    }
}

#[test]
fn lines_of_values() {
    let folder = Folder::new();
    let table = folder.read("a.csv", "1,2\n3,4.5\n");
    assert_eq!(
        (table.dim, &table.values[..]),
        (2, &[1.0, 2.0, 3.0, 4.5][..])
    );
    assert_eq!((&table.labels, &table.ids), (&None, &None));
    // Names say which column is which, in any order, behind a mark of byte order.
    let table = folder.read(
        "a.csv",
        "\u{feff}x,label,y,id\n1,\"one, two\",2,7\n3,b,4,9\n",
    );
    assert_eq!(table.values, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(table.labels.unwrap(), ["one, two", "b"]);
    assert_eq!(table.ids.unwrap(), [7, 9]);
    let table = folder.read("a.tsv", "x\ty\n1\t2\n");
    assert_eq!(table.values, [1.0, 2.0]);
    // Columns by their numbers.
    let given = Description {
        label_column: Some("2".into()),
        header: Some(false),
        ..Description::default()
    };
    let path = folder.file("b.csv", "1,a,0\n2,b,0\n");
    let table = read(&path, &given).unwrap();
    assert_eq!(
        (table.dim, table.labels.unwrap()),
        (2, vec!["a".to_owned(), "b".into()])
    );
}

#[test]
fn lines_that_leave_something_open_are_refused() {
    let folder = Folder::new();
    let given = Description::default();
    let cases = [
        ("", "found none"),
        ("x,y\n", "found none"),
        ("1,2\n3\n", "1 in vector 1"),
        ("x,y\n1,two\n", "`two` in column 2 of vector 0"),
        ("x,y\n1,nan\n", "found NaN in vector 0, entry 1"),
        ("0,1,2\n5,6,7\n", "--header"),
        (",x,y\n0,1,2\n", "--id-column 1"),
        ("id,x\n-1,2\n", "an id, a whole number"),
    ];
    for (text, expected) in cases {
        let message = folder.refused("x.csv", text, &given);
        assert!(message.contains(expected), "{text:?}: {message}");
    }
    let given = Description {
        label_column: Some("name".into()),
        ..Description::default()
    };
    let message = folder.refused("x.csv", "x,y\n1,2\n", &given);
    assert!(
        message.contains("expected a column `name`, found x, y"),
        "{message}"
    );
}

#[test]
fn tensors_by_name() {
    use attractor::core::weights::Weights;

    let folder = Folder::new();
    let mut file = Weights::new();
    file.insert("embeddings", &[2, 2], vec![1.0, 2.0, 3.0, 4.0]);
    let path = folder.file("a.safetensors", "");
    file.write(&path).unwrap();
    assert_eq!(read(&path, &Description::default()).unwrap().len(), 2);
    file.insert("other", &[1, 2, 1], vec![1.0, 2.0]);
    file.write(&path).unwrap();
    let message = read(&path, &Description::default())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("--column") && message.contains("embeddings, other"),
        "{message}"
    );
    let named = |name: &str| Description {
        column: Some(name.into()),
        ..Description::default()
    };
    assert_eq!(read(&path, &named("embeddings")).unwrap().dim, 2);
    let message = read(&path, &named("other")).unwrap_err().to_string();
    assert!(message.contains("shape [1, 2, 1]"), "{message}");
    let message = read(&path, &named("none")).unwrap_err().to_string();
    assert!(message.contains("a tensor `none`"), "{message}");
}

#[test]
fn labels_and_ids_are_as_many_as_vectors() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "1,2\n3,5\n");
    let with = |labels: &str, ids: &str| Description {
        labels: Some(folder.file("names.txt", labels)),
        ids: Some(folder.file("ids.txt", ids)),
        ..Description::default()
    };
    let table = read(&path, &with("one\ntwo\n", "10\n20")).unwrap();
    assert_eq!(table.labels.unwrap(), ["one", "two"]);
    assert_eq!(table.ids.unwrap(), [10, 20]);
    let message = read(&path, &with("one\n", "1\n2\n"))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("names.txt: expected 2 labels"),
        "{message}"
    );
    let message = read(&path, &with("one\ntwo\n", "1\nx\n"))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("ids.txt") && message.contains("`x`"),
        "{message}"
    );
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_says_how_to_get_it() {
    let message = Folder::new().refused("x.parquet", "PAR1", &Description::default());
    assert!(message.contains("--features parquet"), "{message}");
}

/// Written by the crate that reads it: a column of lists and one of labels, and columns of numbers.
#[cfg(feature = "parquet")]
#[test]
fn parquet_gives_lists_and_columns() {
    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int64Type};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let folder = Folder::new();
    let path = folder.file("lists.parquet", "");
    let schema = "message vectors { required int64 id; required binary label (UTF8);
        required group v (LIST) { repeated group list { required float element; } } }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<Int64Type>()
        .write_batch(&[5, 6], None, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let labels = [ByteArray::from("a"), ByteArray::from("b")];
    column
        .typed::<ByteArrayType>()
        .write_batch(&labels, None, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let values = [1.0f32, 2.0, 3.0, 4.0];
    column
        .typed::<FloatType>()
        .write_batch(&values, Some(&[1, 1, 1, 1]), Some(&[0, 1, 0, 1]))
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let table = read(&path, &Description::default()).unwrap();
    assert_eq!((table.dim, &table.values[..]), (2, &values[..]));
    assert_eq!(table.labels.unwrap(), ["a", "b"]);
    assert_eq!(table.ids.unwrap(), [5, 6]);

    let path = folder.file("columns.parquet", "");
    let schema = "message vectors { required double x; required double y; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for values in [[1.0, 2.0], [3.0, f64::NAN]] {
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<DoubleType>()
            .write_batch(&values, None, None)
            .unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    let message = read(&path, &Description::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("vector 1, entry 1"), "{message}");
}
