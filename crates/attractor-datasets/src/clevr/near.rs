//! Which solids matter where.

/// A set of solids. Numbers that are equal modulo 64 are in it together: it may hold too many, but
/// never too few.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Among(u64);

impl Among {
    pub(super) const ALL: Self = Self(u64::MAX);

    pub(super) fn add(&mut self, index: usize) {
        self.0 |= 1 << (index % 64);
    }

    pub(super) fn has(self, index: usize) -> bool {
        self.0 >> (index % 64) & 1 == 1
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The solids that matter to a piece of ground.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Near {
    /// Those that may hide each lamp.
    pub(super) lamps: [Among; 4],
    /// Those that are close.
    pub(super) around: Among,
}

impl Near {
    pub(super) const ALL: Self = Self {
        lamps: [Among::ALL; 4],
        around: Among::ALL,
    };

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
