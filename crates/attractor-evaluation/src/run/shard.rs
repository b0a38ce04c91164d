//! Every n-th cell, for array jobs.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// Part `k` of `n`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shard {
    k: usize,
    n: usize,
}

impl Shard {
    /// Part `k` of `n`.
    ///
    /// # Errors
    /// [`Error::Shard`] unless `1 <= k <= n`.
    pub fn new(k: usize, n: usize) -> Result<Self> {
        let refuse = |reason: &str| {
            Err(Error::Shard {
                given: format!("{k}/{n}"),
                reason: reason.to_owned(),
            })
        };
        if n == 0 {
            return refuse("n is 0");
        }
        if k == 0 {
            return refuse("k is 0, but the first part is 1");
        }
        if k > n {
            return refuse("k is larger than n");
        }
        Ok(Self { k, n })
    }

    /// The part's items: every n-th, from the k-th on.
    pub fn select<T>(self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        items.into_iter().skip(self.k - 1).step_by(self.n).collect()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.k, self.n)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason: String| Error::Shard {
            given: text.to_owned(),
            reason,
        };
        let (k, n) = text
            .split_once('/')
            .ok_or_else(|| refuse("there is no `/`".into()))?;
        let number = |part: &str| {
            part.trim()
                .parse()
                .map_err(|_| refuse(format!("`{part}` is not a whole number")))
        };
        Self::new(number(k)?, number(n)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn errors_say_what_is_wrong() {
        for (text, reason) in [
            ("3", "there is no `/`"),
            ("a/4", "`a` is not a whole number"),
            ("1/-4", "`-4` is not a whole number"),
            ("1/0", "n is 0"),
            ("0/4", "k is 0, but the first part is 1"),
            ("5/4", "k is larger than n"),
        ] {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("shard `{text}`: expected k/n")),
                "{error}"
            );
            assert!(error.ends_with(reason), "{error}");
        }
        assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
    }

    proptest! {
        #[test]
        fn shards_partition_the_cells(n in 1_usize..20, cells in 0_usize..100) {
            let mut all = Vec::new();
            for k in 1..=n {
                let part = Shard::new(k, n).unwrap().select(0..cells);
                prop_assert!(part.len().abs_diff(cells / n) <= 1);
                all.extend(part);
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..cells).collect::<Vec<_>>());
        }
    }
}
