//! Files, and bad input.

use attractor_core::{
    Activation, AssociativeMemory, Complete, Energy, Error, Forget, Persist, Restore,
};
use attractor_testing::rewritten;

use super::support::*;
use crate::covariance::{CovarianceForm, CovariancePcn, CovariancePcnConfig, Learning};
use crate::relaxation::Precision;
use crate::testing::device;

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
    std::fs::write(&path, &bytes).unwrap();
    rewritten(&path, |file| {
        let header = file.metadata("covariance_pcn").unwrap();
        let header = header.replace("\"dim\":12", "\"dim\":13");
        file.set_metadata("covariance_pcn", header);
    });
    let message = CovariancePcn::load(&path, &device())
        .unwrap_err()
        .to_string();
    assert!(message.contains("expected shape"), "{message}");
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
