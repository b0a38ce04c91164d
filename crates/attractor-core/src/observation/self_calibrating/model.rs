use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::background::Background;
use super::cues::Cues;
use super::fit::Evidence;
use super::lanes::with_channels;
use super::nuisance::{Geometry, Nuisance};
use super::pair::{Candidate, Cue, Setup};
use super::passes::Scratch;
use crate::observation::ObservationModel;
use crate::simd::Instructions;
use crate::{Error, Persist, Result, check};

/// Infers noise, covered sites and a map of the channels from each cue. See the [module](super).
#[derive(Debug, Clone)]
pub struct SelfCalibrating {
    pub(super) channels: usize,
    /// What is looked for, as it was asked for.
    pub(super) kinds: Arc<[Nuisance]>,
    pub(super) geometry: Option<Geometry>,
    pub(super) setup: Arc<Setup>,
    /// Candidates of a cue that are compared exactly, where not all are.
    pub(super) shortlist: Option<usize>,
    /// Known entries, of one read with a mask.
    pub(super) known: Option<Tensor<2>>,
    /// Cues of one read, ready to be compared.
    pub(super) cues: Arc<Cues>,
    /// Tensor operations also where data live in host memory.
    pub(super) tensors: bool,
}

impl SelfCalibrating {
    /// How a candidate `[d]` explains a cue `[d]`.
    ///
    /// # Errors
    /// [`Error::Width`] for different lengths, [`Error::Config`] for lengths that are not whole sites.
    pub fn evidence(&self, cue: &[f32], candidate: &[f32]) -> Result<Evidence> {
        self.check(cue.len())?;
        if candidate.len() != cue.len() {
            return Err(Error::Width {
                what: "candidate",
                expected: cue.len(),
                rows: 1,
                found: candidate.len(),
            });
        }
        Ok(self.settled(&self.fresh(cue, None), candidate))
    }

    /// How candidates `[b, d]` explain cues `[b, d]`, row by row, of a model that may be prepared for them or know which of
    /// their entries are given.
    ///
    /// # Errors
    /// [`Error::Config`] for lengths that are not whole sites, [`Error::Width`] and [`Error::Rows`] for shapes that differ,
    /// [`Error::Device`].
    pub fn evidences(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Result<Vec<Evidence>> {
        let [rows, dim] = cues.dims();
        self.check(dim)?;
        check::batch("candidates", &candidates, dim)?;
        let found = candidates.dims()[0];
        if found != rows {
            return Err(Error::Rows {
                what: "candidates",
                expected: rows,
                found,
            });
        }
        let mask = match self.known.clone() {
            Some(known) => check::to_host(known)?,
            None => Vec::new(),
        };
        let (cues, candidates) = (check::to_host(cues.clone())?, check::to_host(candidates)?);
        let pairs = cues
            .par_chunks_exact(dim)
            .zip(candidates.par_chunks_exact(dim));
        let one = |(row, (cue, candidate)): (usize, (&[f32], &[f32]))| {
            self.settled(&self.cue(row, cue, &mask), candidate)
        };
        Ok(pairs.enumerate().map(one).collect())
    }

    fn settled(&self, cue: &Cue, candidate: &[f32]) -> Evidence {
        with_channels!(self.channels, C => {
            let sites = candidate.len() / C;
            let candidate = Candidate::new::<C>(candidate, &self.setup);
            let mut scratch = Scratch::new(cue.background.counted.len());
            let isa = Instructions::best();
            let (placement, found, _) = self.setup.settle::<C>(isa, cue, &candidate, &mut scratch);
            Evidence {
                placement,
                ..found.evidence(&scratch, sites)
            }
        })
    }

    /// The model with the cues `[b, d]` of one read ready.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn ready(&self, cues: &Tensor<2>) -> Result<Self> {
        let [_, dim] = cues.dims();
        let values = check::to_host(cues.clone())?;
        let mask = match self.known.clone() {
            Some(known) => check::to_host(known)?,
            None => Vec::new(),
        };
        let rows = values
            .par_chunks_exact(dim)
            .enumerate()
            .map(|(row, cue)| {
                let known = mask.get(row * dim..(row + 1) * dim);
                (cue.to_vec(), Arc::new(self.fresh(cue, known)))
            })
            .collect();
        Ok(Self {
            cues: Arc::new(Cues::new(rows)),
            ..self.clone()
        })
    }

    /// The model for cues of that shape of which only entries with `known` 1 are given.
    ///
    /// # Errors
    /// As [`check::known`].
    pub fn knowing(&self, known: Tensor<2>, cues: [usize; 2]) -> Result<Self> {
        check::known(&known, cues)?;
        Ok(Self {
            known: Some(known),
            cues: Arc::default(),
            ..self.clone()
        })
    }

    /// Row `row` of cues `[b, d]`, ready: that of the read, or a new one.
    pub(super) fn cue(&self, row: usize, cue: &[f32], mask: &[f32]) -> Arc<Cue> {
        let place = row * cue.len()..(row + 1) * cue.len();
        self.cues
            .find(row, cue)
            .unwrap_or_else(|| Arc::new(self.fresh(cue, mask.get(place))))
    }

    fn fresh(&self, cue: &[f32], known: Option<&[f32]>) -> Cue {
        let sites = cue.len() / self.channels;
        // A site counts if all its channels are known.
        let counted = known.map(|known| {
            let whole = |site: usize| {
                known[site..]
                    .iter()
                    .step_by(sites)
                    .all(|entry| *entry > 0.0)
            };
            (0..sites).map(whole).collect::<Vec<bool>>()
        });
        let background = with_channels!(self.channels, C => Background::new::<C>(cue, counted.as_deref(), Instructions::best()));
        Cue::new(cue, background, &self.setup)
    }

    /// Rows of the mask, none if every entry is known.
    pub(super) fn mask(&self) -> Option<Vec<f32>> {
        self.known.clone().map_or_else(|| Some(Vec::new()), host)
    }

    /// Energies `[b, n]` of wanted pairs, infinite for others.
    fn wanted_energies(
        &self,
        cues: &Tensor<2>,
        candidates: Tensor<2>,
        wanted: impl Fn(usize) -> bool + Sync,
    ) -> Tensor<2> {
        let (dims, device) = ([cues.dims()[0], candidates.dims()[0]], candidates.device());
        let energies = match self.by_tensors(&candidates) {
            true => self.tensor_energies(cues, candidates, wanted),
            false => self.all_pairs(cues, candidates, wanted),
        };
        rows(energies, dims, &device)
    }
}

impl ObservationModel for SelfCalibrating {
    fn name(&self) -> &'static str {
        "self_calibrating"
    }

    fn check(&self, dim: usize) -> Result<()> {
        if !dim.is_multiple_of(self.channels) {
            return Err(Error::config(
                "SelfCalibrating.channels",
                "must divide the width of the data",
                format!("{} channels for width {dim}", self.channels),
            ));
        }
        match self.geometry {
            Some(Geometry { height, width }) if height * width != dim / self.channels => {
                Err(Error::config(
                    "SelfCalibrating.geometry",
                    "must hold the sites of the data: channels x height x width is its width",
                    format!("{} x {height} x {width} for width {dim}", self.channels),
                ))
            }
            _ => Ok(()),
        }
    }

    fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1> {
        let (device, [count, _]) = (decoded.device(), decoded.dims());
        let energies = match self.by_tensors(&decoded) {
            true => self.tensor_pairs(cues, decoded),
            false => self
                .pairs(cues, decoded, false)
                .map(|(energies, _)| energies),
        };
        let energies = energies.unwrap_or_else(|| vec![f32::NAN; count]);
        Tensor::from_floats(energies.as_slice(), &device)
    }

    fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2> {
        let (device, dims) = (decoded.device(), decoded.dims());
        if self.by_tensors(&decoded) {
            let slopes = self.tensor_slopes(cues, decoded);
            return slopes.unwrap_or_else(|| rows(None, dims, &device));
        }
        let gradient = self
            .pairs(cues, decoded, true)
            .map(|(_, gradient)| gradient);
        rows(gradient, dims, &device)
    }

    fn energies(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Tensor<2> {
        self.wanted_energies(cues, candidates, |_| true)
    }

    fn shortlist(&self) -> Option<usize> {
        self.shortlist
    }

    fn chosen_energies(
        &self,
        cues: &Tensor<2>,
        candidates: Tensor<2>,
        chosen: &[bool],
    ) -> Tensor<2> {
        let wanted = |pair: usize| chosen.get(pair).copied().unwrap_or(false);
        self.wanted_energies(cues, candidates, wanted)
    }

    /// At half of the sites and every second scale, without uneven light.
    fn rough_energies(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Tensor<2> {
        let (dims, device) = ([cues.dims()[0], candidates.dims()[0]], candidates.device());
        let energies = match self.by_tensors(&candidates) {
            true => self.tensor_rough(cues, candidates),
            false => self.rough_pairs(cues, candidates),
        };
        rows(energies, dims, &device)
    }

    fn prepared(&self, cues: &Tensor<2>) -> Option<Box<dyn ObservationModel>> {
        Some(Box::new(self.ready(cues).ok()?))
    }

    fn known(&self) -> Option<&Tensor<2>> {
        self.known.as_ref()
    }

    /// Sites with an unknown channel do not count.
    fn restricted(&self, known: Tensor<2>, cues: [usize; 2]) -> Result<Box<dyn ObservationModel>> {
        Ok(Box::new(self.knowing(known, cues)?))
    }

    fn boxed(&self) -> Box<dyn ObservationModel> {
        Box::new(self.clone())
    }

    /// Unless it is that of one read with a mask.
    fn as_persist(&self) -> Option<&dyn Persist> {
        self.known.is_none().then_some(self as &dyn Persist)
    }
}

/// The numbers of a tensor; `None` from a device that has failed. What is computed from them is then not a number, so
/// that it can neither win nor pass for an answer.
pub(super) fn host(tensor: Tensor<2>) -> Option<Vec<f32>> {
    check::to_host(tensor).ok()
}

fn rows(values: Option<Vec<f32>>, dims: [usize; 2], device: &Device) -> Tensor<2> {
    let values = values.unwrap_or_else(|| vec![f32::NAN; dims[0] * dims[1]]);
    Tensor::from_data(burn::tensor::TensorData::new(values, dims), device)
}
