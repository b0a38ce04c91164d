//! Pictures: what is recalled from a cue of each class by every method, and the plane of a cue.

use attractor::datasets::ImageShape;
use attractor::entropic::{Method, SearchConfig, Side};
use attractor::evaluation::figures::{HeatMap, Image, ImageGrid, Marks};

use super::recall::Filled;
use crate::{Result, Session, Task};

const METHODS: [(Method, &str); 3] = [
    (Method::Random, "random"),
    (Method::SampleAndTest, "sample and test"),
    (Method::SearchAndTest, "search and test"),
];

pub(super) fn show(
    filled: &Filled<'_>,
    side: Side,
    task: Task<'_>,
    session: &mut dyn Session,
) -> Result<()> {
    let (own, other) = (side as usize, side.other() as usize);
    let [from, to] = [filled.halves[own], filled.halves[other]];
    let (columns, dim) = (
        from.columns,
        from.images.len() / (from.cues.len() / from.columns),
    );
    // One cue of each class, the first ones.
    let shown = from.classes.min(from.cues.len() / columns);
    let cues = &filled.cues[own][..shown * columns];
    let blank = to.images.len() / (to.cues.len() / columns);
    let mut rows = vec![from.images[..shown * dim].to_vec()];
    let mut names = vec!["cue"];
    for (method, name) in METHODS {
        let config = SearchConfig::new(method);
        let responses = filled
            .relation
            .recall_batch(side, cues, &config, task.cell.seed)?;
        let mut images = Vec::new();
        for response in responses {
            match response {
                // Nothing is recalled: nothing is shown.
                None => images.extend(vec![0.5; blank]),
                Some(response) => {
                    let features = filled.quantisers[other].dequantise(&response.object)?;
                    images.extend(to.drawn(&features, session)?);
                }
            }
        }
        rows.push(images);
        names.push(name);
    }
    let shapes = [from.shape, to.shape];
    let mut grid = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let shape = shapes[usize::from(at > 0)];
        let pixels = shape.channels * shape.height * shape.width;
        let images = row
            .chunks_exact(pixels)
            .map(|image| framed(image, shape, shapes));
        grid.push(images.collect::<Result<Vec<_>>>()?);
    }
    session.panel(task.cell, &task.series.name, &names, &ImageGrid::new(grid)?)?;

    // The plane of a cue that is not recognised has empty columns.
    let mut known = cues;
    for cue in cues.chunks_exact(columns) {
        if filled.relation.accepts(side, cue)? {
            known = cue;
            break;
        }
    }
    let cue = &known[..columns];
    let plane = filled.relation.project(side, cue, None)?;
    let config = SearchConfig::new(Method::SearchAndTest);
    let found = filled
        .relation
        .recall_batch(side, cue, &config, task.cell.seed)?;
    let found = found.into_iter().next().flatten();
    let domain = plane.domain();
    let value = |at: usize| {
        let (level, column) = (at / domain.columns, at % domain.columns);
        let weights = &plane.values()[column * domain.rows..(column + 1) * domain.rows];
        let most = weights.iter().copied().fold(0.0, f64::max);
        weights[level] / most.max(1.0)
    };
    let mark = |response: attractor::entropic::Response| {
        let cells = response.object.into_iter().enumerate();
        Marks {
            name: "recalled".into(),
            cells: cells
                .map(|(column, level)| (column, usize::from(level)))
                .collect(),
        }
    };
    let map = HeatMap {
        title: "Memory plane of the first cue that is recognised".into(),
        x_label: "column".into(),
        y_label: "level".into(),
        value_label: "weight / largest of the column".into(),
        x: (0..domain.columns).map(|x| x as f64).collect(),
        y: (0..domain.rows).map(|y| y as f64).collect(),
        values: (0..domain.cells()).map(value).collect(),
        marks: found.map(mark).into_iter().collect(),
        ..HeatMap::default()
    };
    session.drawing(task.cell, "plane", &task.series.name, &map.svg())
}

/// An image in the middle of a ground that holds those of both shapes.
fn framed(pixels: &[f32], shape: ImageShape, shapes: [ImageShape; 2]) -> Result<Image> {
    let height = shapes[0].height.max(shapes[1].height);
    let width = shapes[0].width.max(shapes[1].width);
    let (top, left) = ((height - shape.height) / 2, (width - shape.width) / 2);
    let mut planes = vec![0.0; shape.channels * height * width];
    for (at, &value) in pixels.iter().enumerate() {
        let (channel, place) = (
            at / (shape.height * shape.width),
            at % (shape.height * shape.width),
        );
        let (y, x) = (place / shape.width + top, place % shape.width + left);
        planes[(channel * height + y) * width + x] = value;
    }
    Ok(Image::from_planes(shape.channels, height, width, planes)?)
}
