//! Basis pursuit and its relatives, iterate by iterate; erasures.

use anyhow::Result;
use attractor::sparse_recovery::Subspace;
use attractor::sparse_recovery::erasures;
use attractor::sparse_recovery::faer::Mat;
use attractor::sparse_recovery::linalg::columns;
use attractor::sparse_recovery::recovery::admm::{Block, Pace, Problem, Projector};
use attractor::sparse_recovery::recovery::amp::Amp;
use attractor::sparse_recovery::recovery::{
    Found, Settings, Solver, Status, linear, recover, thresholding,
};

use super::{Checks, ENSEMBLES, ZERO};

pub(super) fn check(own: &mut Checks<'_>) -> Result<()> {
    for ensemble in ENSEMBLES {
        basis_pursuit(own, ensemble)?;
    }
    alternating_directions(own)?;
    for ensemble in ["gauss", "dct"] {
        hard_thresholding(own, ensemble)?;
    }
    message_passing(own)?;
    noise(own)?;
    erased(own)
}

fn settings() -> Settings {
    Settings {
        max_iterations: 100_000,
        ..Settings::default()
    }
}

fn errors_of(found: &[Found]) -> Vec<f64> {
    found
        .iter()
        .flat_map(|own| own.error.iter().copied())
        .collect()
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

fn basis_pursuit(own: &mut Checks<'_>, ensemble: &str) -> Result<()> {
    let key = |name: &str| format!("bp/{ensemble}/{name}");
    let subspace = own.subspace(ensemble)?;
    let truth = own.rows(&key("true_e"))?;
    let cues = own.words(&key("y"))?;
    let counts = truth
        .iter()
        .map(|e| e.iter().filter(|x| **x != 0.0).count());
    own.equal("bp/error_counts", counts.collect::<Vec<_>>())?;
    for (solver, name) in [
        (Solver::Admm, ""),
        (Solver::LinearProgram, " by linear programs"),
    ] {
        let found = recover(&subspace, &cues, &solver, &settings())?;
        let expected = own.numbers(&key("e"))?;
        let check = format!("{}{name}", key("e"));
        own.state(&check, &errors_of(&found), &expected, 1e-8)?;
        let objective: Vec<f64> = found.iter().map(Found::l1).collect();
        let expected = own.numbers(&key("objective"))?;
        own.state(
            &format!("{}{name}", key("objective")),
            &objective,
            &expected,
            1e-8,
        )?;
        let recovered = found.iter().zip(&truth);
        let recovered: Vec<f64> = recovered
            .map(|(own, e)| f64::from(u8::from(largest_difference(&own.error, e) < 1e-6)))
            .collect();
        let expected = own.numbers(&key("recovered"))?;
        own.state(
            &format!("{}{name}", key("recovered")),
            &recovered,
            &expected,
            0.0,
        )?;
        // Each is a certified optimum, and wrong ones do not claim to be exact.
        let certified: Vec<f64> = found
            .iter()
            .map(|own| f64::from(u8::from(own.certificate.is_some())))
            .collect();
        own.state(
            &format!("{}{name}", key("certified")),
            &certified,
            &vec![1.0; found.len()],
            0.0,
        )?;
    }
    let mut least = Vec::new();
    for e in &truth {
        let found = linear::smallest_certificate(subspace.constraints(), e)?;
        least.push(found.unwrap_or(f64::NAN));
    }
    own.compare(&key("certificate"), &least, 1e-8)
}

/// `Q^T Q y` and what follows from it.
fn problem(subspace: &Subspace, cue: &[f64]) -> Result<Problem> {
    let syndrome = subspace.syndrome(cue)?;
    let q = subspace.constraints();
    let shortest = (0..subspace.width()).map(|j| {
        let entries = syndrome.iter().enumerate();
        entries.map(|(i, s)| q[(i, j)] * s).sum()
    });
    Ok(Problem {
        shortest: shortest.collect(),
        eta: 0.0,
        without: None,
    })
}

fn alternating_directions(own: &mut Checks<'_>) -> Result<()> {
    let subspace = own.subspace("gauss")?;
    let count = own.numbers("admm/scale")?.len();
    let cues = own.rows("bp/gauss/y")?;
    let problems: Result<Vec<Problem>> = cues[..count]
        .iter()
        .map(|cue| problem(&subspace, cue))
        .collect();
    let problems = problems?;
    let marks = own.counts("admm/iterations")?;
    let pace = Pace {
        relaxation: own
            .file
            .setting("admm/relaxation", Pace::RELAXED.relaxation)?,
        threshold: own
            .file
            .setting("admm/threshold_factor", Pace::RELAXED.threshold)?,
    };
    let projectors = [
        Projector::<f64>::constraints(subspace.constraints()),
        Projector::<f64>::basis(subspace.basis()),
    ];
    for (projector, form) in projectors.iter().zip(["Q", "A"]) {
        let mut block = Block::paced(projector, &problems, pace)?;
        let (mut scales, mut thresholds) = (Vec::new(), Vec::new());
        for word in 0..count {
            scales.push(block.scale(word)?);
            thresholds.push(block.threshold(word)?);
        }
        own.compare("admm/scale", &scales, 1e-10)?;
        own.compare("admm/threshold", &thresholds, 1e-10)?;
        let (mut x, mut z, mut done) = (Vec::new(), Vec::new(), 0);
        for &mark in &marks {
            for _ in done..mark {
                block.step();
            }
            done = mark;
            for word in 0..count {
                x.extend(block.x(word)?);
                z.extend(block.z(word)?);
            }
        }
        for (name, ours) in [("x", &x), ("z", &z)] {
            let expected = own.numbers(&format!("admm/{name}"))?;
            own.state(&format!("admm/{name}, form {form}"), ours, &expected, 1e-9)?;
        }
    }
    Ok(())
}

fn hard_thresholding(own: &mut Checks<'_>, ensemble: &str) -> Result<()> {
    let subspace = own.subspace(ensemble)?;
    let projector = Projector::<f64>::of(&subspace);
    let cues = own.rows(&format!("bp/{ensemble}/y"))?;
    let truth = own.rows(&format!("bp/{ensemble}/true_e"))?;
    let marks = own.counts("iht/iterations")?;
    let mut iterates = Vec::new();
    for word in own.counts("iht/words")? {
        let t = truth[word].iter().filter(|x| **x != 0.0).count();
        let shortest = problem(&subspace, &cues[word])?.shortest;
        let (mut e, mut done) = (vec![0.0; subspace.width()], 0);
        for &mark in &marks {
            for _ in done..mark {
                e = thresholding::step(&projector, &shortest, &e, t)?;
            }
            done = mark;
            iterates.extend_from_slice(&e);
        }
    }
    own.compare(&format!("iht/{ensemble}/iterates"), &iterates, 1e-9)
}

fn message_passing(own: &mut Checks<'_>) -> Result<()> {
    let matrix = own.matrix("amp/B")?;
    let amp = Amp::with_matrix(matrix.clone())?;
    own.compare("amp/alpha", &[amp.alpha()], 1e-8)?;
    let cues = own.rows("bp/gauss/y")?;
    let marks = own.counts("amp/iterations")?;
    let (mut e, mut z) = (Vec::new(), Vec::new());
    for word in own.counts("amp/words")? {
        let product = &matrix * columns(matrix.ncols(), std::slice::from_ref(&cues[word]))?;
        let syndrome = super::column(&product, 0);
        let (mut state, mut done) = (amp.start(syndrome.clone())?, 0);
        for &mark in &marks {
            for _ in done..mark {
                state = amp.step(&syndrome, &state)?;
            }
            done = mark;
            e.extend_from_slice(&state.e);
            z.extend_from_slice(&state.z);
        }
    }
    own.compare("amp/e", &e, 1e-9)?;
    own.compare("amp/z", &z, 1e-9)
}

fn noise(own: &mut Checks<'_>) -> Result<()> {
    let subspace = own.subspace("sign")?;
    let settings = Settings {
        noise: own.one("bpdn/eta")?,
        ..settings()
    };
    let found = recover(&subspace, &own.words("bpdn/y")?, &Solver::Admm, &settings)?;
    own.compare("bpdn/e", &errors_of(&found), 1e-8)?;
    // The true errors are explained no better than allowed: every optimum is smaller.
    let truth = own.rows("bpdn/true_e")?;
    let excess: Vec<f64> = found
        .iter()
        .zip(&truth)
        .map(|(own, e)| (own.l1() - e.iter().map(|x| x.abs()).sum::<f64>()).max(0.0))
        .collect();
    let within: Vec<f64> = found
        .iter()
        .map(|own| (own.residual - settings.noise).max(0.0))
        .collect();
    own.state(
        "bpdn/true_e is no smaller",
        &excess,
        &vec![0.0; excess.len()],
        0.5,
    )?;
    own.state("bpdn residuals", &within, &vec![0.0; within.len()], 1e-9)
}

fn erased(own: &mut Checks<'_>) -> Result<()> {
    let subspace = own.subspace("gauss")?;
    let masks = own.rows("erasures/mask")?;
    let known: Vec<Vec<bool>> = masks
        .iter()
        .map(|mask| mask.iter().map(|&x| x != 0.0).collect())
        .collect();
    let cues: Mat<f64> = own.words("erasures/y")?;
    let completed = erasures::complete(&subspace, &cues, &known, &Solver::Admm, &settings())?;
    own.equal(
        "erasures/rank",
        completed.iter().map(|own| own.rank).collect::<Vec<_>>(),
    )?;
    let determined = |own: &erasures::Completed| own.found.status != Status::Underdetermined;
    own.equal(
        "erasures/determined",
        completed
            .iter()
            .map(|own| usize::from(determined(own)))
            .collect::<Vec<_>>(),
    )?;
    let (expected, truth) = (own.rows("erasures/x")?, own.rows("erasures/true_x")?);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut recalled, mut right) = (Vec::new(), Vec::new());
    for ((completed, expected), truth) in completed.iter().zip(&expected).zip(&truth) {
        if expected.iter().any(|x| x.is_nan()) {
            continue;
        }
        ours.extend_from_slice(&completed.pattern);
        theirs.extend_from_slice(expected);
        let verdict = |x: &[f64]| f64::from(u8::from(largest_difference(x, truth) < 1e3 * ZERO));
        recalled.push(verdict(&completed.pattern));
        right.push(verdict(expected));
    }
    own.state("erasures/x", &ours, &theirs, 1e-8)?;
    own.state("erasures/true_x found", &recalled, &right, 0.0)
}
