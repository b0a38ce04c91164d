//! Pictures in a terminal: cue, what was taken for covered, and the best photo side by side, two pixels to a character.

use std::fmt::Write as _;
use std::io::IsTerminal;

use anyhow::Result;

use crate::album::Album;
use crate::out::say;
use crate::page::overlay;
use crate::recall::Found;

/// Columns between two pictures.
const GAP: usize = 2;

/// Shows what was found, where somebody looks at a terminal that has colours.
pub(crate) fn show(album: &Album, found: &Found) -> Result<()> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let colourless = !variable("NO_COLOR").is_empty() || ["dumb", ""].contains(&&*variable("TERM"));
    if colourless || !std::io::stdout().is_terminal() {
        return Ok(());
    }
    let mut pictures = vec![found.values.clone()];
    pictures.extend(overlay(found));
    if let Some(best) = found.candidates.first() {
        pictures.push(album.stored(best.index)?);
    }
    let (height, width) = (album.shape.height, album.shape.width);
    let columns = pictures.len() * (width + GAP);
    let (_, most) = console_size();
    if most < columns {
        return Ok(());
    }
    let exact = ["truecolor", "24bit"].contains(&&*variable("COLORTERM"));
    for line in lines(&pictures, (height, width), exact) {
        say!("{line}");
    }
    Ok(())
}

/// Rows and columns of the terminal; 24 and 80 if it does not say.
fn console_size() -> (usize, usize) {
    let (rows, columns) = console::Term::stdout().size();
    (rows.into(), columns.into())
}

/// Rows of values in `[0, 1]`, `[channels, height, width]` each, as lines of half blocks: the upper pixel is the foreground, the lower
/// one the background.
fn lines(pictures: &[Vec<f32>], (height, width): (usize, usize), exact: bool) -> Vec<String> {
    let colour = |picture: &[f32], y: usize, x: usize| -> [u8; 3] {
        let (plane, channels) = (height * width, picture.len() / (height * width));
        std::array::from_fn(|c| {
            let value = picture[c.min(channels - 1) * plane + y * width + x];
            (value.clamp(0.0, 1.0) * 255.0).round() as u8
        })
    };
    let line = |top: usize| {
        let mut line = String::new();
        for picture in pictures {
            for x in 0..width {
                let upper = paint(38, colour(picture, top, x), exact);
                let lower = match top + 1 < height {
                    true => paint(48, colour(picture, top + 1, x), exact),
                    false => "\x1b[49m".into(),
                };
                let _ = write!(line, "{upper}{lower}\u{2580}");
            }
            line.push_str("\x1b[0m");
            line.push_str(&" ".repeat(GAP));
        }
        line
    };
    (0..height).step_by(2).map(line).collect()
}

/// The escape sequence of a colour: exact, or the nearest of the cube of 6 x 6 x 6 that most terminals have.
fn paint(layer: u8, [red, green, blue]: [u8; 3], exact: bool) -> String {
    if exact {
        return format!("\x1b[{layer};2;{red};{green};{blue}m");
    }
    let step = |value: u8| (u16::from(value) * 5 + 127) / 255;
    let index = 16 + 36 * step(red) + 6 * step(green) + step(blue);
    format!("\x1b[{layer};5;{index}m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pixels_are_a_character() {
        // Three rows of one pixel: white, black, red.
        let picture = vec![1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
        let exact = lines(std::slice::from_ref(&picture), (3, 1), true);
        assert_eq!(exact.len(), 2);
        assert_eq!(
            exact[0],
            "\x1b[38;2;255;255;255m\x1b[48;2;0;0;0m\u{2580}\x1b[0m  "
        );
        assert_eq!(exact[1], "\x1b[38;2;255;0;0m\x1b[49m\u{2580}\x1b[0m  ");
        let coarse = lines(&[picture], (3, 1), false);
        assert_eq!(coarse[0], "\x1b[38;5;231m\x1b[48;5;16m\u{2580}\x1b[0m  ");
        // Grey: one plane for all colours.
        let grey = lines(&[vec![0.5, 0.5]], (2, 1), true);
        assert_eq!(
            grey[0],
            "\x1b[38;2;128;128;128m\x1b[48;2;128;128;128m\u{2580}\x1b[0m  "
        );
    }
}
