//! Least squares on logarithms.

use attractor_core::{Error, Result};

/// A fitted `y = a x^p`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PowerLaw {
    /// The exponent p: the slope on logarithmic axes.
    pub slope: f64,
    /// The factor a.
    pub factor: f64,
    /// Half the width of the slope's 95 % interval (Student's t of the residuals). None for two points,
    /// which a line goes through.
    pub interval: Option<f64>,
}

/// Fits a power law to pairs of numbers above 0, by least squares on their logarithms.
///
/// # Errors
/// [`Error::Config`] for fewer than two different x, or numbers that are not finite and above 0.
pub fn power_law(points: &[(f64, f64)]) -> Result<PowerLaw> {
    let positive = |x: f64| x.is_finite() && x > 0.0;
    if let Some(bad) = points.iter().find(|(x, y)| !(positive(*x) && positive(*y))) {
        let found = format!("{bad:?}");
        return Err(Error::config(
            "power_law.points",
            "must be finite and above 0",
            found,
        ));
    }
    let n = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if spread <= 0.0 {
        let rule = "must have at least two different abscissae";
        return Err(Error::config(
            "power_law.points",
            rule,
            format!("{points:?}"),
        ));
    }
    let across: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = across / spread;
    let intercept = mean_y - slope * mean_x;
    let residual: f64 = logs
        .iter()
        .map(|(x, y)| (y - intercept - slope * x).powi(2))
        .sum();
    let interval = (points.len() > 2).then(|| {
        let freedom = points.len() - 2;
        student(freedom) * (residual / freedom as f64 / spread).sqrt()
    });
    Ok(PowerLaw {
        slope,
        factor: intercept.exp(),
        interval,
    })
}

/// The t with 2.5 % of Student's distribution of that many degrees of freedom above it.
fn student(freedom: usize) -> f64 {
    const FIRST: [f64; 10] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    ];
    match FIRST.get(freedom - 1) {
        Some(&t) => t,
        // Cornish and Fisher's expansion about the normal quantile: to 1e-3 from 10 degrees on.
        None => {
            let (z, v) = (1.959_964, freedom as f64);
            let [z3, z5, z7] = [3, 5, 7].map(|power| f64::powi(z, power));
            z + (z3 + z) / (4.0 * v)
                + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v * v)
                + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v * v * v)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_laws_are_recovered() {
        let exact: Vec<(f64, f64)> = (1..6)
            .map(|x| (f64::from(x), 3.0 * f64::from(x).powf(0.9)))
            .collect();
        let law = power_law(&exact).unwrap();
        assert!((law.slope - 0.9).abs() < 1e-12 && (law.factor - 3.0).abs() < 1e-12);
        assert!(law.interval.unwrap() < 1e-7);
        assert_eq!(power_law(&exact[..2]).unwrap().interval, None);
        let message = |points: &[(f64, f64)]| power_law(points).unwrap_err().to_string();
        assert!(message(&[(1.0, 0.0)]).contains("must be finite and above 0, found (1.0, 0.0)"));
        assert!(message(&[(1.0, 2.0), (1.0, 3.0)]).contains("two different abscissae"));
        assert!(message(&[]).contains("two different abscissae"));
    }

    /// By hand: x = 0, 1, 2 and y = 0, 0, 3 have slope 1.5, residuals .5, -1, .5, so that the slope's
    /// standard error is sqrt(1.5 / 1 / 2).
    #[test]
    fn intervals_are_those_of_student() {
        let points = [(1.0, 1.0), (1f64.exp(), 1.0), (2f64.exp(), 3f64.exp())];
        let law = power_law(&points).unwrap();
        assert!((law.slope - 1.5).abs() < 1e-12);
        assert!((law.interval.unwrap() - 12.706 * 0.75f64.sqrt()).abs() < 1e-9);
        // Published quantiles.
        for (freedom, expected) in [(11, 2.201), (20, 2.086), (60, 2.000), (1000, 1.962)] {
            assert!((student(freedom) - expected).abs() < 1e-3, "{freedom}");
        }
    }
}
