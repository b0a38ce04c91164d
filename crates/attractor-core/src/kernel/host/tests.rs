use burn::tensor::{bf16, f16};

use super::*;
use crate::kernel::Precision;
use crate::kernel::store::squared_norm;
use crate::rng;

/// Every instruction set gives the same answer as sums in f64: widths with and without rests, in
/// one and several passes over the depth; few cues, one panel, several groups; dense weights and
/// sparse ones.
#[test]
fn instruction_sets_agree() {
    // Miri checks every access, thousands of times slower.
    let (sizes, counts): (&[_], &[_]) = match cfg!(miri) {
        true => (&[(61, 19), (97, 7)], &[1, 3, 17]),
        false => (
            &[(700, 19), (150, 64), (290, 300), (61, 1040)],
            &[1, 3, 7, 16, 17, 48, 64, 130],
        ),
    };
    for &(n, dim) in sizes {
        for sharpness in [0.3, 40.0] {
            for &cues in counts {
                for precision in [Precision::F32, Precision::F16, Precision::Bf16] {
                    compare(n, dim, cues, sharpness, precision);
                }
            }
        }
    }
}

fn compare(n: usize, dim: usize, cues: usize, sharpness: f32, precision: Precision) {
    let mut rng = rng::stream(4, "isa");
    let mut patterns = rng::normal_vec(&mut rng, n * dim);
    precision.round_all(&mut patterns, dim).unwrap();
    let f16: Vec<f16> = patterns.iter().map(|&x| f16::from_f32(x)).collect();
    let bf16: Vec<bf16> = patterns.iter().map(|&x| bf16::from_f32(x)).collect();
    let all = match precision {
        Precision::F32 => Rows::Single(&patterns),
        Precision::F16 => Rows::F16(&f16),
        Precision::Bf16 => Rows::Bf16(&bf16),
    };
    let norms: Vec<f32> = patterns.chunks_exact(dim).map(squared_norm).collect();
    let scale = sharpness / (dim as f32).sqrt();
    let queries: Vec<f32> = rng::normal_vec(&mut rng, cues * dim)
        .iter()
        .map(|value| value * scale)
        .collect();
    let offset = vec![0.25; cues];
    // Blocks of keys and values are cut in different places.
    let split = |at: usize| [all.part(0, at * dim), all.part(at * dim, (n - at) * dim)];
    let read = HostRead {
        keys: &split(40),
        key_dim: dim,
        values: &split(57),
        value_dim: dim,
        norms: &norms,
        bias_scale: -0.01,
        queries: &queries,
        offset: &offset,
        cap: f32::MAX,
        refine: None,
        function: None,
    };
    let oracle: Vec<(Vec<f64>, usize)> = queries
        .chunks_exact(dim)
        .map(|query| {
            let scores: Vec<f64> = (0..n)
                .map(|row| {
                    let pairs = patterns[row * dim..].iter().zip(query);
                    let product: f64 = pairs.map(|(&m, &q)| f64::from(m) * f64::from(q)).sum();
                    product - 0.01 * f64::from(norms[row]) + 0.25
                })
                .collect();
            let best = (0..n)
                .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
                .unwrap();
            let weights: Vec<f64> = scores
                .iter()
                .map(|score| (score - scores[best]).exp())
                .collect();
            let sum: f64 = weights.iter().sum();
            let mean = |p| {
                (0..n)
                    .map(|row| weights[row] * f64::from(patterns[row * dim + p]))
                    .sum::<f64>()
                    / sum
            };
            ((0..dim).map(mean).collect(), best)
        })
        .collect();
    for isa in Instructions::all() {
        let ours = read.run_with(isa);
        let what = format!(
            "{isa:?}, {precision}, {cues} cues, {n} patterns of {dim}, sharpness {sharpness}"
        );
        for (row, (mean, best)) in oracle.iter().enumerate() {
            assert_eq!(ours.best[row], *best as i64, "{what}");
            for (p, expected) in mean.iter().enumerate() {
                let value = f64::from(ours.weighted[row * dim + p] / ours.sum[row]);
                // Scores, and with them their rounding, grow with the sharpness.
                let tolerance = 2e-5f64.max(5e-6 * f64::from(sharpness));
                assert!(
                    (value - expected).abs() < tolerance,
                    "{what}: {value} {expected}"
                );
            }
        }
    }
}

#[test]
fn panels_cover_every_cue_once() {
    for cues in 1..400 {
        let panels = panels(cues);
        let mut next = 0;
        for panel in &panels {
            assert_eq!(panel.start, next);
            assert!(panel.cues > 0 && panel.cues <= panel.vectors * 16);
            assert!(panel.vectors <= PANEL_VECTORS);
            next += panel.cues;
        }
        assert_eq!(next, cues);
    }
}
