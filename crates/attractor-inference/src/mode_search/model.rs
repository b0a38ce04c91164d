use attractor_core::burn::tensor::{Int, Tensor};
use attractor_core::recall::TraceTerm;
use attractor_core::{Inference, Problem, Recall, Result, Trace, check};

/// The best stored code by total energy. See the [module](super).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModeSearch;

/// Codes decoded at once.
const DECODED: usize = 256;

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
        let codes = prior.codes_for("mode search")?;
        let of_prior = prior.energy(codes.clone())?;
        let [stored, _] = codes.dims();
        let mut columns: Vec<Tensor<2>> = Vec::with_capacity(stored);
        for first in (0..stored).step_by(DECODED) {
            let count = DECODED.min(stored - first);
            let decoded = model.decode(codes.clone().narrow(0, first, count));
            for k in 0..count {
                let one = decoded.clone().narrow(0, k, 1).expand(cues.shape());
                columns.push(observation.energy(cues, one).unsqueeze_dim(1));
            }
        }
        let energies = Tensor::cat(columns, 1) + of_prior.unsqueeze_dim(0);
        let (lowest, best): (Tensor<2>, Tensor<2, Int>) = energies.min_dim_with_indices(1);
        let state = codes.select(0, best.squeeze_dim(1));

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
