//! Every solver.

use super::*;

/// Every solver finds errors well below its own transition, and says so.
#[test]
fn every_solver_recovers_a_few_errors() {
    let own = ensembles::subspace(Ensemble::Gaussian, 120, 50, 11).unwrap();
    let words = words(&own, 10, Errors::Gaussian, 11, 12);
    for solver in [
        Solver::Admm,
        Solver::LinearProgram,
        Solver::Bregman,
        Solver::LinearisedBregman,
        Solver::Irls,
        Solver::HardThresholding(10),
        Solver::HardThresholding(0),
        Solver::Pursuit(10),
        Solver::Pursuit(0),
        Solver::MessagePassing,
    ] {
        let found = run(&own, &words, solver);
        let exact = found.iter().zip(&words);
        let exact =
            exact.filter(|(own, word)| error_of(own, word) < 1e-9 && own.status == Status::Exact);
        assert!(exact.count() >= 11, "{solver:?}: {:?}", found[0].status);
    }
}

/// Where the assumptions of message passing fail nothing but numbers comes out.
#[test]
fn message_passing_never_leaves_the_numbers() {
    // One direction that all entries share.
    let rows = faer::Mat::from_fn(4, 30, |i, j| 1.0 + 0.01 * ((i * 31 + j * 17) % 7) as f64);
    let own = Subspace::null_of(rows.as_ref()).unwrap();
    let words = words(&own, 3, Errors::Gaussian, 1, 10);
    for found in run(&own, &words, Solver::MessagePassing) {
        assert!(found.error.iter().all(|e| e.is_finite()));
    }
}

/// With noise the answer is as good as the noise, and certified.
#[test]
fn noise_is_allowed_for() {
    let own = ensembles::subspace(Ensemble::Gaussian, 100, 40, 12).unwrap();
    let mut words = words(&own, 5, Errors::Sign, 12, 10);
    let noise = attractor_testing::normal_vec(12, "noise", 1000);
    for (i, word) in words.iter_mut().enumerate() {
        let mut each = word.cue.iter_mut().zip(&noise[100 * i..]);
        each.by_ref()
            .take(100)
            .for_each(|(y, e)| *y += 0.01 * f64::from(*e));
    }
    let settings = Settings {
        noise: 0.01 * 60f64.sqrt() * 1.2,
        ..Settings::default()
    };
    let cues: Vec<Vec<f64>> = words.iter().map(|word| word.cue.clone()).collect();
    let found = recover(
        &own,
        &columns(100, &cues).unwrap(),
        &Solver::Admm,
        &settings,
    )
    .unwrap();
    for (found, word) in found.iter().zip(&words) {
        assert_eq!(found.status, Status::WithinNoise);
        assert!(found.residual <= settings.noise * (1.0 + 1e-9));
        assert!(error_of(found, word) < 0.15, "{}", error_of(found, word));
    }
}
