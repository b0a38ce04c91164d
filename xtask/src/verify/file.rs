//! A golden file: arrays by name, and settings wherever the file states them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use attractor::core::burn::tensor::{Device, Tensor, TensorData};
use attractor::core::weights::Weights;
use attractor::core::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The arrays of one file, and which of them a check has looked at.
pub(super) struct File {
    weights: Weights,
    used: RefCell<BTreeSet<String>>,
}

/// A tensor whose name states numbers.
#[derive(Debug, PartialEq)]
pub(super) struct Named {
    pub(super) key: String,
    numbers: Vec<f64>,
}

impl Named {
    /// The number that stands for the `index`-th mark of the pattern.
    pub(super) fn number(&self, index: usize) -> f64 {
        self.numbers[index]
    }

    /// The same, where the mark is `#`.
    pub(super) fn count(&self, index: usize) -> usize {
        self.numbers[index] as usize
    }
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self> {
        Ok(Self::new(Weights::read(path)?))
    }

    fn new(weights: Weights) -> Self {
        Self {
            weights,
            used: RefCell::default(),
        }
    }

    /// All arrays, for what imports weights by their names.
    pub(super) fn weights(&self) -> &Weights {
        let mut used = self.used.borrow_mut();
        used.extend(self.weights.all_names().map(str::to_owned));
        &self.weights
    }

    /// Arrays below `prefix`, for the same.
    pub(super) fn weights_below(&self, prefix: &str) -> &Weights {
        let names = self.weights.all_names();
        let mut used = self.used.borrow_mut();
        used.extend(
            names
                .filter(|name| name.starts_with(prefix))
                .map(str::to_owned),
        );
        &self.weights
    }

    /// Marks arrays that nobody is to agree with, such as what published code gives where it errs.
    pub(super) fn pass_over(&self, is_wrong: impl Fn(&str) -> bool) {
        let names = self.weights.all_names();
        let wrong = names.filter(|name| is_wrong(name)).map(str::to_owned);
        self.used.borrow_mut().extend(wrong);
    }

    /// Names of what no check has looked at.
    pub(super) fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        let names = self.weights.all_names();
        let names = names.filter(|&name| !used.contains(name));
        names.map(str::to_owned).collect()
    }

    /// What is wrong with this file.
    pub(super) fn misfit(&self, reason: String) -> Error {
        Error::Weights {
            path: self.weights.path.clone(),
            reason,
        }
    }

    /// Names of all arrays.
    pub(super) fn all_names(&self) -> Vec<String> {
        self.weights.all_names().map(str::to_owned).collect()
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.weights.contains(key)
    }

    /// Whether an array holds floating-point numbers.
    pub(super) fn is_float(&self, key: &str) -> bool {
        self.weights.names().any(|name| name == key)
    }

    /// Metadata by key.
    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.weights.metadata(key)
    }

    pub(super) fn shape(&self, key: &str) -> Result<&[usize]> {
        self.weights.shape(key)
    }

    /// Every value of an array.
    pub(super) fn values(&self, key: &str) -> Result<&[f32]> {
        let values = self.weights.values(key)?;
        self.used.borrow_mut().insert(key.to_owned());
        Ok(values)
    }

    /// Shape and numbers of an array of any kind, in double precision and as they are: whole numbers, NaN
    /// and infinities included.
    pub(super) fn numbers(&self, key: &str) -> Result<(&[usize], Vec<f64>)> {
        let found = self.weights.numbers(key)?;
        self.used.borrow_mut().insert(key.to_owned());
        Ok(found)
    }

    /// An array of that many values, whatever its axes.
    pub(super) fn values_of(&self, key: &str, count: usize) -> Result<&[f32]> {
        let values = self.values(key)?;
        if values.len() != count {
            let shape = self.shape(key)?;
            let reason = format!("`{key}`: expected {count} values, found shape {shape:?}");
            return Err(self.misfit(reason));
        }
        Ok(values)
    }

    /// The shape of an array of `D` axes, none of them empty.
    pub(super) fn dims<const D: usize>(&self, key: &str) -> Result<[usize; D]> {
        let found = self.shape(key)?;
        let dims: Option<[usize; D]> = found.try_into().ok();
        dims.filter(|dims| !dims.contains(&0)).ok_or_else(|| {
            self.misfit(format!(
                "`{key}`: expected {D} axes with entries, found shape {found:?}"
            ))
        })
    }

    /// Any number of rows, at least one, of `width` entries, whatever axes these are cut into.
    pub(super) fn rows(&self, key: &str, width: usize, device: &Device) -> Result<Tensor<2>> {
        let shape = self.shape(key)?;
        let entries = shape.iter().skip(1).product::<usize>();
        match shape.first() {
            Some(&rows) if rows > 0 && width > 0 && entries == width => {
                let data = TensorData::new(self.values(key)?.to_vec(), [rows, width]);
                Ok(Tensor::from_data(data, device))
            }
            _ => Err(self.misfit(format!(
                "`{key}`: expected rows of {width} entries, found shape {shape:?}"
            ))),
        }
    }

    /// Tensors whose names follow `pattern`, where `*` stands for a number and `#` for a whole one, in
    /// the order of these numbers.
    ///
    /// # Errors
    /// If there are none: what a check is about must not be missing.
    pub(super) fn matching(&self, pattern: &str) -> Result<Vec<Named>> {
        let found = self.find(pattern);
        if found.is_empty() {
            let known: Vec<&str> = self.weights.all_names().collect();
            return Err(self.misfit(format!(
                "expected tensors `{pattern}` (with numbers for * and #), found only: {}",
                known.join(", ")
            )));
        }
        Ok(found)
    }

    /// As [`File::matching`], where none is no error.
    pub(super) fn find(&self, pattern: &str) -> Vec<Named> {
        let named = |name: &str| {
            Some(Named {
                key: name.to_owned(),
                numbers: numbers(name, pattern)?,
            })
        };
        let mut found: Vec<Named> = self.weights.all_names().filter_map(named).collect();
        found.sort_by(|a, b| a.numbers.partial_cmp(&b.numbers).expect("finite numbers"));
        found
    }

    /// A setting that the file states, or else `default`: as a tensor of one number, in the metadata
    /// under its own name, or in their JSON object `settings`.
    pub(super) fn setting(&self, key: &str, default: f64) -> Result<f64> {
        if self.contains(key) {
            let (shape, values) = self.numbers(key)?;
            return match values[..] {
                [number] => Ok(number),
                _ => {
                    let reason = format!("`{key}`: expected 1 values, found shape {shape:?}");
                    Err(self.misfit(reason))
                }
            };
        }
        let settings: Value = self.settings()?;
        let text = self.weights.metadata(key).map(str::to_owned);
        let Some(text) = text.or_else(|| settings.get(key).map(Value::to_string)) else {
            return Ok(default);
        };
        let number = text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        number.ok_or_else(|| {
            self.misfit(format!(
                "setting `{key}`: expected a number, found `{text}`"
            ))
        })
    }

    /// The JSON object `settings` of the metadata; the default where there is none.
    pub(super) fn settings<T: DeserializeOwned + Default>(&self) -> Result<T> {
        match self.weights.metadata("settings") {
            None => Ok(T::default()),
            Some(text) => serde_json::from_str(text)
                .map_err(|error| self.misfit(format!("metadata `settings`: {error}"))),
        }
    }
}

/// The numbers of `name`, if it follows `pattern`.
fn numbers(name: &str, mut pattern: &str) -> Option<Vec<f64>> {
    const MARKS: [char; 2] = ['*', '#'];
    let (mut rest, mut numbers) = (name, Vec::new());
    while let Some(at) = pattern.find(MARKS) {
        let whole = pattern[at..].starts_with('#');
        rest = rest.strip_prefix(&pattern[..at])?;
        pattern = &pattern[at + 1..];
        // A number ends where the pattern's next letters begin.
        let letters = &pattern[..pattern.find(MARKS).unwrap_or(pattern.len())];
        let end = match letters {
            "" => rest.len(),
            _ => rest.find(letters)?,
        };
        let (digits, after) = rest.split_at(end);
        if !digits.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        numbers.push(match whole {
            true => digits.parse::<u32>().ok()?.into(),
            false => digits.parse::<f64>().ok().filter(|x| x.is_finite())?,
        });
        rest = after;
    }
    (rest == pattern).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_state_numbers() {
        let follows = |name, pattern| numbers(name, pattern);
        assert_eq!(
            follows("gmm_sigma0.25_iter10", "gmm_sigma*_iter#"),
            Some(vec![0.25, 10.0])
        );
        assert_eq!(follows("iter3_z12", "iter#_z#"), Some(vec![3.0, 12.0]));
        assert_eq!(follows("mchn_beta1e-3", "mchn_beta*"), Some(vec![1e-3]));
        for (name, pattern) in [
            ("gmm_sigma0.25_iter1.5", "gmm_sigma*_iter#"),
            ("gmm_sigma_iter1", "gmm_sigma*_iter#"),
            ("gmm_sigmainf_iter1", "gmm_sigma*_iter#"),
            ("iter3_x", "iter#_z#"),
            ("iter3_z1_more", "iter#_z#"),
            ("exact/recall50", "sincos/recall#"),
        ] {
            assert_eq!(follows(name, pattern), None, "{name}");
        }
    }

    #[test]
    fn in_the_order_of_their_numbers() {
        let mut weights = Weights::new();
        for name in ["z_iter100", "z_iter5", "z_iter20", "z0"] {
            weights.insert(name, &[1], vec![0.0]);
        }
        let file = File::new(weights);
        let found = file.matching("z_iter#").unwrap();
        let counts: Vec<usize> = found.iter().map(|named| named.count(0)).collect();
        assert_eq!(counts, [5, 20, 100]);
        let message = file.matching("y_iter#").unwrap_err().to_string();
        assert!(message.contains("expected tensors `y_iter#`"), "{message}");
        // Finding is not looking at.
        assert_eq!(file.unused().len(), 4);
        file.values("z0").unwrap();
        assert_eq!(file.unused(), ["z_iter100", "z_iter20", "z_iter5"]);
    }

    #[test]
    fn settings_have_three_places() {
        let mut weights = Weights::new();
        weights.insert("beta", &[1], vec![12.0]);
        weights.insert("rates", &[2], vec![1.0, 2.0]);
        weights.set_metadata("sigma", "0.3");
        weights.set_metadata("rate", "fast");
        weights.set_metadata("settings", r#"{"gamma": 0.01}"#);
        let file = File::new(weights);
        assert_eq!(file.setting("beta", 1.0).unwrap(), 12.0);
        assert_eq!(file.setting("sigma", 1.0).unwrap(), 0.3);
        assert_eq!(file.setting("gamma", 1.0).unwrap(), 0.01);
        assert_eq!(file.setting("steps", 7.0).unwrap(), 7.0);
        for (key, expected) in [("rate", "found `fast`"), ("rates", "found shape [2]")] {
            let message = file.setting(key, 1.0).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors() {
        let mut weights = Weights::new();
        weights.insert("scalar", &[], vec![1.0]);
        weights.insert("none", &[0, 3], vec![]);
        weights.insert("images", &[2, 1, 3], vec![0.0; 6]);
        let file = File::new(weights);
        let device = Device::default();
        assert_eq!(file.rows("images", 3, &device).unwrap().dims(), [2, 3]);
        for key in ["scalar", "none", "images"] {
            for error in [
                file.rows(key, 4, &device).unwrap_err(),
                file.dims::<2>(key).unwrap_err(),
            ] {
                assert!(error.to_string().contains(&format!("`{key}`")), "{error}");
            }
        }
    }
}
