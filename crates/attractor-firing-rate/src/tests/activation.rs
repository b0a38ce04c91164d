use attractor_core::check;
use attractor_testing::{device, tensor};

use super::*;

#[test]
fn slopes_are_what_their_parameter_says() {
    for rho in [0.2, 1.0, 4.8, 40.0] {
        let sigmoid = Activation::new(Shape::Sigmoid, 0.3, rho);
        let inflection = 0.3 + 0.5 / rho;
        assert!((sigmoid.rate(inflection) - 0.5).abs() < 1e-12);
        assert!((sigmoid.derivative(inflection) - rho).abs() < 1e-9 * rho);
        let tanh = Activation::new(Shape::RectifiedTanh, 0.3, rho);
        assert_eq!(tanh.derivative(0.3), rho);
        assert_eq!((tanh.derivative(0.299), tanh.rate(0.299)), (0.0, 0.0));
    }
}

#[test]
fn inverses_lead_back() {
    for shape in [Shape::Sigmoid, Shape::RectifiedTanh] {
        let phi = activation(shape);
        for step in 1..1000 {
            let rate = f64::from(step) / 1000.0;
            assert!((phi.rate(phi.inverse(rate)) - rate).abs() < 1e-9);
        }
        assert_eq!(phi.inverse(1.0), f64::INFINITY);
    }
    assert_eq!(activation(Shape::Sigmoid).inverse(0.0), f64::NEG_INFINITY);
    assert_eq!(activation(Shape::RectifiedTanh).inverse(0.0), 0.2);
}

/// Derivatives and integrals against finite differences and a fine sum.
#[test]
fn derivatives_and_integrals_fit() {
    for shape in [Shape::Sigmoid, Shape::RectifiedTanh] {
        let phi = activation(shape);
        for at in [-0.4, 0.05, 0.21, 0.31, 0.7, 1.4] {
            let slope = (phi.rate(at + 1e-6) - phi.rate(at - 1e-6)) / 2e-6;
            assert!(
                (phi.derivative(at) - slope).abs() < 1e-6,
                "{shape:?} at {at}"
            );
        }
        let steps = 200_000;
        let mut sum = 0.0;
        for step in 0..steps {
            let rate = (f64::from(step) + 0.5) / f64::from(steps) * 0.9;
            sum += phi.inverse(rate) * 0.9 / f64::from(steps);
        }
        assert!((phi.inverse_integral(0.9) - sum).abs() < 1e-5, "{shape:?}");
        assert_eq!(phi.inverse_integral(0.0), 0.0);
        assert!(phi.inverse_integral(1.0).is_finite());
    }
}

#[test]
fn steep_functions_stay_finite() {
    for shape in [Shape::Sigmoid, Shape::RectifiedTanh] {
        let phi = Activation::new(shape, 0.2, 1e4);
        for (current, rate) in [(-1e6, 0.0), (1e6, 1.0)] {
            assert_eq!((phi.rate(current), phi.derivative(current)), (rate, 0.0));
        }
    }
}

#[test]
fn tensors_compute_the_same_function() {
    let values: Vec<f32> = (0..400).map(|at| at as f32 * 0.01 - 2.0).collect();
    for phi in [
        activation(Shape::Sigmoid),
        activation(Shape::RectifiedTanh),
        Activation::new(Shape::Sigmoid, -0.1, 1e4),
    ] {
        let mut fast = values.clone();
        phi.apply(&mut fast);
        let ours = check::to_host(phi.rates(tensor(&values, 100).to_device(&device()))).unwrap();
        for ((&value, ours), fast) in values.iter().zip(ours).zip(fast) {
            // Single precision of the current, times the slope.
            let allowed = 1e-6 + 4e-7 * phi.slope * phi.derivative(f64::from(value)).min(1.0);
            let expected = phi.rate(f64::from(value));
            for found in [ours, fast] {
                let far = (f64::from(found) - expected).abs();
                assert!(far <= allowed, "{phi:?} at {value}: {found} {expected}");
            }
        }
    }
}
