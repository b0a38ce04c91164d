//! What to cite for an experiment.

use attractor::catalogue::cite::{self, Work};
use attractor::evaluation::Resolved;

/// BibTeX of the works behind a resolved experiment: its protocol, its data, and of every series the representation
/// and what its options ask for. Each work is there once.
pub fn citations(config: &Resolved) -> String {
    let mut works: Vec<&Work> = cite::of_kind("protocol", &config.protocol);
    for part in &config.parts {
        works.extend(cite::of_kind("dataset", &part.dataset));
        works.extend(cite::of_options(&part.options));
        for series in &part.series {
            works.extend(cite::of_kind(
                "representation",
                series.representation.name(),
            ));
            works.extend(cite::of_options(&series.options));
        }
    }
    cite::bibtex(works)
}
