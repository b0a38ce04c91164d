//! How much better pairs of sine and cosine are than cosines with phases, in closed form.
//!
//! At a query x with `a_k = x - m_k`, `kappa(c) = exp(-beta/2 |c|^2)`, `u = (gradient of S) / S`, and
//! the sums over all ordered pairs of patterns, one direction's contribution to the first-order error
//! of one entry j of the gradient of log S has the variance
//!
//! ```text
//! pair     V_j = 1/2 sum kappa(a_k - a_l) (beta (1 - beta (a_k - a_l)_j^2) + u_j^2)
//!              - 1/2 sum kappa(a_k + a_l) (beta (1 - beta c_j^2) - 2 beta u_j c_j - u_j^2), c = a_k + a_l
//! cosine   V_j + X_j, X_j = the first of both sums
//! ```
//!
//! (`E w_j^2 cos(w.c) = (1 - c_j^2) exp(-|c|^2 / 2)`, `E w_j sin(w.c) = c_j exp(-|c|^2 / 2)`; the phase
//! makes the second part of a product of cosines an independent addition.) At equal storage there are
//! half as many pairs: V is compared with `(V + X) / 2`.

/// Mean absolute error of an entry, up to a factor common to both: for pairs and for cosines, a mean
/// over queries `[b, dim]` and entries, to first order in the noise.
pub(super) fn expected(queries: &[f64], patterns: &[f64], dim: usize, beta: f64) -> (f64, f64) {
    let (mut pairs, mut cosines) = (0.0, 0.0);
    for query in queries.chunks_exact(dim) {
        let offsets: Vec<Vec<f64>> = patterns
            .chunks_exact(dim)
            .map(|pattern| query.iter().zip(pattern).map(|(x, m)| x - m).collect())
            .collect();
        let kernel = |square: f64| (-0.5 * beta * square).exp();
        let (mut sum, mut slope) = (0.0, vec![0.0; dim]);
        for offset in &offsets {
            let kappa = kernel(offset.iter().map(|a| a * a).sum());
            sum += kappa;
            slope
                .iter_mut()
                .zip(offset)
                .for_each(|(slope, a)| *slope -= beta * kappa * a);
        }
        let ratio: Vec<f64> = slope.iter().map(|slope| slope / sum).collect();
        let (mut apart, mut together) = (vec![0.0; dim], vec![0.0; dim]);
        for (k, a) in offsets.iter().enumerate() {
            for (l, b) in offsets[..=k].iter().enumerate() {
                // Ordered pairs: both orders of two.
                let times = if k == l { 0.5 } else { 1.0 };
                let (mut near, mut far) = (0.0, 0.0);
                for (a, b) in a.iter().zip(b) {
                    near += (a - b).powi(2);
                    far += (a + b).powi(2);
                }
                let (near, far) = (times * kernel(near), times * kernel(far));
                for j in 0..dim {
                    let (minus, plus) = (a[j] - b[j], a[j] + b[j]);
                    let u = ratio[j];
                    apart[j] += near * (beta * (1.0 - beta * minus * minus) + u * u);
                    together[j] +=
                        far * (beta * (1.0 - beta * plus * plus) - 2.0 * beta * u * plus - u * u);
                }
            }
        }
        for (apart, together) in apart.iter().zip(&together) {
            let pair = (apart - together).max(0.0);
            pairs += pair.sqrt() / sum;
            cosines += (0.5 * (pair + apart)).sqrt() / sum;
        }
    }
    let entries = queries.len() as f64;
    (pairs / entries, cosines / entries)
}
