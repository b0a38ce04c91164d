//! Training loop shared by everything that implements [`Train`]: memory networks here, priors with
//! learned precision elsewhere.
//!
//! The loop owns no data: it asks a closure for the episodes of each epoch, so that the caller
//! decides which blocks of patterns are stored and how their cues are corrupted.

use std::ops::ControlFlow;

use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Error, Result, Train};
use burn::tensor::Tensor;

/// One episode: patterns that are stored, cues that are read, and the answers they should give.
#[derive(Debug, Clone)]
pub struct Episode {
    /// Stored patterns `[n, d]`.
    pub patterns: Tensor<2>,
    /// Cues `[b, d]`.
    pub cues: Tensor<2>,
    /// Right answers `[b, d]`.
    pub targets: Tensor<2>,
}

impl Episode {
    /// The usual case: one cue for each pattern, whose right answer is that pattern.
    pub fn auto_associative(patterns: Tensor<2>, cues: Tensor<2>) -> Self {
        Self {
            targets: patterns.clone(),
            patterns,
            cues,
        }
    }
}

/// Which episode is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Episode within the epoch, from 0.
    pub episode: usize,
}

/// What the callback hears after every episode.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The episode that was just trained on.
    pub position: Position,
    /// Its mean squared error before the step.
    pub loss: f32,
    /// Mean of the losses of this epoch so far.
    pub epoch_loss: f32,
}

/// Trains for `epochs` epochs and returns the mean loss of each.
///
/// `episodes` is called with rising positions; `None` ends the epoch. `progress` hears of every
/// episode and may end the training early with [`ControlFlow::Break`]: the epoch under way then
/// counts with the episodes it has had.
///
/// # Errors
/// [`Error::Config`] for no epochs, a learning rate that is not above 0 or an epoch without
/// episodes; whatever `episodes` or the training step fail with.
pub fn train_epochs(
    part: &mut dyn Train,
    episodes: &mut dyn FnMut(Position) -> Result<Option<Episode>>,
    epochs: usize,
    learning_rate: f64,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Vec<f32>> {
    require_nonzero("train_epochs.epochs", epochs)?;
    require_positive("train_epochs.learning_rate", learning_rate)?;
    let mut losses = Vec::with_capacity(epochs);
    for epoch in 0..epochs {
        let (mut sum, mut count) = (0.0f64, 0);
        let mut mean = 0.0;
        loop {
            let position = Position {
                epoch,
                episode: count,
            };
            let Some(Episode {
                patterns,
                cues,
                targets,
            }) = episodes(position)?
            else {
                break;
            };
            let loss = part.train_step(patterns, cues, targets, learning_rate)?;
            sum += f64::from(loss);
            count += 1;
            mean = (sum / count as f64) as f32;
            if progress(Progress {
                position,
                loss,
                epoch_loss: mean,
            })
            .is_break()
            {
                losses.push(mean);
                return Ok(losses);
            }
        }
        if count == 0 {
            let rule = "must yield at least one episode in every epoch";
            return Err(Error::config(
                "train_epochs.episodes",
                rule,
                format!("0 in epoch {epoch}"),
            ));
        }
        losses.push(mean);
    }
    Ok(losses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tensor;

    /// Counts its steps; the loss of step i is i.
    struct Counter(Vec<f64>);

    impl Train for Counter {
        fn train_step(
            &mut self,
            _: Tensor<2>,
            _: Tensor<2>,
            _: Tensor<2>,
            learning_rate: f64,
        ) -> Result<f32> {
            self.0.push(learning_rate);
            Ok(self.0.len() as f32)
        }
    }

    fn episodes(per_epoch: usize) -> impl FnMut(Position) -> Result<Option<Episode>> {
        move |position| {
            let row = tensor(&[1.0, 2.0], 2);
            Ok((position.episode < per_epoch).then(|| Episode::auto_associative(row.clone(), row)))
        }
    }

    #[test]
    fn losses_are_means_over_the_episodes_of_an_epoch() {
        let mut counter = Counter(Vec::new());
        let mut heard = Vec::new();
        let losses = train_epochs(&mut counter, &mut episodes(3), 2, 0.5, &mut |progress| {
            heard.push(progress);
            ControlFlow::Continue(())
        });
        assert_eq!(losses.unwrap(), [2.0, 5.0]);
        assert_eq!(counter.0, [0.5; 6]);
        assert_eq!(heard.len(), 6);
        assert_eq!(
            heard[4].position,
            Position {
                epoch: 1,
                episode: 1
            }
        );
        assert_eq!((heard[4].loss, heard[4].epoch_loss), (5.0, 4.5));
    }

    #[test]
    fn the_callback_can_stop_the_training() {
        let mut counter = Counter(Vec::new());
        let losses = train_epochs(&mut counter, &mut episodes(3), 9, 0.5, &mut |progress| {
            if progress.loss >= 5.0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(losses.unwrap(), [2.0, 4.5]);
        assert_eq!(counter.0.len(), 5);
    }

    #[test]
    fn misuse_is_an_error() {
        let run = |epochs, rate, per_epoch| {
            let mut counter = Counter(Vec::new());
            let mut go_on = |_| ControlFlow::Continue(());
            train_epochs(
                &mut counter,
                &mut episodes(per_epoch),
                epochs,
                rate,
                &mut go_on,
            )
            .unwrap_err()
            .to_string()
        };
        assert_eq!(
            run(0, 0.1, 1),
            "train_epochs.epochs: must be at least 1, found 0"
        );
        assert_eq!(
            run(1, f64::NAN, 1),
            "train_epochs.learning_rate: must be finite and greater than 0, found NaN"
        );
        assert_eq!(
            run(2, 0.1, 0),
            "train_epochs.episodes: must yield at least one episode in every epoch, \
             found 0 in epoch 0"
        );
    }
}
