//! What a data set really holds, where that is less than a preset asks for, and whether what was asked
//! for is what was published.

use super::{Experiment, Overrides, Preset, Resolved};
use crate::{Error, Result};

/// A data set as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundSet<'a> {
    /// What it is and where it lies, for a person.
    pub source: &'a str,
    /// Images in it.
    pub images: usize,
}

impl FoundSet<'_> {
    fn refuse(&self, what: &'static str, wanted: usize) -> Error {
        Error::TooFewImages {
            source_name: self.source.to_owned(),
            what,
            wanted,
            found: self.images,
        }
    }
}

impl Experiment {
    /// The configuration with the numbers that the data sets allow. Where a preset asks for more than
    /// there is, all that is there is used: the configuration then says so, in its sizes, in
    /// [`Resolved::shortages`] and, for figures of a publication, in [`Resolved::not_comparable`].
    ///
    /// # Errors
    /// [`Error::TooFewImages`] if numbers that `overrides` ask for cannot be had, or not even one block.
    pub fn fit(
        &self,
        mut resolved: Resolved,
        overrides: &Overrides,
        train: FoundSet<'_>,
        test: FoundSet<'_>,
    ) -> Result<Resolved> {
        let mut shortages = Vec::new();
        let mut short = |what: &str, found: usize, wanted: usize, set: &FoundSet<'_>| {
            let holds = format!("{} holds {} images", set.source, set.images);
            shortages.push(format!("{what} {found} instead of {wanted}, as {holds}"));
        };
        let wanted = resolved.train_images;
        let mut reason = None;
        if train.images < wanted {
            if overrides.train_images.is_some() || train.images == 0 {
                return Err(train.refuse("training images", wanted));
            }
            resolved.train_images = train.images;
            short("training images", train.images, wanted, &train);
            // Systems that learn use them even where the model's weights are imported.
            reason = Some(format!(
                "training images {} instead of {wanted}",
                train.images
            ));
        }
        let stored = resolved.n_stored.iter().copied().max().unwrap_or(1);
        if test.images < stored {
            return Err(test.refuse("images for one block", stored));
        }
        let (wanted, possible) = (resolved.blocks, test.images / stored);
        if possible < wanted {
            if overrides.blocks.is_some() {
                let needed = wanted.saturating_mul(stored);
                return Err(test.refuse("images for its blocks", needed));
            }
            resolved.blocks = possible;
            short("blocks", possible, wanted, &test);
        }
        // Blocks are cut from all of them.
        resolved.test_images = test.images;
        let paper = self.merge(Preset::Paper, &Overrides::default())?;
        resolved.not_comparable =
            self.difference_from(&paper, &resolved)
                .or(reason)
                .or_else(|| {
                    let (ours, theirs) = (resolved.test_images, paper.test_images);
                    (ours != theirs).then(|| format!("test images {ours} instead of {theirs}"))
                });
        resolved.shortages = shortages;
        Ok(resolved)
    }

    /// Why `resolved` cannot be held against the published figures, if so.
    pub(super) fn difference_from(&self, paper: &Resolved, resolved: &Resolved) -> Option<String> {
        if resolved.fallback {
            return Some(format!(
                "data set {} instead of {}",
                resolved.dataset, self.dataset
            ));
        }
        let mut sizes = vec![(
            "cues per block",
            resolved.cues_per_block,
            paper.cues_per_block,
        )];
        // Imported weights were trained elsewhere: then the training sizes do not matter.
        if resolved.model.weights.is_none() {
            sizes.push(("training images", resolved.train_images, paper.train_images));
            sizes.push(("epochs", resolved.model.epochs, paper.model.epochs));
        }
        sizes.push(("features", resolved.model.features, paper.model.features));
        sizes.push(("code size", resolved.model.code, paper.model.code));
        let different = sizes
            .into_iter()
            .find(|(_, ours, theirs)| ours != theirs)
            .map(|(what, ours, theirs)| format!("{what} {ours} instead of {theirs}"));
        if different.is_some() || resolved.model.weights.is_some() {
            return different;
        }
        let (ours, theirs) = (&resolved.model, &paper.model);
        let trainings = [
            ("batch", ours.batch as f64, theirs.batch as f64),
            ("learning rate", ours.learning_rate, theirs.learning_rate),
            ("beta", ours.beta, theirs.beta),
        ];
        let changed = trainings
            .into_iter()
            .find(|(_, ours, theirs)| ours != theirs)
            .map(|(what, ours, theirs)| format!("{what} {ours} instead of {theirs}"));
        let options = ours.options != theirs.options;
        changed.or_else(|| {
            options.then(|| format!("model options changed by preset {}", resolved.preset))
        })
    }
}
