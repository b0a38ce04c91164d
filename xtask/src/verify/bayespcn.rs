//! BayesPCN: four writes, reads of both kinds, forgetting. 1e-3, the rounding of hundreds of `f32`
//! Adam iterations in the authors' code and in ours.

use anyhow::Result;
use attractor::predictive_coding::bayespcn::golden::compare;

use super::Golden;

const TOLERANCE: f64 = 1e-3;
const SYSTEM: &str = "BayesPCN";

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file("bayespcn")?;
    for comparison in compare(&file, &golden.device)? {
        let (ours, expected) = (&comparison.ours, &comparison.expected);
        golden.compare_values(SYSTEM, &comparison.name, ours, expected, TOLERANCE)?;
    }
    Ok(())
}
