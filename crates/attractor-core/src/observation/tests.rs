use burn::tensor::{Tensor, TensorData};
use proptest::prelude::*;

use super::*;
use crate::backend::Backend;

fn row(values: &[f32]) -> Tensor<2> {
    let device = Backend::available()[0].open().unwrap();
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), &device)
}

fn energy(model: &dyn ObservationModel, cue: &[f32], decoded: &[f32]) -> f64 {
    f64::from(model.energy(&row(cue), row(decoded)).into_scalar::<f32>())
}

fn models() -> Vec<Box<dyn ObservationModel>> {
    vec![
        Box::new(Gaussian::new(0.3).unwrap()),
        Box::new(Laplace::new(0.2).unwrap()),
        Box::new(StudentT::new(2.0, 0.1).unwrap()),
        Box::new(Truncated::new(0.5, 0.3).unwrap()),
        Box::new(
            Masked::new(
                Gaussian::new(0.3).unwrap().boxed(),
                row(&[1.0, 0.0, 1.0]),
                [1, 3],
            )
            .unwrap(),
        ),
    ]
}

#[test]
fn agreement_costs_nothing() {
    for model in models() {
        assert_eq!(
            energy(&*model, &[0.1, 0.5, 0.9], &[0.1, 0.5, 0.9]),
            0.0,
            "{}",
            model.name()
        );
    }
}

#[test]
fn unknown_entries_do_not_count() {
    let model = models().pop().unwrap();
    assert_eq!(energy(&*model, &[0.1, 0.5, 0.9], &[0.1, -7.0, 0.9]), 0.0);
    let gradient = model.gradient(&row(&[0.0; 3]), row(&[1.0; 3])).into_data();
    let gradient = gradient.try_into_vec::<f32>().unwrap();
    assert_eq!(gradient[1], 0.0);
    assert!(gradient[0] > 0.0);
}

#[test]
fn robust_models_grow_slower_than_the_square() {
    let growth = |model: &dyn ObservationModel| {
        energy(model, &[0.0], &[10.0]) / energy(model, &[0.0], &[0.1])
    };
    assert!((growth(&Gaussian::new(1.0).unwrap()) - 1e4).abs() < 1.0);
    assert!(growth(&Laplace::new(1.0).unwrap()) < 101.0);
    assert!(growth(&StudentT::new(1.0, 0.1).unwrap()) < 14.0);
    assert!(growth(&Truncated::new(0.01, 1.0).unwrap()) < 1.001);
}

#[test]
fn rules_are_checked() {
    assert_eq!(
        Gaussian::new(0.0).unwrap_err().to_string(),
        "Gaussian.variance: must be finite and greater than 0, found 0"
    );
    assert!(StudentT::new(1.0, f32::NAN).is_err());
    let known = Masked::new(Laplace::new(1.0).unwrap().boxed(), row(&[0.5]), [1, 1]);
    assert_eq!(
        known.unwrap_err().to_string(),
        "known: must hold 0 or 1, found 0.5"
    );
}

proptest! {
    /// The gradient is the derivative of the energy.
    #[test]
    fn gradients_match_finite_differences(
        cue in prop::collection::vec(-1.0f32..1.0, 3),
        decoded in prop::collection::vec(-1.0f32..1.0, 3),
    ) {
        for model in models() {
            let gradient = model.gradient(&row(&cue), row(&decoded)).into_data();
            let gradient = gradient.try_into_vec::<f32>().unwrap();
            for i in 0..3 {
                let residual = (decoded[i] - cue[i]).abs();
                let h = 1e-2f32;
                // Away from the kinks of |r| and of the truncation.
                if residual < 2.0 * h || (residual - 0.5f32.sqrt()).abs() < 2.0 * h {
                    continue;
                }
                let at = |step: f32| {
                    let mut moved = decoded.clone();
                    moved[i] += step;
                    energy(&*model, &cue, &moved)
                };
                let slope = (at(h) - at(-h)) / f64::from(2.0 * h);
                let error = (slope - f64::from(gradient[i])).abs();
                prop_assert!(error < 0.02 * slope.abs().max(1.0), "{} {slope} {}", model.name(), gradient[i]);
            }
        }
    }
}

#[test]
fn the_registry_builds_every_model_and_names_mistakes() {
    for entry in super::OBSERVATIONS {
        let table = format!("kind = '{}'", entry.name).parse().unwrap();
        assert_eq!(super::build(&table).unwrap().name(), entry.name);
    }
    let message = |text: &str| {
        super::build(&text.parse().unwrap())
            .unwrap_err()
            .to_string()
    };
    assert!(message("kind = 'laplace'\ncap = 1").contains("laplace: unknown field `cap`"));
    assert!(
        message("kind = 'cauchy'").starts_with("unknown observation `cauchy`; known: gaussian, ")
    );
    assert!(message("kind = 'truncated'\ncap = -1").starts_with("Truncated.cap: "));
}

/// What an experiment file says of nuisances is checked before anything is computed.
#[test]
fn nuisances_are_read_from_tables() {
    let built = |text: &str| super::build(&text.parse().unwrap());
    let all = "kind = 'self_calibrating'\nchannels = 3\nheight = 8\nwidth = 8\n\
        nuisances = ['affine', 'gain_field', 'translation', 'turn', 'crop']";
    let model = built(all).unwrap();
    assert!(model.check(192).is_ok() && model.check(96).is_err());
    let short = built("kind = 'self_calibrating'\nshortlist = 300").unwrap();
    assert_eq!(short.shortlist(), Some(300));
    for (options, named) in [
        ("height = 8", "height alone"),
        ("nuisances = ['turn']", "height and width"),
        ("nuisances = ['rotation']", "translation"),
        ("height = 0\nwidth = 8", "at least 1 x 1"),
        ("shortlist = 0", "at least 1"),
        ("spread = 1.0", "spread"),
    ] {
        let refusal = built(&format!("kind = 'self_calibrating'\n{options}")).unwrap_err();
        assert!(refusal.to_string().contains(named), "{options}: {refusal}");
    }
}
