//! A MONet in host memory for inference: answers without gradients of parameters, image by image and
//! slot by slot on all cores.

use attractor_core::Result;
use attractor_core::weights::Weights;
use rayon::prelude::*;

use super::PLANES;
use super::attention::Pass;
use super::broadcast::Shared;
use super::decoder::{Decoder, Open, Work};
use super::encoder::Encoder;
use super::loss::log_sigmoid;
use super::parameters::{Adjoints, Parameters};
use crate::monet::MonetConfig;

const PIXELS: usize = MonetConfig::SIDE * MonetConfig::SIDE;
/// Entries of an image.
const DIM: usize = 3 * PIXELS;
/// Entries of a slot's decoded planes.
const PLANE_DIM: usize = 4 * PIXELS;

/// The frozen network.
#[derive(Debug)]
pub(crate) struct MonetInference {
    config: MonetConfig,
    parameters: Parameters,
    adjoints: Adjoints,
    shared: Shared,
}

/// What the encoder makes of images.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    /// Logarithms of the attention masks, `[n, slots, h * w]`.
    pub(crate) log_masks: Vec<f32>,
    /// Means and log-variances, `[n * slots, 2 * code]`; empty unless asked for.
    pub(crate) heads: Vec<f32>,
}

impl MonetInference {
    /// A network with the parameters of `weights`, which bear the published names.
    pub(crate) fn new(config: MonetConfig, weights: &Weights) -> Result<Self> {
        let parameters = Parameters::new(&config, weights)?;
        Ok(Self {
            config,
            adjoints: Adjoints::new(&parameters),
            shared: Shared::new(&parameters),
            parameters,
        })
    }

    /// Masks of channel-major rows in [`MonetConfig::RANGE`], and the posteriors `with_heads`.
    pub(crate) fn encode(&self, rows: &[f32], with_heads: bool) -> Encoded {
        let each: Vec<Encoded> = rows
            .par_chunks(DIM * at_once(rows.len() / DIM))
            .map(|rows| self.encode_some(rows, with_heads))
            .collect();
        let mut all = Encoded::default();
        for part in each {
            all.log_masks.extend(part.log_masks);
            all.heads.extend(part.heads);
        }
        all
    }

    fn encode_some(&self, rows: &[f32], with_heads: bool) -> Encoded {
        let slots = self.config.slots;
        let mut pass = Pass::new(&self.config);
        let mut encoder = with_heads.then(|| Encoder::new(&self.config));
        let mut image = vec![0.0; DIM];
        let mut scope = vec![0.0; PIXELS];
        let mut found = Encoded {
            log_masks: vec![0.0; rows.len() / DIM * slots * PIXELS],
            heads: Vec::new(),
        };
        let masks = found.log_masks.chunks_exact_mut(slots * PIXELS);
        for (row, masks) in rows.chunks_exact(DIM).zip(masks) {
            for (p, pixel) in image.chunks_exact_mut(3).enumerate() {
                for (c, value) in pixel.iter_mut().enumerate() {
                    *value = row[c * PIXELS + p];
                }
            }
            scope.fill(0.0);
            let (taken, rest) = masks.split_at_mut((slots - 1) * PIXELS);
            for mask in taken.chunks_exact_mut(PIXELS) {
                pass.forward(&self.parameters, &image, &scope);
                for ((mask, scope), logit) in mask.iter_mut().zip(&mut scope).zip(&pass.logits) {
                    *mask = *scope + log_sigmoid(*logit);
                    *scope = *mask - logit;
                }
            }
            rest.copy_from_slice(&scope);
            if let Some(encoder) = &mut encoder {
                encoder.forward(&self.parameters, &image, masks);
                found.heads.extend_from_slice(&encoder.heads);
            }
        }
        found
    }

    /// Colours and mask logits of slot codes `[n, code]` as rows `[n, 4 * h * w]`; if `keep`, also
    /// which units of each were open, for [`MonetInference::pull_back`].
    pub(crate) fn decode(&self, codes: &[f32], keep: bool) -> (Vec<f32>, Vec<Open>) {
        let code = self.config.code;
        let count = at_once(codes.len() / code);
        let parts: Vec<_> = codes
            .par_chunks(code * count)
            .map(|codes| {
                let mut decoder = Decoder::new(&self.config);
                let mut rows = vec![0.0; codes.len() / code * PLANE_DIM];
                let mut open = Vec::new();
                let each = codes.chunks_exact(code);
                for (code, row) in each.zip(rows.chunks_exact_mut(PLANE_DIM)) {
                    decoder.forward(&self.parameters, &self.shared, code);
                    for (p, pixel) in decoder.planes.chunks_exact(PLANES).enumerate() {
                        for (c, value) in pixel[..4].iter().enumerate() {
                            row[c * PIXELS + p] = *value;
                        }
                    }
                    if keep {
                        open.push(decoder.open());
                    }
                }
                (rows, open)
            })
            .collect();
        let (rows, open): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        (rows.concat(), open.into_iter().flatten().collect())
    }

    /// Derivatives with respect to slot codes, `[n, code]`, from those with respect to their rows,
    /// `[n, 4 * h * w]`.
    pub(crate) fn pull_back(&self, open: &[Open], d_rows: &[f32]) -> Vec<f32> {
        let count = at_once(open.len());
        let parts: Vec<Vec<f32>> = open
            .par_chunks(count)
            .zip(d_rows.par_chunks(count * PLANE_DIM))
            .map(|(open, d_rows)| {
                let mut work = Work::new(&self.config);
                let mut d_planes = vec![0.0; PIXELS * PLANES];
                let mut d_codes = vec![0.0; open.len() * self.config.code];
                let each = open.iter().zip(d_rows.chunks_exact(PLANE_DIM));
                for ((open, d_row), d_code) in each.zip(d_codes.chunks_exact_mut(self.config.code))
                {
                    for (p, pixel) in d_planes.chunks_exact_mut(PLANES).enumerate() {
                        for (c, value) in pixel[..4].iter_mut().enumerate() {
                            *value = d_row[c * PIXELS + p];
                        }
                    }
                    let shared = (&self.adjoints, &self.shared);
                    work.pull_back(&self.parameters, shared, open, &d_planes, d_code);
                }
                d_codes
            })
            .collect();
        parts.concat()
    }
}

/// Items that one buffer serves in turn: few enough to keep all threads busy.
fn at_once(items: usize) -> usize {
    items
        .div_ceil(4 * rayon::current_num_threads())
        .clamp(1, 16)
}
