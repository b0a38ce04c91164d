//! Loading data sets with a bar: folders of photographs take their time.

use attractor::datasets::{AnnotatedSet, DataError, DataRoot, LoadOptions, Split, load_watched};
use indicatif::{ProgressBar, ProgressStyle};

/// [`load_watched`] with a bar, if there is something to watch and a terminal to show it.
pub(crate) fn load(
    name: &str,
    split: Split,
    root: &DataRoot,
    options: &LoadOptions,
) -> Result<AnnotatedSet, DataError> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
    let bar = ProgressBar::new(0)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(format!("{name}, {}", split.name()));
    let set = load_watched(name, split, root, options, &|done, total| match done {
        0 => bar.set_length(total as u64),
        // Threads may overtake one another: the bar counts.
        _ => bar.inc(1),
    });
    bar.finish_and_clear();
    set
}
