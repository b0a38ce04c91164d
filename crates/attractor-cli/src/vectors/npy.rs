//! NumPy's `.npy`: little-endian `f4` and `f8` in C order. The format is described in NumPy's documentation,
//! `numpy.lib.format`: a magic string, a version, the length of a header, the header (a Python dictionary), the numbers.

use std::path::Path;

use super::builder::of_shape;
use super::{Problem, Table};

const MAGIC: &[u8] = b"\x93NUMPY";
/// The keys that a header has.
const KEYS: [&str; 3] = ["descr", "fortran_order", "shape"];

pub(super) fn read(path: &Path) -> Result<Table, Problem> {
    let bytes = std::fs::read(path).map_err(Problem::io(path))?;
    let wrong = |found: &str| Problem::format(path, "a NumPy file (.npy)", found);
    let rest = bytes.strip_prefix(MAGIC);
    let rest = rest.ok_or_else(|| wrong("another beginning"))?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => {
            let length = u32::from_le_bytes([*a, *b, *c, *d]);
            (length as usize, rest)
        }
        [version, ..] => return Err(wrong(&format!("version {version}, newer than 3"))),
        [] => return Err(wrong("its beginning alone")),
    };
    let (header, data) = rest
        .split_at_checked(length)
        .ok_or_else(|| wrong("a header that is cut off"))?;
    let header = std::str::from_utf8(header).ok();
    let header = header.and_then(Header::parse);
    let header = header.ok_or_else(|| wrong("a header that names no type, order and shape"))?;
    let width = match header.descr.as_str() {
        "<f4" => 4,
        "<f8" => 8,
        other => {
            let expected = "numbers of type <f4 or <f8 (`array.astype('float32')` makes them)";
            return Err(Problem::format(path, expected, other));
        }
    };
    let Header { fortran, shape, .. } = header;
    if fortran && shape.len() > 1 {
        let expected = "C order (`numpy.ascontiguousarray` makes it)";
        return Err(Problem::format(path, expected, "Fortran order"));
    }
    let numbers = shape
        .iter()
        .try_fold(width, |n: usize, &side| n.checked_mul(side));
    if numbers != Some(data.len()) {
        let expected = format!("the numbers of shape {shape:?}, {width} bytes each");
        let found = format!("{} bytes", data.len());
        return Err(Problem::format(path, expected, found));
    }
    match width {
        4 => {
            let (numbers, _) = data.as_chunks::<4>();
            let numbers = numbers.iter().map(|four| f32::from_le_bytes(*four).into());
            of_shape(path, &shape, numbers)
        }
        _ => {
            let (numbers, _) = data.as_chunks::<8>();
            let numbers = numbers.iter().map(|eight| f64::from_le_bytes(*eight));
            of_shape(path, &shape, numbers)
        }
    }
}

/// What a header says.
struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Of a dictionary such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`.
    fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
        // Where each key is; its value lasts until the next key.
        let mut places = KEYS.map(|key| {
            let quoted = [format!("'{key}':"), format!("\"{key}\":")];
            let mut found = quoted.iter().filter_map(|quoted| {
                let at = inner.find(quoted.as_str())?;
                Some((at, at + quoted.len(), key))
            });
            found.next()
        });
        places.sort();
        let mut values = [""; 3];
        for (at, place) in places.iter().enumerate() {
            let (_, begin, key) = (*place)?;
            let end = match places.get(at + 1) {
                Some(next) => (*next)?.0,
                None => inner.len(),
            };
            let slot = KEYS.iter().position(|known| *known == key)?;
            values[slot] = inner[begin..end].trim().trim_end_matches(',').trim();
        }
        let [descr, fortran, shape] = values;
        let descr = descr.trim_matches(['\'', '"']);
        let shape = shape.strip_prefix('(')?.strip_suffix(')')?;
        let sides = shape
            .split(',')
            .map(str::trim)
            .filter(|side| !side.is_empty());
        Some(Self {
            descr: descr.to_owned(),
            fortran: match fortran {
                "True" => true,
                "False" => false,
                _ => return None,
            },
            shape: sides.map(|side| side.parse().ok()).collect::<Option<_>>()?,
        })
    }
}

/// The bytes of a file of vectors `[n, dim]` in single precision.
pub(crate) fn write(values: &[f32], dim: usize) -> Vec<u8> {
    let rows = values.len() / dim;
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}");
    // Numbers begin at a multiple of 64; magic, version and length are ten bytes, the header ends with a line break.
    while !(header.len() + 11).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes()].concat();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}
