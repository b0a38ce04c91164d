use attractor_core::burn::tensor::{Int, Tensor};
use attractor_core::observation::lowest_of_rows;
use attractor_core::recall::TraceTerm;
use attractor_core::{Error, Inference, Persist, Problem, Recall, Result, Trace, check};

/// The best stored code by total energy. See the [module](super).
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::model::Identity;
/// use attractor_core::observation::Gaussian;
/// use attractor_core::{Backend, Inference, MemoryPrior, Problem, check};
/// use attractor_inference::{ModeSearch};
/// # use attractor_priors::GaussianMixtureConfig;
///
/// let device = Backend::Flex.open()?;
/// let mut prior = GaussianMixtureConfig { sigma: 0.3 }.init(2, &device)?;
/// prior.store(Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device))?;
/// let cues = Tensor::<2>::from_data([[0.9f32, 0.2]], &device);
/// let problem = Problem {
///     model: &Identity::new(2)?,
///     observation: &Gaussian::new(0.1)?,
///     prior: &prior,
///     start: cues.clone(),
///     cues,
/// };
/// let recall = ModeSearch.infer(&problem)?;
/// assert_eq!(check::to_host(recall.state)?, [1.0, 0.0]);
/// assert_eq!(recall.recalled[0].map(|found| found.index), Some(0));
/// # Ok::<(), attractor_core::Error>(())
/// ```
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

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
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
        let rows = (PART_BYTES / 4 / prior.dim().max(1)).clamp(1, DECODED);
        // Energies [b, n], the observation's by a function of decoded codes and the index of the first.
        let totals = |observed: &dyn Fn(Tensor<2>, usize) -> Tensor<2>| -> Result<Tensor<2>> {
            let mut columns: Vec<Tensor<2>> = Vec::new();
            for part in all.chunks(rows) {
                let codes = stored.codes_at(part)?;
                let of_prior = prior.energy(codes.clone())?;
                let of_observation = observed(model.decode(codes), part[0]);
                columns.push(of_observation + of_prior.unsqueeze_dim(0));
            }
            Ok(Tensor::cat(columns, 1))
        };
        let energies = match observation.shortlist().filter(|kept| *kept < all.len()) {
            None => totals(&|decoded, _| observation.energies(cues, decoded))?,
            Some(kept) => {
                let rough = totals(&|decoded, _| observation.rough_energies(cues, decoded))?;
                let kept = lowest_of_rows(&check::to_host(rough)?, all.len(), kept);
                totals(&|decoded, first| {
                    let part = first..first + decoded.dims()[0];
                    let rows = kept.chunks_exact(all.len());
                    let chosen: Vec<bool> =
                        rows.flat_map(|row| &row[part.clone()]).copied().collect();
                    observation.chosen_energies(cues, decoded, &chosen)
                })?
            }
        };
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
        if last.iter().any(|energy| energy.is_nan()) {
            let name = observation.name();
            let message =
                format!("the observation model `{name}` gave no numbers for its energies");
            return Err(Error::Device(message));
        }
        let mut recall = Recall::single_pass(state);
        if let Some(ids) = stored.ids() {
            recall = recall.of_patterns(&best, ids);
        }
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

impl Persist for ModeSearch {
    fn kind(&self) -> &'static str {
        self.name()
    }

    /// There is nothing to configure.
    fn pack(&self) -> Result<attractor_core::weights::Weights> {
        let mut file = attractor_core::weights::Weights::new();
        file.set_config(&attractor_core::Options::new())?;
        Ok(file)
    }
}
