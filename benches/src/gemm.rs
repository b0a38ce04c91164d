//! The machine's rate of matrix products: what the read's rate is a share of.

use attractor_core::backend::Backend;
use attractor_core::rng;

use crate::timing::measure;
use crate::{Line, Result};

/// Rows and columns of the square matrices.
pub const SIZE: usize = 2048;

/// `gemm/2048x2048x2048`.
pub fn name() -> String {
    format!("gemm/{SIZE}x{SIZE}x{SIZE}")
}

/// Measures burn-flex's matrix product (the `gemm` crate) on `SIZE x SIZE` matrices.
///
/// # Errors
/// If the backend cannot be opened.
pub fn run(runs: usize) -> Result<Line> {
    let device = Backend::Flex.open()?;
    let mut random = rng::stream(0, "gemm");
    let a = rng::normal(&mut random, [SIZE, SIZE], &device);
    let b = rng::normal(&mut random, [SIZE, SIZE], &device);
    let timing = measure(runs, || Ok(a.clone().matmul(b.clone())))?;
    let operations = 2.0 * (SIZE as f64).powi(3);
    Ok(Line::new(
        &format!("gemm/{SIZE}x{SIZE}x{SIZE}"),
        "plain",
        operations,
        timing,
    ))
}
