//! What happens over time, in strips above one another.

use std::fmt::Write;

use super::Series;
use super::axis::Axis;
use super::canvas::{Canvas, LEFT, PLOT_WIDTH, TOP};
use super::pixels::{self, Colours, Frame};
use super::style::{PALETTE, coordinate, escape};

/// Something at one moment, such as a spike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// When.
    pub at: f64,
    /// In which row, from the top.
    pub row: usize,
    /// Number of its colour.
    pub colour: usize,
}

/// What a strip shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A raster: events in rows.
    Events {
        /// Number of rows.
        rows: usize,
        /// The events; rows beyond the last are left out.
        events: Vec<Event>,
    },
    /// Lines, named beside the strip.
    Lines {
        /// The lines.
        series: Vec<Series>,
        /// Range of the ordinate; from the data if `None`.
        range: Option<(f64, f64)>,
    },
    /// A matrix `[rows, columns]` over the whole time, such as rates of units, the first row at the top.
    Matrix {
        /// Number of columns.
        columns: usize,
        /// Row by row.
        values: Vec<f64>,
        /// Range of the colours; from the values if `None`.
        range: Option<(f64, f64)>,
    },
}

/// One strip.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// Label beside it.
    pub label: String,
    /// Height in pixels.
    pub height: f64,
    /// What it shows.
    pub content: Content,
}

/// Strips that share their time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// Title above the strips.
    pub title: String,
    /// Label of the time.
    pub x_label: String,
    /// Beginning and end.
    pub range: (f64, f64),
    /// From top to bottom.
    pub strips: Vec<Strip>,
}

const GAP: f64 = 16.0;

impl Timeline {
    /// The strips as an SVG document, equal for equal data.
    pub fn svg(&self) -> String {
        let heights = self.strips.iter().map(|strip| strip.height + GAP);
        let bottom = TOP + (heights.sum::<f64>() - GAP).max(0.0);
        let names: Vec<String> = self.strips.iter().flat_map(Strip::names).collect();
        let names = names.iter().map(String::as_str);
        let mut canvas = Canvas::with_height(&self.title, names, bottom - TOP);
        let ends = [self.range.0, self.range.1];
        let (left, right) = (LEFT, LEFT + PLOT_WIDTH);
        let x = Axis::over(ends.into_iter(), Some(self.range), false, left, right);
        let mut top = TOP;
        for strip in &self.strips {
            strip.draw(&mut canvas, &x, top);
            top += strip.height + GAP;
        }
        for (value, label) in x.ticks() {
            canvas.tick(x.at(value), &label);
        }
        canvas.labels(&self.x_label, "");
        canvas.end()
    }
}

impl Strip {
    /// Names of its lines in the legend, where strips stand together.
    fn names(&self) -> Vec<String> {
        let Content::Lines { series, .. } = &self.content else {
            return Vec::new();
        };
        let name = |line: &Series| format!("{}: {}", self.label, line.name);
        series.iter().map(name).collect()
    }

    fn draw(&self, canvas: &mut Canvas, x: &Axis, top: f64) {
        let bottom = top + self.height;
        let middle = coordinate((top + bottom) / 2.0);
        let _ = writeln!(
            canvas.out,
            "<text x=\"16\" y=\"{middle}\" text-anchor=\"middle\" \
             transform=\"rotate(-90 16 {middle})\">{}</text>\
             <rect class=\"axis\" fill=\"none\" x=\"{LEFT}\" y=\"{}\" width=\"{PLOT_WIDTH}\" height=\"{}\"/>",
            escape(&self.label),
            coordinate(top),
            coordinate(self.height)
        );
        match &self.content {
            Content::Events { rows, events } => self.raster(canvas, x, top, *rows, events),
            Content::Lines { series, range } => {
                lines(canvas, x, (top, bottom), series, *range);
                for (index, name) in self.names().iter().enumerate() {
                    let (left, at) = canvas.legend(name);
                    let _ = writeln!(
                        canvas.out,
                        "<line class=\"{}\" x1=\"{left}\" x2=\"{}\" y1=\"{at}\" y2=\"{at}\"/>",
                        class(&series[index], index),
                        left + 24.0
                    );
                }
            }
            Content::Matrix {
                columns,
                values,
                range,
            } => {
                let range = range.unwrap_or_else(|| pixels::range_of(values.iter().copied()));
                let frame = Frame {
                    left: LEFT,
                    top,
                    width: PLOT_WIDTH,
                    height: self.height,
                };
                pixels::draw(
                    &mut canvas.out,
                    frame,
                    values,
                    *columns,
                    range,
                    Colours::Rising,
                );
            }
        }
    }

    fn raster(&self, canvas: &mut Canvas, x: &Axis, top: f64, rows: usize, events: &[Event]) {
        let each = self.height / rows.max(1) as f64;
        let tall = (0.8 * each).max(0.6);
        for colour in 0..PALETTE {
            let own = events
                .iter()
                .filter(|e| e.row < rows && e.at.is_finite() && e.colour % PALETTE == colour);
            let path: String = own
                .map(|e| {
                    let y = top + each * (e.row as f64 + 0.5) - tall / 2.0;
                    format!(
                        "M{} {}v{}",
                        coordinate(x.at(e.at)),
                        coordinate(y),
                        coordinate(tall)
                    )
                })
                .collect();
            if !path.is_empty() {
                let _ = writeln!(
                    canvas.out,
                    "<path class=\"c{colour}\" stroke-width=\"1.2\" d=\"{path}\"/>"
                );
            }
        }
    }
}

fn lines(
    canvas: &mut Canvas,
    x: &Axis,
    (top, bottom): (f64, f64),
    series: &[Series],
    range: Option<(f64, f64)>,
) {
    let finite = |p: &&super::Point| p.x.is_finite() && p.y.is_finite();
    let ys = series.iter().flat_map(|s| s.points.iter().filter(finite));
    let y = Axis::over(ys.map(|p| p.y), range, false, bottom, top);
    for (value, label) in y.ticks() {
        let _ = writeln!(
            canvas.out,
            "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{label}</text>",
            LEFT - 6.0,
            coordinate(y.at(value) + 4.0)
        );
    }
    for (index, line) in series.iter().enumerate() {
        let points: Vec<String> = line
            .points
            .iter()
            .filter(finite)
            .map(|p| format!("{},{}", coordinate(x.at(p.x)), coordinate(y.at(p.y))))
            .collect();
        let _ = writeln!(
            canvas.out,
            "<polyline class=\"{}\" points=\"{}\"><title>{}</title></polyline>",
            class(line, index),
            points.join(" "),
            escape(&line.name),
        );
    }
}

fn class(line: &Series, index: usize) -> String {
    let dash = if line.reference { " dash" } else { "" };
    format!("line c{}{dash}", line.colour(index))
}
