//! The comparison in host memory, over all cores.

use std::sync::Arc;

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::first_pass;
use super::lanes::{LANES, with_channels};
use super::model::{SelfCalibrating, host};
use super::pair::{Candidate, Cue};
use super::passes::Scratch;
use crate::simd::Instructions;

impl SelfCalibrating {
    /// Energies and, if asked for, slopes of pairs of rows.
    pub(super) fn pairs(
        &self,
        cues: &Tensor<2>,
        decoded: Tensor<2>,
        slopes: bool,
    ) -> Option<(Vec<f32>, Vec<f32>)> {
        let [count, dim] = decoded.dims();
        let (cues, decoded, mask) = (host(cues.clone())?, host(decoded)?, self.mask()?);
        let mut gradient = vec![0.0; if slopes { count * dim } else { 0 }];
        let mut energies = vec![0.0; count];
        let isa = Instructions::best();
        let one = |row: usize, energy: &mut f32, slope: Option<&mut [f32]>| {
            let place = row * dim..(row + 1) * dim;
            let cue = self.cue(row, &cues[place.clone()], &mask);
            with_channels!(self.channels, C => {
                let candidate = Candidate::new::<C>(&decoded[place], &self.setup);
                let mut scratch = Scratch::new(cue.background.counted.len());
                match slope {
                    None => {
                        let (_, found) = self.setup.fit::<C>(isa, &cue, &candidate, &mut scratch);
                        *energy = -found.score as f32;
                    }
                    Some(slope) => self.setup.slope::<C>(isa, &cue, &candidate, &mut scratch, slope),
                }
            });
        };
        let rows = energies.par_iter_mut().enumerate();
        match slopes {
            true => rows
                .zip(gradient.par_chunks_exact_mut(dim))
                .for_each(|((row, energy), slope)| one(row, energy, Some(slope))),
            false => rows.for_each(|(row, energy)| one(row, energy, None)),
        }
        Some((energies, gradient))
    }

    /// Energies of pairs of which `wanted` says that they are, row by row; infinite for others.
    pub(super) fn all_pairs(
        &self,
        cues: &Tensor<2>,
        candidates: Tensor<2>,
        wanted: impl Fn(usize) -> bool + Sync,
    ) -> Option<Vec<f32>> {
        let [count, dim] = candidates.dims();
        let (cues, candidates, mask) = (host(cues.clone())?, host(candidates)?, self.mask()?);
        let (all, isa) = (cues.len() / dim, Instructions::best());
        let ready: Vec<Arc<Cue>> = (0..all)
            .into_par_iter()
            .map(|row| self.cue(row, &cues[row * dim..(row + 1) * dim], &mask))
            .collect();
        Some(with_channels!(self.channels, C => {
            let asked = |at: usize| (0..all).any(|row| wanted(row * count + at));
            let candidates: Vec<Option<Candidate<'_>>> = candidates
                .par_chunks_exact(dim)
                .enumerate()
                .map(|(at, row)| asked(at).then(|| Candidate::new::<C>(row, &self.setup)))
                .collect();
            (0..all * count)
                .into_par_iter()
                .map_init(
                    || Scratch::new((dim / C).div_ceil(LANES)),
                    |scratch, pair| match &candidates[pair % count] {
                        Some(candidate) if wanted(pair) => {
                            let (_, found) = self.setup.fit::<C>(isa, &ready[pair / count], candidate, scratch);
                            -found.score as f32
                        }
                        _ => f32::INFINITY,
                    },
                )
                .collect()
        }))
    }

    /// Energies of the first pass.
    pub(super) fn rough_pairs(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Option<Vec<f32>> {
        let [_, dim] = candidates.dims();
        let (values, candidates, mask) = (host(cues.clone())?, host(candidates)?, self.mask()?);
        // As the cues of the read count their sites, found by contents.
        let ready: Vec<Option<Arc<Cue>>> = values
            .chunks_exact(dim)
            .enumerate()
            .map(|(row, cue)| (!mask.is_empty()).then(|| self.cue(row, cue, &mask)))
            .collect();
        let counted = |row: usize, site: usize| {
            ready[row]
                .as_ref()
                .is_none_or(|cue| cue.background.counted.as_flattened()[site] > 0.0)
        };
        let maps = self.setup.changes.maps.as_ref();
        let scores = with_channels!(self.channels, C => {
            first_pass::scores::<C>(&values, counted, &candidates, dim, maps)
        });
        Some(scores.into_iter().map(|score| -score as f32).collect())
    }
}
