//! What stored patterns are called: stable ids, and labels where somebody gave them.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::weights::Weights;
use crate::{Error, Result};

/// Ids and labels for patterns that are about to be stored. By default ids count up and nothing has a label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    ids: Option<Vec<u64>>,
    labels: Option<Vec<Option<String>>>,
}

impl Tags {
    /// Ids, one for each pattern, that are new to the memory.
    pub fn ids(ids: impl Into<Vec<u64>>) -> Self {
        Self {
            ids: Some(ids.into()),
            labels: None,
        }
    }

    /// Labels, one for each pattern, such as the names of files; ids count up.
    pub fn labels<S: Into<String>>(labels: impl IntoIterator<Item = S>) -> Self {
        Self::default().with_labels(labels)
    }

    /// The same with labels, one for each pattern.
    pub fn with_labels<S: Into<String>>(mut self, labels: impl IntoIterator<Item = S>) -> Self {
        self.labels = Some(labels.into_iter().map(|label| Some(label.into())).collect());
        self
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.ids.is_none() && self.labels.is_none()
    }
}

/// The ids of stored patterns in the order of writing, and their labels.
///
/// An id stays with its pattern whatever happens to others, and is not given to another one by itself: default ids count
/// up from the highest id there ever was, also over removals and over saving.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatternIds {
    ids: Vec<u64>,
    labels: BTreeMap<u64, String>,
    next: u64,
}

/// As a file has them.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// `first-last` for runs that count up, in the order of writing.
    ids: Vec<String>,
    next: String,
    labels: BTreeMap<String, String>,
}

impl PatternIds {
    /// Of no patterns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of patterns.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The ids in the order of writing.
    pub fn as_slice(&self) -> &[u64] {
        &self.ids
    }

    /// The id of the pattern at an index.
    pub fn get(&self, index: usize) -> Option<u64> {
        self.ids.get(index).copied()
    }

    /// The index of the pattern with that id.
    ///
    /// # Errors
    /// [`Error::UnknownId`] if there is none.
    pub fn index_of(&self, id: u64) -> Result<usize> {
        let at = self.ids.iter().position(|&found| found == id);
        at.ok_or(Error::UnknownId { id })
    }

    /// The label of the pattern with that id, if it has one.
    pub fn label(&self, id: u64) -> Option<&str> {
        self.labels.get(&id).map(String::as_str)
    }

    /// Gives the pattern with that id a label, or takes it away.
    ///
    /// # Errors
    /// [`Error::UnknownId`] if there is none.
    pub fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.index_of(id)?;
        match label {
            Some(label) => self.labels.insert(id, label),
            None => self.labels.remove(&id),
        };
        Ok(())
    }

    /// Whether `rows` more patterns may be stored under these tags.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there is one id or label for each; [`Error::Config`] if an id is given twice or taken, or no
    /// ids are left.
    pub fn check(&self, rows: usize, tags: &Tags) -> Result<()> {
        let counts = [
            ("ids", tags.ids.as_ref().map(Vec::len)),
            ("labels", tags.labels.as_ref().map(Vec::len)),
        ];
        for (what, found) in counts {
            if let Some(found) = found.filter(|&found| found != rows) {
                return Err(Error::Rows {
                    what,
                    expected: rows,
                    found,
                });
            }
        }
        let Some(ids) = &tags.ids else {
            let left = u64::MAX - self.next;
            return match u64::try_from(rows) {
                Ok(rows) if rows <= left => Ok(()),
                _ => Err(Error::config("ids", "must be left to count on", left)),
            };
        };
        let mut taken: HashSet<u64> = self.ids.iter().copied().collect();
        match ids.iter().find(|&&id| !taken.insert(id)) {
            Some(id) => Err(Error::config("ids", "must be new to the memory", id)),
            None => Ok(()),
        }
    }

    /// Adds `rows` patterns.
    ///
    /// # Errors
    /// As [`PatternIds::check`]; nothing is added then.
    pub fn push(&mut self, rows: usize, tags: &Tags) -> Result<()> {
        self.check(rows, tags)?;
        let first = self.ids.len();
        match &tags.ids {
            Some(ids) => {
                self.ids.extend_from_slice(ids);
                if let Some(highest) = ids.iter().max() {
                    self.next = self.next.max(highest.saturating_add(1));
                }
            }
            None => {
                let next = self.next + rows as u64;
                self.ids.extend(self.next..next);
                self.next = next;
            }
        }
        for (&id, label) in self.ids[first..].iter().zip(tags.labels.iter().flatten()) {
            if let Some(label) = label {
                self.labels.insert(id, label.clone());
            }
        }
        Ok(())
    }

    /// Removes the pattern at an index; those after it move up by one. Its id and label are gone.
    ///
    /// # Errors
    /// [`Error::Index`] if there is no such pattern.
    pub fn remove(&mut self, index: usize) -> Result<()> {
        let Some(&id) = self.ids.get(index) else {
            return Err(Error::Index {
                what: "pattern",
                len: self.ids.len(),
                index,
            });
        };
        self.ids.remove(index);
        if let Some(label) = self.labels.remove(&id) {
            erase(&mut label.into_bytes());
        }
        Ok(())
    }

    /// Removes all; ids count on.
    pub fn clear(&mut self) {
        self.ids.clear();
        for label in std::mem::take(&mut self.labels).into_values() {
            erase(&mut label.into_bytes());
        }
    }

    /// Puts them into the metadata of a file, under `name`.
    ///
    /// # Errors
    /// [`Error::Weights`] if they cannot be written down.
    pub fn write_to(&self, weights: &mut Weights, name: &str) -> Result<()> {
        let runs = self.ids.chunk_by(|&a, &b| a.checked_add(1) == Some(b));
        let saved = Saved {
            ids: runs
                .map(|run| match run {
                    [one] => one.to_string(),
                    _ => format!("{}-{}", run[0], run[run.len() - 1]),
                })
                .collect(),
            next: self.next.to_string(),
            labels: self
                .labels
                .iter()
                .map(|(id, label)| (id.to_string(), label.clone()))
                .collect(),
        };
        let text = toml::to_string(&saved).map_err(|error| weights.fail(error.to_string()))?;
        weights.set_metadata(key(name), text);
        Ok(())
    }

    /// The ids of `rows` patterns of a file; those of a file that has none count up from 0.
    ///
    /// # Errors
    /// [`Error::Weights`] naming what does not fit.
    pub fn read_from(weights: &Weights, name: &str, rows: usize) -> Result<Self> {
        let mut all = Self::new();
        let Some(text) = weights.metadata(&key(name)) else {
            all.push(rows, &Tags::default())?;
            return Ok(all);
        };
        let fail = |reason: &str| weights.fail(format!("`{}`: {reason}", key(name)));
        let saved: Saved = toml::from_str(text).map_err(|error| fail(error.message()))?;
        let number = |text: &str| {
            let number = text.parse::<u64>();
            number.map_err(|_| fail(&format!("expected an id, found `{text}`")))
        };
        let mut ids = Vec::new();
        for run in &saved.ids {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            let (first, last) = (number(first)?, number(last)?);
            let left = rows - ids.len().min(rows);
            // Before it is made: a run may say that it is longer than memory.
            if last < first || last - first >= left as u64 {
                return Err(fail(&format!(
                    "expected {rows} ids, found others in `{run}`"
                )));
            }
            ids.extend(first..=last);
        }
        all.push(rows, &Tags::ids(ids))
            .map_err(|error| fail(&error.to_string()))?;
        all.next = all.next.max(number(&saved.next)?);
        for (id, label) in saved.labels {
            let labelled = all.set_label(number(&id)?, Some(label));
            labelled.map_err(|error| fail(&error.to_string()))?;
        }
        Ok(all)
    }
}

fn key(name: &str) -> String {
    format!("{name}.ids")
}

/// Overwrites bytes that are about to be given back.
fn erase(bytes: &mut [u8]) {
    bytes.fill(0);
    // What nobody reads again need not be written, says the compiler otherwise.
    std::hint::black_box(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: usize, tags: &Tags) -> PatternIds {
        let mut ids = PatternIds::new();
        ids.push(rows, tags).unwrap();
        ids
    }

    #[test]
    fn default_ids_count_up_and_are_not_used_again() {
        let mut ids = of(3, &Tags::default());
        ids.remove(2).unwrap();
        ids.remove(0).unwrap();
        ids.push(2, &Tags::default()).unwrap();
        assert_eq!(ids.as_slice(), [1, 3, 4]);
        ids.clear();
        ids.push(1, &Tags::default()).unwrap();
        assert_eq!(ids.as_slice(), [5]);
        ids.push(1, &Tags::ids([40])).unwrap();
        ids.push(1, &Tags::default()).unwrap();
        assert_eq!(ids.as_slice(), [5, 40, 41]);
    }

    #[test]
    fn written_ids_are_new_and_as_many_as_patterns() {
        let mut ids = of(2, &Tags::ids([7, 3]));
        let before = ids.clone();
        for (rows, tags, message) in [
            (1, Tags::ids([3]), "ids: must be new to the memory, found 3"),
            (
                2,
                Tags::ids([8, 8]),
                "ids: must be new to the memory, found 8",
            ),
            (2, Tags::ids([9]), "ids: expected 2 rows, found 1"),
            (
                1,
                Tags::labels(["a", "b"]),
                "labels: expected 1 rows, found 2",
            ),
        ] {
            assert_eq!(ids.push(rows, &tags).unwrap_err().to_string(), message);
            assert_eq!(ids, before);
        }
        ids.push(1, &Tags::ids([u64::MAX])).unwrap();
        let error = ids.push(1, &Tags::default()).unwrap_err();
        assert_eq!(error.to_string(), "ids: must be left to count on, found 0");
        assert_eq!(ids.index_of(3).unwrap(), 1);
        assert_eq!(ids.index_of(4), Err(Error::UnknownId { id: 4 }));
    }

    #[test]
    fn files_keep_ids_labels_and_where_to_count_on() {
        let mut ids = of(4, &Tags::labels(["a", "b = 1", "\"c\"\n", "d"]));
        ids.push(2, &Tags::ids([100, u64::MAX - 1])).unwrap();
        ids.remove(1).unwrap();
        let mut weights = Weights::new();
        ids.write_to(&mut weights, "codes").unwrap();
        assert_eq!(PatternIds::read_from(&weights, "codes", 5).unwrap(), ids);
        let error = PatternIds::read_from(&weights, "codes", 4).unwrap_err();
        assert!(error.to_string().contains("expected 4 ids"), "{error}");
        let error = PatternIds::read_from(&weights, "codes", 6).unwrap_err();
        assert!(error.to_string().contains("expected 6 rows"), "{error}");
        // Nothing was given an id yet: the first is still 0.
        let mut none = Weights::new();
        PatternIds::new().write_to(&mut none, "codes").unwrap();
        assert_eq!(
            PatternIds::read_from(&none, "codes", 0).unwrap(),
            PatternIds::new()
        );
        // A file from before there were ids.
        let old = PatternIds::read_from(&Weights::new(), "codes", 3).unwrap();
        assert_eq!(old.as_slice(), [0, 1, 2]);
        let mut bad = Weights::new();
        bad.set_metadata(
            "codes.ids",
            "ids = [\"0-18446744073709551615\"]\nnext = \"0\"\nlabels = {}",
        );
        assert!(PatternIds::read_from(&bad, "codes", 3).is_err());
    }
}
