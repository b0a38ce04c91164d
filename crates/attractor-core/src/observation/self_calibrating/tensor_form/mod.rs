//! The comparison in tensor operations, for devices whose memory is not the host's.
//!
//! What is known of a cue by itself (the density of its own values) is computed on the host, once for each cue of a read. All that
//! a candidate has a part in stays on its device: residuals, ratios, weights, evidence and slopes, for
//! many candidates of a cue at once, in tensors `[k, C, P]` of at most [`ENTRIES`] entries (never `[b, n, d]`). Two kinds of small
//! numbers go to the host and back at each scale: the weighted sums from which a map follows, `(C + 1) (2 C + 1)` for each pair, and
//! that map. Its equations have condition numbers beyond a million where channels are nearly alike, more than single precision
//! holds, and devices without double precision are common; so one solution, in double precision ([`super::map_prior`]), serves both
//! forms.
//!
//! The two forms differ by the rounding of sums over sites alone: energies by a ten-thousandth, unless maps of two families are as
//! likely as each other.
//!
//! Uneven light and placements have no tensor form: models that look for them compute on the host.

mod fit;
mod passes;

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};

use self::passes::Pairs;
use super::background::Background;
use super::first_pass;
use super::lanes::with_channels;
use super::model::{SelfCalibrating, host};
use super::pair::Cue;
use super::second::Start;
use crate::backend::is_host_device;
use crate::{Error, Result};

/// Entries of one tensor at most.
const ENTRIES: usize = 1 << 22;

/// Which rows have each key, those without one left out.
fn groups<K: Ord>(keys: impl Iterator<Item = Option<K>>) -> BTreeMap<K, Vec<usize>> {
    let mut found: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (row, key) in keys.enumerate() {
        if let Some(key) = key {
            found.entry(key).or_default().push(row);
        }
    }
    found
}

/// Rows of a tensor, by their indices.
fn rows<const D: usize>(tensor: Tensor<D>, indices: &[usize]) -> Tensor<D> {
    let device = tensor.device();
    let indices: Vec<i64> = indices.iter().map(|index| *index as i64).collect();
    let count = indices.len();
    let indices = Tensor::<1, Int>::from_data(TensorData::new(indices, [count]), &device);
    tensor.select(0, indices)
}

impl SelfCalibrating {
    /// Computes by tensor operations wherever data live, also in host memory, where the vector form is faster.
    ///
    /// # Errors
    /// [`Error::Config`] with nuisances that have no tensor form: uneven light, and those that move sites.
    pub fn in_tensors(mut self) -> Result<Self> {
        if !self.has_tensor_form() {
            let names: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
            return Err(Error::config(
                "SelfCalibrating.nuisances",
                "must be none but `gain` and `affine` for the form in tensor operations",
                names.join(", "),
            ));
        }
        self.tensors = true;
        Ok(self)
    }

    fn has_tensor_form(&self) -> bool {
        self.setup.moves.is_none() && self.setup.changes.light.is_none()
    }

    /// Whether candidates that live where `tensor` does are compared by tensor operations.
    pub(super) fn by_tensors(&self, tensor: &Tensor<2>) -> bool {
        self.tensors || (self.has_tensor_form() && !is_host_device(&tensor.device()))
    }

    /// Energies of pairs of rows `[b, d]`.
    pub(super) fn tensor_pairs(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Option<Vec<f32>> {
        let parts = self.in_parts(cues, decoded, |pairs| {
            with_channels!(self.channels, C => fit::best::<C>(pairs, self.setup.changes.maps.as_ref()).map(|found| {
                found.iter().map(|found| -found.score as f32).collect::<Vec<f32>>()
            }))
        })?;
        Some(parts.concat())
    }

    /// Slopes `[b, d]` of pairs of rows.
    pub(super) fn tensor_slopes(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Option<Tensor<2>> {
        if decoded.dims()[0] == 0 {
            return Some(decoded);
        }
        let parts = self.in_parts(cues, decoded, |pairs| {
            with_channels!(self.channels, C => fit::slopes::<C>(pairs, self.setup.changes.maps.as_ref()))
        })?;
        Some(Tensor::cat(parts, 0))
    }

    /// Of pairs of rows `[b, d]`, as many at once as a tensor holds.
    fn in_parts<T>(
        &self,
        cues: &Tensor<2>,
        decoded: Tensor<2>,
        of: impl Fn(&Pairs) -> Result<T>,
    ) -> Option<Vec<T>> {
        let [count, dim] = decoded.dims();
        let (values, mask) = (host(cues.clone())?, self.mask()?);
        let ready: Vec<Arc<Cue>> = (0..count)
            .map(|row| self.cue(row, &values[row * dim..(row + 1) * dim], &mask))
            .collect();
        let together = (ENTRIES / dim).max(1);
        let parts = (0..count).step_by(together).map(|first| {
            let some = first..(first + together).min(count);
            let shown = decoded.clone().narrow(0, first, some.len());
            let backgrounds: Vec<&Background> =
                ready[some].iter().map(|cue| &cue.background).collect();
            of(&Pairs::new(&backgrounds, shown, self.channels)).ok()
        });
        parts.collect()
    }

    /// Energies of pairs of which `wanted` says that they are, row by row; infinite for others.
    pub(super) fn tensor_energies(
        &self,
        cues: &Tensor<2>,
        candidates: Tensor<2>,
        wanted: impl Fn(usize) -> bool,
    ) -> Option<Vec<f32>> {
        let dim = candidates.dims()[1];
        let (values, mask) = (host(cues.clone())?, self.mask()?);
        let cue = |row: usize| self.cue(row, &values[row * dim..(row + 1) * dim], &mask);
        let ready: Vec<Arc<Cue>> = (0..values.len() / dim).map(cue).collect();
        let backgrounds: Vec<&Background> = ready.iter().map(|cue| &cue.background).collect();
        let maps = self.setup.changes.maps.as_ref();
        self.each_cue(&backgrounds, candidates, wanted, |pairs| {
            with_channels!(self.channels, C => fit::best::<C>(pairs, maps).map(|found| {
                found.iter().map(|found| -found.score as f32).collect()
            }))
        })
    }

    /// Energies of the first pass.
    pub(super) fn tensor_rough(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Option<Vec<f32>> {
        let [count, dim] = candidates.dims();
        let (values, mask) = (host(cues.clone())?, self.mask()?);
        let all = dim / self.channels;
        let sites = first_pass::sites(all);
        let counted = |row: usize, site: usize| {
            let own = mask.get(row * dim..(row + 1) * dim);
            own.is_none_or(|own| own[site..].iter().step_by(all).all(|known| *known > 0.0))
        };
        let cues = values.chunks_exact(dim).enumerate();
        let backgrounds: Vec<Background> = cues
            .map(|(row, cue)| {
                with_channels!(self.channels, C => first_pass::background::<C>(cue, &sites, |site| counted(row, site)))
            })
            .collect();
        let backgrounds: Vec<&Background> = backgrounds.iter().collect();
        let entries: Vec<usize> = (0..self.channels)
            .flat_map(|channel| sites.iter().map(move |site| channel * all + site))
            .collect();
        let shown = rows(candidates.detach().transpose(), &entries).transpose();
        debug_assert_eq!(shown.dims(), [count, entries.len()]);
        let maps = self.setup.changes.maps.as_ref();
        self.each_cue(
            &backgrounds,
            shown,
            |_| true,
            |pairs| {
                with_channels!(self.channels, C => fit::glance::<C>(pairs, maps).map(|scores| {
                    scores.iter().map(|score| -*score as f32).collect()
                }))
            },
        )
    }

    /// Numbers `[b, n]` of wanted pairs, cue by cue, of as many candidates at once as a tensor holds; infinite for others.
    fn each_cue(
        &self,
        cues: &[&Background],
        candidates: Tensor<2>,
        wanted: impl Fn(usize) -> bool,
        of: impl Fn(&Pairs) -> Result<Vec<f32>>,
    ) -> Option<Vec<f32>> {
        let [count, dim] = candidates.dims();
        if count == 0 {
            return Some(Vec::new());
        }
        let together = (ENTRIES / dim.max(1)).max(1);
        let mut all = vec![f32::INFINITY; cues.len() * count];
        for (row, (cue, energies)) in cues.iter().zip(all.chunks_exact_mut(count)).enumerate() {
            let chosen: Vec<usize> = (0..count).filter(|at| wanted(row * count + at)).collect();
            for some in chosen.chunks(together) {
                let shown = match some.len() == count {
                    true => candidates.clone(),
                    false => rows(candidates.clone(), some),
                };
                let found = of(&Pairs::new(&[cue], shown, self.channels)).ok()?;
                some.iter()
                    .zip(found)
                    .for_each(|(at, value)| energies[*at] = value);
            }
        }
        Some(all)
    }
}

/// Scales of a start, with their places.
fn scales(start: Start) -> impl Iterator<Item = (usize, f32)> {
    let all = super::fit::SCALES.into_iter().enumerate();
    all.skip(start.first).step_by(start.every)
}
