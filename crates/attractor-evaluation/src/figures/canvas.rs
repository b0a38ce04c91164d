//! What charts have in common: ground, rules, ticks and labels.

use std::fmt::Write;

use super::axis::Axis;
use super::style::{coordinate, escape, sheet, wrapped};

pub(super) const LEFT: f64 = 58.0;
pub(super) const TOP: f64 = 40.0;
/// Narrow enough that a chart can be read on a phone, and three stand beside each other on a desk.
pub(super) const PLOT_WIDTH: f64 = 306.0;
pub(super) const LEGEND_ROW: f64 = 18.0;
const RIGHT: f64 = 16.0;
const BOTTOM: f64 = 48.0;
pub(super) const PLOT_HEIGHT: f64 = 210.0;
/// Letters of a line of the legend, and of the title.
const LETTERS: (usize, usize) = (52, 48);

/// A chart without its data. Writing to a string cannot fail.
pub(super) struct Canvas {
    pub(super) out: String,
    /// Where the abscissa lies.
    pub(super) bottom: f64,
    /// Where the next row of the legend lies.
    legend: f64,
}

impl Canvas {
    /// An empty chart with room below it for a legend of these names.
    pub(super) fn new<'a>(title: &str, names: impl Iterator<Item = &'a str>) -> Self {
        Self::with_height(title, names, PLOT_HEIGHT)
    }

    /// The same with another height of what is drawn.
    pub(super) fn with_height<'a>(
        title: &str,
        names: impl Iterator<Item = &'a str>,
        height: f64,
    ) -> Self {
        let rows: usize = names.map(|name| wrapped(name, LETTERS.0).len()).sum();
        let lines = wrapped(title, LETTERS.1);
        // A longer title grows upwards: what is drawn stays where it is.
        let above = LEGEND_ROW * (lines.len() - 1) as f64;
        let bottom = TOP + height;
        let width = coordinate(LEFT + PLOT_WIDTH + RIGHT);
        let all = coordinate(above + bottom + BOTTOM + rows as f64 * LEGEND_ROW + 6.0);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"attractor-chart\" role=\"img\" \
             viewBox=\"0 {top} {width} {all}\" width=\"{width}\" height=\"{all}\" aria-label=\"{title}\">\n\
             <style>{style}</style>\n<rect class=\"bg\" y=\"{top}\" width=\"{width}\" height=\"{all}\"/>\n",
            top = coordinate(-above),
            title = escape(title),
            style = sheet(),
        );
        for (line, text) in lines.iter().rev().enumerate() {
            let _ = writeln!(
                out,
                "<text class=\"title\" x=\"14\" y=\"{}\">{}</text>",
                coordinate(22.0 - LEGEND_ROW * line as f64),
                escape(text)
            );
        }
        let legend = bottom + BOTTOM + 10.0;
        Self {
            out,
            bottom,
            legend,
        }
    }

    /// Horizontal rules with the ordinate's labels.
    pub(super) fn rules(&mut self, y: &Axis) {
        let right = LEFT + PLOT_WIDTH;
        for (value, label) in y.ticks() {
            let at = y.at(value);
            let _ = writeln!(
                self.out,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{at}\" y2=\"{at}\"/>\
                 <text class=\"tick\" x=\"{x}\" y=\"{text}\" text-anchor=\"end\">{label}</text>",
                at = coordinate(at),
                x = LEFT - 8.0,
                text = coordinate(at + 4.0),
            );
        }
    }

    /// A labelled place of the abscissa.
    pub(super) fn tick(&mut self, x: f64, label: &str) {
        let at = coordinate(x);
        let _ = writeln!(
            self.out,
            "<line class=\"axis\" x1=\"{at}\" x2=\"{at}\" y1=\"{bottom}\" y2=\"{end}\"/>\
             <text class=\"tick\" x=\"{at}\" y=\"{text}\" text-anchor=\"middle\">{label}</text>",
            bottom = self.bottom,
            end = self.bottom + 5.0,
            text = self.bottom + 19.0,
        );
    }

    /// The abscissa and what both axes are.
    pub(super) fn labels(&mut self, x_label: &str, y_label: &str) {
        let (right, bottom) = (LEFT + PLOT_WIDTH, self.bottom);
        let middle = coordinate((TOP + bottom) / 2.0);
        let _ = writeln!(
            self.out,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\"/>\n\
             <text x=\"{centre}\" y=\"{below}\" text-anchor=\"middle\">{x_label}</text>\n\
             <text x=\"16\" y=\"{middle}\" text-anchor=\"middle\" \
             transform=\"rotate(-90 16 {middle})\">{y_label}</text>",
            centre = LEFT + PLOT_WIDTH / 2.0,
            below = bottom + 39.0,
            x_label = escape(x_label),
            y_label = escape(y_label),
        );
    }

    /// The next row of the legend: left end and height of its sign, and its text.
    pub(super) fn legend(&mut self, name: &str) -> (f64, f64) {
        let (left, y) = (14.0, self.legend);
        for line in wrapped(name, LETTERS.0) {
            let _ = writeln!(
                self.out,
                "<text x=\"{}\" y=\"{}\">{}</text>",
                left + 31.0,
                coordinate(self.legend + 4.0),
                escape(&line)
            );
            self.legend += LEGEND_ROW;
        }
        (left, y)
    }

    /// The SVG document.
    pub(super) fn end(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}
