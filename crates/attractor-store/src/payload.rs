//! What comes with patterns: ids, labels, payload.

use std::ops::Range;

use attractor_core::Error as CoreError;

use crate::{Kind, Result, StoreConfig};

/// The values of one payload column, one for each pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Of a [`Kind::Text`] column.
    Text(Vec<Option<String>>),
    /// Of a [`Kind::Whole`] column.
    Whole(Vec<Option<i64>>),
    /// Of a [`Kind::Real`] column.
    Real(Vec<Option<f64>>),
}

impl Column {
    pub(crate) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Vec::new()),
            Kind::Whole => Self::Whole(Vec::new()),
            Kind::Real => Self::Real(Vec::new()),
        }
    }

    /// Of no values at all, for `rows` patterns.
    pub(crate) fn absent(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Text => Self::Text(vec![None; rows]),
            Kind::Whole => Self::Whole(vec![None; rows]),
            Kind::Real => Self::Real(vec![None; rows]),
        }
    }

    /// Number of values, absent ones included.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Whole(values) => values.len(),
            Self::Real(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it holds.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Whole(_) => Kind::Whole,
            Self::Real(_) => Kind::Real,
        }
    }

    /// The value of a row, if there is one.
    pub fn get(&self, row: usize) -> Option<Value> {
        match self {
            Self::Text(values) => values.get(row)?.clone().map(Value::Text),
            Self::Whole(values) => values.get(row)?.map(Value::Whole),
            Self::Real(values) => values.get(row)?.map(Value::Real),
        }
    }

    /// Moves some rows out of it; in their places are absent values.
    pub(crate) fn taken(&mut self, rows: Range<usize>) -> Self {
        match self {
            Self::Text(values) => Self::Text(taken(&mut values[rows])),
            Self::Whole(values) => Self::Whole(taken(&mut values[rows])),
            Self::Real(values) => Self::Real(taken(&mut values[rows])),
        }
    }

    /// Moves the rows that `keep` names behind those of `self`, which is of the same kind.
    pub(crate) fn take(&mut self, from: Self, keep: &dyn Fn(usize) -> bool) {
        fn kept<T>(from: Vec<T>, keep: &dyn Fn(usize) -> bool) -> impl Iterator<Item = T> {
            let rows = from.into_iter().enumerate();
            rows.filter_map(move |(row, value)| keep(row).then_some(value))
        }
        match (self, from) {
            (Self::Text(to), Self::Text(from)) => to.extend(kept(from, keep)),
            (Self::Whole(to), Self::Whole(from)) => to.extend(kept(from, keep)),
            (Self::Real(to), Self::Real(from)) => to.extend(kept(from, keep)),
            // Both are of the kind that the configuration names.
            _ => debug_assert!(false, "columns of one field have one kind"),
        }
    }
}

/// What was in these places, which are left empty.
pub(crate) fn taken<T>(places: &mut [Option<T>]) -> Vec<Option<T>> {
    places.iter_mut().map(Option::take).collect()
}

/// One value of a payload column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// UTF-8 text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number of double precision.
    Real(f64),
}

/// What is stored beside a batch of patterns. By default ids count up, and there are no labels and no payload.
///
/// ```
/// use attractor_store::{Annotations, Column};
///
/// let beside = Annotations::labels(["a.png", "b.png"])
///     .with_column("year", Column::Whole(vec![Some(1999), None]));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotations {
    pub(crate) ids: Option<Vec<u64>>,
    pub(crate) labels: Option<Vec<Option<String>>>,
    pub(crate) payload: Vec<(String, Column)>,
}

impl Annotations {
    /// Labels, one for each pattern.
    pub fn labels<S: Into<String>>(labels: impl IntoIterator<Item = S>) -> Self {
        Self::default().with_labels(labels.into_iter().map(|label| Some(label.into())))
    }

    /// The same with labels, one for each pattern, or none for some.
    pub fn with_labels(mut self, labels: impl IntoIterator<Item = Option<String>>) -> Self {
        self.labels = Some(labels.into_iter().collect());
        self
    }

    /// The same under ids of one's own, one for each pattern: rising, and above all that the store ever had.
    pub fn with_ids(mut self, ids: impl Into<Vec<u64>>) -> Self {
        self.ids = Some(ids.into());
        self
    }

    /// The same with the values of a payload column. Columns that are not given are absent for all patterns.
    pub fn with_column(mut self, name: impl Into<String>, column: Column) -> Self {
        self.payload.push((name.into(), column));
        self
    }

    /// Checked against the configuration, with everything filled in: ids from `next` on, labels, and all columns in the
    /// order of the configuration.
    pub(crate) fn fit(&self, config: &StoreConfig, rows: usize, next: u64) -> Result<Fitted> {
        let count = |what, found| match found == rows {
            true => Ok(()),
            false => Err(CoreError::Rows {
                what,
                expected: rows,
                found,
            }),
        };
        let ids = match &self.ids {
            Some(ids) => {
                count("ids", ids.len())?;
                let mut least = next;
                for &id in ids {
                    // The last number is never an id, so that there is always one to count on from.
                    if id < least || id == u64::MAX {
                        let rule =
                            "must rise, lie above all that the store ever had, and below 2^64 - 1";
                        return Err(CoreError::config("ids", rule, id).into());
                    }
                    least = id + 1;
                }
                ids.clone()
            }
            None => {
                let end = next.checked_add(rows as u64).filter(|&end| end < u64::MAX);
                let left = || CoreError::config("ids", "must be left to count on", u64::MAX - next);
                (next..end.ok_or_else(left)?).collect()
            }
        };
        let labels = match &self.labels {
            Some(labels) => {
                count("labels", labels.len())?;
                labels.clone()
            }
            None => vec![None; rows],
        };
        for (at, (name, column)) in self.payload.iter().enumerate() {
            let field = config.payload.iter().find(|field| field.name == *name);
            let Some(field) = field else {
                let known: Vec<&str> = config.payload.iter().map(|f| f.name.as_str()).collect();
                return Err(CoreError::UnknownName {
                    what: "payload column",
                    name: name.clone(),
                    known: known.join(", "),
                }
                .into());
            };
            if field.kind != column.kind() {
                return Err(CoreError::Mismatch {
                    what: "the store",
                    expected: format!("{:?} in payload column `{name}`", field.kind),
                    part: "the batch",
                    found: format!("{:?}", column.kind()),
                }
                .into());
            }
            if self.payload[..at].iter().any(|(other, _)| other == name) {
                let rule = "each column must be given once";
                return Err(CoreError::config("payload", rule, format!("`{name}` again")).into());
            }
            count("payload column", column.len())?;
        }
        let columns = config.payload.iter().map(|field| {
            let given = self.payload.iter().find(|(name, _)| *name == field.name);
            match given {
                Some((_, column)) => column.clone(),
                None => Column::absent(field.kind, rows),
            }
        });
        Ok(Fitted {
            ids,
            labels,
            payload: columns.collect(),
        })
    }
}

/// [`Annotations`] that fit.
#[derive(Debug)]
pub(crate) struct Fitted {
    pub(crate) ids: Vec<u64>,
    pub(crate) labels: Vec<Option<String>>,
    /// In the order of the configuration.
    pub(crate) payload: Vec<Column>,
}

/// What is stored of one pattern, beside its numbers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// Its id.
    pub id: u64,
    /// Its label, if it has one.
    pub label: Option<String>,
    /// Its payload, in the order of [`StoreConfig::payload`].
    pub payload: Vec<Option<Value>>,
}
