//! What states may not associate with.

use attractor_core::{Error, Result, check};
use burn::tensor::{Bool, Tensor};

/// Which stored patterns are open to which states. Nothing is closed by default.
///
/// Several masks combine. Extra rows of the layer are never closed; a state to which everything is closed
/// gets the value 0.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    key_padding: Option<Tensor<2, Bool>>,
    lengths: Option<Vec<usize>>,
    association: Option<Association>,
}

#[derive(Debug, Clone)]
enum Association {
    Ignore(Tensor<3, Bool>),
    Add(Tensor<3>),
}

impl Masks {
    /// Nothing is closed.
    pub fn none() -> Self {
        Self::default()
    }

    /// Stored patterns that are padding, `[n, s]`: true is ignored.
    pub fn key_padding(mut self, ignored: Tensor<2, Bool>) -> Self {
        self.key_padding = Some(ignored);
        self
    }

    /// How many patterns each set truly has; the others, behind them, are ignored.
    pub fn lengths(mut self, lengths: &[usize]) -> Self {
        self.lengths = Some(lengths.to_vec());
        self
    }

    /// Pairs of state and stored pattern, `[l, s]`: true is ignored.
    pub fn association(mut self, ignored: Tensor<2, Bool>) -> Self {
        self.association = Some(Association::Ignore(ignored.unsqueeze()));
        self
    }

    /// The same for each head of each set, `[n heads, l, s]` at `n * heads + head`.
    pub fn association_per_head(mut self, ignored: Tensor<3, Bool>) -> Self {
        self.association = Some(Association::Ignore(ignored));
        self
    }

    /// What is added to `beta` times the scores, `[l, s]`. Minus infinity closes.
    pub fn bias(mut self, added: Tensor<2>) -> Self {
        self.association = Some(Association::Add(added.unsqueeze()));
        self
    }

    /// The same for each head of each set, `[n heads, l, s]` at `n * heads + head`.
    pub fn bias_per_head(mut self, added: Tensor<3>) -> Self {
        self.association = Some(Association::Add(added));
        self
    }

    pub(crate) fn is_none(&self) -> bool {
        self.key_padding.is_none() && self.lengths.is_none() && self.association.is_none()
    }

    /// The same on the host, checked against the shape of a call.
    pub(crate) fn resolve(&self, call: Shape) -> Result<Mask> {
        let Shape {
            sets,
            states,
            stored,
            heads,
        } = call;
        let mut closed: Option<Vec<bool>> = None;
        if let Some(padding) = &self.key_padding {
            shape("key_padding", padding.dims(), [sets, stored])?;
            closed = Some(booleans(padding.clone())?);
        }
        if let Some(lengths) = &self.lengths {
            if lengths.len() != sets {
                return Err(Error::Rows {
                    what: "lengths",
                    expected: sets,
                    found: lengths.len(),
                });
            }
            if let Some(long) = lengths.iter().find(|&&length| length > stored) {
                let rule = "must not exceed the number of stored patterns in a set";
                return Err(Error::config(
                    "lengths",
                    rule,
                    format!("{long} of {stored}"),
                ));
            }
            let closed = closed.get_or_insert_with(|| vec![false; sets * stored]);
            for (row, &length) in closed.chunks_mut(stored).zip(lengths) {
                row[length..].fill(true);
            }
        }
        let pairs = match &self.association {
            None => None,
            Some(association) => {
                let dims = match association {
                    Association::Ignore(mask) => mask.dims(),
                    Association::Add(mask) => mask.dims(),
                };
                if dims[0] != 1 || dims[1..] != [states, stored] {
                    shape("association mask", dims, [sets * heads, states, stored])?;
                }
                let added = match association {
                    Association::Add(mask) => check::to_host_doubles(mask)?,
                    Association::Ignore(mask) => booleans(mask.clone())?
                        .into_iter()
                        .map(|ignored| if ignored { f64::NEG_INFINITY } else { 0.0 })
                        .collect(),
                };
                if let Some(at) = added.iter().position(|x| x.is_nan() || *x == f64::INFINITY) {
                    return Err(Error::NonFinite {
                        what: "association mask",
                        row: at / stored,
                        column: at % stored,
                        value: added[at].to_string(),
                    });
                }
                Some(Pairs {
                    per_head: dims[0] != 1,
                    added,
                })
            }
        };
        Ok(Mask { closed, pairs })
    }
}

/// Sizes of a call, without extra rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) sets: usize,
    pub(crate) states: usize,
    pub(crate) stored: usize,
    pub(crate) heads: usize,
}

/// Masks of one call on the host.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mask {
    /// `[n, s]`: true is closed.
    pub(crate) closed: Option<Vec<bool>>,
    pub(crate) pairs: Option<Pairs>,
}

#[derive(Debug, Clone)]
pub(crate) struct Pairs {
    /// One matrix for each head of each set, or one for all.
    pub(crate) per_head: bool,
    /// `[l, s]` each.
    pub(crate) added: Vec<f64>,
}

fn shape<const D: usize>(
    what: &'static str,
    found: [usize; D],
    expected: [usize; D],
) -> Result<()> {
    match found == expected {
        true => Ok(()),
        false => Err(Error::Mismatch {
            what: "the layer",
            expected: format!("{what} of shape {expected:?}"),
            part: "the mask",
            found: format!("{found:?}"),
        }),
    }
}

fn booleans<const D: usize>(mask: Tensor<D, Bool>) -> Result<Vec<bool>> {
    let data = mask.try_into_data();
    let data = data.map_err(|error| Error::Device(error.to_string()))?;
    Ok(data.iter::<bool>().collect())
}
