//! The read that all systems here share: the unembedding with the largest inner product.

use attractor_core::{Error, Result};

use crate::{Matrix, Real};

/// What one row of scores says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This answer has the largest score.
    One(usize),
    /// Several answers share the largest score, of which this is the first. It counts as an error.
    Tied(usize),
    /// A score is NaN or infinite. It counts as an error.
    NonFinite,
}

impl Choice {
    /// The largest of a row of scores. `None` for no scores.
    pub fn of<T: Real>(scores: &[T]) -> Option<Self> {
        let mut best = (0, *scores.first()?);
        let mut tied = false;
        for (index, &score) in scores.iter().enumerate() {
            if !score.wide().is_finite() {
                return Some(Self::NonFinite);
            }
            if index > 0 && score >= best.1 {
                tied = score == best.1;
                if !tied {
                    best = (index, score);
                }
            }
        }
        Some(match tied {
            true => Self::Tied(best.0),
            false => Self::One(best.0),
        })
    }

    /// The answer, right or wrong, if there is exactly one.
    pub fn answer(self) -> Option<usize> {
        match self {
            Self::One(answer) => Some(answer),
            Self::Tied(_) | Self::NonFinite => None,
        }
    }
}

/// One choice for each row of scores `[b, answers]`.
///
/// # Errors
/// [`Error::EmptyBatch`] without answers.
pub fn choose<T: Real>(scores: &Matrix<T>) -> Result<Vec<Choice>> {
    let empty = || Error::EmptyBatch {
        what: "answers",
        width: scores.cols(),
    };
    (0..scores.rows())
        .map(|row| Choice::of(scores.at(row)).ok_or_else(empty))
        .collect()
}

/// Share of the rows of scores `[b, answers]` whose largest is that of `targets`; ties and numbers that
/// are not finite are errors.
///
/// # Errors
/// [`Error::Rows`] unless there is one target for each row, [`Error::EmptyBatch`] without any.
pub fn accuracy<T: Real>(scores: &Matrix<T>, targets: &[usize]) -> Result<f64> {
    scores.check_rows("scores", targets.len())?;
    if targets.is_empty() {
        return Err(Error::EmptyBatch {
            what: "scores",
            width: scores.cols(),
        });
    }
    let choices = choose(scores)?;
    let right = choices.iter().zip(targets);
    let right = right
        .filter(|(choice, target)| choice.answer() == Some(**target))
        .count();
    Ok(right as f64 / targets.len() as f64)
}

/// Refuses targets that name no answer.
///
/// # Errors
/// [`Error::Index`] with the first one.
pub(crate) fn check_targets(targets: &[usize], answers: usize) -> Result<()> {
    match targets.iter().find(|&&target| target >= answers) {
        None => Ok(()),
        Some(&index) => Err(Error::Index {
            what: "target",
            len: answers,
            index,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_and_numbers_that_are_not_finite_are_no_answers() {
        assert_eq!(Choice::of(&[1.0, 3.0, 2.0]), Some(Choice::One(1)));
        assert_eq!(Choice::of(&[3.0, 1.0, 3.0]), Some(Choice::Tied(0)));
        assert_eq!(Choice::of(&[3.0, 3.0, 4.0]), Some(Choice::One(2)));
        assert_eq!(Choice::of(&[f64::NAN, 3.0]), Some(Choice::NonFinite));
        assert_eq!(
            Choice::of(&[1.0f32, f32::INFINITY]),
            Some(Choice::NonFinite)
        );
        assert_eq!(Choice::of::<f32>(&[]), None);
        let scores = Matrix::new(2, 2, vec![1.0, 0.0, 0.5, 0.5]).unwrap();
        assert_eq!(accuracy(&scores, &[0, 0]).unwrap(), 0.5);
        let message = accuracy(&scores, &[0]).unwrap_err().to_string();
        assert_eq!(message, "scores: expected 1 rows, found 2");
    }
}
