use attractor_core::rng;

use super::*;

/// The definition, in double precision.
fn expected(
    sizes: Sizes,
    (a, at): (&[f32], Strides),
    (b, bt): (&[f32], Strides),
    (out, out_line, out_row): (&[f32], usize, usize),
    start: Start<'_>,
    relu: bool,
) -> Vec<f32> {
    let mut out = out.to_vec();
    for line in 0..sizes.lines {
        for row in 0..sizes.rows {
            for column in 0..sizes.columns {
                let place = line * out_line + row * out_row + column;
                let mut sum = f64::from(match start {
                    Start::Zero => 0.0,
                    Start::Bias(bias) => bias[column],
                    Start::Current => out[place],
                });
                for segment in 0..sizes.segments {
                    for term in 0..sizes.terms {
                        let a = a
                            [line * at.line + segment * at.segment + row * at.row + term * at.term];
                        let b = b[line * bt.line + segment * bt.segment + term * bt.row + column];
                        sum += f64::from(a) * f64::from(b);
                    }
                }
                out[place] = if relu {
                    sum.max(0.0) as f32
                } else {
                    sum as f32
                };
            }
        }
    }
    out
}

#[test]
fn every_kind_of_instruction_gives_the_definition() {
    let mut stream = rng::stream(1, "direct");
    // Tiles of eight, four, two and one row; panels of 32, 16 and 8 columns, and mixtures.
    for (rows, columns) in [
        (1, 8),
        (2, 24),
        (3, 56),
        (7, 16),
        (15, 40),
        (66, 8),
        (9, 32),
    ] {
        let sizes = Sizes {
            lines: 3,
            rows,
            segments: 2,
            terms: 5,
            columns,
        };
        let a_strides = Strides {
            line: 11,
            segment: 17,
            row: 3,
            term: 2,
        };
        let b_strides = Strides {
            line: 4,
            segment: 5 * columns,
            row: columns,
            term: 0,
        };
        let a = rng::normal_vec(&mut stream, 3 * 11 + 2 * 17 + 3 * rows + 2 * 5);
        let b = rng::normal_vec(&mut stream, 3 * 4 + 10 * columns);
        let bias = rng::normal_vec(&mut stream, columns);
        // Wider rows than columns: what lies between must stay.
        let (row, line) = (columns + 3, rows * (columns + 3) + 2);
        for accumulating in [false, true] {
            for (start, relu) in [
                (Start::Zero, false),
                (Start::Bias(&bias), true),
                (Start::Current, false),
            ] {
                // Lines that fall on each other add up, as in gradients of weights.
                let line = if accumulating { 0 } else { line };
                if accumulating && !matches!(start, Start::Current) {
                    continue;
                }
                let before = rng::normal_vec(&mut stream, 3 * (rows * row + 2));
                let (a, b) = ((a.as_slice(), a_strides), (b.as_slice(), b_strides));
                let expected = expected(sizes, a, b, (&before, line, row), start, relu);
                for kind in Instructions::all() {
                    let mut out = before.clone();
                    product_with(kind, sizes, a, b, (&mut out, line, row), start, relu);
                    for (found, expected) in out.iter().zip(&expected) {
                        assert!((found - expected).abs() < 1e-5, "{kind:?} {rows} {columns}");
                    }
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "left factor")]
fn arrays_that_are_too_short_are_refused() {
    let sizes = Sizes {
        lines: 1,
        rows: 2,
        segments: 1,
        terms: 3,
        columns: 8,
    };
    let strides = |row| Strides {
        line: 0,
        segment: 0,
        row,
        term: 1,
    };
    let (a, b, mut out) = ([0.0; 5], [0.0; 24], [0.0; 16]);
    let parts = ((a.as_slice(), strides(3)), (b.as_slice(), strides(8)));
    product(
        sizes,
        parts.0,
        parts.1,
        (&mut out, 8, 8),
        Start::Zero,
        false,
    );
}
