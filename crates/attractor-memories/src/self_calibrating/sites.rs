//! Which sites are compared.

use attractor_core::{Result, check, rng};
use burn::tensor::Tensor;
use rand::RngExt;

/// Entries of a row that are compared: whole sites, all channels of each.
#[derive(Debug, Clone)]
pub(super) struct Sites {
    /// In order; none if all are.
    entries: Option<Vec<usize>>,
}

impl Sites {
    /// At most `most` of the sites of rows of `dim` entries: one drawn from each of as many runs of equal
    /// length. A regular grid would miss what repeats in its step, such as every second row.
    pub(super) fn new(dim: usize, channels: usize, most: usize, seed: u64) -> Self {
        let all = dim / channels;
        if all <= most {
            return Self { entries: None };
        }
        let mut rng = rng::stream(seed, "self-calibrating sites");
        let drawn: Vec<usize> = (0..most)
            .map(|run| rng.random_range(run * all / most..(run + 1) * all / most))
            .collect();
        let of_channel = |channel: usize| drawn.iter().map(move |site| channel * all + site);
        Self {
            entries: Some((0..channels).flat_map(of_channel).collect()),
        }
    }

    /// The rows `[b, d]` at these sites.
    pub(super) fn of(&self, rows: Tensor<2>) -> Result<Tensor<2>> {
        let Some(entries) = &self.entries else {
            return Ok(rows);
        };
        let (device, [_, dim]) = (rows.device(), rows.dims());
        let values = check::to_host(rows)?;
        let thinned = values
            .chunks_exact(dim)
            .flat_map(|row| entries.iter().map(|&entry| row[entry]));
        check::from_host("rows", thinned.collect(), entries.len(), &device)
    }
}
