//! Prompts by the tokens that occur in them.

use attractor_core::{Error, Result};

use crate::{CountRows, Prompts};

/// The tokens that occur in each prompt, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrences {
    /// Of prompt b: from `starts[b]` to `starts[b + 1]`.
    pub(super) starts: Vec<usize>,
    pub(super) tokens: Vec<u32>,
    pub(super) counts: Vec<u8>,
    pub(super) answers: Vec<u32>,
    pub(super) vocabulary: usize,
}

impl Occurrences {
    /// Of prompts that end with the last token of the vocabulary.
    ///
    /// # Errors
    /// [`Error::Index`] for a token outside the vocabulary, [`Error::Config`] for a prompt with another end.
    pub fn of_prompts(prompts: &Prompts, vocabulary: usize) -> Result<Self> {
        prompts.check(vocabulary, usize::MAX)?;
        let end = |row: usize| prompts.row(row).last().copied().unwrap_or_default() as usize + 1;
        if let Some(row) = (0..prompts.len()).find(|&row| end(row) != vocabulary) {
            return Err(not_the_end(row));
        }
        Ok(Self {
            starts: (0..=prompts.len())
                .map(|row| row * prompts.length())
                .collect(),
            tokens: prompts.tokens().to_vec(),
            counts: vec![1; prompts.tokens().len()],
            answers: prompts.answers().to_vec(),
            vocabulary,
        })
    }

    /// Of rows of counts, in which the last token of the vocabulary occurs.
    ///
    /// # Errors
    /// [`Error::Config`] for a row without that token.
    pub fn of_counts(rows: &CountRows) -> Result<Self> {
        let mut starts = vec![0];
        let (mut tokens, mut counts) = (Vec::new(), Vec::new());
        for row in 0..rows.len() {
            let row_counts = rows.row(row);
            if row_counts.last().is_none_or(|&count| count == 0) {
                return Err(not_the_end(row));
            }
            for (token, &count) in row_counts.iter().enumerate() {
                if count > 0 {
                    tokens.push(token as u32);
                    counts.push(count);
                }
            }
            starts.push(tokens.len());
        }
        let (answers, vocabulary) = (rows.answers().to_vec(), rows.vocabulary());
        Ok(Self {
            starts,
            tokens,
            counts,
            answers,
            vocabulary,
        })
    }

    /// Number of prompts.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there are none; never.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

fn not_the_end(row: usize) -> Error {
    let found = format!("another in row {row}");
    Error::config(
        "prompts",
        "must end with the last token of the vocabulary",
        found,
    )
}
