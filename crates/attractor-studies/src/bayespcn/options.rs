//! What the measures have in common: corruptions, images, numbers.

use attractor::core::Complete;
use attractor::core::burn::tensor::Device;
use attractor::datasets::{ImageSet, Split};
use attractor::evaluation::{Measurement, Metric};
use attractor::memories::bayespcn::protocol::{
    Answers, Corruption, Images, Questions, RECALLED, Scores,
};
use serde::Deserialize;

use crate::{Result, Session, Task};

/// A kind of corruption; its strength stands elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Clean,
    White,
    Dropout,
    Mask,
}

impl Kind {
    /// At a strength, which white noise may lack.
    pub(super) fn at(self, task: Task<'_>, strength: f64) -> Result<Corruption> {
        let part = 0.0 < strength && strength <= 1.0;
        match self {
            Self::Clean => Ok(Corruption::Clean),
            Self::White if strength == 0.0 => Ok(Corruption::Clean),
            Self::White if strength > 0.0 && strength.is_finite() => {
                Ok(Corruption::White(strength))
            }
            Self::Dropout if part => Ok(Corruption::Dropout(strength)),
            Self::Mask if part => Ok(Corruption::Mask(strength)),
            _ => {
                let expected = "at least 0 for white noise, above 0 and at most 1 for others";
                Err(task.misplaced("strength of the corruption", expected, strength))
            }
        }
    }
}

/// The images that cells of one data set store.
pub(super) fn images(
    task: Task<'_>,
    count: usize,
    session: &mut dyn Session,
) -> Result<(Images, [usize; 3])> {
    let set = session.images(&task.part.dataset, Split::Train)?;
    let chosen = interleaved(&set, count);
    task.check_images(Split::Train, count, chosen.len())?;
    let shape = set.shape;
    let sizes = [shape.channels, shape.height, shape.width];
    let images = Images::new(set.rows(&chosen)?, sizes[0], sizes[1], sizes[2])?;
    Ok((images, sizes))
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

/// Asks for some images after one corruption.
pub(super) fn ask(
    memory: &dyn Complete,
    (images, chosen): (&Images, &[usize]),
    corruption: Corruption,
    seed: u64,
    device: &Device,
) -> Result<Answers> {
    let questions = Questions {
        images,
        corruptions: &[corruption],
        cues: chosen.len(),
        seed,
        device,
    };
    Ok(questions.recall(memory, chosen, corruption)?)
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
