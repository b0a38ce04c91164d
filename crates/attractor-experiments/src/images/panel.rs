//! What a report shows of a cell: images, and how named energies fell.

use attractor::core::{Outcome, Recall};
use attractor::evaluation::Cell;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::evaluation::run::{Trace, TraceTerm};

use super::cell::Cells;
use crate::{Result, Session};

/// Cues shown in a panel.
const PANEL_CUES: usize = 8;

impl Cells<'_> {
    /// One panel per system and task, at the hardest level.
    pub(super) fn worth_showing(&self, cell: &Cell) -> bool {
        let conditions = self.part.conditions();
        let hardest = conditions.iter().rev().find(|(task, _)| *task == cell.task);
        cell.seed == 0 && hardest.is_some_and(|(_, level)| *level == cell.level)
    }

    pub(super) fn show(
        &self,
        cell: &Cell,
        rows: &[(String, Vec<f32>)],
        right: &[bool],
        recall: &Recall,
        session: &mut dyn Session,
    ) -> Result<()> {
        let shape = self.test.images.shape;
        let row = |values: &[f32]| {
            values
                .chunks_exact(shape.dim())
                .take(PANEL_CUES)
                .map(|image| {
                    let image = image.iter().map(|value| value.clamp(0.0, 1.0)).collect();
                    Image::from_planes(shape.channels, shape.height, shape.width, image)
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let pictures = rows.iter().map(|(_, values)| row(values));
        let recalled = rows.iter().position(|(name, _)| name == "recalled");
        let shown = 0..PANEL_CUES.min(right.len());
        // Places of the recalled images of which something is so.
        let places = |so: &dyn Fn(usize) -> bool| -> Vec<(usize, usize)> {
            let columns = shown.clone().filter(|&cue| so(cue));
            let of = |row: usize| columns.clone().map(move |column| (row, column));
            recalled.into_iter().flat_map(of).collect()
        };
        let marks = places(&|cue| right[cue]);
        let rejected = places(&|cue| recall.outcomes.get(cue) == Some(&Outcome::Rejected));
        let grid = ImageGrid::new(pictures.collect::<Result<_, _>>()?)?
            .with_marks(marks)
            .with_rejected(rejected);
        let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        let caption = format!(
            "Cues of the first block, {} stored; framed: recalled.",
            cell.n_stored
        );
        session.panel(cell, &caption, &names, &grid)?;
        let terms: Vec<TraceTerm> = recall
            .trace
            .terms
            .iter()
            .map(|term| TraceTerm {
                name: term.name.clone(),
                values: term
                    .values
                    .iter()
                    .map(|rows| {
                        rows.iter().map(|&value| f64::from(value)).sum::<f64>() / rows.len() as f64
                    })
                    .collect(),
            })
            .collect();
        if terms.iter().any(|term| term.values.len() > 2) {
            session.trace(&Trace {
                cell: cell.clone(),
                terms,
            })?;
        }
        Ok(())
    }
}
