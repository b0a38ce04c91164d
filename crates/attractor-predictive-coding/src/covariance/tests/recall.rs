//! Recall against its definitions.

use attractor_core::{AssociativeMemory, Complete, Energy, Outcome, Recognise};
use burn::tensor::Tensor;

use super::support::*;
use crate::covariance::CovarianceForm;
use crate::linalg::{Mat, inverse_spd, solve_spd};

#[test]
fn completion_is_the_conditional_mean() {
    let patterns = mixed(1, 30);
    let (mean, covariance) = statistics(&patterns, 1e-2);
    let (known, unknown): (Vec<usize>, Vec<usize>) = (0..DIM).partition(|i| i % 3 != 0);
    let mask: Vec<f64> = (0..DIM).map(|i| f64::from(u8::from(i % 3 != 0))).collect();
    let cues = mixed(2, 4);
    // x_u = m_u + S_uk S_kk^-1 (x_k - m_k)
    let pick = |rows: &[usize], columns: &[usize]| covariance.pick(rows).pick_columns(columns);
    let mut expected = values(&cues);
    for row in expected.chunks_mut(DIM) {
        let away = known.iter().map(|&i| row[i] - mean[i]).collect();
        let away = Mat::new(known.len(), 1, away);
        let weighted = solve_spd(&pick(&known, &known), &away).unwrap();
        let moved = Mat::product(pick(&unknown, &known).view(), weighted.view());
        for (&i, moved) in unknown.iter().zip(&moved.data) {
            row[i] = mean[i] + moved;
        }
    }
    for form in [CovarianceForm::Explicit, CovarianceForm::Dendritic] {
        let memory = written(config(form, 1e-2), &patterns);
        let recall = memory
            .complete(cues.clone(), rows(&mask.repeat(4)))
            .unwrap();
        assert_eq!(recall.outcomes, [Outcome::Converged; 4], "{form:?}");
        let gap = gap(&values(&recall.state), &expected);
        assert!(gap < 1e-7, "{form:?}: {gap}");
    }
    // And the weights are those of the precision.
    let (precision, _) = inverse_spd(&covariance).unwrap();
    let memory = written(config(CovarianceForm::Implicit, 1e-2), &patterns);
    for i in 0..DIM {
        for j in 0..DIM {
            let expected = match i == j {
                true => 0.0,
                false => -precision.row(i)[j] / precision.row(i)[i],
            };
            assert!((memory.matrix()[i * DIM + j] - expected).abs() < 1e-9);
        }
    }
}

#[test]
fn few_patterns_come_back_from_parts_in_every_form() {
    let patterns = mixed(3, 3);
    let mask: Vec<f64> = (0..DIM).map(|i| f64::from(u8::from(i < 8))).collect();
    for form in FORMS {
        let memory = written(config(form, 1e-6), &patterns);
        let blank = patterns.clone() * rows(&mask.repeat(3));
        let recall = memory.complete(blank, rows(&mask.repeat(3))).unwrap();
        let gap = gap(&values(&recall.state), &values(&patterns));
        assert!(gap < 1e-2, "{form:?}: {gap}");
    }
}

/// `m + S (S + s^2 I)^-1 (cue - m)`, the Wiener filter.
#[test]
fn reading_is_the_most_probable_pattern() {
    let patterns = mixed(8, 30);
    let memory = written(config(CovarianceForm::Explicit, 1e-2), &patterns);
    let (mean, covariance) = statistics(&patterns, 1e-2);
    let cues = mixed(9, 3);
    let mut noisy = covariance.clone();
    let variance = memory.config().noise.powi(2);
    (0..DIM).for_each(|i| noisy.row_mut(i)[i] += variance);
    let mut expected = Vec::new();
    for row in values(&cues).chunks(DIM) {
        let away = row.iter().zip(&mean).map(|(x, m)| x - m).collect();
        let weighted = solve_spd(&noisy, &Mat::new(DIM, 1, away)).unwrap();
        let moved = Mat::product(covariance.view(), weighted.view());
        expected.extend(mean.iter().zip(&moved.data).map(|(m, moved)| m + moved));
    }
    let recall = memory.read(cues).unwrap();
    let gap = gap(&values(&recall.state), &expected);
    assert!(gap < 1e-8, "{gap}");
    // From noise, every form comes closer to what was stored.
    let stored = mixed(10, 4);
    for form in FORMS {
        let memory = written(config(form, 1e-3), &stored);
        let cues = stored.clone() + normal(11, 4).mul_scalar(0.2);
        let found = memory.read(cues.clone()).unwrap().state;
        let error = |found: Tensor<2>| {
            (found - stored.clone())
                .square()
                .mean()
                .into_scalar::<f32>()
        };
        let (before, after) = (error(cues), error(found));
        assert!(after < 0.7 * before, "{form:?}: {after} {before}");
    }
}

#[test]
fn stored_patterns_are_familiar() {
    let patterns = mixed(14, 4);
    for form in FORMS {
        let memory = written(config(form, 1e-3), &patterns);
        let host = |tensor: Tensor<1>| tensor.try_into_vec_as::<f32>().unwrap();
        let stored = host(memory.energy(patterns.clone()).unwrap());
        let novel = host(memory.energy(mixed(15, 20)).unwrap());
        let highest = stored.iter().copied().fold(f32::MIN, f32::max);
        assert!(novel.iter().all(|energy| *energy > highest), "{form:?}");
        let scores = host(memory.familiarity(patterns.clone()).unwrap());
        assert!(
            scores
                .iter()
                .zip(&stored)
                .all(|(score, energy)| *score == -energy)
        );
    }
    // 1/2 y S^-1 y^T + 1/2 log det S.
    let memory = written(config(CovarianceForm::Explicit, 1e-2), &patterns);
    let (mean, covariance) = statistics(&patterns, 1e-2);
    let (precision, log_det) = inverse_spd(&covariance).unwrap();
    let state = mixed(16, 1);
    let away: Vec<f64> = values(&state)
        .iter()
        .zip(&mean)
        .map(|(x, m)| x - m)
        .collect();
    let weighted: Vec<f64> = (0..DIM)
        .map(|i| crate::linalg::dot(precision.row(i), &away))
        .collect();
    let expected = 0.5 * (crate::linalg::dot(&away, &weighted) + log_det);
    let found = memory.energy(state.clone()).unwrap().into_scalar::<f32>();
    assert!((f64::from(found) - expected).abs() < 1e-4 * expected.abs());
    assert!(gap(&values(&memory.gradient(state).unwrap()), &weighted) < 1e-6);
}
