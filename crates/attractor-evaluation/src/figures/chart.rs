//! Line charts as SVG.

use std::fmt::Write;

use super::axis::Axis;
use super::style::{PALETTE, coordinate, escape, sheet};

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
}

impl Series {
    /// A measured line.
    pub fn new(name: impl Into<String>, points: Vec<Point>) -> Self {
        Self {
            name: name.into(),
            points,
            reference: false,
        }
    }

    /// A published line.
    pub fn reference(name: impl Into<String>, points: Vec<Point>) -> Self {
        Self {
            name: name.into(),
            points,
            reference: true,
        }
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
    /// Range of the ordinate; from the data if `None`.
    pub y_range: Option<(f64, f64)>,
    /// Labelled places of the abscissa; evenly spaced ticks if empty.
    pub x_ticks: Vec<f64>,
}

const LEFT: f64 = 62.0;
const TOP: f64 = 40.0;
const PLOT_WIDTH: f64 = 440.0;
const BOTTOM: f64 = 48.0;
const LEGEND_ROW: f64 = 20.0;

impl LineChart {
    /// The chart as an SVG document, equal for equal data.
    pub fn svg(&self) -> String {
        let series: Vec<Series> = self
            .series
            .iter()
            .map(|series| self.drawable(series))
            .collect();
        let plot_height = (series.len() as f64 * LEGEND_ROW).max(260.0);
        let longest = series
            .iter()
            .map(|series| series.name.chars().count())
            .max()
            .unwrap_or(0);
        let width = LEFT + PLOT_WIDTH + 56.0 + 7.0 * longest as f64;
        let height = TOP + plot_height + BOTTOM;
        let points = || series.iter().flat_map(|series| series.points.iter());
        let x = Axis::over(
            points().map(|p| p.x),
            None,
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
        let bottom = TOP + plot_height;
        let y = Axis::over(ys, self.y_range, self.log_y, bottom, TOP);

        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"attractor-chart\" role=\"img\" \
             viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" aria-label=\"{title}\">\n\
             <style>{style}</style>\n<rect class=\"bg\" width=\"{w}\" height=\"{h}\"/>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"22\">{title}</text>\n",
            w = coordinate(width),
            h = coordinate(height),
            title = escape(&self.title),
            style = sheet(),
        );
        self.frame(&mut out, &x, &y, bottom);
        for (index, line) in series.iter().enumerate() {
            draw(&mut out, index, line, &x, &y);
        }
        legend(&mut out, &series);
        out.push_str("</svg>\n");
        out
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

    fn frame(&self, out: &mut String, x: &Axis, y: &Axis, bottom: f64) {
        let right = LEFT + PLOT_WIDTH;
        for (value, label) in y.ticks() {
            let at = y.at(value);
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{at}\" y2=\"{at}\"/>\
                 <text class=\"tick\" x=\"{x}\" y=\"{text}\" text-anchor=\"end\">{label}</text>",
                at = coordinate(at),
                x = LEFT - 8.0,
                text = coordinate(at + 4.0),
            );
        }
        let ticks = if self.x_ticks.is_empty() {
            x.ticks()
        } else {
            self.x_ticks
                .iter()
                .map(|value| (*value, format!("{value}")))
                .collect()
        };
        for (value, label) in ticks {
            let at = coordinate(x.at(value));
            let _ = writeln!(
                out,
                "<line class=\"axis\" x1=\"{at}\" x2=\"{at}\" y1=\"{bottom}\" y2=\"{end}\"/>\
                 <text class=\"tick\" x=\"{at}\" y=\"{text}\" text-anchor=\"middle\">{label}</text>",
                end = bottom + 5.0,
                text = bottom + 19.0,
            );
        }
        let middle = coordinate((TOP + bottom) / 2.0);
        let _ = writeln!(
            out,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\"/>\n\
             <text x=\"{centre}\" y=\"{below}\" text-anchor=\"middle\">{x_label}</text>\n\
             <text x=\"16\" y=\"{middle}\" text-anchor=\"middle\" \
             transform=\"rotate(-90 16 {middle})\">{y_label}</text>",
            centre = LEFT + PLOT_WIDTH / 2.0,
            below = bottom + 39.0,
            x_label = escape(&self.x_label),
            y_label = escape(&self.y_label),
        );
    }
}

fn classes(index: usize, series: &Series) -> String {
    let dashed = series.reference || (index / PALETTE) % 2 == 1;
    format!(
        "line c{}{}",
        index % PALETTE,
        if dashed { " dash" } else { "" }
    )
}

fn draw(out: &mut String, index: usize, series: &Series, x: &Axis, y: &Axis) {
    let path: Vec<String> = series
        .points
        .iter()
        .map(|p| format!("{},{}", coordinate(x.at(p.x)), coordinate(y.at(p.y))))
        .collect();
    let _ = writeln!(
        out,
        "<polyline class=\"{}\" points=\"{}\"><title>{}</title></polyline>",
        classes(index, series),
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
                index % PALETTE,
                coordinate(low),
                coordinate(high)
            );
        }
    }
    // Markers help on short lines and clutter long ones.
    if !series.reference && series.points.len() <= 30 {
        for p in &series.points {
            marker(out, index, x.at(p.x), y.at(p.y));
        }
    }
}

fn marker(out: &mut String, index: usize, x: f64, y: f64) {
    let colour = index % PALETTE;
    let at = coordinate;
    let _ = match index % 4 {
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

fn legend(out: &mut String, series: &[Series]) {
    let left = LEFT + PLOT_WIDTH + 14.0;
    for (index, line) in series.iter().enumerate() {
        let y = TOP + 8.0 + index as f64 * LEGEND_ROW;
        let _ = writeln!(
            out,
            "<line class=\"{}\" x1=\"{left}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>",
            classes(index, line),
            left + 24.0
        );
        if !line.reference {
            marker(out, index, left + 12.0, y);
        }
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\">{}</text>",
            left + 31.0,
            y + 4.0,
            escape(&line.name)
        );
    }
}
