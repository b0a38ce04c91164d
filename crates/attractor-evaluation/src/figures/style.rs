//! Colours of charts, legible on light and dark ground, and text helpers.

/// Hues that stay apart for most forms of colour blindness, each for light and for dark ground.
const COLOURS: [(&str, &str); 8] = [
    ("#1769c7", "#6cb6ff"),
    ("#c8384d", "#ff8a94"),
    ("#22804d", "#63d297"),
    ("#c2620c", "#ffb066"),
    ("#7546b5", "#c3a3ff"),
    ("#007a87", "#4dd0e1"),
    ("#8f5a32", "#d9a884"),
    ("#b3206f", "#ff86c8"),
];

/// Number of colours.
pub(super) const PALETTE: usize = COLOURS.len();
/// Lines that one chart tells apart by colour alone; more belong into several charts.
pub(crate) const LINES: usize = 6;

/// How the line of an index is drawn. Any 72 that follow each other differ in colour, dash or marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Look {
    /// Of the palette.
    pub(super) colour: usize,
    /// Shape of the marker.
    pub(super) marker: usize,
    /// Solid, dashed or dotted.
    pub(super) dash: usize,
}

impl Look {
    pub(super) fn of(index: usize) -> Self {
        let (group, within) = (index / LINES, index % LINES);
        Self {
            colour: within,
            marker: (within + group) % 4,
            dash: group % 3,
        }
    }
}

/// The style sheet of a chart. Every rule is bound to `.attractor-chart`, so that a chart can stand
/// inside a page.
pub(crate) fn sheet() -> String {
    let mut light = String::new();
    let mut dark = String::new();
    for (index, (on_light, on_dark)) in COLOURS.iter().enumerate() {
        let rule =
            |colour: &str| format!(".attractor-chart .c{index}{{stroke:{colour};fill:{colour}}}");
        light.push_str(&rule(on_light));
        dark.push_str(&rule(on_dark));
    }
    format!(
        ".attractor-chart{{color:#1f2328;font:12px system-ui,sans-serif}}\
         .attractor-chart .bg{{fill:#fff}}\
         .attractor-chart text{{fill:currentColor}}\
         .attractor-chart .title{{font-weight:600;font-size:14px}}\
         .attractor-chart .tick{{fill:#57606a}}\
         .attractor-chart .grid{{stroke:#d8dee4}}\
         .attractor-chart .axis{{stroke:#8c959f}}\
         {light}\
         .attractor-chart .line{{fill:none;stroke-width:2;stroke-linejoin:round}}\
         .attractor-chart .bar{{stroke-width:1.2;fill:none}}\
         .attractor-chart .dash,.attractor-chart .d1{{stroke-dasharray:6 4}}\
         .attractor-chart .d2{{stroke-dasharray:1.5 3.5}}\
         @media (prefers-color-scheme:dark){{\
         .attractor-chart{{color:#e6e8eb}}\
         .attractor-chart .bg{{fill:#16191d}}\
         .attractor-chart .tick{{fill:#9aa4ae}}\
         .attractor-chart .grid{{stroke:#2d333b}}\
         .attractor-chart .axis{{stroke:#59636e}}\
         {dark}\
         .attractor-chart .line,.attractor-chart .bar{{fill:none}}}}"
    )
}

/// Text safe inside XML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A coordinate with at most two digits after the point.
pub(super) fn coordinate(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// Words in lines of at most `width` letters; a longer word has a line of its own.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
