use attractor_core::burn::tensor::{Int, Tensor};
use attractor_core::recall::TraceTerm;
use attractor_core::{Error, Inference, Problem, Recall, Result, Trace, check};

/// The best stored code by total energy. See the [module](super).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModeSearch;

/// Codes decoded at once, at most.
const DECODED: usize = 256;

/// Bytes of those codes, at most: a read of the prior needs several times as much.
const PART_BYTES: usize = 4 << 20;

impl Inference for ModeSearch {
    fn name(&self) -> &'static str {
        "mode_search"
    }

    fn infer(&self, problem: &Problem<'_>) -> Result<Recall> {
        let Problem {
            model,
            observation,
            prior,
            cues,
            start,
        } = problem;
        let stored = prior.stored_for("mode search")?;
        let all: Vec<usize> = (0..prior.len()).collect();
        if all.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let mut columns: Vec<Tensor<2>> = Vec::new();
        let rows = (PART_BYTES / 4 / prior.dim().max(1)).clamp(1, DECODED);
        for part in all.chunks(rows) {
            let codes = stored.codes_at(part)?;
            let of_prior = prior.energy(codes.clone())?;
            let of_observation = observation.energies(cues, model.decode(codes));
            columns.push(of_observation + of_prior.unsqueeze_dim(0));
        }
        let energies = Tensor::cat(columns, 1);
        let (lowest, best): (Tensor<2>, Tensor<2, Int>) = energies.min_dim_with_indices(1);
        let best = best
            .try_into_vec_as::<i64>()
            .map_err(|error| Error::Device(error.to_string()))?;
        // Indices of `all`.
        let best: Vec<usize> = best.into_iter().map(|index| index as usize).collect();
        let state = stored.codes_at(&best)?;

        let at_start =
            observation.energy(cues, model.decode(start.clone())) + prior.energy(start.clone())?;
        let first = check::to_host(at_start)?;
        let last = check::to_host(lowest.squeeze_dim::<1>(1))?;
        let mut recall = Recall::single_pass(state);
        recall.trace = Trace {
            terms: vec![TraceTerm {
                name: "total".into(),
                values: vec![first.clone(), last.clone()],
            }],
        };
        recall.energy_first = first;
        recall.energy_last = last;
        Ok(recall)
    }
}
