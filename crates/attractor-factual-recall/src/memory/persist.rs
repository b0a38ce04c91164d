//! To and from files: pairs, and the weights as they are, since sums and trained weights do not follow from the
//! pairs bit by bit.

use attractor_core::file::Loading;
use attractor_core::weights::{Weights as File, modules};
use attractor_core::{Persist, Restore, Result};

use super::model::State;
use super::weights::Weights;
use super::{EmbeddingMemory, EmbeddingMemoryConfig};
use crate::linear::LowRank;
use crate::{Matrix, Mlp};

/// Keys as they were given and as they are used, `[n, d]`.
const GIVEN: &str = "keys.given";
const KEYS: &str = "keys";
/// Different values `[a, d]`, and which of them each key has, `[n]`.
const ANSWERS: &str = "answers";
const TARGETS: &str = "targets";
/// Of a low rank.
const FACTORS: [&str; 2] = ["weights.down", "weights.up"];
const LAYERS: [&str; 3] = ["weights.first", "weights.bias", "weights.second"];
const WEIGHTS: &str = "weights";

fn add(file: &mut File, name: &str, matrix: &Matrix<f64>) {
    let shape = [matrix.rows(), matrix.cols()];
    file.insert_doubles(name, &shape, matrix.data().to_vec());
}

/// A matrix with that many columns.
fn rows(file: &File, name: &str, cols: usize) -> Result<Matrix<f64>> {
    let [rows, _] = modules::shape::<2>(file, name)?;
    matrix(file, name, [rows, cols])
}

fn matrix(file: &File, name: &str, [rows, cols]: [usize; 2]) -> Result<Matrix<f64>> {
    let values = file.doubles(name, &[rows, cols])?;
    match rows {
        0 => Ok(Matrix::zeros(0, cols)),
        _ => Matrix::new(rows, cols, values).map_err(|error| file.refuse(error)),
    }
}

impl Weights {
    fn pack(&self, file: &mut File) {
        match self {
            Self::Linear(memory) => add(file, WEIGHTS, memory.weights()),
            Self::Features(memory) => add(file, WEIGHTS, memory.written()),
            Self::Tangent(memory) => add(file, WEIGHTS, memory.written()),
            Self::LowRank(memory) => {
                for (name, factor) in FACTORS.iter().zip(memory.factors()) {
                    add(file, name, factor);
                }
            }
            Self::Rectifier(Mlp {
                first,
                bias,
                second,
            }) => {
                for (name, layer) in LAYERS.iter().zip([first, bias, second]) {
                    add(file, name, layer);
                }
            }
        }
    }

    /// What is frozen is drawn from the seed again.
    fn restored(file: &File, config: &EmbeddingMemoryConfig) -> Result<Self> {
        let mut weights = Self::empty(config).map_err(|error| file.refuse(error))?;
        if file.contains(FACTORS[0]) {
            let down = rows(file, FACTORS[0], config.dim)?;
            let up = matrix(file, FACTORS[1], [config.dim, down.rows()])?;
            let memory = LowRank::of_factors([down, up]);
            let misfit = || file.fail("the factors of the weights: expected equal ranks");
            return memory.map(Self::LowRank).ok_or_else(misfit);
        }
        let replace = |name: &str, old: &mut Matrix<f64>| -> Result<()> {
            *old = matrix(file, name, [old.rows(), old.cols()])?;
            Ok(())
        };
        match &mut weights {
            Self::Linear(memory) => replace(WEIGHTS, memory.weights_mut())?,
            Self::Features(memory) => replace(WEIGHTS, memory.written_mut())?,
            Self::Tangent(memory) => replace(WEIGHTS, memory.written_mut())?,
            Self::LowRank(_) => {}
            Self::Rectifier(Mlp {
                first,
                bias,
                second,
            }) => {
                for (name, layer) in LAYERS.iter().zip([first, bias, second]) {
                    replace(name, layer)?;
                }
            }
        }
        Ok(weights)
    }
}

impl Persist for EmbeddingMemory {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<File> {
        let mut file = File::new();
        file.set_config(&self.config)?;
        let state = &self.state;
        add(&mut file, GIVEN, &state.given);
        add(&mut file, KEYS, &state.keys);
        add(&mut file, ANSWERS, &state.answers);
        let targets: Vec<u64> = state.targets.iter().map(|&target| target as u64).collect();
        file.insert_wholes(TARGETS, &[targets.len()], targets);
        state.weights.pack(&mut file);
        Ok(file)
    }
}

impl Restore for EmbeddingMemory {
    const KIND: &'static str = "embedding_memory";

    fn restore(file: &File, loading: &Loading<'_>) -> Result<Self> {
        let config: EmbeddingMemoryConfig = file.config()?;
        file.require_room("weights", &config.weights())?;
        let made = config.init(loading.device());
        let mut memory = made.map_err(|error| file.refuse(error))?;
        let given = rows(file, GIVEN, config.dim)?;
        let answers = rows(file, ANSWERS, config.dim)?;
        let (count, most) = (given.rows(), answers.rows() as u64);
        let targets = file.wholes(TARGETS, &[count])?;
        if let Some(bad) = targets.iter().find(|target| **target >= most) {
            return Err(file.fail(format!(
                "`{TARGETS}`: expected rows of `{ANSWERS}`, below {most}, found {bad}"
            )));
        }
        memory.state = State {
            weights: Weights::restored(file, &config)?,
            keys: matrix(file, KEYS, [count, config.dim])?,
            targets: targets.iter().map(|&target| target as usize).collect(),
            given,
            answers,
        };
        Ok(memory)
    }
}
