use attractor_core::Result;
use attractor_core::rng::Rng;

use super::Register;
use crate::draw;
use crate::object::{Domain, UNDEFINED};

impl Register {
    /// What each column is drawn from, `[n, m]`: rows that sum to 1, or to 0 where nothing was counted. The
    /// distribution does not ask whether the cue is recognised.
    ///
    /// # Errors
    /// As [`Domain::check_one`].
    pub fn distribution(&self, cue: &[u16]) -> Result<Vec<f64>> {
        let mut all = self.odds(cue)?;
        for column in all.chunks_exact_mut(self.config.domain.rows) {
            let total: f64 = column.iter().sum();
            if total > 0.0 {
                column.iter_mut().for_each(|x| *x /= total);
            }
        }
        Ok(all)
    }

    fn odds(&self, cue: &[u16]) -> Result<Vec<f64>> {
        let Domain { rows, .. } = self.config.domain;
        self.config.domain.check_one("cue", cue)?;
        let width = self.config.sigma * rows as f64;
        let columns = self.counts.chunks_exact(rows).zip(cue);
        let odds = columns.flat_map(|(counts, &level)| {
            let counts: Vec<f64> = counts.iter().copied().map(f64::from).collect();
            let centre = (level != UNDEFINED).then_some(usize::from(level));
            draw::around(&counts, centre, width)
        });
        Ok(odds.collect())
    }

    /// An object constructed from the cue, if the cue is recognised. A column of which nothing was counted is
    /// undefined; so a cue without any defined column asks for a draw from the whole memory.
    ///
    /// # Errors
    /// As [`Domain::check_one`].
    pub fn retrieve(&self, cue: &[u16], rng: &mut Rng) -> Result<Option<Vec<u16>>> {
        if !self.recognise(cue)?.accepted {
            return Ok(None);
        }
        let odds = self.odds(cue)?;
        let columns = odds.chunks_exact(self.config.domain.rows);
        let level = |odds| draw::index(odds, rng).map_or(UNDEFINED, |k| k as u16);
        Ok(Some(columns.map(level).collect()))
    }
}
