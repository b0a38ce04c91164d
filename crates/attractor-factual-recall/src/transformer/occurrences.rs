//! Prompts by the tokens that occur in them.

use attractor_core::rng::Rng;
use attractor_core::{Error, Result};

use crate::{CountRows, FactTask, Prompts};

/// The tokens that occur in each prompt, and how often. The default has no prompts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
        let end = |row: usize| prompts.at(row).last().copied().unwrap_or_default() as usize + 1;
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
        let mut found = Self {
            starts: vec![0],
            answers: rows.answers().to_vec(),
            vocabulary: rows.vocabulary(),
            ..Self::default()
        };
        for row in 0..rows.len() {
            let counts = rows.at(row);
            if counts.last().is_none_or(|&count| count == 0) {
                return Err(not_the_end(row));
            }
            found.push(counts);
        }
        Ok(found)
    }

    /// Fresh prompts of a task in place of those that were here: those of [`FactTask::sample_counts`] from the
    /// same stream. Of the same number as before, hardly anything is allocated.
    ///
    /// # Errors
    /// As [`FactTask::sample_counts`].
    pub fn draw(&mut self, task: &FactTask, rng: &mut Rng, count: usize) -> Result<()> {
        task.check_counts(count)?;
        self.vocabulary = task.config().vocabulary();
        for numbers in [&mut self.tokens, &mut self.answers] {
            numbers.clear();
        }
        self.counts.clear();
        self.starts.clear();
        self.starts.push(0);
        let mut row = vec![0; self.vocabulary];
        for _ in 0..count {
            self.answers.push(task.count_row(rng, &mut row));
            self.push(&row);
            row.fill(0);
        }
        Ok(())
    }

    /// Adds the tokens of a row of counts, in their order.
    fn push(&mut self, row: &[u8]) {
        let (words, rest) = row.as_chunks::<8>();
        for (index, word) in words.iter().enumerate() {
            // Most counts are 0: eight at a time.
            let mut bits = u64::from_le_bytes(*word);
            while bits != 0 {
                let at = (bits.trailing_zeros() / 8) as usize;
                self.tokens.push((8 * index + at) as u32);
                self.counts.push(word[at]);
                bits &= !(0xff << (8 * at));
            }
        }
        for (at, &count) in rest.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.tokens.push((8 * words.len() + at) as u32);
            self.counts.push(count);
        }
        self.starts.push(self.tokens.len());
    }

    /// Number of prompts.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there are none.
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
