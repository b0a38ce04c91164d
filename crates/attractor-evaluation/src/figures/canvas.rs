//! What charts have in common: ground, rules, ticks and labels.

use std::fmt::Write;

use super::axis::Axis;
use super::style::{coordinate, escape, sheet};

pub(super) const LEFT: f64 = 62.0;
pub(super) const TOP: f64 = 40.0;
pub(super) const PLOT_WIDTH: f64 = 440.0;
pub(super) const LEGEND_ROW: f64 = 20.0;
const BOTTOM: f64 = 48.0;
const PLOT_HEIGHT: f64 = 260.0;

/// A chart without its data. Writing to a string cannot fail.
pub(super) struct Canvas {
    pub(super) out: String,
    /// Where the abscissa lies.
    pub(super) bottom: f64,
}

impl Canvas {
    /// An empty chart with room for a legend of these names.
    pub(super) fn new<'a>(title: &str, names: impl Iterator<Item = &'a str>) -> Self {
        Self::with_height(title, names, PLOT_HEIGHT)
    }

    /// The same with another height of what is drawn, unless the legend is higher.
    pub(super) fn with_height<'a>(
        title: &str,
        names: impl Iterator<Item = &'a str>,
        height: f64,
    ) -> Self {
        let (rows, longest) = names.fold((0, 0), |(rows, longest), name| {
            (rows + 1, longest.max(name.chars().count()))
        });
        let bottom = TOP + (f64::from(rows) * LEGEND_ROW).max(height);
        let out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"attractor-chart\" role=\"img\" \
             viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" aria-label=\"{title}\">\n\
             <style>{style}</style>\n<rect class=\"bg\" width=\"{w}\" height=\"{h}\"/>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"22\">{title}</text>\n",
            w = coordinate(LEFT + PLOT_WIDTH + 56.0 + 7.0 * longest as f64),
            h = coordinate(bottom + BOTTOM),
            title = escape(title),
            style = sheet(),
        );
        Self { out, bottom }
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

    /// Left end and height of row `index` of the legend, and its text.
    pub(super) fn legend_row(&mut self, index: usize, name: &str) -> (f64, f64) {
        self.legend_at(TOP + 8.0 + index as f64 * LEGEND_ROW, name)
    }

    /// The same at a height.
    pub(super) fn legend_at(&mut self, y: f64, name: &str) -> (f64, f64) {
        let left = LEFT + PLOT_WIDTH + 14.0;
        let _ = writeln!(
            self.out,
            "<text x=\"{}\" y=\"{}\">{}</text>",
            left + 31.0,
            y + 4.0,
            escape(name)
        );
        (left, y)
    }

    /// The SVG document.
    pub(super) fn end(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}
