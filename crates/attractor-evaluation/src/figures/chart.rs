//! Line charts as SVG.

use std::fmt::Write;

use super::axis::Axis;
use super::canvas::{Canvas, LEFT, PLOT_WIDTH, TOP};
use super::style::{Look, coordinate, escape};

/// A point of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Abscissa.
    pub x: f64,
    /// Ordinate.
    pub y: f64,
    /// Half the length of the error bar; 0 draws none.
    pub error: f64,
}

impl Point {
    /// A point without an error bar.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, error: 0.0 }
    }
}

/// A line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<Point>,
    /// Drawn dashed and without markers, such as a published curve.
    pub reference: bool,
    /// The series of the chart whose colour it has; its own if `None`.
    pub colour_of: Option<usize>,
}

impl Series {
    /// A measured line.
    pub fn new(name: impl Into<String>, points: Vec<Point>) -> Self {
        Self {
            name: name.into(),
            points,
            reference: false,
            colour_of: None,
        }
    }

    /// A published line.
    pub fn reference(name: impl Into<String>, points: Vec<Point>) -> Self {
        Self {
            name: name.into(),
            points,
            reference: true,
            colour_of: None,
        }
    }

    /// The number of its colour, as series `index` of a chart.
    pub(super) fn colour(&self, index: usize) -> usize {
        Look::of(self.colour_of.unwrap_or(index)).colour
    }
}

/// A line chart with a legend. Points that are not finite, or not positive on a logarithmic scale,
/// are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineChart {
    /// Title above the chart.
    pub title: String,
    /// Label below the chart.
    pub x_label: String,
    /// Label beside the chart.
    pub y_label: String,
    /// The lines.
    pub series: Vec<Series>,
    /// Logarithmic abscissa.
    pub log_x: bool,
    /// Logarithmic ordinate.
    pub log_y: bool,
    /// Range of the abscissa; from the data if `None`.
    pub x_range: Option<(f64, f64)>,
    /// Range of the ordinate; from the data if `None`.
    pub y_range: Option<(f64, f64)>,
    /// Number of the first line, where several charts share what they show: no two lines of all of them
    /// look alike.
    pub first: usize,
    /// Labelled places of the abscissa; evenly spaced ticks if empty.
    pub x_ticks: Vec<f64>,
}

impl LineChart {
    /// The chart as an SVG document, equal for equal data.
    pub fn svg(&self) -> String {
        let series: Vec<Series> = self
            .series
            .iter()
            .map(|series| self.drawable(series))
            .collect();
        let names = series.iter().map(|series| series.name.as_str());
        let mut canvas = Canvas::new(&self.title, names);
        let points = || series.iter().flat_map(|series| series.points.iter());
        let x = Axis::over(
            points().map(|p| p.x),
            self.x_range,
            self.log_x,
            LEFT,
            LEFT + PLOT_WIDTH,
        );
        let ys = points().flat_map(|p| {
            let low = p.y - p.error;
            [
                if self.log_y && low <= 0.0 { p.y } else { low },
                p.y + p.error,
            ]
        });
        let y = Axis::over(ys, self.y_range, self.log_y, canvas.bottom, TOP);

        self.frame(&mut canvas, &x, &y);
        for (index, line) in series.iter().enumerate() {
            let look = self.look(index, line);
            draw(&mut canvas.out, look, line, &x, &y);
        }
        for (index, line) in series.iter().enumerate() {
            let look = self.look(index, line);
            let (left, y) = canvas.legend(&line.name);
            let _ = writeln!(
                canvas.out,
                "<line class=\"{}\" x1=\"{left}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>",
                classes(look, line),
                left + 24.0
            );
            if !line.reference {
                marker(&mut canvas.out, look, (left + 12.0, y));
            }
        }
        canvas.end()
    }

    fn look(&self, index: usize, series: &Series) -> Look {
        Look::of(self.first + series.colour_of.unwrap_or(index))
    }

    fn drawable(&self, series: &Series) -> Series {
        let keep = |p: &&Point| {
            p.x.is_finite()
                && p.y.is_finite()
                && p.error.is_finite()
                && (!self.log_x || p.x > 0.0)
                && (!self.log_y || p.y > 0.0)
        };
        Series {
            points: series.points.iter().filter(keep).copied().collect(),
            ..series.clone()
        }
    }

    fn frame(&self, canvas: &mut Canvas, x: &Axis, y: &Axis) {
        canvas.rules(y);
        if self.x_ticks.is_empty() {
            for (value, label) in x.ticks() {
                canvas.tick(x.at(value), &label);
            }
        }
        for value in &self.x_ticks {
            canvas.tick(x.at(*value), &value.to_string());
        }
        canvas.labels(&self.x_label, &self.y_label);
    }
}

fn classes(look: Look, series: &Series) -> String {
    let dash = match series.reference {
        true => " dash".to_owned(),
        false => format!(" d{}", look.dash),
    };
    format!("line c{}{dash}", look.colour)
}

fn draw(out: &mut String, look: Look, series: &Series, x: &Axis, y: &Axis) {
    let path: Vec<String> = series
        .points
        .iter()
        .map(|p| format!("{},{}", coordinate(x.at(p.x)), coordinate(y.at(p.y))))
        .collect();
    let _ = writeln!(
        out,
        "<polyline class=\"{}\" points=\"{}\"><title>{}</title></polyline>",
        classes(look, series),
        path.join(" "),
        escape(&series.name)
    );
    for p in series.points.iter().filter(|p| p.error > 0.0) {
        let at = coordinate(x.at(p.x));
        let (low, high) = (y.at(p.y - p.error), y.at(p.y + p.error));
        if low.is_finite() && high.is_finite() {
            let _ = writeln!(
                out,
                "<line class=\"bar c{}\" x1=\"{at}\" x2=\"{at}\" y1=\"{}\" y2=\"{}\"/>",
                look.colour,
                coordinate(low),
                coordinate(high)
            );
        }
    }
    // Markers help on short lines and clutter long ones.
    if !series.reference && series.points.len() <= 30 {
        for p in &series.points {
            marker(out, look, (x.at(p.x), y.at(p.y)));
        }
    }
}

fn marker(out: &mut String, look: Look, (x, y): (f64, f64)) {
    let (at, colour) = (coordinate, look.colour);
    let _ = match look.marker {
        0 => writeln!(
            out,
            "<circle class=\"c{colour}\" cx=\"{}\" cy=\"{}\" r=\"3.5\"/>",
            at(x),
            at(y)
        ),
        1 => writeln!(
            out,
            "<rect class=\"c{colour}\" x=\"{}\" y=\"{}\" width=\"6\" height=\"6\"/>",
            at(x - 3.0),
            at(y - 3.0)
        ),
        shape => {
            let lower = if shape == 2 {
                (y + 3.0, y + 3.0)
            } else {
                (y, y)
            };
            let tail = if shape == 2 {
                String::new()
            } else {
                format!(" {},{}", at(x), at(y + 4.5))
            };
            writeln!(
                out,
                "<polygon class=\"c{colour}\" points=\"{},{} {},{}{tail} {},{}\"/>",
                at(x),
                at(y - 4.5),
                at(x + 4.5),
                at(lower.0),
                at(x - 4.5),
                at(lower.1)
            )
        }
    };
}
