//! Recall from known entries.

use std::collections::BTreeMap;

use attractor_core::{Outcome, Recall, Result};
use burn::tensor::Tensor;

use crate::pcn::network::{Gram, Sensory};
use crate::pcn::{Completion, Pcn};
use crate::relaxation::{InferenceConfig, Relaxed, doubles, energies, in_order, pick, recall};

impl Pcn {
    /// Completes cues `[b, dim]` of which the entries with `known` 1 are given. Known entries come
    /// back unchanged, unknown ones are not looked at; a row without any known entry answers with
    /// what the network expects before it sees anything.
    ///
    /// Rows with the same known entries share the Gram form where it pays off.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`attractor_core::Error::Config`] for a mask
    /// that holds other numbers than 0 and 1, [`attractor_core::Error::Rows`] for one of another
    /// number of rows.
    pub fn recall_partial(
        &self,
        cues: Tensor<2>,
        known: Tensor<2>,
        completion: Completion,
        inference: &InferenceConfig,
    ) -> Result<Recall> {
        inference.validate()?;
        let cues = self.rows("cues", cues)?;
        let known = self.mask(&cues, known)?;
        let mut direct: Vec<usize> = Vec::new();
        let mut pieces: Vec<(Vec<usize>, Recall)> = Vec::new();
        for (members, entries) in self.groups(&known)? {
            let inputs = self.config.width(1);
            let shared = completion == Completion::Profiled
                && entries > 0
                && inference.gram(members.len(), entries, inputs, true);
            if shared {
                let (cues, known) = (pick(cues.clone(), &members), pick(known.clone(), &members));
                let answer = self.fill(cues, known, completion, inference, true)?;
                pieces.push((members, answer));
            } else {
                direct.extend(members);
            }
        }
        if pieces.is_empty() {
            return self.fill(cues, known, completion, inference, false);
        }
        if !direct.is_empty() {
            let (cues, known) = (pick(cues, &direct), pick(known, &direct));
            let answer = self.fill(cues, known, completion, inference, false)?;
            pieces.push((direct, answer));
        }
        Ok(join(pieces))
    }

    /// Rows by their known entries, with the number of these.
    fn groups(&self, known: &Tensor<2>) -> Result<Vec<(Vec<usize>, usize)>> {
        let values = doubles(known)?;
        let mut groups: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
        for (row, values) in values.chunks(self.config.dim).enumerate() {
            let key = values.iter().map(|&value| value == 1.0).collect();
            groups.entry(key).or_default().push(row);
        }
        let groups = groups.into_iter();
        Ok(groups
            .map(|(key, rows)| (rows, key.into_iter().filter(|&known| known).count()))
            .collect())
    }

    /// All rows at once; `shared` if they have the same known entries and the Gram form pays off.
    fn fill(
        &self,
        cues: Tensor<2>,
        known: Tensor<2>,
        completion: Completion,
        inference: &InferenceConfig,
        shared: bool,
    ) -> Result<Recall> {
        let network = self.network();
        let mut start = network.start(cues.dims()[0]);
        let unknown = known.clone().lower_scalar(0.5);
        let relaxed = match completion {
            Completion::Profiled => {
                let sensory = shared.then(|| self.masked(&cues, &known));
                let body = network.clamped(cues.clone(), Some(known), sensory);
                self.descend(body, start, inference)?
            }
            Completion::Joint => {
                let expected = network.data(&start);
                start.push(cues.clone().mask_where(unknown.clone(), expected));
                let free = known.neg().add_scalar(1.0);
                self.descend(network.open(Some(free)), start, inference)?
            }
        };
        let mut relaxed: Relaxed = relaxed;
        let data = match completion {
            Completion::Profiled => network.data(&relaxed.state),
            // The last block; there is one.
            Completion::Joint => relaxed
                .state
                .pop()
                .unwrap_or_else(|| network.data(&relaxed.state)),
        };
        Ok(recall(cues.mask_where(unknown, data), relaxed))
    }

    /// The Gram form of the known entries, which are those of the first row.
    fn masked(&self, cues: &Tensor<2>, known: &Tensor<2>) -> Sensory {
        let link = self.network().link(0);
        let entries = known.clone().narrow(0, 0, 1);
        let weight = link.weight * entries.clone().transpose();
        let centred = match &link.bias {
            Some(bias) => cues.clone() - bias.clone(),
            None => cues.clone(),
        };
        Sensory::Gram(Box::new(Gram {
            before: link.before,
            projected: centred.matmul(weight.clone()),
            gram: weight.clone().transpose().matmul(weight),
        }))
    }
}

/// Answers for parts of a batch, each with its rows.
fn join(pieces: Vec<(Vec<usize>, Recall)>) -> Recall {
    let count = pieces.iter().map(|(rows, _)| rows.len()).sum();
    let mut whole = Recall {
        outcomes: vec![Outcome::MaxSteps; count],
        steps: vec![0; count],
        energy_first: vec![0.0; count],
        energy_last: vec![0.0; count],
        ..Recall::single_pass(Tensor::zeros([1, 1], &pieces[0].1.state.device()))
    };
    let mut states = Vec::new();
    let mut looks: Vec<Vec<f32>> = Vec::new();
    for (rows, part) in pieces {
        let trace = part.trace.terms.first().map(|term| &term.values);
        let trace = trace.cloned().unwrap_or_default();
        while looks.len() < trace.len() {
            looks.push(looks.last().cloned().unwrap_or_else(|| vec![0.0; count]));
        }
        for (at, &row) in rows.iter().enumerate() {
            whole.outcomes[row] = part.outcomes[at];
            whole.steps[row] = part.steps[at];
            whole.energy_first[row] = part.energy_first[at];
            whole.energy_last[row] = part.energy_last[at];
            // Parts that ended early stay where they ended.
            for (look, values) in looks.iter_mut().enumerate() {
                values[row] = trace
                    .get(look)
                    .map_or(part.energy_last[at], |trace| trace[at]);
            }
        }
        states.push((rows, part.state));
    }
    whole.state = in_order(states);
    whole.trace = energies(looks);
    whole
}
