//! Figures: SVG charts and PNG image grids, written by hand so that equal data give equal bytes.

mod axis;
mod bars;
mod canvas;
mod chart;
mod grid;
mod heat_map;
mod pixels;
mod style;
#[cfg(test)]
mod tests;
mod timeline;

pub use bars::BarChart;
pub use chart::{LineChart, Point, Series};
pub use grid::{Image, ImageGrid};
pub use heat_map::{HeatMap, Marks};
pub use pixels::Colours;
pub(crate) use style::{LINES, sheet};
pub use timeline::{Content, Event, Strip, Timeline};
