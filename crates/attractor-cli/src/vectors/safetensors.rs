//! One tensor of a safetensors file: `[n, d]`, or `[d]`.

use std::path::Path;

use attractor::core::weights::Weights;

use super::builder::of_shape;
use super::{Description, Problem, Table};

pub(super) fn read(path: &Path, given: &Description) -> Result<Table, Problem> {
    let whole = std::fs::read(path).map_err(Problem::io(path))?;
    let file = Weights::from_bytes(&whole)
        .map_err(|reason| Problem::format(path, "a safetensors file", reason))?;
    let names: Vec<&str> = file.all_names().collect();
    let name = match (&given.column, &names[..]) {
        (Some(name), _) if names.contains(&name.as_str()) => name.as_str(),
        (None, [only]) => only,
        (None, []) => return Err(Problem::Empty { path: path.into() }),
        (wanted, _) => {
            let expected = match wanted {
                Some(name) => format!("a tensor `{name}`"),
                None => "one tensor, or `--column` with the name of one".into(),
            };
            return Err(Problem::format(path, expected, names.join(", ")));
        }
    };
    let (shape, numbers) = file.numbers(name).map_err(|error| {
        Problem::format(path, format!("numbers in `{name}`"), error.to_string())
    })?;
    of_shape(path, shape, numbers)
}
