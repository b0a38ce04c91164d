//! The largest counts that a file or a command line may ask for. They lie far above anything useful: a
//! number beyond them is a slip of the hand, and would fill memory or a disk before anybody noticed.

/// Seeds.
pub const SEEDS: usize = 10_000;
/// Cells of a run, all of which are listed in memory.
pub const CELLS: usize = 200_000;
/// Images of a data set, stored patterns, and other things that are kept one by one.
pub const ITEMS: usize = 10_000_000;
/// Blocks of a cell, and cues of a block.
pub const CUES: usize = 1_000_000;
/// Passes over training data.
pub const EPOCHS: usize = 1_000_000;
/// Channels, entries of a code, images of a step.
pub const WIDTH: usize = 1_000_000;
/// Series that the grid of one line of a study may stand for.
pub const SERIES: usize = 10_000;

/// Product of counts, the largest number where it does not fit.
pub(crate) fn product(counts: impl IntoIterator<Item = usize>) -> usize {
    counts.into_iter().fold(1, usize::saturating_mul)
}
