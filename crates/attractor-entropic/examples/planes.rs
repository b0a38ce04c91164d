//! Draws the memory planes of two cues: `cargo run -p attractor-entropic --example planes -- FILE.svg`.
//!
//! Four hundred pairs of ten classes of noisy prototypes, 32 columns of 8 levels on each side.

use std::fmt::Write;

use attractor_core::Failure;
use attractor_core::rng::{self, Rng};
use attractor_entropic::{Domain, Quantiser, Relation, RelationConfig, Side, quantiser};

const DOMAIN: Domain = Domain {
    columns: 32,
    rows: 8,
};
const PAIRS: usize = 400;
const CLASSES: usize = 10;
const NOISE: f32 = 0.35;
/// Pixels of a cell, and around the planes.
const CELL: usize = 11;
const EDGE: usize = 24;

fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).unwrap_or("planes.svg".into());
    let rng = &mut rng::stream(0, "planes");
    let objects = [side(rng)?, side(rng)?];
    let mut relation = RelationConfig::new(DOMAIN, DOMAIN).init()?;
    relation.register(&objects[0], &objects[1])?;
    let (width, height) = (DOMAIN.columns * CELL, DOMAIN.rows * CELL);
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" \
         font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        width + 2 * EDGE,
        2 * height + 3 * EDGE
    )?;
    for (row, (cue, name)) in [
        (Side::Left, "plane of a left cue: right columns and levels"),
        (Side::Right, "plane of a right cue: left columns and levels"),
    ]
    .into_iter()
    .enumerate()
    {
        let top = EDGE + row * (height + EDGE);
        writeln!(svg, "<text x=\"{EDGE}\" y=\"{}\">{name}</text>", top - 6)?;
        plane(&mut svg, &relation, &objects, cue, top)?;
    }
    svg.push_str("</svg>\n");
    std::fs::write(path, svg)?;
    Ok(())
}

/// Objects of one side, pair k of class k mod 10.
fn side(rng: &mut Rng) -> attractor_core::Result<Vec<u16>> {
    let prototypes = rng::normal_vec(rng, CLASSES * DOMAIN.columns);
    let noise = rng::normal_vec(rng, PAIRS * DOMAIN.columns);
    let feature = |(at, noise): (usize, &f32)| {
        let class = at / DOMAIN.columns % CLASSES;
        f64::from(prototypes[class * DOMAIN.columns + at % DOMAIN.columns] + NOISE * noise)
    };
    let features: Vec<f64> = noise.iter().enumerate().map(feature).collect();
    let percentiles = quantiser::PERCENTILES;
    Quantiser::fit(&features, DOMAIN.columns, DOMAIN.rows, percentiles)?.quantise(&features)
}

/// The plane of the first stored cue of a side, with its partner.
fn plane(
    svg: &mut String,
    relation: &Relation,
    objects: &[Vec<u16>; 2],
    side: Side,
    top: usize,
) -> Result<(), Failure> {
    let cue = &objects[side as usize][..DOMAIN.columns];
    let partner = &objects[side.other() as usize][..DOMAIN.columns];
    let plane = relation.project(side, cue, None)?;
    for (column, &stored) in partner.iter().enumerate() {
        let most = plane.column(column)?.iter().copied().fold(1.0, f64::max);
        for (level, weight) in plane.column(column)?.iter().enumerate() {
            let shade = (255.0 * (1.0 - 0.85 * weight / most)).round();
            let (x, y) = (EDGE + column * CELL, top + (DOMAIN.rows - 1 - level) * CELL);
            writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"rgb({shade},{shade},255)\" \
                 stroke=\"#ddd\" stroke-width=\"0.5\"/>"
            )?;
            if level == usize::from(stored) {
                let (x, y) = (x as f64 + CELL as f64 / 2.0, y as f64 + CELL as f64 / 2.0);
                writeln!(
                    svg,
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"2.5\" fill=\"#c00\"/>"
                )?;
            }
        }
    }
    Ok(())
}
