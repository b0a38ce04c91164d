//! Scale, share and map of each pair.

use burn::tensor::Tensor;

use super::super::channel_map::Affine;
use super::super::fit::{FIRST_SHARE, LARGEST_SHARE, LAST_ROUNDS, REST, SCALES, STEPS};
use super::super::map_prior::{Likely, MapPrior};
use super::super::passes::CAP;
use super::super::second::{FINEST, Start, promising};
use super::passes::Pairs;
use super::{groups, rows, scales};
use crate::{Result, check};

/// Where a fit ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<const C: usize> {
    pub(super) score: f64,
    scale: usize,
    share: f32,
    map: Option<Likely<C>>,
}

/// Each of them, or the other where that is better.
fn consider<const C: usize>(
    found: &mut [Found<C>],
    others: impl Iterator<Item = (usize, Found<C>)>,
) {
    for (row, other) in others {
        if other.score > found[row].score {
            found[row] = other;
        }
    }
}

/// The best fit of each pair.
pub(super) fn best<const C: usize>(
    pairs: &Pairs,
    maps: Option<&MapPrior>,
) -> Result<Vec<Found<C>>> {
    let mut found = annealed::<C>(pairs, None, Start::ALL)?;
    let Some(maps) = maps else {
        return Ok(found);
    };
    let changed = annealed::<C>(pairs, Some(maps), Start::ALL)?;
    consider(&mut found, changed.into_iter().enumerate());
    let starts = second::<C>(pairs, maps)?;
    let firsts = starts.iter().map(|start| start.map(|start| start.first));
    for (first, own) in groups(firsts) {
        let again = annealed::<C>(&pairs.select(&own), Some(maps), Start::uncommon(first))?;
        consider(&mut found, own.iter().copied().zip(again));
    }
    Ok(found)
}

/// The score of each pair at every second scale.
pub(super) fn glance<const C: usize>(pairs: &Pairs, maps: Option<&MapPrior>) -> Result<Vec<f64>> {
    let mut found = annealed::<C>(pairs, None, Start::ROUGH)?;
    if maps.is_some() {
        let changed = annealed::<C>(pairs, maps, Start::ROUGH)?;
        consider(&mut found, changed.into_iter().enumerate());
    }
    Ok(found.iter().map(|found| found.score).collect())
}

/// Second starts that promise something.
fn second<const C: usize>(pairs: &Pairs, maps: &MapPrior) -> Result<Vec<Option<Start>>> {
    let weights = pairs.start(true);
    let sums = pairs.sums::<C>(&weights)?;
    let found: Vec<Option<Likely<C>>> = sums
        .iter()
        .map(|sums| maps.choose(sums, SCALES[FINEST]))
        .collect();
    let squares = pairs.squares(Some(&pairs.maps(&found)));
    let left = check::to_host((weights * squares).sum_dim(1))?;
    let rows = sums.iter().zip(found).zip(left).enumerate();
    Ok(rows
        .map(|(row, ((sums, found), left))| {
            found?;
            let total = sums.gram[C][C] as f32 * C as f32;
            promising(left, total, pairs.variance(row))
        })
        .collect())
}

/// Through the scales of a start, with maps if they are given.
fn annealed<const C: usize>(
    pairs: &Pairs,
    maps: Option<&MapPrior>,
    start: Start,
) -> Result<Vec<Found<C>>> {
    let count = pairs.len();
    let mut weights = pairs.start(start.uncommon);
    let mut share = pairs.numbers(vec![FIRST_SHARE; count]);
    let mut squares = pairs.squares(None);
    let mut current: Vec<Option<Likely<C>>> = vec![None; count];
    let (mut reports, mut tried) = (Vec::new(), Vec::new());
    for (scale, size) in scales(start) {
        share = share.clamp_max(LARGEST_SHARE);
        if let Some(prior) = maps {
            for (map, sums) in current.iter_mut().zip(pairs.sums::<C>(&weights)?) {
                *map = prior.choose(&sums, size).or(*map);
            }
            squares = pairs.squares(Some(&pairs.maps(&current)));
        }
        let ratios = pairs.logs(squares.clone(), scale).exp();
        for _ in 0..STEPS {
            (weights, share) = pairs.weigh(&ratios, share);
        }
        reports.push(pairs.evidence(&ratios, &share));
        reports.push(share.clone());
        tried.push((scale, current.clone()));
    }
    let reports = check::to_host(Tensor::cat(reports, 1))?;
    let best = |(row, report): (usize, &[f32])| {
        let none = Found {
            score: f64::NEG_INFINITY,
            scale: start.first,
            share: FIRST_SHARE,
            map: None,
        };
        let scales = report.chunks_exact(2).zip(&tried);
        scales.fold(none, |best, (report, (scale, maps))| {
            let price = maps[row].map_or(0.0, |map| map.departure + map.volume);
            let score = f64::from(report[0]) - price;
            match score > best.score {
                true => Found {
                    score,
                    scale: *scale,
                    share: report[1],
                    map: maps[row],
                },
                false => best,
            }
        })
    };
    let rows = reports.chunks_exact(2 * tried.len()).enumerate();
    Ok(rows.map(best).collect())
}

/// Derivatives `[k, C P]` of minus the scores with respect to the candidates, at fits that rest.
pub(super) fn slopes<const C: usize>(pairs: &Pairs, maps: Option<&MapPrior>) -> Result<Tensor<2>> {
    let found = best::<C>(pairs, maps)?;
    let alike = found
        .iter()
        .map(|found| Some((found.scale, found.map.is_some())));
    let (mut order, mut parts) = (Vec::new(), Vec::new());
    for ((scale, _), own) in groups(alike) {
        let fits: Vec<Found<C>> = own.iter().map(|row| found[*row]).collect();
        parts.push(settled::<C>(&pairs.select(&own), maps, scale, &fits)?);
        order.extend(own);
    }
    let mut places = vec![0; order.len()];
    order
        .iter()
        .enumerate()
        .for_each(|(place, row)| places[*row] = place);
    Ok(rows(Tensor::cat(parts, 0), &places))
}

/// Fits at one scale, all with a map or none, gone on with until share and map rest; their slopes.
fn settled<const C: usize>(
    pairs: &Pairs,
    maps: Option<&MapPrior>,
    scale: usize,
    fits: &[Found<C>],
) -> Result<Tensor<2>> {
    let mut current: Vec<Option<Likely<C>>> = fits.iter().map(|fit| fit.map).collect();
    let mut shares: Vec<f32> = fits.iter().map(|fit| fit.share).collect();
    let prior = maps.filter(|_| current.iter().any(Option::is_some));
    let mut placed = pairs.maps(&current);
    let mut logs = pairs.logs(pairs.squares(Some(&placed)), scale);
    let mut share = pairs.numbers(shares.clone());
    for _ in 0..LAST_ROUNDS {
        let (weights, next) = pairs.weigh(&logs.clone().exp(), share);
        share = next;
        let known = check::to_host(share.clone())?;
        let pairs_of = shares.iter().zip(&known);
        let mut moved = pairs_of.fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        shares = known;
        if let Some(prior) = prior {
            for (map, sums) in current.iter_mut().zip(pairs.sums::<C>(&weights)?) {
                let next = map.and_then(|map| prior.within(&sums, SCALES[scale], map.family));
                let next = next.or(*map);
                moved = moved.max(distance(map, &next));
                *map = next;
            }
            placed = pairs.maps(&current);
            logs = pairs.logs(pairs.squares(Some(&placed)), scale);
        }
        if moved < REST {
            break;
        }
    }
    let (weights, _) = pairs.weigh(&logs.clone().exp(), share);
    // Beyond the cap, the ratio no longer changes.
    let weights = weights.mask_fill(logs.greater_equal_elem(CAP), 0.0);
    let errors = pairs.errors(&placed);
    let pulled = (0..C).map(|from| (placed.clone().narrow(2, from, 1) * errors.clone()).sum_dim(1));
    let weights: Tensor<3> = weights.unsqueeze_dim(1);
    let slopes = Tensor::cat(pulled.collect(), 1) * weights;
    let [count, channels, sites] = slopes.dims();
    let slopes = slopes.div_scalar(SCALES[scale] * SCALES[scale]);
    Ok(slopes.reshape([count, channels * sites]))
}

/// How far two maps are from each other, by the entry that differs most.
fn distance<const C: usize>(one: &Option<Likely<C>>, other: &Option<Likely<C>>) -> f32 {
    let map =
        |likely: &Option<Likely<C>>| likely.map_or_else(Affine::identity, |likely| likely.map);
    map(one).distance(&map(other))
}
