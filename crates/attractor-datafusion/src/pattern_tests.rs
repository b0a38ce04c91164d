use datafusion::arrow::array::{
    BinaryArray, BinaryViewArray, FixedSizeBinaryArray, FixedSizeListArray, LargeBinaryArray,
    LargeListArray, ListArray,
};

use super::*;

const ROWS: [[f32; 3]; 3] = [[1.0, -2.5, 0.0], [0.1, 3.0, -7.0], [8.0, 0.5, 0.25]];

fn reader(format: Option<Format>) -> Reader {
    Reader {
        function: "f",
        dim: 3,
        format,
    }
}

fn bytes(row: &[f32], format: Format) -> Vec<u8> {
    let word = |&value: &f32| match format {
        Format::F32 => value.to_le_bytes().to_vec(),
        Format::F16 => f16::from_f32(value).to_le_bytes().to_vec(),
        Format::Bf16 => bf16::from_f32(value).to_le_bytes().to_vec(),
    };
    row.iter().flat_map(word).collect()
}

/// The three rows with NULL in the middle, in every type of column that holds patterns.
fn columns(format: Format) -> Vec<ArrayRef> {
    let rows: Vec<Option<Vec<u8>>> = ROWS
        .iter()
        .enumerate()
        .map(|(at, row)| (at != 1).then(|| bytes(row, format)))
        .collect();
    let slices = || rows.iter().map(|row| row.as_deref());
    let width = 3 * format.bytes() as i32;
    vec![
        Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(slices(), width).unwrap()),
        Arc::new(BinaryArray::from_iter(slices())),
        Arc::new(LargeBinaryArray::from_iter(slices())),
        Arc::new(BinaryViewArray::from_iter(slices())),
    ]
}

fn lists() -> Vec<ArrayRef> {
    let rows = ROWS.iter().enumerate();
    let rows = rows.map(|(at, row)| (at != 1).then(|| row.map(Some).to_vec()));
    let rows: Vec<_> = rows.collect();
    vec![
        Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(
            rows.clone(),
        )),
        Arc::new(LargeListArray::from_iter_primitive::<Float32Type, _, _>(
            rows.clone(),
        )),
        Arc::new(FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(rows, 3)),
    ]
}

#[test]
fn every_type_of_column_gives_the_same_rows() {
    let expected = Patterns {
        values: [ROWS[0], ROWS[2]].concat(),
        rows: vec![0, 2],
    };
    for column in columns(Format::F32).into_iter().chain(lists()) {
        reader(None).check(column.data_type()).unwrap();
        assert_eq!(
            reader(None).read(&column).unwrap(),
            expected,
            "{}",
            column.data_type()
        );
        // A part of a column, as engines cut them.
        let part = reader(None).read(&column.slice(1, 2)).unwrap();
        assert_eq!((part.values, part.rows), (ROWS[2].to_vec(), vec![1]));
    }
    for column in columns(Format::F32) {
        assert_eq!(reader(Some(Format::F32)).read(&column).unwrap(), expected);
    }
}

#[test]
fn halves_are_read_as_they_were_rounded() {
    for format in [Format::F16, Format::Bf16] {
        let rounded = |value: f32| match format {
            Format::F16 => f16::from_f32(value).to_f32(),
            _ => bf16::from_f32(value).to_f32(),
        };
        let expected: Vec<f32> = [ROWS[0], ROWS[2]]
            .concat()
            .into_iter()
            .map(rounded)
            .collect();
        for column in columns(format) {
            let patterns = reader(Some(format)).read(&column).unwrap();
            assert_eq!(patterns.values, expected, "{}", column.data_type());
            // Two bytes an entry and no word about it: never guessed.
            let error = reader(None).read(&column).unwrap_err().to_string();
            assert!(error.contains("'f16' or 'bf16'"), "{error}");
        }
    }
}

#[test]
fn what_cannot_be_as_wide_as_the_cue_is_known_before_it_is_read() {
    let list = |item| DataType::FixedSizeList(Arc::new(Field::new_list_field(item, true)), 4);
    for (column, format, expected) in [
        (
            DataType::FixedSizeBinary(16),
            None,
            "f: pattern: expected 12 bytes, four for each of the cue's 3 entries, found 16 bytes",
        ),
        (
            DataType::FixedSizeBinary(6),
            None,
            "f: pattern: expected a format, 'f16' or 'bf16', as the last argument, found 6 bytes for 3 entries and no \
             format",
        ),
        (
            DataType::FixedSizeBinary(12),
            Some(Format::F16),
            "f: pattern: expected 6 bytes, as many as the cue's 3 entries have, found 12 bytes",
        ),
        (
            list(DataType::Float32),
            None,
            "f: pattern: expected 3 entries, as many as the cue has, found 4",
        ),
        (
            DataType::Int64,
            None,
            "f: pattern: expected a column of bytes, or of lists of floats or of integers of at most 16 bits, found \
             Int64",
        ),
        (
            DataType::List(Arc::new(Field::new_list_field(DataType::Float32, true))),
            Some(Format::F32),
            "f: format: expected none, since the pattern's type says what its entries are, found one",
        ),
    ] {
        let error = reader(format).check(&column).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_row_that_is_no_pattern_is_named() {
    let rows: Vec<Option<&[u8]>> = vec![Some(&[0; 12]), Some(&[0; 11])];
    let column: ArrayRef = Arc::new(BinaryArray::from_iter(rows));
    assert_eq!(
        reader(None).read(&column).unwrap_err().to_string(),
        "f: pattern in row 1 of a batch: expected 12 bytes, four for each of the cue's 3 entries, found 11 bytes"
    );
    let ragged = vec![Some(vec![Some(1.0); 3]), Some(vec![Some(1.0); 2])];
    let column: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(ragged));
    assert_eq!(
        reader(None).read(&column).unwrap_err().to_string(),
        "f: pattern in row 1 of a batch: expected 3 entries, as many as the cue has, found 2"
    );
    let holes = vec![Some(vec![Some(1.0), None, Some(2.0)])];
    let column: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(holes));
    assert_eq!(
        reader(None).read(&column).unwrap_err().to_string(),
        "f: pattern in row 0 of a batch: expected numbers, found NULL at entry 1"
    );
}
