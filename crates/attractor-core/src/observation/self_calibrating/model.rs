use std::collections::HashMap;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::background::Background;
use super::fit::{Evidence, Scratch, fit, settle};
use super::lanes::{Block, LANES, padded};
use crate::observation::ObservationModel;
use crate::simd::Instructions;
use crate::{Error, Result, check};

/// Weight of the spread of a map's singular values.
const SPREAD: f64 = 10.0;
/// Most channels.
const MOST_CHANNELS: usize = 4;

/// Infers noise, covered sites and a map of the channels from each cue. See the [module](super).
#[derive(Debug, Clone)]
pub struct SelfCalibrating {
    channels: usize,
    spread: f64,
    /// Known entries, of one read with a mask.
    known: Option<Tensor<2>>,
    /// Cues of one read, ready to be compared.
    cues: Arc<Cues>,
}

/// Backgrounds by the contents of cues: loops that drop rows keep finding theirs.
#[derive(Debug, Default)]
struct Cues {
    places: HashMap<u64, Vec<usize>>,
    rows: Vec<(Vec<f32>, Arc<Background>)>,
}

/// The expression with `$c` as a constant.
macro_rules! with_channels {
    ($channels:expr, $c:ident => $body:expr) => {
        match $channels {
            1 => {
                const $c: usize = 1;
                $body
            }
            2 => {
                const $c: usize = 2;
                $body
            }
            3 => {
                const $c: usize = 3;
                $body
            }
            _ => {
                const $c: usize = 4;
                $body
            }
        }
    };
}

impl SelfCalibrating {
    /// For data of so many channels, one after the other in a row: 3 for colour images, 1 for grey ones and
    /// for vectors. Values are expected to lie near `[0, 1]`.
    ///
    /// # Errors
    /// [`Error::Config`] unless there are 1 to 4.
    pub fn new(channels: usize) -> Result<Self> {
        if !(1..=MOST_CHANNELS).contains(&channels) {
            let rule = "must be between 1 and 4";
            return Err(Error::config("SelfCalibrating.channels", rule, channels));
        }
        Ok(Self {
            channels,
            spread: SPREAD,
            known: None,
            cues: Arc::default(),
        })
    }

    /// With another weight of the spread of a map's singular values; 0 lets any map pass.
    ///
    /// # Errors
    /// [`Error::Config`] unless it is at least 0 and finite.
    pub fn with_spread(mut self, spread: f64) -> Result<Self> {
        if !(spread >= 0.0 && spread.is_finite()) {
            let rule = "must be at least 0 and finite";
            return Err(Error::config("SelfCalibrating.spread", rule, spread));
        }
        self.spread = spread;
        Ok(self)
    }

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
        Ok(with_channels!(self.channels, C => {
            let background = Background::new::<C>(cue, None, Instructions::best());
            let candidate = padded(candidate, C, 0.0);
            let mut scratch = Scratch::new(background.counted.len());
            let found = settle::<C>(Instructions::best(), &background, &candidate, self.spread, &mut scratch);
            found.evidence(&scratch, cue.len() / C)
        }))
    }

    /// The background of row `row` of cues `[b, d]`: that of the read, or a new one.
    fn background(&self, cue: &[f32], known: Option<&[f32]>) -> Arc<Background> {
        let places = self
            .cues
            .places
            .get(&hash(cue, known))
            .into_iter()
            .flatten();
        let mut rows = places.map(|at| &self.cues.rows[*at]);
        match rows.find(|(row, _)| row == cue) {
            Some((_, background)) => background.clone(),
            None => Arc::new(self.fresh(cue, known)),
        }
    }

    fn fresh(&self, cue: &[f32], known: Option<&[f32]>) -> Background {
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
        with_channels!(self.channels, C => Background::new::<C>(cue, counted.as_deref(), Instructions::best()))
    }

    /// Rows of the mask, none if every entry is known.
    fn mask(&self) -> Vec<f32> {
        self.known.clone().map_or_else(Vec::new, host)
    }

    /// Energies and, if asked for, slopes of pairs of rows.
    fn pairs(&self, cues: &Tensor<2>, decoded: Tensor<2>, slopes: bool) -> (Vec<f32>, Vec<f32>) {
        let [count, dim] = decoded.dims();
        let (cues, decoded, mask) = (host(cues.clone()), host(decoded), self.mask());
        let mut gradient = vec![0.0; if slopes { count * dim } else { 0 }];
        let mut energies = vec![0.0; count];
        let one = |row: usize, energy: &mut f32, slope: Option<&mut [f32]>| {
            let place = row * dim..(row + 1) * dim;
            let background = self.background(&cues[place.clone()], mask.get(place.clone()));
            with_channels!(self.channels, C => {
                let candidate = padded(&decoded[place], C, 0.0);
                let mut scratch = Scratch::new(background.counted.len());
                match slope {
                    None => *energy = -fit::<C>(Instructions::best(), &background, &candidate, self.spread, &mut scratch).score as f32,
                    Some(slope) => settle::<C>(Instructions::best(), &background, &candidate, self.spread, &mut scratch)
                        .slope(&background, &candidate, &scratch, slope),
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
        (energies, gradient)
    }
}

impl ObservationModel for SelfCalibrating {
    fn name(&self) -> &'static str {
        "self_calibrating"
    }

    fn check(&self, dim: usize) -> Result<()> {
        match dim.is_multiple_of(self.channels) {
            true => Ok(()),
            false => Err(Error::config(
                "SelfCalibrating.channels",
                "must divide the width of the data",
                format!("{} channels for width {dim}", self.channels),
            )),
        }
    }

    fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1> {
        let device = decoded.device();
        let (energies, _) = self.pairs(cues, decoded, false);
        Tensor::from_floats(energies.as_slice(), &device)
    }

    fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2> {
        let (device, [_, dim]) = (decoded.device(), decoded.dims());
        let (_, gradient) = self.pairs(cues, decoded, true);
        rows(gradient, dim, &device)
    }

    fn energies(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Tensor<2> {
        let ([count, dim], device) = (candidates.dims(), candidates.device());
        let (cues, candidates, mask) = (host(cues.clone()), host(candidates), self.mask());
        let (all, isa) = (cues.len() / dim, Instructions::best());
        let energies: Vec<f32> = with_channels!(self.channels, C => {
            let candidates: Vec<Vec<Block>> =
                candidates.par_chunks_exact(dim).map(|row| padded(row, C, 0.0)).collect();
            let backgrounds: Vec<Arc<Background>> = (0..all)
                .into_par_iter()
                .map(|row| {
                    let place = row * dim..(row + 1) * dim;
                    self.background(&cues[place.clone()], mask.get(place))
                })
                .collect();
            (0..all * count)
                .into_par_iter()
                .map_init(
                    || Scratch::new((dim / C).div_ceil(LANES)),
                    |scratch, pair| {
                        let (row, at) = (pair / count, pair % count);
                        let found = fit::<C>(isa, &backgrounds[row], &candidates[at], self.spread, scratch);
                        -found.score as f32
                    },
                )
                .collect()
        });
        rows(energies, count, &device)
    }

    fn prepared(&self, cues: &Tensor<2>) -> Option<Box<dyn ObservationModel>> {
        let [_, dim] = cues.dims();
        let (values, mask) = (host(cues.clone()), self.mask());
        let rows: Vec<(Vec<f32>, Arc<Background>)> = values
            .par_chunks_exact(dim)
            .enumerate()
            .map(|(row, cue)| {
                let known = mask.get(row * dim..(row + 1) * dim);
                (cue.to_vec(), Arc::new(self.fresh(cue, known)))
            })
            .collect();
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        for (row, (cue, _)) in rows.iter().enumerate() {
            let known = mask.get(row * dim..(row + 1) * dim);
            places.entry(hash(cue, known)).or_default().push(row);
        }
        Some(Box::new(Self {
            cues: Arc::new(Cues { places, rows }),
            ..self.clone()
        }))
    }

    fn known(&self) -> Option<&Tensor<2>> {
        self.known.as_ref()
    }

    /// Sites with an unknown channel do not count.
    fn restricted(&self, known: Tensor<2>, cues: [usize; 2]) -> Result<Box<dyn ObservationModel>> {
        check::known(&known, cues)?;
        Ok(Box::new(Self {
            known: Some(known),
            ..self.clone()
        }))
    }

    fn boxed(&self) -> Box<dyn ObservationModel> {
        Box::new(self.clone())
    }
}

/// The numbers of a tensor. A device that cannot give them back has failed before.
fn host(tensor: Tensor<2>) -> Vec<f32> {
    check::to_host(tensor).unwrap_or_default()
}

fn rows(values: Vec<f32>, width: usize, device: &Device) -> Tensor<2> {
    let count = values.len() / width.max(1);
    Tensor::from_data(
        burn::tensor::TensorData::new(values, [count, width]),
        device,
    )
}

/// FNV-1a over the bits of a cue and its mask.
fn hash(cue: &[f32], known: Option<&[f32]>) -> u64 {
    let entries = cue.iter().chain(known.into_iter().flatten());
    entries.fold(0xCBF2_9CE4_8422_2325, |hash, value| {
        (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01B3)
    })
}
