//! Bar charts as SVG.

use std::fmt::Write;

use super::axis::Axis;
use super::canvas::{Canvas, LEFT, PLOT_WIDTH, TOP};
use super::style::{coordinate, escape};
use super::{Point, Series};

/// Bars side by side, one group for each place of the abscissa, such as a histogram. Points that are
/// not finite, or at none of the places, are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarChart {
    /// Title above the chart.
    pub title: String,
    /// Label below the chart.
    pub x_label: String,
    /// Label beside the chart.
    pub y_label: String,
    /// The bars; those of an expectation are drawn hollow.
    pub series: Vec<Series>,
    /// The places, from left to right.
    pub places: Vec<f64>,
    /// Range of the ordinate; from the data and 0 if `None`.
    pub y_range: Option<(f64, f64)>,
}

impl BarChart {
    /// The chart as an SVG document, equal for equal data.
    pub fn svg(&self) -> String {
        let names = self.series.iter().map(|series| series.name.as_str());
        let mut canvas = Canvas::new(&self.title, names);
        let drawable = |p: &&Point| p.y.is_finite() && p.error.is_finite();
        let points = self.series.iter().flat_map(|series| &series.points);
        let ends = points
            .filter(drawable)
            .flat_map(|p| [p.y - p.error, p.y + p.error]);
        // Bars stand on 0.
        let (low, high) = ends.clone().fold((0.0, 0.0), |(low, high), end| {
            (f64::min(low, end), f64::max(high, end))
        });
        let range = self.y_range.unwrap_or((1.05 * low, 1.05 * high));
        let y = Axis::over(ends, Some(range), false, canvas.bottom, TOP);
        canvas.rules(&y);
        let group = PLOT_WIDTH / self.places.len().max(1) as f64;
        for (place, value) in self.places.iter().enumerate() {
            let middle = LEFT + group * (place as f64 + 0.5);
            canvas.tick(middle, &value.to_string());
        }
        canvas.labels(&self.x_label, &self.y_label);
        // A fifth of a group is the gap to the next.
        let width = 0.8 * group / self.series.len().max(1) as f64;
        for (index, series) in self.series.iter().enumerate() {
            let class = class(series, index);
            for p in series.points.iter().filter(drawable) {
                let Some(place) = self.places.iter().position(|place| *place == p.x) else {
                    continue;
                };
                let left = LEFT + group * (place as f64 + 0.1) + width * index as f64;
                let (from, to) = (y.at(0.0_f64.max(p.y)), y.at(0.0_f64.min(p.y)));
                let _ = writeln!(
                    canvas.out,
                    "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\
                     <title>{}: {}</title></rect>",
                    coordinate(left),
                    coordinate(from),
                    coordinate(0.92 * width),
                    coordinate(to - from),
                    escape(&series.name),
                    p.y
                );
                if p.error > 0.0 {
                    let at = coordinate(left + 0.46 * width);
                    let _ = writeln!(
                        canvas.out,
                        "<line class=\"axis\" x1=\"{at}\" x2=\"{at}\" y1=\"{}\" y2=\"{}\"/>",
                        coordinate(y.at(p.y - p.error)),
                        coordinate(y.at(p.y + p.error))
                    );
                }
            }
        }
        for (index, series) in self.series.iter().enumerate() {
            let (left, at) = canvas.legend(&series.name);
            let _ = writeln!(
                canvas.out,
                "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"12\" height=\"12\"/>",
                class(series, index),
                left + 12.0,
                at - 6.0
            );
        }
        canvas.end()
    }
}

fn class(series: &Series, index: usize) -> String {
    let hollow = if series.reference { "line " } else { "" };
    format!("{hollow}c{}", series.colour(index))
}
