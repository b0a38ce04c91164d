use attractor_core::Result;

use super::Relation;
use super::relation::weight;
use crate::Recognition;
use crate::object::defined;

impl Relation {
    /// Whether a pair is recognised, with its mismatches and its weight rho.
    ///
    /// # Errors
    /// As [`crate::Domain::check_one`].
    pub fn recognise(&self, left: &[u16], right: &[u16]) -> Result<Recognition> {
        self.check_pair(left, right)?;
        let pairs = (left.len() * right.len()) as f64;
        Ok(self.judge(left, right, (pairs, |_, _| 1)))
    }

    /// The same with weights of the columns: those pairs of columns count whose `floor(sqrt(u_i v_j))` is not
    /// 0. Given the cell weights of two registers of single objects, these leave out what the registers do
    /// not know. Without any weight nothing is recognised.
    ///
    /// # Errors
    /// As [`Self::recognise`]; for weights that do not fit or are negative.
    pub fn recognise_weighted(
        &self,
        [left, right]: [&[u16]; 2],
        [u, v]: [&[f64]; 2],
    ) -> Result<Recognition> {
        self.check_pair(left, right)?;
        self.config.left.check_weights("left weights", u)?;
        self.config.right.check_weights("right weights", v)?;
        let all = u.iter().flat_map(|&u| v.iter().map(move |&v| weight(u, v)));
        let total = all.map(f64::from).sum();
        Ok(self.judge(left, right, (total, |i, j| weight(u[i], v[j]))))
    }

    fn check_pair(&self, left: &[u16], right: &[u16]) -> Result<()> {
        self.config.left.check_one("left object", left)?;
        self.config.right.check_one("right object", right)
    }

    #[inline]
    fn judge(
        &self,
        left: &[u16],
        right: &[u16],
        (total, weight): (f64, impl Fn(usize, usize) -> u32),
    ) -> Recognition {
        let (p, q) = (self.config.right.columns, self.config.right.rows);
        let thresholds = &self.derived().thresholds;
        let places: Vec<(usize, usize)> = defined(right).map(|(j, l)| (j, j * q + l)).collect();
        let (mut mismatches, mut found) = (0, 0u64);
        for (i, k) in defined(left) {
            let row = self.tables[0].row(i, k);
            let thresholds = &thresholds[i * p..(i + 1) * p];
            for &(j, place) in &places {
                let (weight, count) = (weight(i, j), row[place]);
                mismatches += usize::from(weight > 0 && u32::from(count) < thresholds[j]);
                found = found.saturating_add(u64::from(weight) * u64::from(count));
            }
        }
        let found = found as f64;
        // No division: an exact tie stays one, and no weight at all is no NaN.
        let familiar = self.config.kappa == 0.0 || self.config.kappa * self.mean() * total <= found;
        Recognition {
            accepted: total > 0.0 && mismatches <= self.config.xi && familiar,
            mismatches,
            weight: match total > 0.0 {
                true => found / total,
                false => 0.0,
            },
        }
    }
}
