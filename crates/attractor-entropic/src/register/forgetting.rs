//! Explicit forgetting: a column whose sum has reached the capacity takes a count from another cell.

use attractor_core::rng;

use super::Register;
use crate::draw;

impl Register {
    /// Takes one count from an active cell other than `level`, so that column `i` has room for it. Of N
    /// others with counts w, one is taken with probability `(1 - w / sum w) / (N - 1)`: rarely seen levels go
    /// first. False if there is no other: the registration is undone.
    pub(super) fn give_way(&mut self, i: usize, level: usize) -> bool {
        let rows = self.config.domain.rows;
        let column = &self.counts[i * rows..(i + 1) * rows];
        if column[level] == self.config.saturation {
            // Nothing would come in its place.
            return false;
        }
        let others = column
            .iter()
            .enumerate()
            .filter(|&(k, &w)| k != level && w > 0);
        let (count, sum) = others.clone().fold((0usize, 0u64), |(n, sum), (_, &w)| {
            (n + 1, sum + u64::from(w))
        });
        let taken = match count {
            0 => None,
            1 => others.map(|(k, _)| k).next(),
            _ => {
                let mut odds = vec![0.0; rows];
                for (k, &w) in others {
                    odds[k] = 1.0 - f64::from(w) / sum as f64;
                }
                let purpose = format!("entropic forgetting, column {i}");
                let mut rng = rng::indexed_stream(self.config.seed, &purpose, self.registered);
                draw::index(&odds, &mut rng)
            }
        };
        let Some(taken) = taken else { return false };
        self.discount(i, taken);
        true
    }
}
