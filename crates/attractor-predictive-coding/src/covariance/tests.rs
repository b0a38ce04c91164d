use attractor_core::coding::End;
use attractor_core::{
    Activation, AssociativeMemory, Complete, Energy, Error, Forget, Outcome, Persist, Recognise,
    rng,
};
use burn::tensor::{DType, Tensor, TensorData};

use super::field::{Field, Noisy};
use super::{CovarianceForm, CovariancePcn, CovariancePcnConfig, Learning};
use crate::linalg::{Mat, inverse_spd, solve_spd};
use crate::pcn::relax::Landscape;
use crate::pcn::{InferenceConfig, Precision};
use crate::testing::device;

const DIM: usize = 12;
const FORMS: [CovarianceForm; 3] = [
    CovarianceForm::Explicit,
    CovarianceForm::Implicit,
    CovarianceForm::Dendritic,
];

fn rows(values: &[f64]) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [values.len() / DIM, DIM]);
    Tensor::from_data(data, (&device(), DType::F64))
}

fn normal(seed: u64, count: usize) -> Tensor<2> {
    let drawn = rng::normal_vec(&mut rng::stream(seed, "test/covariance"), count * DIM);
    rows(&drawn.into_iter().map(f64::from).collect::<Vec<_>>())
}

/// Entries that depend on one another.
fn mixed(seed: u64, count: usize) -> Tensor<2> {
    let mixing = normal(99, DIM).div_scalar((DIM as f64).sqrt());
    normal(seed, count).matmul(mixing).add_scalar(0.5)
}

fn values(tensor: &Tensor<2>) -> Vec<f64> {
    tensor.clone().try_into_vec_as::<f64>().unwrap()
}

fn gap(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, |top, gap| {
        if gap.is_nan() {
            f64::INFINITY
        } else {
            gap.max(top)
        }
    })
}

fn config(form: CovarianceForm, ridge: f64) -> CovariancePcnConfig {
    CovariancePcnConfig {
        form,
        learning: Learning::Closed { ridge },
        inference: InferenceConfig {
            max_steps: 100_000,
            tolerance: 1e-10,
            stall: 0.0,
            ..InferenceConfig::default()
        },
        precision: Precision::F64,
        ..CovariancePcnConfig::new(DIM)
    }
}

fn written(config: CovariancePcnConfig, patterns: &Tensor<2>) -> CovariancePcn {
    let mut memory = config.init(&device()).unwrap();
    memory.write(patterns.clone()).unwrap();
    memory
}

/// Mean and ridged covariance by their definitions.
fn statistics(patterns: &Tensor<2>, ridge: f64) -> (Vec<f64>, Mat) {
    let count = patterns.dims()[0];
    let all = values(patterns);
    let mean: Vec<f64> = (0..DIM)
        .map(|i| all.iter().skip(i).step_by(DIM).sum::<f64>() / count as f64)
        .collect();
    let mut covariance = Mat::scaled_identity(DIM, ridge);
    for row in all.chunks(DIM) {
        for i in 0..DIM {
            for j in 0..DIM {
                covariance.row_mut(i)[j] += (row[i] - mean[i]) * (row[j] - mean[j]) / count as f64;
            }
        }
    }
    (mean, covariance)
}

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

#[test]
fn drives_are_gradients() {
    let patterns = mixed(4, 30);
    let variants = [
        (CovarianceForm::Explicit, Activation::Identity),
        (CovarianceForm::Implicit, Activation::Identity),
        (CovarianceForm::Implicit, Activation::Tanh),
        (CovarianceForm::Implicit, Activation::Gelu),
    ];
    for (form, activation) in variants {
        let config = CovariancePcnConfig {
            activation,
            ..config(form, 1e-2)
        };
        let memory = written(config, &patterns);
        for noisy in [false, true] {
            let field = Field {
                recurrent: memory.prepared().unwrap().recurrent.clone(),
                noisy: noisy.then(|| Noisy {
                    cue: normal(5, 2),
                    weight: 3.0,
                }),
                free: None,
            };
            let state = normal(6, 2);
            let drives = values(&field.drives(std::slice::from_ref(&state)).unwrap()[0]);
            let energy = |at: usize, by: f64| -> f64 {
                let mut moved = values(&state);
                moved[at] += by;
                let point = field.evaluate(&[rows(&moved)]).unwrap();
                point.energy.iter().sum()
            };
            for (at, drive) in drives.into_iter().enumerate() {
                let slope = (energy(at, 1e-5) - energy(at, -1e-5)) / 2e-5;
                assert!(
                    (drive + slope).abs() < 1e-6,
                    "{form:?} {activation:?}: {drive} {slope}"
                );
            }
        }
    }
    // The dendritic form keeps the first term alone.
    let memory = written(config(CovarianceForm::Dendritic, 1e-2), &patterns);
    let recurrent = &memory.prepared().unwrap().recurrent;
    let state = normal(7, 2);
    let drive = recurrent.pull(&state).unwrap().drive;
    assert_eq!(values(&drive.neg()), values(&recurrent.error(&state)));
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
fn the_local_rules_end_at_the_closed_forms() {
    // Well conditioned: the rates that are stable for the smallest variance must do for the largest.
    let mixing = normal(99, DIM).mul_scalar(0.4 / (DIM as f64).sqrt());
    let drawn = normal(12, 200);
    let patterns = drawn.clone() + drawn.matmul(mixing);
    let tiny = 1e-12;
    for (form, rate, epochs, tolerance) in [
        (CovarianceForm::Implicit, 0.3, 20_000, 1e-4),
        (CovarianceForm::Explicit, 0.03, 20_000, 1e-4),
    ] {
        let closed = written(config(form, tiny), &patterns);
        let gradient = CovariancePcnConfig {
            learning: Learning::Gradient { rate, epochs },
            ..config(form, tiny)
        };
        let learned = written(gradient, &patterns);
        let gap = gap(learned.matrix(), closed.matrix()).max(gap(learned.mean(), closed.mean()));
        assert!(gap < tolerance, "{form:?}: {gap}");
        // Few steps have not got there.
        let early = CovariancePcnConfig {
            learning: Learning::Gradient { rate, epochs: 5 },
            ..gradient
        };
        let early = written(early, &patterns);
        assert!(self::gap(early.matrix(), closed.matrix()) > 10.0 * tolerance);
    }
    let wild = CovariancePcnConfig {
        learning: Learning::Gradient {
            rate: 1e6,
            epochs: 500,
        },
        ..config(CovarianceForm::Implicit, tiny)
    };
    let mut memory = wild.init(&device()).unwrap();
    let message = memory.write(patterns).unwrap_err().to_string();
    assert!(message.starts_with("Learning.rate: "), "{message}");
    assert!(memory.is_empty());
}

#[test]
fn writes_in_parts_are_one_write() {
    let patterns = mixed(13, 9);
    for activation in [Activation::Identity, Activation::Tanh] {
        let config = CovariancePcnConfig {
            activation,
            ..config(CovarianceForm::Implicit, 1e-2)
        };
        let whole = written(config, &patterns);
        let mut parts = config.init(&device()).unwrap();
        for (start, count) in [(0, 1), (1, 5), (6, 3)] {
            parts
                .write(patterns.clone().narrow(0, start, count))
                .unwrap();
        }
        assert_eq!((parts.len(), whole.len()), (9, 9));
        assert!(gap(parts.matrix(), whole.matrix()) < 1e-9);
        assert!(gap(parts.mean(), whole.mean()) < 1e-9);
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

#[test]
fn files_hold_every_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    for (form, activation) in [
        (CovarianceForm::Explicit, Activation::Identity),
        (CovarianceForm::Dendritic, Activation::Tanh),
    ] {
        let config = CovariancePcnConfig {
            activation,
            precision: Precision::F32,
            ..config(form, 1e-2)
        };
        let mut memory = written(config, &mixed(17, 3));
        memory.save(&path).unwrap();
        let mut again = CovariancePcn::load(&path, &device()).unwrap();
        assert_eq!(
            (again.config(), &again.state),
            (memory.config(), &memory.state)
        );
        for memory in [&mut memory, &mut again] {
            memory.write(mixed(18, 2)).unwrap();
        }
        assert_eq!(again.state, memory.state);
        let read = |memory: &CovariancePcn| values(&memory.read(mixed(19, 2)).unwrap().state);
        assert_eq!(read(&again), read(&memory));
        memory.clear();
        assert_eq!(memory.state, config.init(&device()).unwrap().state);
    }
    let bytes = std::fs::read(&path).unwrap();
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        CovariancePcn::load(&path, &device())
            .unwrap_err()
            .to_string()
    };
    for cut in (0..bytes.len()).step_by(499) {
        assert!(load(&bytes[..cut]).contains("expected a safetensors file"));
    }
    let at = String::from_utf8_lossy(&bytes)
        .find("\\\"dim\\\":12")
        .unwrap();
    let mut other = bytes.clone();
    other[at + 9] = b'3';
    assert!(load(&other).contains("expected shape"));
}

#[test]
fn bad_input_is_an_error_and_changes_nothing() {
    let mut memory = written(config(CovarianceForm::Implicit, 1e-2), &mixed(20, 3));
    let before = memory.state.clone();
    let mut nan = values(&mixed(21, 2));
    nan[DIM + 4] = f64::NAN;
    let narrow = mixed(21, 2).narrow(1, 0, 5);
    for (batch, text) in [
        (rows(&nan), "found NaN at row 1, column 4"),
        (narrow, "expected shape [n, 12], found [2, 5]"),
        (rows(&[]), "expected at least one row"),
    ] {
        let message = |error: Error| error.to_string();
        assert!(message(memory.write(batch.clone()).unwrap_err()).contains(text));
        assert!(message(memory.read(batch.clone()).unwrap_err()).contains(text));
        assert!(message(memory.energy(batch.clone()).unwrap_err()).contains(text));
        let complete = memory.complete(batch.clone(), batch.ones_like());
        assert!(message(complete.unwrap_err()).contains(text));
    }
    let cues = mixed(22, 2);
    let mask = memory.complete(cues.clone(), cues.clone());
    assert!(mask.unwrap_err().to_string().contains("must hold 0 or 1"));
    let mask = memory.complete(cues.clone(), cues.ones_like().narrow(0, 0, 1));
    assert!(
        mask.unwrap_err()
            .to_string()
            .contains("expected 2 rows, found 1")
    );
    for result in [memory.remove(0), memory.stored_states().map(drop)] {
        assert!(matches!(result, Err(Error::Unsupported { .. })));
    }
    assert_eq!(memory.state, before);
    memory.clear();
    for result in [
        memory.read(cues.clone()).map(drop),
        memory.energy(cues.clone()).map(drop),
        memory.complete(cues.clone(), cues.ones_like()).map(drop),
    ] {
        assert_eq!(result.unwrap_err(), Error::EmptyMemory);
    }
    let good = CovariancePcnConfig::new(DIM);
    let gradient = |rate, epochs| CovariancePcnConfig {
        learning: Learning::Gradient { rate, epochs },
        ..good
    };
    for (config, field) in [
        (
            CovariancePcnConfig { dim: 0, ..good },
            "CovariancePcnConfig.dim",
        ),
        (
            CovariancePcnConfig { noise: 0.0, ..good },
            "CovariancePcnConfig.noise",
        ),
        (config(CovarianceForm::Implicit, 0.0), "Learning.ridge"),
        (gradient(-1.0, 5), "Learning.rate"),
        (gradient(0.1, 0), "Learning.epochs"),
        (
            CovariancePcnConfig {
                form: CovarianceForm::Explicit,
                activation: Activation::Tanh,
                ..good
            },
            "CovariancePcnConfig.activation",
        ),
    ] {
        let message = config.init(&device()).unwrap_err().to_string();
        assert!(message.starts_with(field), "{message}");
    }
}
