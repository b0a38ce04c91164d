//! The read in host memory: in single precision where it holds the scores, in `f64` elsewhere.

use burn::tensor::{Device, Tensor, TensorData};

use super::exact::Exact;
use super::host::{Function, HostBest, HostPartial, HostRead, HostTop, Refine, Rows};
use super::score::{Range, Scaled};
use super::similarity::Rule;
use super::store::squared_norm;
use super::top::RowTop;
use super::{Partial, PatternStore};
use crate::{Result, check};

/// A store with its blocks in host memory.
pub(super) type HostStore<'a> = (&'a PatternStore, &'a [Rows<'a>]);

/// As [`super::read_with_values`], whose checks have been made.
pub(super) fn read(
    (keys, key_blocks): HostStore<'_>,
    (values, value_blocks): HostStore<'_>,
    cues: Tensor<2>,
    rule: Rule<'_>,
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
        rule,
    };
    let range = Range::new(rule, keys, values);
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

/// Numbers by which the kernel computes scores in single precision.
struct Single {
    scaled: Scaled,
    queries: Vec<f32>,
    offset: Vec<f32>,
    margins: Vec<f32>,
    roundings: Vec<f32>,
}

impl Single {
    /// For the cues that are `within` the range; the others are left without meaning.
    fn new(
        rule: Rule<'_>,
        range: &Range<'_>,
        cues: &[f32],
        norms: &[f32],
        within: &[bool],
    ) -> Self {
        let dim = cues.len() / norms.len();
        let scaled = Scaled::new(rule);
        // A row that is read elsewhere keeps its place, so that the others are read as without it, and does
        // there what another one does, so that it keeps no pattern alive.
        let other = within.iter().position(|&within| within).unwrap_or(0);
        let place = |row: usize| if within[row] { row } else { other };
        let rows = 0..norms.len();
        let queries = rows
            .clone()
            .flat_map(|row| &cues[place(row) * dim..(place(row) + 1) * dim])
            .map(|value| value * scaled.query)
            .collect();
        let offset = rows
            .clone()
            .map(|row| norms[place(row)] * scaled.offset)
            .collect();
        let inside = |row: usize| within[row].then_some(f64::from(norms[row]));
        let margins = rows
            .clone()
            .map(|row| inside(row).and_then(|norm| range.margin(norm)))
            .map(|margin| margin.unwrap_or(f32::NEG_INFINITY))
            .collect();
        let roundings = rows
            .map(|row| inside(row).and_then(|norm| range.seen_by(norm)))
            .map(|rounding| rounding.unwrap_or(0.0))
            .collect();
        Self {
            scaled,
            queries,
            offset,
            margins,
            roundings,
        }
    }

    fn refine<'a>(&'a self, cues: &'a [f32]) -> Option<Refine<'a>> {
        let refined = self.margins.iter().any(|&margin| margin > 0.0);
        refined.then_some(Refine {
            cues,
            scale: f64::from(self.scaled.bias),
            margins: &self.margins,
        })
    }

    fn function<'a>(&'a self, rule: Rule<'a>, cues: &'a [f32]) -> Option<Function<'a>> {
        let Rule::Function(similarity) = rule else {
            return None;
        };
        Some(Function {
            similarity,
            cues,
            roundings: &self.roundings,
        })
    }
}

/// Reads in single precision; rows that are not `within` its range are left without meaning.
fn read_single(
    parts: &Exact<'_>,
    key_norms: &[f32],
    range: &Range<'_>,
    cues: &[f32],
    norms: &[f32],
    within: &[bool],
) -> HostPartial {
    let single = Single::new(parts.rule, range, cues, norms, within);
    HostRead {
        keys: parts.keys,
        key_dim: parts.key_dim,
        values: parts.values,
        value_dim: parts.value_dim,
        norms: key_norms,
        bias_scale: single.scaled.bias,
        queries: &single.queries,
        offset: &single.offset,
        cap: single.scaled.cap,
        refine: single.refine(cues),
        function: single.function(parts.rule, cues),
    }
    .run()
}

/// As [`super::top`], whose checks have been made, for cues `[b, d]` in host memory.
pub(super) fn top(
    (keys, blocks): HostStore<'_>,
    cues: &[f32],
    rule: Rule<'_>,
    most: usize,
) -> Vec<RowTop> {
    let dim = keys.dim();
    let exact = Exact {
        keys: blocks,
        key_dim: dim,
        values: &[],
        value_dim: 0,
        patterns: keys.len(),
        rule,
    };
    let range = Range::new(rule, keys, keys);
    let norms: Vec<f32> = cues.chunks_exact(dim).map(squared_norm).collect();
    let within: Vec<bool> = norms.iter().map(|&norm| range.holds(norm.into())).collect();
    let single: Vec<Option<HostBest>> = match within.contains(&true) {
        true => {
            let single = Single::new(rule, &range, cues, &norms, &within);
            let slack = norms.iter().map(|&norm| range.slack(norm.into(), dim));
            let found = HostTop {
                keys: blocks,
                dim,
                norms: keys.squared_norms(),
                bias_scale: single.scaled.bias,
                queries: &single.queries,
                offset: &single.offset,
                cap: single.scaled.cap,
                refine: single.refine(cues),
                function: single.function(rule, cues),
                cues,
                slack: &slack.collect::<Vec<f64>>(),
                rule,
                most,
            }
            .run();
            found.into_iter().map(Some).collect()
        }
        false => norms.iter().map(|_| None).collect(),
    };
    let pairs = single.into_iter().zip(&within).enumerate();
    pairs
        .map(|(row, (found, &within))| match found {
            Some(found) if within && !range.doubts(found.max, found.sum) => {
                RowTop::new(found.best.sorted(), f64::from(found.sum), rule, keys.len())
            }
            _ => exact.top(&cues[row * dim..(row + 1) * dim], most),
        })
        .collect()
}

/// Reads every row in `f64`, wherever the patterns are.
pub(super) fn read_exact(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    rule: Rule<'_>,
) -> Result<Partial> {
    let ([rows, dim], device) = (cues.dims(), cues.device());
    let (cues, key_rows, value_rows) = (check::to_host(cues)?, keys.to_host()?, values.to_host()?);
    let mut partial = HostPartial::new(rows, values.dim());
    let exact = Exact {
        keys: &[Rows::Single(&key_rows)],
        key_dim: dim,
        values: &[Rows::Single(&value_rows)],
        value_dim: values.dim(),
        patterns: keys.len(),
        rule,
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
