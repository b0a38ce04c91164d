//! The read in host memory: in single precision where it holds the scores, in `f64` elsewhere.

use burn::tensor::{Device, Tensor, TensorData};

use super::exact::Exact;
use super::host::{HostPartial, HostRead, Refine};
use super::score::{Range, Scaled};
use super::store::squared_norm;
use super::{Partial, PatternStore, Score};
use crate::{Result, check};

/// A store with its blocks in host memory.
pub(super) type HostStore<'a> = (&'a PatternStore, &'a [&'a [f32]]);

/// As [`super::read_with_values`], whose checks have been made.
pub(super) fn read(
    (keys, key_blocks): HostStore<'_>,
    (values, value_blocks): HostStore<'_>,
    cues: Tensor<2>,
    score: Score,
) -> Result<Partial> {
    let device = cues.device();
    let [rows, dim] = cues.dims();
    let cues = check::to_host(cues)?;
    let exact = Exact {
        keys: key_blocks,
        key_dim: dim,
        values: value_blocks,
        value_dim: values.dim(),
        patterns: keys.len(),
        score,
    };
    let range = Range::new(score, keys, values);
    let norms: Vec<f32> = cues.chunks_exact(dim).map(squared_norm).collect();
    let within: Vec<bool> = norms.iter().map(|&norm| range.holds(norm.into())).collect();
    let mut partial = match within.contains(&true) {
        true => read_single(&exact, keys.squared_norms(), &range, &cues, &norms, &within),
        false => HostPartial::new(rows, values.dim()),
    };
    let again: Vec<usize> = (0..rows)
        .filter(|&row| !within[row] || range.doubts(partial.max[row], partial.sum[row]))
        .collect();
    exact.read_into(&cues, &again, &mut partial);
    Ok(to_partial(
        partial,
        (rows, values.dim()),
        keys.len(),
        &device,
    ))
}

/// Reads in single precision; rows that are not `within` its range are left without meaning.
fn read_single(
    parts: &Exact<'_>,
    key_norms: &[f32],
    range: &Range,
    cues: &[f32],
    norms: &[f32],
    within: &[bool],
) -> HostPartial {
    let dim = parts.key_dim;
    let scaled = Scaled::new(parts.score);
    // A row that is read elsewhere keeps its place, so that the others are read as without it, and does
    // there what another one does, so that it keeps no pattern alive.
    let other = within.iter().position(|&within| within).unwrap_or(0);
    let place = |row: usize| if within[row] { row } else { other };
    let queries: Vec<f32> = (0..norms.len())
        .flat_map(|row| &cues[place(row) * dim..(place(row) + 1) * dim])
        .map(|value| value * scaled.query)
        .collect();
    let offset: Vec<f32> = (0..norms.len())
        .map(|row| norms[place(row)] * scaled.offset)
        .collect();
    let margins: Vec<f32> = (0..norms.len())
        .map(|row| match within[row] {
            true => range.margin(norms[row].into()),
            false => None,
        })
        .map(|margin| margin.unwrap_or(f32::NEG_INFINITY))
        .collect();
    let refined = margins.iter().any(|&margin| margin > 0.0);
    HostRead {
        keys: parts.keys,
        key_dim: dim,
        values: parts.values,
        value_dim: parts.value_dim,
        norms: key_norms,
        bias_scale: scaled.bias,
        queries: &queries,
        offset: &offset,
        cap: scaled.cap,
        refine: refined.then_some(Refine {
            cues,
            scale: f64::from(scaled.bias),
            margins: &margins,
        }),
    }
    .run()
}

/// Reads every row in `f64`, wherever the patterns are.
pub(super) fn read_exact(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    score: Score,
) -> Result<Partial> {
    let ([rows, dim], device) = (cues.dims(), cues.device());
    let (cues, key_rows, value_rows) = (check::to_host(cues)?, keys.to_host()?, values.to_host()?);
    let mut partial = HostPartial::new(rows, values.dim());
    let exact = Exact {
        keys: &[&key_rows],
        key_dim: dim,
        values: &[&value_rows],
        value_dim: values.dim(),
        patterns: keys.len(),
        score,
    };
    exact.read_into(&cues, &(0..rows).collect::<Vec<_>>(), &mut partial);
    Ok(to_partial(
        partial,
        (rows, values.dim()),
        keys.len(),
        &device,
    ))
}

fn to_partial(
    found: HostPartial,
    (rows, width): (usize, usize),
    count: usize,
    device: &Device,
) -> Partial {
    Partial {
        max: Tensor::from_data(TensorData::new(found.max, [rows]), device),
        sum: Tensor::from_data(TensorData::new(found.sum, [rows]), device),
        weighted: Tensor::from_data(TensorData::new(found.weighted, [rows, width]), device),
        best: Tensor::from_data(TensorData::new(found.best, [rows]), device),
        count,
    }
}
