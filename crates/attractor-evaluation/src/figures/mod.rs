//! Figures: SVG charts and PNG image grids, written by hand so that equal data give equal bytes.

mod axis;
mod bars;
mod canvas;
mod chart;
mod grid;
mod style;
#[cfg(test)]
mod tests;

pub use bars::BarChart;
pub use chart::{LineChart, Point, Series};
pub use grid::{Image, ImageGrid};
