//! Affine maps of channels.

/// `x = linear m + offset` at every site.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelMap {
    /// `[C out, C in]`, row by row.
    pub linear: Vec<f32>,
    /// What is added, `[C out]`.
    pub offset: Vec<f32>,
}

/// The same, in registers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Affine<const C: usize> {
    pub(super) linear: [[f32; C]; C],
    pub(super) offset: [f32; C],
}

impl<const C: usize> From<Affine<C>> for ChannelMap {
    fn from(map: Affine<C>) -> Self {
        Self {
            linear: map.linear.as_flattened().to_vec(),
            offset: map.offset.to_vec(),
        }
    }
}

impl<const C: usize> Affine<C> {
    /// The map that changes nothing.
    pub(super) fn identity() -> Self {
        Self {
            linear: std::array::from_fn(|row| {
                std::array::from_fn(|column| f32::from(row == column))
            }),
            offset: [0.0; C],
        }
    }

    /// How far another is from it, by the entry that differs most.
    pub(super) fn distance(&self, other: &Self) -> f32 {
        let linear = self.linear.as_flattened().iter();
        let pairs = linear.zip(other.linear.as_flattened());
        let pairs = pairs.chain(self.offset.iter().zip(&other.offset));
        pairs.fold(0.0, |most, (a, b)| most.max((a - b).abs()))
    }
}
