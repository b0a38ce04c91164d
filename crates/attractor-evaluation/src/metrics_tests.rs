use super::*;

fn value(measurements: &[Measurement], metric: Metric) -> Measurement {
    *measurements
        .iter()
        .find(|measurement| measurement.metric == metric)
        .unwrap()
}

#[test]
fn distances_are_exact_where_f32_would_round() {
    // In f32 the sum of squares of 4097 and 1 is 4097^2 + 0: the second term is lost.
    let found = squared_distance(&[4097.0, 1.0], &[0.0, 0.0]).unwrap();
    assert_eq!(found, 4097.0_f64 * 4097.0 + 1.0);
}

#[test]
fn psnr_of_known_errors() {
    assert_eq!(psnr(0.01), 20.0);
    assert_eq!(psnr(0.0), MAX_PSNR);
    assert_eq!(psnr(1.0), 0.0);
}

#[test]
fn signs_and_overlap() {
    assert_eq!(
        bit_error(&[1.0, -1.0, 1.0, 0.0], &[1.0, 1.0, -1.0, 2.0]).unwrap(),
        50.0
    );
    assert_eq!(overlap(&[1.0, 0.0], &[-2.0, 0.0]).unwrap(), -1.0);
    assert_eq!(overlap(&[1.0, 0.0], &[0.0, 0.0]).unwrap(), 0.0);
}

#[test]
fn an_accumulator_averages_over_cues() {
    let stored = [0.0, 0.0, 3.0, 4.0];
    let mut metrics = MetricAccumulator::new(5.0);
    let cue = |state, target| CueResult {
        state,
        stored: &stored,
        target,
        images: None,
        steps: None,
        energy: None,
    };
    // At exactly the threshold: not retrieved, and the other pattern is nearer.
    assert!(!metrics.push(&cue(&[0.0, 0.0], 1)).unwrap());
    let last = CueResult {
        images: Some((&[0.5, 0.5], &[0.5, 0.7])),
        steps: Some(3),
        energy: Some((2.0, 0.5)),
        ..cue(&[3.0, 3.0], 1)
    };
    assert!(metrics.push(&last).unwrap());
    let found = metrics.finish();
    assert_eq!(value(&found, Metric::RetrievalRate).value, 50.0);
    assert_eq!(value(&found, Metric::RetrievalRate).n, 2);
    assert_eq!(value(&found, Metric::Top1).value, 50.0);
    assert_eq!(value(&found, Metric::LatentDistance).value, 3.0);
    assert!((value(&found, Metric::PixelMse).value - 0.02).abs() < 1e-8);
    assert_eq!(value(&found, Metric::PixelMse).n, 1);
    assert_eq!(value(&found, Metric::Steps).value, 3.0);
    assert_eq!(value(&found, Metric::EnergyDrop).value, 1.5);
}

#[test]
fn a_duplicate_of_the_target_counts_as_the_target() {
    let mut metrics = MetricAccumulator::new(1.0);
    for target in [0, 1] {
        let cue = CueResult {
            state: &[1.0, 1.0],
            stored: &[1.0, 1.0, 1.0, 1.0],
            target,
            images: None,
            steps: None,
            energy: None,
        };
        metrics.push(&cue).unwrap();
    }
    assert_eq!(value(&metrics.finish(), Metric::Top1).value, 100.0);
}

#[test]
fn bad_input_is_refused_and_adds_nothing() {
    let mut metrics = MetricAccumulator::new(1.0);
    let good = CueResult {
        state: &[1.0, 1.0],
        stored: &[1.0, 1.0],
        target: 0,
        images: None,
        steps: None,
        energy: None,
    };
    for (bad, message) in [
        (
            CueResult {
                state: &[f32::NAN, 1.0],
                ..good
            },
            "recalled state: expected finite",
        ),
        (
            CueResult { state: &[], ..good },
            "stored states: expected a multiple",
        ),
        (
            CueResult {
                stored: &[1.0; 3],
                ..good
            },
            "expected a multiple of the state's width, 2",
        ),
        (
            CueResult { target: 1, ..good },
            "target: expected an index below 1, found 1",
        ),
        (
            CueResult {
                images: Some((&[1.0], &[1.0, 2.0])),
                ..good
            },
            "row: expected 1 entries",
        ),
        (
            CueResult {
                images: Some((&[], &[])),
                ..good
            },
            "image: expected at least one entry",
        ),
        (
            CueResult {
                energy: Some((f64::INFINITY, 0.0)),
                ..good
            },
            "energy drop: expected finite",
        ),
    ] {
        let error = metrics.push(&bad).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    assert_eq!(metrics.finish(), []);
}

#[test]
fn spread_over_seeds() {
    assert_eq!(Spread::of(&[]), None);
    let one = Spread::of(&[2.0]).unwrap();
    assert_eq!((one.mean, one.deviation), (2.0, 0.0));
    let three = Spread::of(&[1.0, 2.0, 3.0]).unwrap();
    assert_eq!(
        (three.mean, three.deviation, three.min, three.max),
        (2.0, 1.0, 1.0, 3.0)
    );
}
