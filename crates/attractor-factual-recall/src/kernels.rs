//! The loops that a step spends its time in, of either precision.

use pulp::Arch;

use crate::trained::rows::Rows;
use crate::trained::softmax::Entropy;
use crate::transformer::tables::{Attend, Back};

/// The loops of either precision. They are compiled here, where types are named, with the options of this crate's
/// profile: a generic function is compiled with those of whoever calls it.
pub trait Kernels: Sized {
    /// Attention of a block of prompts.
    fn attend(work: Attend<'_, Self>);
    /// The way back.
    fn back(work: Back<'_, Self>);
    /// Cross entropy of rows of scores.
    fn rows(work: Rows<'_, Self>) -> Entropy;
}

macro_rules! kernels {
    ($float:ty) => {
        impl Kernels for $float {
            #[inline(never)]
            fn attend(work: Attend<'_, Self>) {
                Arch::new().dispatch(work);
            }

            #[inline(never)]
            fn back(work: Back<'_, Self>) {
                Arch::new().dispatch(work);
            }

            #[inline(never)]
            fn rows(work: Rows<'_, Self>) -> Entropy {
                Arch::new().dispatch(work)
            }
        }
    };
}

kernels!(f32);
kernels!(f64);
