//! What a part's report leads with: the same cue under every corruption, and what every system recalls.

use super::PagePanel;
use crate::experiment::ResolvedPart;
use crate::figures::{ComparedRow, Comparison, ImageGrid, Shown};
use crate::summary::condition_label;

/// Fewest systems and corruptions that are worth comparing in a picture.
const FEWEST: (usize, usize) = (2, 3);

/// The picture, of those panels of a part that show stored images, cues and recalled ones; `None` where
/// there is little to compare.
pub(super) fn of_part(part: &ResolvedPart, panels: &[PagePanel]) -> Option<String> {
    let stored = part.n_stored.first().copied();
    let own: Vec<&PagePanel> = panels
        .iter()
        .filter(|panel| {
            let cell = &panel.panel.cell;
            cell.seed == 0 && stored.is_none_or(|stored| cell.n_stored == stored)
        })
        .filter(|panel| panel.panel.columns > 0)
        .collect();
    let mut tasks: Vec<(&str, String)> = Vec::new();
    for task in &part.tasks {
        let cell = own.iter().map(|panel| &panel.panel.cell);
        if let Some(cell) = cell.into_iter().find(|cell| cell.task == task.task) {
            tasks.push((&task.task, condition_label(&cell.task, cell.level)));
        }
    }
    // The first cue of the panel, from the row of that name.
    let cut = |panel: &PagePanel, name: &str| {
        let panel_rows = &panel.panel.rows;
        let row = panel_rows.iter().position(|row| row == name)?;
        let shape = [panel_rows.len(), panel.panel.columns];
        Some(Shown {
            png: ImageGrid::cut(&panel.bytes, shape, [row, 0])?,
            framed: panel.panel.marks.contains(&(row, 0)),
        })
    };
    let given = |name: &str| ComparedRow {
        name: name.to_owned(),
        strong: false,
        pictures: tasks
            .iter()
            .map(|(task, _)| {
                let panel = own.iter().find(|panel| panel.panel.cell.task == **task);
                panel.and_then(|panel| cut(panel, name))
            })
            .collect(),
    };
    let several = |name: &str| part.series.iter().filter(|s| s.name == name).count() > 1;
    let mut rows = vec![given("stored"), given("cue")];
    for series in &part.series {
        let pictures = tasks.iter().map(|(task, _)| {
            let panel = own.iter().find(|panel| {
                let cell = &panel.panel.cell;
                cell.task == **task
                    && cell.system == series.name
                    && cell.representation == series.representation
            });
            panel.and_then(|panel| cut(panel, "recalled"))
        });
        let pictures: Vec<Option<Shown>> = pictures.collect();
        if pictures.iter().any(Option::is_some) {
            let name = series.name.trim_end_matches(" (ours)");
            rows.push(ComparedRow {
                name: match several(&series.name) {
                    true => format!("{name}, {}", series.representation),
                    false => name.to_owned(),
                },
                // Right wherever it was asked.
                strong: pictures
                    .iter()
                    .all(|shown| shown.as_ref().is_some_and(|s| s.framed)),
                pictures,
            });
        }
    }
    let enough = rows.len() - 2 >= FEWEST.0 && tasks.len() >= FEWEST.1;
    enough.then(|| {
        Comparison {
            title: "The same image under every corruption, and what each system recalls (framed: right)".into(),
            columns: tasks.into_iter().map(|(_, label)| label).collect(),
            rows,
        }
        .svg()
    })
}
