//! Which of the patterns of a layer cues are of, and forgetting them.

use attractor_core::kernel::{PatternIds, Tags, TopK};
use attractor_core::{Error, Forget, Identification, Identify, Ranking, Result, check};
use burn::tensor::Tensor;

use super::LayerMemory;
use crate::read;

/// Weights that are held at once.
const WEIGHTS: usize = 1 << 22;

impl Identify for LayerMemory {
    fn pattern_ids(&self) -> Result<&PatternIds> {
        Ok(&self.ids)
    }

    /// By the association at the end of the read: the mean over the heads of the weights that they give to a pattern, which
    /// is its probability. What extra rows of the layer (of zeros, of the bias) draw to themselves is the probability of
    /// nothing stored.
    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        let rows = self.rows.as_ref().ok_or(Error::EmptyMemory)?;
        check::batch("cues", &cues, self.layer.sizes().state)?;
        let chunk = WEIGHTS / (self.layer.sizes().heads * self.ids.len());
        let mut found = Vec::with_capacity(cues.dims()[0]);
        for cues in cues.split(chunk.max(1), 0) {
            let (parts, rules) = self.parts(cues, rows)?;
            let extra = rules.extra;
            let (weights, _) = read::association(parts, &rules)?;
            let weights: Tensor<3> = weights.mean_dim(1).squeeze_dim(1);
            let [_, _, all] = weights.dims();
            let weights = check::to_host(weights.cast(burn::tensor::FloatDType::F32))?;
            for weights in weights.chunks_exact(all) {
                let (stored, others) = weights.split_at(all - extra);
                let scores = stored.iter().map(|&weight| f64::from(weight));
                let best = TopK::of_scores([scores], k)?;
                let mut ranking = Ranking::default();
                for ranked in best.rows().flatten() {
                    ranking
                        .best
                        .push((ranked.index, ranked.score, Some(ranked.score)));
                }
                ranking.none =
                    (extra > 0).then(|| others.iter().map(|&weight| f64::from(weight)).sum());
                found.push(ranking.named(&self.ids)?);
            }
        }
        Ok(found)
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let sizes = self.layer.sizes();
        check::batch("patterns", &patterns, sizes.stored)?;
        if sizes.stored != sizes.projection {
            return Err(Error::Mismatch {
                what: "write",
                expected: format!("values as wide as patterns, {}", sizes.stored),
                part: "the layer",
                found: format!("{}: write pairs", sizes.projection),
            });
        }
        self.write_pairs_as(patterns.clone(), patterns, tags)
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.ids.set_label(id, label)
    }
}

impl Forget for LayerMemory {
    fn clear(&mut self) {
        self.rows = None;
        self.ids.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.ids.remove(index)?;
        let left = self.ids.len();
        self.rows = self.rows.take().filter(|_| left > 0).map(|rows| {
            rows.each(|x| {
                let parts = [(0, index), (index + 1, left - index)];
                let parts = parts.into_iter().filter(|&(_, count)| count > 0);
                Tensor::cat(
                    parts
                        .map(|(first, count)| x.clone().narrow(0, first, count))
                        .collect(),
                    0,
                )
            })
        });
        Ok(())
    }

    fn remove_id(&mut self, id: u64) -> Result<()> {
        self.remove(self.ids.index_of(id)?)
    }
}
