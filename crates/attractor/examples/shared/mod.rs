//! The damages of the study of unknown corruptions, for examples that show or export them.

use attractor::prelude::*;

/// Name and level of each, in the study's order.
const TASKS: [(&str, Option<f64>); 17] = [
    ("clean", None),
    ("noise", Some(0.05)),
    ("noise", Some(0.2)),
    ("noise", Some(0.4)),
    ("noise", Some(0.8)),
    ("mask", Some(8.0)),
    ("mask", Some(16.0)),
    ("mask", Some(24.0)),
    ("mask", Some(28.0)),
    ("color", None),
    ("grey", None),
    ("dimmed", Some(0.4)),
    ("inverted", None),
    ("dropout", Some(0.75)),
    ("salt_pepper", Some(0.7)),
    ("rows", None),
    ("combined", Some(16.0)),
];

/// All of them.
pub(crate) fn corruptions() -> Result<Vec<Corruption>, Failure> {
    let all = TASKS.iter();
    all.map(|(task, level)| Ok(Corruption::from_task(task, *level)?))
        .collect()
}
