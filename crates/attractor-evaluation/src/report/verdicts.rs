//! How many published figures are met: a bar, and the figures behind each of its segments.

use serde::Serialize;

use super::tables::{Published, Table};
use crate::Verdict;

/// The verdicts of one chapter or of all.
#[derive(Default, Serialize)]
pub(super) struct Verdicts {
    /// Identifies the lists on the page.
    pub(super) id: String,
    pub(super) total: usize,
    /// Those that can be held against each other.
    pub(super) judged: usize,
    pub(super) groups: Vec<Group>,
}

/// One segment of the bar.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) count: usize,
    rows: Vec<Row>,
    /// Why, with how many, where nothing is compared.
    reasons: Vec<(String, usize)>,
}

#[derive(Clone, Serialize)]
struct Row {
    /// Where the measurement stands.
    cell: String,
    system: String,
    condition: String,
    metric: String,
    ours: String,
    published: Published,
}

/// Class and name of a verdict, in the order of the bar.
const KINDS: [(&str, &str); 5] = [
    ("match", "agree"),
    ("better", "better"),
    ("different", "different"),
    ("worse", "worse"),
    ("nc", "not comparable"),
];

/// The class of a verdict's word.
fn class(word: &str) -> &str {
    if word == "n/c" { "nc" } else { word }
}

impl Verdicts {
    /// Of the tables that charts are drawn of, which are what was published.
    pub(super) fn of<'a>(id: &str, tables: impl Iterator<Item = (&'a str, &'a Table)>) -> Self {
        let mut groups: Vec<Group> = KINDS
            .iter()
            .map(|(class, name)| Group {
                class,
                name,
                count: 0,
                rows: Vec::new(),
                reasons: Vec::new(),
            })
            .collect();
        for (part, table) in tables {
            let entries = table.rows.iter().flat_map(|row| {
                let places = row.entries.iter().zip(&table.columns);
                places.filter_map(move |(entry, column)| Some((row, column, entry.as_ref()?)))
            });
            for (row, column, entry) in entries {
                let Some(judged) = &entry.judged else {
                    continue;
                };
                let word = class(judged.verdict.word());
                let Some(group) = groups.iter_mut().find(|group| group.class == word) else {
                    continue;
                };
                group.count += 1;
                if let Verdict::NotComparable(reason) = &judged.verdict {
                    match group.reasons.iter_mut().find(|(other, _)| other == reason) {
                        Some((_, count)) => *count += 1,
                        None => group.reasons.push((reason.clone(), 1)),
                    }
                }
                let stores = match row.representation {
                    "vector" => String::new(),
                    other => format!(" [{other}]"),
                };
                group.rows.push(Row {
                    cell: entry.id.clone(),
                    system: format!("{}{stores}", row.system),
                    condition: format!("{part}: {column}"),
                    metric: table.metric.to_owned(),
                    ours: format!("{} {}", entry.value.text, table.unit)
                        .trim_end()
                        .to_owned(),
                    published: judged.published.clone(),
                });
            }
        }
        Self::with(id, groups)
    }

    /// The numbers alone, added up.
    pub(super) fn sum<'a>(id: &str, all: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let group = |(class, name): &(&'static str, &'static str)| Group {
            class,
            name,
            count: {
                let own = all.clone().flat_map(|one| &one.groups);
                own.filter(|group| group.class == *class)
                    .map(|group| group.count)
                    .sum()
            },
            rows: Vec::new(),
            reasons: Vec::new(),
        };
        Self::with(id, KINDS.iter().map(group).collect())
    }

    fn with(id: &str, mut groups: Vec<Group>) -> Self {
        groups.retain(|group| group.count > 0);
        for group in &mut groups {
            group
                .reasons
                .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        }
        let total = groups.iter().map(|group| group.count).sum();
        let judged = groups
            .iter()
            .filter(|group| group.class != "nc")
            .map(|group| group.count);
        Self {
            id: id.to_owned(),
            total,
            judged: judged.sum(),
            groups,
        }
    }
}
