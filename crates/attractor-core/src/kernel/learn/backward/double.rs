//! Of rows that are read in `f64`.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::{Backward, Gradients, Rows, per_parameter};
use crate::kernel::exact::dot;
use crate::kernel::host::{Rows as Stored, rows_from};
use crate::kernel::similarity::Measure;
use crate::{Result, check};

/// Patterns of a piece of work.
const PIECE: usize = 1024;

/// A row of a store that keeps single precision, as those with gradients do.
fn single<'a>(blocks: &[Stored<'a>], dim: usize, index: usize) -> &'a [f32] {
    match rows_from(blocks, dim, index).0 {
        Stored::Single(rows) => &rows[..dim],
        _ => unreachable!("gradients are of stores in single precision"),
    }
}

impl Backward {
    /// Of rows that are read in `f64`, one after the other: patterns in host memory.
    pub(super) fn double(&self, rows: &Rows, asked: [bool; 4]) -> Result<Gradients> {
        let device = rows.cues.device();
        let (values, rule) = (self.value_store(), self.rule.rule());
        let (dim, width, patterns) = (self.keys.dim(), values.dim(), self.keys.len());
        let (key_rows, value_rows) = (self.keys.host_rows(), values.host_rows());
        let (key_rows, value_rows) = (key_rows.unwrap_or_default(), value_rows.unwrap_or_default());
        let key = |index: usize| single(&key_rows, dim, index);
        let value = |index: usize| single(&value_rows, width, index);
        let host = |tensor: &Tensor<2>| check::to_host(tensor.clone());
        let (cues, means) = (host(&rows.cues)?, host(&rows.mean)?);
        let gradients = host(&rows.gradient)?;
        let same = self.values.is_none();
        let mut of_keys = vec![0.0f64; if asked[1] { patterns * dim } else { 0 }];
        let mut of_values = vec![0.0f64; if asked[2] { patterns * width } else { 0 }];
        let (mut of_cues, mut parameter) = (Vec::new(), 0.0);
        let mut given = gradients
            .chunks_exact(width + 1)
            .zip(means.chunks_exact(width));
        for cue in cues.chunks_exact(dim) {
            let (gradient, mean) = given.next().unwrap_or_default();
            let (along, level) = gradient.split_at(width);
            let level = f64::from(level[0]) - dot(along, mean);
            let measures: Vec<f64> = (0..patterns)
                .into_par_iter()
                .map(|index| rule.measured(key(index), cue))
                .collect();
            let scores: Vec<f64> = measures.iter().map(|&x| rule.at(x)).collect();
            let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.iter().map(|score| (score - max).exp()).sum();
            // Pieces are empty where nobody asks for them.
            let mut key_pieces: Vec<&mut [f64]> = of_keys.chunks_mut(PIECE * dim).collect();
            let mut value_pieces: Vec<&mut [f64]> = of_values.chunks_mut(PIECE * width).collect();
            let pieces = patterns.div_ceil(PIECE);
            key_pieces.resize_with(pieces, Default::default);
            value_pieces.resize_with(pieces, Default::default);
            let pieces = key_pieces.into_par_iter().zip(value_pieces).enumerate();
            let sums: Vec<(Vec<f64>, f64)> = pieces
                .map(|(piece, (keys, mixed))| {
                    let (mut of_cue, mut of_parameter) = (vec![0.0; dim], 0.0);
                    let first = piece * PIECE;
                    for index in first..patterns.min(first + PIECE) {
                        let weight = (scores[index] - max).exp() / sum;
                        if weight == 0.0 {
                            continue;
                        }
                        let of_score = weight * (dot(along, value(index)) + level);
                        of_parameter += of_score * measures[index];
                        let pull = of_score * rule.slope(measures[index]);
                        let own = &mut keys[..];
                        let at = (index - first) * dim;
                        let pairs = cue.iter().zip(key(index));
                        for (entry, (&u, &m)) in pairs.enumerate() {
                            let (u, m) = (f64::from(u), f64::from(m));
                            let (to_cue, to_key) = match rule.measure() {
                                Measure::Product => (pull * m, pull * u),
                                Measure::SquaredDistance => {
                                    (2.0 * pull * (u - m), 2.0 * pull * (m - u))
                                }
                            };
                            of_cue[entry] += to_cue;
                            if let Some(place) = own.get_mut(at + entry) {
                                *place += to_key;
                                if same {
                                    *place += weight * f64::from(along[entry]);
                                }
                            }
                        }
                        let at = (index - first) * width;
                        for (entry, &along) in along.iter().enumerate() {
                            if let Some(place) = mixed.get_mut(at + entry) {
                                *place += weight * f64::from(along);
                            }
                        }
                    }
                    (of_cue, of_parameter)
                })
                .collect();
            let mut of_cue = vec![0.0; dim];
            for (part, of_parameter) in sums {
                of_cue.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
                parameter += of_parameter;
            }
            of_cues.extend(of_cue.into_iter().map(|x| x as f32));
        }
        let tensor = |what, numbers: Vec<f64>, width| -> Result<Option<Tensor<2>>> {
            let numbers: Vec<f32> = numbers.into_iter().map(|x| x as f32).collect();
            match numbers.is_empty() {
                true => Ok(None),
                false => check::from_host(what, numbers, width, &device).map(Some),
            }
        };
        let parameter = (parameter * f64::from(per_parameter(rule))) as f32;
        Ok(Gradients {
            cues: check::from_host("gradient", of_cues, dim, &device)?,
            keys: tensor("gradient", of_keys, dim)?,
            values: tensor("gradient", of_values, width)?,
            parameter: Tensor::from_data([parameter], &device),
        })
    }
}
