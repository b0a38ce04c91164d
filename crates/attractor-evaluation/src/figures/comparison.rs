//! The same cues before several systems, as one picture: a row for each system, a column for each cue.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::style::{coordinate, escape, sheet};

/// Side of a picture.
const SIDE: f64 = 56.0;
/// Between pictures.
const GAP: f64 = 8.0;
/// Height of the title and the column names.
const TOP: f64 = 62.0;
/// Width of a letter, about.
const LETTER: f64 = 7.0;

/// A small picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// As PNG.
    pub png: Vec<u8>,
    /// With a green frame: it is right.
    pub framed: bool,
}

/// What one row shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedRow {
    /// Whose row it is.
    pub name: String,
    /// In bold.
    pub strong: bool,
    /// One for each column, where there is one.
    pub pictures: Vec<Option<Shown>>,
}

/// Rows of pictures under named columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Above all.
    pub title: String,
    /// Name of each column.
    pub columns: Vec<String>,
    /// From top to bottom.
    pub rows: Vec<ComparedRow>,
}

impl Comparison {
    /// The SVG document.
    pub fn svg(&self) -> String {
        let longest = self.rows.iter().map(|row| row.name.chars().count()).max();
        let left = 24.0 + LETTER * longest.unwrap_or(0) as f64;
        let step = SIDE + GAP;
        let (width, height) = (
            left + step * self.columns.len() as f64 + GAP,
            TOP + step * self.rows.len() as f64 + GAP,
        );
        // Writing to a string cannot fail.
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"attractor-chart\" role=\"img\" \
             viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" aria-label=\"{title}\">\n\
             <style>{style}</style>\n<rect class=\"bg\" width=\"{w}\" height=\"{h}\"/>\n\
             <text class=\"title\" x=\"12\" y=\"22\">{title}</text>\n",
            w = coordinate(width),
            h = coordinate(height),
            title = escape(&self.title),
            style = sheet(),
        );
        for (column, name) in self.columns.iter().enumerate() {
            let middle = left + step * column as f64 + SIDE / 2.0;
            // Long names in two lines.
            let lines = match name.split_once([' ', '_']) {
                Some((first, rest)) => vec![first, rest],
                None => vec![name.as_str()],
            };
            let lowest = TOP - 8.0;
            for (line, text) in lines.iter().enumerate() {
                let _ = writeln!(
                    out,
                    "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    coordinate(middle),
                    coordinate(lowest - 13.0 * (lines.len() - 1 - line) as f64),
                    escape(text),
                );
            }
        }
        for (row, compared) in self.rows.iter().enumerate() {
            let top = TOP + step * row as f64;
            let _ = writeln!(
                out,
                "<text x=\"12\" y=\"{}\"{}>{}</text>",
                coordinate(top + SIDE / 2.0 + 4.0),
                if compared.strong {
                    " font-weight=\"700\""
                } else {
                    ""
                },
                escape(&compared.name),
            );
            for (column, shown) in compared.pictures.iter().enumerate() {
                let Some(shown) = shown else { continue };
                let x = left + step * column as f64;
                if shown.framed {
                    let _ = writeln!(
                        out,
                        "<rect x=\"{}\" y=\"{}\" width=\"{side}\" height=\"{side}\" rx=\"2\" fill=\"#28c85a\"/>",
                        coordinate(x - 3.0),
                        coordinate(top - 3.0),
                        side = SIDE + 6.0,
                    );
                }
                let _ = writeln!(
                    out,
                    "<image x=\"{}\" y=\"{}\" width=\"{SIDE}\" height=\"{SIDE}\" \
                     style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
                    coordinate(x),
                    coordinate(top),
                    STANDARD.encode(&shown.png),
                );
            }
        }
        out.push_str("</svg>\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_stand_where_they_belong() {
        let shown = |byte: u8, framed| {
            Some(Shown {
                png: vec![byte],
                framed,
            })
        };
        let svg = Comparison {
            title: "A & B".into(),
            columns: vec!["clean".into(), "noise 0.4".into()],
            rows: vec![ComparedRow {
                name: "<ours>".into(),
                strong: true,
                pictures: vec![shown(1, true), None],
            }],
        }
        .svg();
        assert_eq!(svg.matches("<image").count(), 1);
        assert_eq!(svg.matches("#28c85a").count(), 1);
        for part in [
            "A &amp; B",
            "&lt;ours&gt;",
            ">noise<",
            ">0.4<",
            "base64,AQ==",
        ] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
    }
}
