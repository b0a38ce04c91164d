//! `verify --golden`: files of other sizes, files that are wrong, files that do not fit.
//!
//! The files are written here, from the definitions in `f64`.

use std::path::Path;
use std::process::{Command, Output};

use attractor::core::weights::Weights;

const PATTERNS: usize = 7;
const DIM: usize = 5;
const CUES: usize = 3;

fn verify(folder: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["verify", "--golden"])
        .arg(folder)
        .args(more)
        .env_remove("ATTRACTOR_GOLDEN")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// `count` numbers of single precision within -1 to 1, by a linear congruence.
fn numbers(seed: u64, count: usize) -> Vec<f64> {
    let step = |state: &mut u64| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        Some(f64::from(
            ((*state >> 40) as f32) / ((1u64 << 23) as f32) - 1.0,
        ))
    };
    let mut state = seed;
    std::iter::from_fn(|| step(&mut state))
        .take(count)
        .collect()
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// What every prior here does with its scores: the mean of the patterns, and the log of their sum.
fn softmax_mean(memory: &[f64], scores: &[f64]) -> (Vec<f64>, f64) {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - top).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mut mean = vec![0.0; DIM];
    for (pattern, weight) in memory.chunks(DIM).zip(&weights) {
        for (mean, x) in mean.iter_mut().zip(pattern) {
            *mean += weight / total * x;
        }
    }
    (mean, top + total.ln())
}

/// A file `priors` of 7 patterns of 5 numbers and 3 cues, with settings that ours has not.
fn priors() -> Weights {
    let (memory, cue) = (numbers(1, PATTERNS * DIM), numbers(2, CUES * DIM));
    let log_diagonal = numbers(3, DIM);
    // Symmetric, and positive definite because its diagonal dominates.
    let mut full = vec![0.0; DIM * DIM];
    for i in 0..DIM {
        for j in 0..DIM {
            full[i * DIM + j] = if i == j {
                2.0
            } else {
                0.25 / (1 + i + j) as f64
            };
            full[i * DIM + j] = f64::from(full[i * DIM + j] as f32);
        }
    }
    let form = |z: &[f64], precision: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        let distance = |pattern: &[f64]| {
            let e: Vec<f64> = pattern.iter().zip(z).map(|(m, z)| m - z).collect();
            let pairs = (0..DIM).flat_map(|i| (0..DIM).map(move |j| (i, j)));
            pairs
                .map(|(i, j)| e[i] * precision(i, j) * e[j])
                .sum::<f64>()
        };
        memory
            .chunks(DIM)
            .map(|pattern| -distance(pattern) / 2.0)
            .collect()
    };
    let dot = |z: &[f64], beta: f64| -> Vec<f64> {
        let product = |pattern: &[f64]| pattern.iter().zip(z).map(|(m, z)| m * z).sum::<f64>();
        memory
            .chunks(DIM)
            .map(|pattern| beta * product(pattern))
            .collect()
    };
    let same = |i: usize, j: usize, value: f64| if i == j { value } else { 0.0 };

    let mut file = Weights::new();
    file.insert("memory", &[PATTERNS, DIM], narrow(&memory));
    file.insert("cue", &[CUES, DIM], narrow(&cue));
    file.insert("log_precision_diag", &[DIM], narrow(&log_diagonal));
    file.insert("precision_full", &[DIM, DIM], narrow(&full));
    let mut iterate = |name: &str, scores: &dyn Fn(&[f64]) -> Vec<f64>| {
        for steps in [1, 4] {
            let row = |cue: &[f64]| {
                (0..steps).fold(cue.to_vec(), |z, _| softmax_mean(&memory, &scores(&z)).0)
            };
            let states: Vec<f64> = cue.chunks(DIM).flat_map(row).collect();
            file.insert(format!("{name}_iter{steps}"), &[CUES, DIM], narrow(&states));
        }
    };
    let (sigma, beta) = (0.4_f32, 3.0);
    let precision = f64::from(sigma).powi(-2);
    let gaussian = |z: &[f64]| form(z, &|i, j| same(i, j, precision));
    iterate("gmm_sigma0.4", &gaussian);
    iterate("mchn_beta3", &|z| dot(z, beta));
    iterate("gmm_diag", &|z| {
        form(z, &|i, j| same(i, j, log_diagonal[i].exp()))
    });
    iterate("gmm_full", &|z| form(z, &|i, j| full[i * DIM + j]));
    let energies =
        |energy: &dyn Fn(&[f64]) -> f64| -> Vec<f64> { cue.chunks(DIM).map(energy).collect() };
    let mixture = energies(&|z| -softmax_mean(&memory, &gaussian(z)).1);
    file.insert("gmm_energy_sigma0.4", &[CUES], narrow(&mixture));
    let hopfield = energies(&|z| {
        let square: f64 = z.iter().map(|z| z * z).sum();
        square / 2.0 - softmax_mean(&memory, &dot(z, beta)).1 / beta
    });
    file.insert("hopfield_energy_beta3", &[CUES], narrow(&hopfield));
    file
}

#[test]
fn other_sizes_and_settings() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = priors();
    file.insert("gmm_sigma_iterfew", &[1], vec![0.0]);
    file.write(&dir.path().join("priors.safetensors")).unwrap();
    let output = verify(dir.path(), &["--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    for check in [
        "gmm_sigma0.4_iter4",
        "mchn_beta3_iter1",
        "gmm_full_iter4",
        "hopfield_energy_beta3",
    ] {
        let line = text.lines().find(|line| line.contains(check)).unwrap();
        assert!(line.contains("\"pass\""), "{line}");
    }
    // What was not there and what no check looked at are said.
    let notes = stderr(&output);
    for expected in [
        "skipped: MONet: no monet_small_weights",
        "not compared: priors: gmm_sigma_iterfew",
    ] {
        assert!(notes.contains(expected), "{notes}");
    }
    assert!(!text.contains("MONet"), "{text}");
}

#[test]
fn wrong_numbers_fail() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = priors();
    let mut wrong = file.values("mchn_beta3_iter4").unwrap().to_vec();
    wrong[4] += 1e-3;
    file.insert("mchn_beta3_iter4", &[CUES, DIM], wrong);
    file.write(&dir.path().join("priors.safetensors")).unwrap();
    let output = verify(dir.path(), &[]);
    assert!(!output.status.success());
    let text = stdout(&output);
    assert!(text.contains(", 1 failed"), "{text}");
    let line = text.lines().find(|line| line.contains("mchn_beta3_iter4"));
    assert!(line.unwrap().contains("FAIL"), "{text}");
}

#[test]
fn files_that_do_not_fit_are_named() {
    let whole = priors();
    // One tensor less, or of another shape.
    for (broken, expected) in [
        ("precision_full", "expected a tensor `precision_full`"),
        (
            "cue",
            "`cue`: expected rows of 5 entries, found shape [3, 4]",
        ),
        (
            "gmm_energy_sigma0.4",
            "`gmm_energy_sigma0.4`: expected shape [3], found [2]",
        ),
        (
            "hopfield_energy_beta3",
            "expected tensors `hopfield_energy_beta*`",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut file = Weights::new();
        for name in whole.names().filter(|&name| name != broken) {
            file.insert(
                name,
                whole.shape(name).unwrap(),
                whole.values(name).unwrap().to_vec(),
            );
        }
        match broken {
            "cue" => file.insert(broken, &[CUES, 4], vec![0.0; CUES * 4]),
            "gmm_energy_sigma0.4" => file.insert(broken, &[2], vec![0.0; 2]),
            _ => {}
        }
        file.write(&dir.path().join("priors.safetensors")).unwrap();
        let output = verify(dir.path(), &[]);
        let message = stderr(&output);
        assert!(!output.status.success(), "{broken}");
        assert!(message.contains("priors.safetensors"), "{message}");
        assert!(message.contains(expected), "{message}");
        assert!(stdout(&output).contains("systems with errors: 1"));
    }
}

#[test]
fn nothing_to_check_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("README.md"), "golden files").unwrap();
    // A file that no check knows, and one of a pair.
    priors()
        .write(&dir.path().join("entropy.safetensors"))
        .unwrap();
    priors()
        .write(&dir.path().join("monet_forward.safetensors"))
        .unwrap();
    let output = verify(dir.path(), &[]);
    assert!(!output.status.success());
    let message = stderr(&output);
    assert!(message.contains("nothing to verify in"), "{message}");
    assert!(
        message.contains("MONet (monet_small_weights, monet_forward)"),
        "{message}"
    );
    let output = verify(&dir.path().join("absent"), &[]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("absent"), "{}", stderr(&output));
    // Beside files that are known, it is listed.
    priors()
        .write(&dir.path().join("priors.safetensors"))
        .unwrap();
    let text = stdout(&verify(dir.path(), &[]));
    assert!(text.contains("no check for this file: entropy"), "{text}");
    assert!(
        text.contains("skipped: MONet: no monet_small_weights in"),
        "{text}"
    );
}

/// The files kept with the code: all of them are there, and every number is compared.
#[test]
fn our_own_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden");
    let output = verify(&folder, &[]);
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    let count = text
        .lines()
        .find_map(|line| line.split_once(" checks, 0 failed"));
    assert!(count.unwrap().0.parse::<usize>().unwrap() >= 96, "{text}");
    assert!(!text.contains("not compared"), "{text}");
}
