use attractor_core::rng;

use super::{Curve, Descent, LinearAttention, StageTimes, Uncollapsed, descend};
use crate::trained::Ending;
use crate::{CountRows, FactTask, FactTaskConfig, Matrix};

fn curve([s, r, d]: [usize; 3], w0: f64, eta: f64) -> (Curve, StageTimes) {
    let config = FactTaskConfig::new(s, r, d);
    let times = StageTimes::predict(&config, w0, eta).unwrap();
    let task = FactTask::structured(config).unwrap();
    let steps = (1.4 * times.subject) as usize;
    let descent = Descent {
        w0,
        eta,
        steps,
        batch: 256,
        test: 512,
        every: 16,
    };
    let curve = descend(&task, &descent, 1).unwrap();
    assert_eq!(curve.ending, Ending::OutOfSteps);
    (curve, times)
}

/// Steps at which the loss is halfway down each of its two slopes.
fn crossings(curve: &Curve, [_, r, d]: [usize; 3]) -> [f64; 2] {
    let (all, block) = (((r * d) as f64).ln(), (d as f64).ln());
    [0.5 * (all + block), 0.5 * block].map(|level| curve.crossing(level).unwrap())
}

/// The rates of the published figure.
#[test]
fn stage_times_are_those_of_the_formula() {
    let times = StageTimes::predict(&FactTaskConfig::new(16, 4, 8), 1e-5, 0.1).unwrap();
    assert!((times.relation_rate - 0.0765).abs() < 1e-4);
    assert!((times.subject_rate - 0.0292).abs() < 1e-4);
    assert!(
        (times.relation - 1596.0).abs() < 2.0 && (times.subject - 4180.0).abs() < 5.0,
        "{times:?}"
    );
    let message = |config, w0| {
        StageTimes::predict(&config, w0, 0.1)
            .unwrap_err()
            .to_string()
    };
    let slow = message(FactTaskConfig::new(2, 8, 2), 1e-5);
    assert!(
        slow.contains("must let relations be learned before subjects"),
        "{slow}"
    );
    assert!(message(FactTaskConfig::new(16, 4, 8), 0.0).starts_with("StageTimes.w0"));
}

/// P16: plateaus lie where they should.
#[test]
fn the_loss_rests_on_two_plateaus() {
    let sizes = [16, 4, 8];
    let (curve, times) = curve(sizes, 1e-5, 0.2);
    let all = 32f64.ln();
    for point in curve
        .points
        .iter()
        .filter(|point| (point.step as f64) < 0.6 * times.relation)
    {
        assert!((point.loss - all).abs() < 1e-3, "{point:?}");
    }
    let middle = curve.near(0.5 * (times.relation + times.subject)).unwrap();
    assert!((middle.loss / 8f64.ln() - 1.0).abs() < 0.03, "{middle:?}");
    assert!(middle.relation_loss < 0.05, "{middle:?}");
    assert!((middle.accuracy - 0.125).abs() < 0.03, "{middle:?}");
    assert!(curve.points.last().unwrap().accuracy > 0.99);
    let [first, second] = crossings(&curve, sizes);
    for (measured, predicted) in [(first, times.relation), (second, times.subject)] {
        assert!(
            (1.0..=1.25).contains(&(measured / predicted)),
            "{measured} {predicted}"
        );
    }
}

/// P17: the times follow the formula in three choices of S, R and D; at half the rate they are twice as long,
/// and from the square of the start in proportion to `ln(2 / w0)`.
#[test]
fn stage_times_scale_as_predicted() {
    let measure = |sizes, w0, eta| {
        let (curve, times) = curve(sizes, w0, eta);
        assert!(times.relation_rate > 2.0 * times.subject_rate, "{sizes:?}");
        let measured = crossings(&curve, sizes);
        for (measured, predicted) in measured.iter().zip([times.relation, times.subject]) {
            assert!(
                (1.0..=1.25).contains(&(measured / predicted)),
                "{sizes:?} {measured} {predicted}"
            );
        }
        measured
    };
    let squared = (2e10f64).ln() / (2e5f64).ln();
    for (sizes, repeats) in [
        (
            [12, 4, 4],
            [(1e-5, 0.2, 2.0, 0.05), (1e-10, 0.4, squared, 0.1)].as_slice(),
        ),
        ([24, 3, 6], &[(1e-5, 0.2, 2.0, 0.05)]),
        ([16, 4, 8], &[(1e-5, 0.2, 2.0, 0.05)]),
    ] {
        let first = measure(sizes, 1e-5, 0.4);
        for &(w0, eta, expected, within) in repeats {
            for (again, first) in measure(sizes, w0, eta).iter().zip(first) {
                let ratio = again / first / expected;
                assert!(
                    (ratio - 1.0).abs() < within,
                    "{sizes:?} {w0} {eta}: {ratio}"
                );
            }
        }
    }
}

/// P18: with all of A, only the end token's row moves, and both models stay the same; noise tokens learn
/// nothing beside relations.
#[test]
fn only_the_end_tokens_row_moves() {
    let config = FactTaskConfig {
        noise: 5,
        length: 8,
        ..FactTaskConfig::new(6, 2, 3)
    };
    let task = FactTask::structured(config).unwrap();
    let (w0, eta) = (0.01, 0.5);
    let mut whole = Uncollapsed::constant(config.vocabulary(), 6, w0);
    let mut row = LinearAttention::constant(config.vocabulary(), 6, 3, w0).unwrap();
    let mut stream = rng::stream(2, "prompts");
    for _ in 0..400 {
        let prompts = task.sample(&mut stream, 64).unwrap();
        let rows = CountRows::of(&prompts, config.vocabulary()).unwrap();
        let losses = (
            whole.step(&prompts, eta).unwrap(),
            row.step(&rows, eta).unwrap(),
        );
        assert!((losses.0 - losses.1).abs() < 1e-9);
    }
    let end = config.end();
    for token in 0..end {
        assert!(whole.attention.at(token).iter().all(|&weight| weight == w0));
    }
    let pairs = whole.attention.at(end).iter().zip(&row.attention);
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-9));
    let length = |token: usize| {
        let values = row.values.at(token);
        let mean = values.iter().sum::<f64>() / 6.0;
        values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    let relation = length(6).min(length(7));
    assert!(
        (8..13).all(|noise| length(noise) < 0.05 * relation),
        "{relation}"
    );
}

/// Derivatives by central differences.
#[test]
fn gradients_are_derivatives() {
    let config = FactTaskConfig {
        noise: 3,
        length: 6,
        ..FactTaskConfig::new(4, 2, 3)
    };
    let task = FactTask::structured(config).unwrap();
    let rows = task
        .sample_counts(&mut rng::stream(1, "prompts"), 20)
        .unwrap();
    let mut stream = rng::stream(1, "weights");
    let attention: Vec<f64> = rng::normal_vec(&mut stream, 10)
        .into_iter()
        .map(f64::from)
        .collect();
    let values = rng::normal_vec(&mut stream, 60)
        .into_iter()
        .map(f64::from)
        .collect();
    let model = LinearAttention::of(attention, Matrix::new(10, 6, values).unwrap(), 3).unwrap();
    let (_, of_attention, of_values) = model.gradient(&rows).unwrap();
    let loss = |change: &dyn Fn(&mut LinearAttention, f64), by: f64| {
        let mut moved = model.clone();
        change(&mut moved, by);
        moved.gradient(&rows).unwrap().0
    };
    let slope = |change: &dyn Fn(&mut LinearAttention, f64)| {
        (loss(change, 1e-6) - loss(change, -1e-6)) / 2e-6
    };
    for (token, found) in of_attention.iter().enumerate() {
        let expected = slope(&|model, by| model.attention[token] += by);
        assert!((found - expected).abs() < 1e-8);
    }
    for at in (0..60).step_by(7) {
        let expected = slope(&|model, by| model.values.data_mut()[at] += by);
        assert!((of_values.data()[at] - expected).abs() < 1e-8);
    }
}

#[test]
fn mistakes_are_named() {
    let message = LinearAttention::constant(10, 7, 3, 1e-5)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("of a whole number of blocks, found 3 of 7 answers"),
        "{message}"
    );
    assert!(LinearAttention::constant(10, 6, 3, 0.0).is_err());
    let task = FactTask::structured(FactTaskConfig::new(4, 2, 3)).unwrap();
    let descent = Descent {
        steps: 4000,
        eta: 1e4,
        batch: 8,
        test: 8,
        ..Descent::default()
    };
    let lost = descend(&task, &descent, 1).unwrap();
    assert!(lost.points.iter().all(|point| point.loss.is_finite()));
}
