//! How the capacity of polynomial networks grows with their size.

use std::ops::ControlFlow;

use attractor::core::burn::tensor::Device;
use attractor::core::{Error, Result};
use toml::{Table, toml};

use super::{Model, Point, SweepConfig, crossing, curve, laws, sweep};

/// Wrong entries at which a network counts as full.
const FULL: f64 = 0.01;
/// Counts of patterns, as shares of the law's.
const SHARES: [f64; 7] = [0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5];

/// Pairs of size D and the number of patterns at which one synchronous update of a stored pattern
/// leaves one entry in a hundred wrong, for networks with the separation `z^power`. Cues and seeds are
/// those of `protocol`; `progress` hears each point and may end the search early, with the pairs found
/// until then.
///
/// [`laws::polynomial_with_errors`] expects `D^(power - 1)` with a known factor; [`super::power`] fits
/// the exponent.
///
/// # Errors
/// [`Error::Config`] for a size at which the curve does not pass one in a hundred between 0.7 and 1.5
/// times the law, or at which two counts coincide; as [`sweep`].
pub fn growth(
    power: u32,
    dims: &[usize],
    protocol: &SweepConfig,
    device: &Device,
    progress: &mut dyn FnMut(&Point) -> ControlFlow<()>,
) -> Result<Vec<(f64, f64)>> {
    let separation = Table::from_iter([("power".to_owned(), i64::from(power).into())]);
    let separation = Table::from_iter([("polynomial".to_owned(), separation.into())]);
    let mut options = toml! {
        threshold = 0.0
        schedule = { update = "synchronous", max_sweeps = 1 }
    };
    options.insert("separation".into(), separation.into());
    let model = [Model::new("one update", "dense-hopfield", options)];
    let mut found = Vec::new();
    for &dim in dims {
        let law = laws::polynomial_with_errors(dim, power, FULL)?;
        let protocol = SweepConfig {
            dim,
            counts: SHARES.map(|share| (share * law) as usize).to_vec(),
            flipped: 0.0,
            ..protocol.clone()
        };
        let mut stopped = false;
        let points = sweep(&model, &protocol, device, &mut |point| {
            let flow = progress(point);
            stopped = flow.is_break();
            flow
        })?;
        if stopped {
            break;
        }
        let errors = curve(&points, &model[0].name, |point| point.bit_error);
        let Some(count) = crossing(&errors, FULL) else {
            let rule = "must let wrong entries pass 1 % near the law's number of patterns";
            return Err(Error::config("growth.dims", rule, dim));
        };
        found.push((dim as f64, count));
    }
    Ok(found)
}
