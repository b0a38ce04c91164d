//! Heat maps as SVG.

use std::fmt::Write;

use super::Series;
use super::axis::Axis;
use super::canvas::{Canvas, LEFT, PLOT_WIDTH, TOP};
use super::pixels::{self, Colours, Frame};
use super::style::{coordinate, escape};

/// Cells that share something worth a mark, such as a certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks {
    /// What they share.
    pub name: String,
    /// `(column, row)` of each.
    pub cells: Vec<(usize, usize)>,
}

/// A matrix over two axes, with curves and marks on it. Values that are not finite are left blank, curves
/// are cut where they leave the map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatMap {
    /// Title above the map.
    pub title: String,
    /// Label below the map.
    pub x_label: String,
    /// Label beside the map.
    pub y_label: String,
    /// What the colours are.
    pub value_label: String,
    /// Abscissa of each column, rising.
    pub x: Vec<f64>,
    /// Ordinate of each row, rising; the first row is drawn at the bottom.
    pub y: Vec<f64>,
    /// Values `[rows, columns]`, row by row. Missing ones are blank.
    pub values: Vec<f64>,
    /// Range of the colours; from the values if `None`.
    pub range: Option<(f64, f64)>,
    /// The colours.
    pub colours: Colours,
    /// Curves on the map, in the units of its axes.
    pub curves: Vec<Series>,
    /// Marked cells; dots, crosses, rings by order.
    pub marks: Vec<Marks>,
}

/// Rows of the legend that the scale takes below its name.
const SCALE_ROWS: usize = 2;

impl HeatMap {
    /// The map as an SVG document, equal for equal data.
    pub fn svg(&self) -> String {
        let names = self.marks.iter().map(|marks| marks.name.as_str());
        let names = names.chain(self.curves.iter().map(|curve| curve.name.as_str()));
        let scale = std::iter::once(self.value_label.as_str());
        let scale = scale.chain(std::iter::repeat_n("", SCALE_ROWS));
        let mut canvas = Canvas::new(&self.title, scale.chain(names));
        let (columns, rows) = (self.x.len(), self.y.len());
        let mut values = vec![f64::NAN; columns * rows];
        for (index, value) in self.values.iter().take(values.len()).enumerate() {
            values[(rows - 1 - index / columns) * columns + index % columns] = *value;
        }
        let range = self
            .range
            .unwrap_or_else(|| pixels::range_of(values.iter().copied()));
        let frame = Frame {
            left: LEFT,
            top: TOP,
            width: PLOT_WIDTH,
            height: canvas.bottom - TOP,
        };
        pixels::draw(
            &mut canvas.out,
            frame,
            &values,
            columns,
            range,
            self.colours,
        );
        self.axes(&mut canvas);
        self.scale(&mut canvas, range);
        self.marked(&mut canvas);
        self.curved(&mut canvas);
        canvas.end()
    }

    /// The values as a table, a line for each.
    pub(crate) fn csv(&self) -> String {
        let mut out = String::from("x,y,value\n");
        for (index, value) in self
            .values
            .iter()
            .enumerate()
            .filter(|(_, value)| value.is_finite())
        {
            let (row, column) = (index / self.x.len().max(1), index % self.x.len().max(1));
            if let (Some(x), Some(y)) = (self.x.get(column), self.y.get(row)) {
                out.push_str(&format!("{x},{y},{value}\n"));
            }
        }
        out
    }

    fn column(&self, place: f64) -> f64 {
        LEFT + PLOT_WIDTH * (place + 0.5) / self.x.len().max(1) as f64
    }

    fn row(&self, place: f64, bottom: f64) -> f64 {
        bottom - (bottom - TOP) * (place + 0.5) / self.y.len().max(1) as f64
    }

    fn axes(&self, canvas: &mut Canvas) {
        for index in spread(self.x.len()) {
            canvas.tick(self.column(index as f64), &short(self.x[index]));
        }
        for index in spread(self.y.len()) {
            let y = self.row(index as f64, canvas.bottom);
            let _ = writeln!(
                canvas.out,
                "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                coordinate(y + 4.0),
                short(self.y[index])
            );
        }
        canvas.labels(&self.x_label, &self.y_label);
    }

    fn marked(&self, canvas: &mut Canvas) {
        for (index, marks) in self.marks.iter().enumerate() {
            for (column, row) in &marks.cells {
                let at = (
                    self.column(*column as f64),
                    self.row(*row as f64, canvas.bottom),
                );
                mark(&mut canvas.out, index, at);
            }
            let (left, y) = canvas.legend(&marks.name);
            mark(&mut canvas.out, index, (left + 12.0, y));
        }
    }

    fn curved(&self, canvas: &mut Canvas) {
        for (index, curve) in self.curves.iter().enumerate() {
            let colour = curve.colour(index);
            let dash = if curve.reference { " dash" } else { "" };
            let mut pieces: Vec<Vec<String>> = vec![Vec::new()];
            for point in &curve.points {
                match (place(&self.x, point.x), place(&self.y, point.y)) {
                    (Some(x), Some(y)) => pieces[0].push(format!(
                        "{},{}",
                        coordinate(self.column(x)),
                        coordinate(self.row(y, canvas.bottom))
                    )),
                    _ => pieces.insert(0, Vec::new()),
                }
            }
            for piece in pieces.iter().rev().filter(|piece| piece.len() > 1) {
                let points = piece.join(" ");
                // A light edge keeps the curve apart from any colour under it.
                let _ = writeln!(
                    canvas.out,
                    "<polyline points=\"{points}\" fill=\"none\" stroke=\"#fff\" stroke-width=\"4\"/>\
                     <polyline class=\"line c{colour}{dash}\" points=\"{points}\">\
                     <title>{}</title></polyline>",
                    escape(&curve.name)
                );
            }
            let (left, y) = canvas.legend(&curve.name);
            let _ = writeln!(
                canvas.out,
                "<line class=\"line c{colour}{dash}\" x1=\"{left}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>",
                left + 24.0
            );
        }
    }

    fn scale(&self, canvas: &mut Canvas, range: (f64, f64)) {
        canvas.legend(&self.value_label);
        let (left, top) = canvas.legend("");
        canvas.legend("");
        let left = left + 31.0;
        let right = left + 200.0;
        let steps: Vec<f64> = (0..64).map(|step| f64::from(step) / 63.0).collect();
        let frame = Frame {
            left,
            top: top - 6.0,
            width: right - left,
            height: 12.0,
        };
        pixels::draw(&mut canvas.out, frame, &steps, 64, (0.0, 1.0), self.colours);
        let ends = [range.0, range.1];
        let axis = Axis::over(ends.into_iter(), Some(range), false, left, right);
        for (value, label) in axis.ticks() {
            let _ = writeln!(
                canvas.out,
                "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                coordinate(axis.at(value)),
                coordinate(top + 20.0)
            );
        }
    }
}

/// At most eight of `count` places, evenly.
fn spread(count: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(count.div_ceil(8).max(1))
}

/// A number with at most three digits that count below 1000, and five characters at most from 0.01 on, which
/// is what there is room for beside the label of the axis.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size < 0.01 => return format!("{value:.1e}"),
        size => (2 - size.log10().floor() as i32).min(3) as usize,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Where a value lies among the rising centres, in cells; up to half a cell beyond the ends.
fn place(centres: &[f64], value: f64) -> Option<f64> {
    if !value.is_finite() || centres.len() < 2 {
        return None;
    }
    let above = centres.partition_point(|centre| *centre < value);
    let below = above.clamp(1, centres.len() - 1) - 1;
    let (low, high) = (centres[below], centres[below + 1]);
    let found = below as f64 + (value - low) / (high - low);
    (-0.5..=centres.len() as f64 - 0.5)
        .contains(&found)
        .then_some(found)
}

fn mark(out: &mut String, kind: usize, (x, y): (f64, f64)) {
    let at = coordinate;
    let style = "stroke=\"#fff\" stroke-width=\"1\" paint-order=\"stroke\"";
    let _ = match kind % 3 {
        0 => writeln!(
            out,
            "<circle cx=\"{}\" cy=\"{}\" r=\"2.2\" fill=\"#111\" {style}/>",
            at(x),
            at(y)
        ),
        1 => writeln!(
            out,
            "<path d=\"M{} {}l5 5m0 -5l-5 5\" stroke=\"#111\" stroke-width=\"1.4\"/>",
            at(x - 2.5),
            at(y - 2.5)
        ),
        _ => writeln!(
            out,
            "<circle cx=\"{}\" cy=\"{}\" r=\"2.8\" fill=\"none\" stroke=\"#111\"/>",
            at(x),
            at(y)
        ),
    };
}
