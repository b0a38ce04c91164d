//! Which solids matter where.

/// A set of solids. Numbers that are equal modulo 64 are in it together: it may hold too many, but
/// never too few.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Among(u64);

impl Among {
    pub(crate) const ALL: Self = Self(u64::MAX);

    pub(crate) fn add(&mut self, index: usize) {
        self.0 |= 1 << (index % 64);
    }

    /// Its members below `count`, without a look at the others.
    pub(crate) fn below(self, count: usize) -> impl Iterator<Item = usize> {
        let mut left = match count {
            0..64 => self.0 & ((1 << count) - 1),
            _ => self.0,
        };
        let lowest = std::iter::from_fn(move || {
            let index = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (index < 64).then_some(index)
        });
        lowest.flat_map(move |index| (index..count).step_by(64))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The solids that matter to a piece of ground.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Near {
    /// Those that may hide each lamp.
    pub(crate) lamps: [Among; 4],
    /// Those that are close.
    pub(crate) around: Among,
}

impl Near {
    pub(crate) const ALL: Self = Self {
        lamps: [Among::ALL; 4],
        around: Among::ALL,
    };

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_visited_once_each() {
        for count in [0, 1, 7, 63, 64, 65, 200] {
            for members in [vec![], vec![0], vec![0, 5, 63], vec![1, 2, 70, 199]] {
                let mut among = Among::default();
                for index in &members {
                    among.add(*index);
                }
                let mut found: Vec<usize> = among.below(count).collect();
                found.sort_unstable();
                let expected: Vec<usize> = (0..count)
                    .filter(|i| members.iter().any(|member| member % 64 == i % 64))
                    .collect();
                assert_eq!(found, expected, "{members:?} below {count}");
            }
            assert_eq!(Among::ALL.below(count).count(), count);
        }
    }
}
