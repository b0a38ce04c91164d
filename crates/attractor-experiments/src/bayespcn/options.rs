//! What the measures have in common: images, numbers.

use attractor::core::Options;
use attractor::core::memory::registry::configure;
use attractor::datasets::{ImageSet, Split};
use attractor::evaluation::{Measurement, Metric};
use attractor::predictive_coding::BayesPcnConfig;

use super::questions::{Images, RECALLED, Scores};
use super::recipes::Network;
use crate::{Error, Result, Session, Task};

/// The images that cells of one data set store.
pub(super) fn images(task: Task<'_>, count: usize, session: &mut dyn Session) -> Result<Images> {
    let set = session.images(&task.part.dataset, Split::Train)?;
    let chosen = interleaved(&set, count);
    task.check_images(Split::Train, count, chosen.len())?;
    Ok(Images {
        values: set.rows(&chosen)?,
        shape: set.shape,
    })
}

/// The first images of every class in turn: files may be sorted by class.
fn interleaved(set: &ImageSet, count: usize) -> Vec<usize> {
    let mut taken = vec![0; set.classes.len()];
    let mut order = Vec::with_capacity(set.len());
    for (index, &label) in set.labels.iter().enumerate() {
        let of_class = &mut taken[label as usize];
        order.push((*of_class, label, index));
        *of_class += 1;
    }
    order.sort_unstable();
    order.into_iter().take(count).map(|item| item.2).collect()
}

/// A BayesPCN with the options of `table`.
pub(super) fn bayespcn(
    task: Task<'_>,
    table: &Options,
    network: Network,
    dim: usize,
) -> Result<BayesPcnConfig> {
    let mut defaults = BayesPcnConfig::new(dim);
    defaults.hidden = network.hidden;
    defaults.seed = network.seed;
    defaults.search.max_steps = network.iterations;
    let config = configure("bayespcn", defaults, table);
    config.map_err(|error| task.refuse(error.to_string()))
}

/// Says how far a memory is filled; ends with [`Error::Stopped`] if the run is to stop.
pub(super) fn written(
    session: &mut dyn Session,
    what: &str,
    done: usize,
    all: usize,
) -> Result<(), Error> {
    session.progress(what, done, all, "written");
    session.check()
}

/// Mean error, share recalled.
pub(super) fn errors(scores: &Scores) -> Vec<Measurement> {
    let n = scores.errors.len();
    let of = |metric, value| Measurement { metric, value, n };
    vec![
        of(Metric::PixelMse, scores.mean()),
        of(Metric::RetrievalRate, 100.0 * scores.below(RECALLED)),
    ]
}
