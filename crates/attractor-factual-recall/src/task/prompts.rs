use attractor_core::{Error, Result};

use super::FactTaskConfig;

/// Prompts `[b, T]` as sequences of tokens, with their answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    tokens: Vec<u32>,
    length: usize,
    answers: Vec<u32>,
}

impl Prompts {
    /// Prompts of `length` tokens, row-major, and one answer for each.
    ///
    /// # Errors
    /// [`Error::Width`] unless there are as many tokens as that takes, [`Error::EmptyBatch`] for none.
    pub fn new(tokens: Vec<u32>, length: usize, answers: Vec<u32>) -> Result<Self> {
        if answers.is_empty() || length == 0 {
            return Err(Error::EmptyBatch {
                what: "prompts",
                width: length,
            });
        }
        let expected = length.saturating_mul(answers.len());
        match tokens.len() == expected {
            true => Ok(Self {
                tokens,
                length,
                answers,
            }),
            false => Err(Error::Width {
                what: "prompts",
                expected,
                rows: 1,
                found: tokens.len(),
            }),
        }
    }

    /// Number of prompts, b.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there are none; never.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Tokens of a prompt, T.
    pub fn length(&self) -> usize {
        self.length
    }

    /// A prompt.
    ///
    /// # Errors
    /// [`Error::Index`] for one that there is not.
    pub fn row(&self, row: usize) -> Result<&[u32]> {
        check_below("prompt", &[row], self.len())?;
        Ok(self.at(row))
    }

    pub(crate) fn at(&self, row: usize) -> &[u32] {
        &self.tokens[row * self.length..(row + 1) * self.length]
    }

    /// All tokens, row after row.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Answers `[b]`.
    pub fn answers(&self) -> &[u32] {
        &self.answers
    }

    /// Refuses tokens and answers that these sizes do not have.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub(crate) fn check(&self, vocabulary: usize, answers: usize) -> Result<()> {
        check_below("token", &self.tokens, vocabulary)?;
        check_below("answer", &self.answers, answers)
    }
}

/// Prompts as counts of tokens `[b, V]`, with their answers: exact for models that look at no position but
/// the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRows {
    counts: Vec<u8>,
    vocabulary: usize,
    answers: Vec<u32>,
}

impl CountRows {
    /// Counts `[b, V]`, row-major, and one answer for each row.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`]; [`Error::Config`] for a row without tokens.
    pub fn new(counts: Vec<u8>, vocabulary: usize, answers: Vec<u32>) -> Result<Self> {
        if answers.is_empty() || vocabulary == 0 {
            return Err(Error::EmptyBatch {
                what: "counts",
                width: vocabulary,
            });
        }
        let expected = vocabulary.saturating_mul(answers.len());
        if counts.len() != expected {
            return Err(Error::Width {
                what: "counts",
                expected,
                rows: 1,
                found: counts.len(),
            });
        }
        let empty = |row: &[u8]| row.iter().all(|&count| count == 0);
        match counts.chunks_exact(vocabulary).position(empty) {
            None => Ok(Self {
                counts,
                vocabulary,
                answers,
            }),
            Some(row) => {
                let found = format!("none in row {row}");
                Err(Error::config(
                    "counts",
                    "must have a token in every row",
                    found,
                ))
            }
        }
    }

    /// The counts of prompts.
    ///
    /// # Errors
    /// [`Error::Index`] for a token outside the vocabulary, [`Error::Config`] for prompts of more than 255
    /// tokens.
    pub fn of(prompts: &Prompts, vocabulary: usize) -> Result<Self> {
        check_below("token", prompts.tokens(), vocabulary)?;
        if prompts.length() > usize::from(u8::MAX) {
            let rule = "must be at most 255 for counts";
            return Err(Error::config("prompts.length", rule, prompts.length()));
        }
        let mut counts = vec![0; prompts.len() * vocabulary];
        for (row, counts) in counts.chunks_exact_mut(vocabulary).enumerate() {
            for &token in prompts.at(row) {
                counts[token as usize] += 1;
            }
        }
        Ok(Self {
            counts,
            vocabulary,
            answers: prompts.answers.clone(),
        })
    }

    /// Number of prompts, b.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there are none; never.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Tokens that there are, V.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// How often each token occurs in a prompt.
    ///
    /// # Errors
    /// [`Error::Index`] for one that there is not.
    pub fn row(&self, row: usize) -> Result<&[u8]> {
        check_below("prompt", &[row], self.len())?;
        Ok(self.at(row))
    }

    pub(crate) fn at(&self, row: usize) -> &[u8] {
        &self.counts[row * self.vocabulary..(row + 1) * self.vocabulary]
    }

    /// Answers `[b]`.
    pub fn answers(&self) -> &[u32] {
        &self.answers
    }

    /// Refuses another vocabulary, and answers that there are not.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::Index`].
    pub(crate) fn check(&self, vocabulary: usize, answers: usize) -> Result<()> {
        if self.vocabulary != vocabulary {
            return Err(Error::Width {
                what: "counts",
                expected: vocabulary,
                rows: self.len(),
                found: self.vocabulary,
            });
        }
        check_below("answer", &self.answers, answers)
    }
}

fn check_below<I: Copy + TryInto<usize>>(
    what: &'static str,
    values: &[I],
    len: usize,
) -> Result<()> {
    let places = values
        .iter()
        .map(|&value| value.try_into().unwrap_or(usize::MAX));
    match places.into_iter().find(|&index| index >= len) {
        None => Ok(()),
        Some(index) => Err(Error::Index { what, len, index }),
    }
}

impl FactTaskConfig {
    /// The subject and the relation of a prompt of this task, each the only one.
    pub fn subject_and_relation(&self, prompt: &[u32]) -> Option<(usize, usize)> {
        let within = |first: usize, count: usize| {
            let mut found = prompt
                .iter()
                .map(|&token| token as usize)
                .filter(move |token| (first..first + count).contains(token));
            let token = found.next()?;
            found.next().is_none().then_some(token - first)
        };
        Some((
            within(0, self.subjects)?,
            within(self.subjects, self.relations)?,
        ))
    }
}
