//! Bisection.

use attractor_core::{Error, Result};

/// Sizes to search among.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Smallest size.
    pub lowest: usize,
    /// Largest size.
    pub highest: usize,
    /// The search ends when the bracket's ends differ by this ratio, or by 1.
    pub ratio: f64,
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// The largest size found to work; a size at most the range's ratio above it was found not to.
    Found(usize),
    /// Not even the lowest size of the range works: a failure, no capacity.
    BelowRange(usize),
    /// The highest size of the range works.
    AboveRange(usize),
}

impl Capacity {
    /// The capacity, if it was found.
    pub fn found(self) -> Option<usize> {
        match self {
            Self::Found(size) => Some(size),
            Self::BelowRange(_) | Self::AboveRange(_) => None,
        }
    }
}

/// The largest size for which `works` says yes, by bisection from the range's ends, both of which are
/// tried. Deterministic where `works` is; with embeddings that are prefixes of one stream
/// ([`crate::embedding`]) it is also nearly monotone.
///
/// # Errors
/// [`Error::Config`] unless `0 < lowest < highest` and the ratio is at least 1; those of `works`.
pub fn search(range: Range, mut works: impl FnMut(usize) -> Result<bool>) -> Result<Capacity> {
    let Range {
        lowest,
        highest,
        ratio,
    } = range;
    if lowest == 0 || lowest >= highest {
        let found = format!("{lowest} and {highest}");
        return Err(Error::config(
            "Range",
            "must have 0 < lowest < highest",
            found,
        ));
    }
    if !(ratio >= 1.0 && ratio.is_finite()) {
        return Err(Error::config(
            "Range.ratio",
            "must be finite and at least 1",
            ratio,
        ));
    }
    if !works(lowest)? {
        return Ok(Capacity::BelowRange(lowest));
    }
    if works(highest)? {
        return Ok(Capacity::AboveRange(highest));
    }
    let (mut low, mut high) = (lowest, highest);
    while high - low > 1 && high as f64 > ratio * low as f64 {
        let middle = low + (high - low) / 2;
        match works(middle)? {
            true => low = middle,
            false => high = middle,
        }
    }
    Ok(Capacity::Found(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_size_is_found_and_failures_are_no_capacities() {
        let range = Range {
            lowest: 8,
            highest: 512,
            ratio: 1.0,
        };
        for most in [8, 9, 100, 101, 510, 511] {
            let mut tried = Vec::new();
            let found = search(range, |size| {
                tried.push(size);
                Ok(size <= most)
            });
            assert_eq!(found.unwrap(), Capacity::Found(most));
            assert!(tried.len() < 14, "{tried:?}");
        }
        assert_eq!(
            search(range, |_| Ok(false)).unwrap(),
            Capacity::BelowRange(8)
        );
        assert_eq!(
            search(range, |_| Ok(true)).unwrap(),
            Capacity::AboveRange(512)
        );
        let rough = Range {
            ratio: 1.01,
            ..range
        };
        let found = search(rough, |size| Ok(size <= 400))
            .unwrap()
            .found()
            .unwrap();
        assert!(found <= 400 && 400.0 / found as f64 <= 1.01, "{found}");
        let message = |range| search(range, |_| Ok(true)).unwrap_err().to_string();
        let reversed = Range {
            lowest: 9,
            highest: 9,
            ratio: 1.0,
        };
        assert_eq!(
            message(reversed),
            "Range: must have 0 < lowest < highest, found 9 and 9"
        );
        let backward = Range {
            ratio: 0.5,
            ..range
        };
        assert!(message(backward).starts_with("Range.ratio: must be finite and at least 1"));
    }
}
