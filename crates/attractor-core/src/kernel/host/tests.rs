use super::*;
use crate::kernel::store::squared_norm;
use crate::rng;

/// Every instruction set gives the same answer.
#[test]
fn instruction_sets_agree() {
    let (n, dim) = (700, 19);
    let mut rng = rng::stream(4, "isa");
    let patterns = rng::normal_vec(&mut rng, n * dim);
    let norms: Vec<f32> = patterns.chunks_exact(dim).map(squared_norm).collect();
    for cues in [1, 16, 17, 48, 64, 130] {
        let queries = rng::normal_vec(&mut rng, cues * dim);
        let offset = vec![0.0; cues];
        let blocks = [&patterns[..dim * 300], &patterns[dim * 300..]];
        let read = HostRead {
            keys: &blocks,
            key_dim: dim,
            values: &blocks,
            value_dim: dim,
            norms: &norms,
            bias_scale: 0.0,
            queries: &queries,
            offset: &offset,
            cap: f32::MAX,
            refine: None,
        };
        let expected = read.run_with(Isa::Portable);
        for isa in Isa::runnable() {
            let ours = read.run_with(isa);
            assert_eq!(ours.best, expected.best, "{isa:?}");
            for (a, b) in ours.weighted.iter().zip(&expected.weighted) {
                assert!((a - b).abs() < 1e-4 * b.abs().max(1.0), "{isa:?} {cues}: {a} {b}");
            }
            for (a, b) in ours.sum.iter().zip(&expected.sum) {
                assert!((a - b).abs() < 1e-5 * b, "{isa:?} {cues}: {a} {b}");
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
