//! What callers may get wrong: errors that name what was expected and what was found, and no panics.

use attractor_core::Result;
use faer::Mat;

use crate::dictionary::{ErSpud, learn, match_rows, solve_seeds, whiten};
use crate::ensembles::{self, Ensemble, Errors, Weights};
use crate::erasures;
use crate::expander::{Constraints, Decoder};
use crate::guarantees::{Circuits, integer_points, restricted_isometry};
use crate::linalg::{columns, from_rows};
use crate::recovery::admm::{Block, Pace, Problem, Projector};
use crate::recovery::amp::Amp;
use crate::recovery::polish::{Proposal, polish, polish_within};
use crate::recovery::{
    Settings, Solver, bregman, irls, linear, recover, recover_from, thresholding,
};
use crate::subspace::{Factor, Subspace};

/// The message of what failed.
fn said<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

fn width(what: &str, expected: usize, found: usize) -> String {
    format!("{what}: expected shape [n, {expected}], found [1, {found}]")
}

/// Six entries, four constraints.
fn subspace() -> Subspace {
    ensembles::subspace(Ensemble::Gaussian, 6, 2, 0).unwrap()
}

#[test]
fn words_and_errors() {
    let own = subspace();
    let crowded = "wrong entries: must be at most the entries of a word, found 7 for 6 entries";
    assert_eq!(said(ensembles::words(&own, 7, Errors::Sign, 0, 0)), crowded);
    assert_eq!(said(ensembles::word(&own, 7, Errors::Gaussian, 0)), crowded);
    let error = ensembles::sparse_error(6, 7, Weights::Sign, 0, 0);
    assert_eq!(said(error), crowded);
    let share = ensembles::bernoulli(2, 3, 1.5, Weights::Sign, 0);
    assert_eq!(said(share), "theta: must be from 0 to 1, found 1.5");
    let short = columns(3, &[vec![0.0; 3], vec![0.0; 2]]);
    assert_eq!(said(short), width("vectors", 3, 2));
    assert_eq!(
        said(from_rows(&[0.0; 5], 2)),
        "the matrix expects rows of 2 numbers, but what it is made of has 5 numbers"
    );
    assert!(from_rows(&[0.0; 5], 0).is_err());
    assert_eq!(from_rows(&[], 0).unwrap().shape(), (0, 0));
}

#[test]
fn graphs() {
    let graph = Constraints::from_triplets((2, 3), &[(0, 0, 1.0), (1, 2, -1.0)]).unwrap();
    assert_eq!(said(graph.syndrome(&[1.0])), width("word", 3, 1));
    assert_eq!(
        said(graph.syndrome(&[0.0, f64::NAN, 0.0])),
        "word: expected finite numbers, found NaN at row 0, column 1"
    );
    assert_eq!(
        said(graph.checks(3)),
        "entry: expected an index below 3, found 3"
    );
    assert_eq!(graph.checks(2).unwrap(), [(1, -1.0)]);
    let decoder = Decoder::default();
    assert_eq!(
        said(decoder.decode(&graph, &[0.0; 3])),
        width("syndrome", 2, 3)
    );
    // What is not a number is no satisfied check.
    assert!(said(decoder.decode(&graph, &[f64::NAN, 0.0])).contains("found NaN"));
    let many = [vec![0.0; 2], vec![0.0; 1]];
    assert_eq!(
        said(decoder.decode_all(&graph, &many)),
        width("syndrome", 2, 1)
    );
}

#[test]
fn subspaces() {
    let mut own = subspace();
    assert_eq!(said(own.syndrome(&[0.0; 5])), width("cue", 6, 5));
    assert_eq!(said(own.nearest(&[0.0; 7])), width("cue", 6, 7));
    assert_eq!(said(own.absorb(&[0.0; 1], 0.0)), width("pattern", 6, 1));
    assert_eq!(said(own.points(&[vec![]])), width("coordinates", 2, 0));
    let null = Subspace::null_of(own.constraints()).unwrap();
    assert_eq!(
        said(null.recut(crate::RankRule::Fixed(1))),
        "recut needs singular values of samples, which a subspace that was not learned from samples at once does not offer"
    );
    let mut factor = Factor::new(6);
    assert_eq!(
        said(factor.add(&Mat::zeros(5, 2))),
        "patterns: expected shape [n, 6], found [2, 5]"
    );
    let bad = Mat::from_fn(
        6,
        2,
        |i, j| if (i, j) == (3, 1) { f64::INFINITY } else { 1.0 },
    );
    assert_eq!(
        said(factor.add(&bad)),
        "patterns: expected finite numbers, found inf at row 3, column 1"
    );
    assert_eq!(factor.count(), 0);
    assert_eq!(
        said(Factor::restored(3, 1, &[0.0; 8])),
        "the factor expects 1 rows of 4 numbers, but the triangle has 8 numbers"
    );
    assert!(Factor::restored(3, 1, &[]).is_err());
    assert!(said(Factor::restored(1, 1, &[f64::NAN, 0.0])).starts_with("triangle:"));
}

#[test]
fn recall() {
    let own = subspace();
    let (solver, settings) = (Solver::default(), Settings::default());
    let run = |cues: &Mat<f64>| recover(&own, cues, &solver, &settings);
    assert_eq!(
        said(run(&Mat::zeros(5, 2))),
        "cues: expected shape [n, 6], found [2, 5]"
    );
    assert!(said(run(&Mat::from_fn(6, 1, |_, _| f64::NAN))).starts_with("cues: expected finite"));
    let cues = Mat::<f64>::zeros(6, 2);
    let from =
        |proposals: &[Option<Vec<f64>>]| recover_from(&own, &cues, proposals, &solver, &settings);
    assert_eq!(said(from(&[None])), "proposals: expected 2 rows, found 1");
    assert_eq!(
        said(from(&[None, Some(vec![0.0; 4])])),
        width("proposals", 6, 4)
    );
    let erased = |known: &[Vec<bool>], cues: &Mat<f64>| {
        erasures::complete(&own, cues, known, &solver, &settings)
    };
    let all = vec![true; 6];
    assert_eq!(
        said(erased(std::slice::from_ref(&all), &cues)),
        "masks: expected 2 rows, found 1"
    );
    assert_eq!(
        said(erased(&[all.clone(), vec![true]], &cues)),
        width("masks", 6, 1)
    );
    assert_eq!(
        said(erased(&[all.clone(), all.clone()], &Mat::zeros(4, 2))),
        "cues: expected shape [n, 6], found [2, 4]"
    );
    // What is not known may be anything.
    let mut open = all.clone();
    open[3] = false;
    let holed = Mat::from_fn(6, 1, |i, _| if i == 3 { f64::NAN } else { 0.0 });
    let answer = erased(&[open], &holed).unwrap().remove(0);
    assert!(answer.pattern.iter().all(|x| x.abs() < 1e-12), "{answer:?}");
    assert!(erased(&[all], &holed).is_err());
}

#[test]
fn solvers() {
    let own = subspace();
    let (q, projector) = (own.constraints(), Projector::<f64>::of(&own));
    assert_eq!(
        said(linear::basis_pursuit(q, &[0.0; 3])),
        width("syndrome", 4, 3)
    );
    assert_eq!(
        said(linear::smallest_certificate(q, &[0.0; 4])),
        width("error", 6, 4)
    );
    assert_eq!(
        said(irls::iterate(own.basis(), &[0.0; 4])),
        width("word", 6, 4)
    );
    for short in [
        said(projector.project(&[0.0; 4], &[0.0; 6])),
        said(bregman::iterate(&projector, &[0.0; 4], 9)),
        said(bregman::linearised(&projector, &[0.0; 4], 9)),
        said(thresholding::step(&projector, &[0.0; 6], &[0.0; 4], 1)),
        said(thresholding::iterate(&projector, &[0.0; 4], 1, 9)),
    ] {
        assert_eq!(short, width("vector", 6, 4));
    }
    assert_eq!(
        said(projector.project(&[0.0; 6], &[0.0; 4])),
        width("offset", 6, 4)
    );
    let pursued = thresholding::pursue((q, &[0.0; 3]), &projector, &[0.0; 6], 1, 9);
    assert_eq!(said(pursued), width("syndrome", 4, 3));
    let amp = Amp::new(q).unwrap();
    assert_eq!(said(amp.start(vec![0.0; 5])), width("syndrome", 4, 5));
    assert_eq!(said(amp.run(&[0.0; 5], 9)), width("syndrome", 4, 5));
    let mut state = amp.start(vec![0.0; 4]).unwrap();
    state.e.pop();
    assert_eq!(said(amp.step(&[0.0; 4], &state)), width("state.e", 6, 5));
    let proposal = Proposal {
        constraints: q,
        syndrome: &[0.0; 4],
        error: &[0.0; 5],
        dual: None,
    };
    assert_eq!(said(polish(proposal, 0.0)), width("error", 6, 5));
    assert_eq!(said(polish_within(proposal, 0.1)), width("error", 6, 5));
}

#[test]
fn alternating_directions() {
    let own = subspace();
    let projector = Projector::<f64>::of(&own);
    let problem = |shortest: Vec<f64>| Problem {
        shortest,
        eta: 0.0,
        without: None,
    };
    let new = |problem: Problem| Block::new(&projector, &[problem]);
    assert_eq!(
        said(new(problem(vec![1.0; 5]))),
        width("Problem.shortest", 6, 5)
    );
    assert_eq!(
        said(new(problem(vec![0.0; 6]))),
        "Problem.shortest: must not be 0, found 0"
    );
    let tilted = Problem {
        without: Some(vec![]),
        ..problem(vec![1.0; 6])
    };
    assert_eq!(said(new(tilted)), width("Problem.without", 6, 0));
    let pace = Pace {
        relaxation: 2.0,
        ..Pace::default()
    };
    let paced = Block::paced(&projector, &[problem(vec![1.0; 6])], pace);
    assert_eq!(
        said(paced),
        "Pace.relaxation: must be between 0 and 2, found 2"
    );
    let mut block = new(problem(vec![1.0; 6])).unwrap();
    let missing = "problem: expected an index below 1, found 1";
    assert_eq!(said(block.z(1)), missing);
    assert_eq!(said(block.dual(1)), missing);
    assert_eq!(said(block.freeze(1)), missing);
    assert_eq!(said(block.warm(1, &[0.0; 6], &[0.0; 6])), missing);
    assert_eq!(
        said(block.warm(0, &[0.0; 2], &[0.0; 6])),
        width("error", 6, 2)
    );
}

#[test]
fn dictionaries_and_guarantees() {
    let bad = Mat::from_fn(2, 4, |_, _| f64::NAN);
    assert!(said(whiten(bad.as_ref())).starts_with("matrix: expected finite numbers"));
    assert!(learn(bad.as_ref(), &ErSpud::default()).is_err());
    let rows = Mat::<f64>::identity(2, 4);
    let seeds = |seeds: &[Vec<f64>], most| solve_seeds(rows.as_ref(), seeds, most);
    assert_eq!(said(seeds(&[vec![1.0]], 9)), width("seed", 2, 1));
    assert!(said(seeds(&[vec![1.0, 0.0]], 0)).starts_with("max_iterations"));
    let tall = Mat::<f64>::identity(4, 2);
    assert!(said(solve_seeds(tall.as_ref(), &[], 9)).contains("at most the entries"));
    let wider = Mat::<f64>::identity(2, 5);
    assert_eq!(
        said(match_rows(rows.as_ref(), wider.as_ref(), 0.1)),
        width("rows found", 5, 4)
    );
    let circuits = Circuits::of(rows.as_ref()).unwrap();
    assert_eq!(said(circuits.recovers(&[1.0])), width("signs", 4, 1));
    assert!(Circuits::of(bad.as_ref()).is_err());
    let long = Circuits::of(Mat::<f64>::identity(30, 30).as_ref()).unwrap();
    assert!(said(long.recovered(30)).contains("at most 24"));
    assert!(restricted_isometry(bad.as_ref(), 1).is_err());
    assert_eq!(said(integer_points(&[vec![1]], 2, 1)), width("rows", 2, 1));
    // Weights at the end of their range are counted all the same.
    let points = integer_points(&[vec![i64::MAX, i64::MIN]], 2, 3).unwrap();
    assert_eq!((points.kernel, points.total), (1, 49));
}
