use attractor_core::rng::Rng;
use attractor_core::{Result, error};
use rand::RngExt;

use super::{CountRows, FactTask, Prompts};

impl FactTask {
    /// `count` prompts: subject and relation by their frequencies, at distinct places before the last
    /// token, and noise tokens, uniform and independent, everywhere else.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] if `count` is 0.
    pub fn sample(&self, rng: &mut Rng, count: usize) -> Result<Prompts> {
        error::require_nonzero("sample.count", count)?;
        let pairs = (0..count).map(|_| self.draw(rng)).collect::<Vec<_>>();
        self.prompts(rng, &pairs)
    }

    /// One prompt about each fact, in the order of [`FactTask::facts`], with noise tokens of the stream:
    /// nothing is left to the draw of subjects and relations.
    ///
    /// # Errors
    /// None that a valid task could cause.
    pub fn every_fact(&self, rng: &mut Rng) -> Result<Prompts> {
        let (s, r) = (self.config.subjects, self.config.relations);
        let pairs: Vec<(usize, usize)> = (0..s * r).map(|fact| (fact / r, fact % r)).collect();
        self.prompts(rng, &pairs)
    }

    /// The counts of `count` prompts, without sequences in between. Needs the end-of-sequence token and at
    /// most 255 tokens.
    ///
    /// # Errors
    /// As [`FactTask::sample`]; [`attractor_core::Error::Config`] if the task has neither.
    pub fn sample_counts(&self, rng: &mut Rng, count: usize) -> Result<CountRows> {
        self.check_counts(count)?;
        let vocabulary = self.config.vocabulary();
        let mut counts = vec![0u8; count * vocabulary];
        let mut answers = Vec::with_capacity(count);
        for row in counts.chunks_exact_mut(vocabulary) {
            answers.push(self.count_row(rng, row));
        }
        CountRows::new(counts, vocabulary, answers)
    }

    /// Counts of a prompt into a row of 0, and its answer.
    pub(crate) fn count_row(&self, rng: &mut Rng, row: &mut [u8]) -> u32 {
        let config = &self.config;
        let (subject, relation) = self.draw(rng);
        row[subject] = 1;
        row[config.subjects + relation] = 1;
        row[config.end()] = 1;
        for _ in 0..config.length - 3 {
            row[self.noise(rng) as usize] += 1;
        }
        self.facts[subject * config.relations + relation]
    }

    /// Refuses tasks whose prompts are no counts, and none of them.
    pub(crate) fn check_counts(&self, count: usize) -> Result<()> {
        let config = &self.config;
        error::require_nonzero("sample_counts.count", count)?;
        if !config.end_token || config.length > usize::from(u8::MAX) {
            let rule = "must be at most 255, with an end token, for counts";
            let found = config.length;
            return Err(attractor_core::Error::config(
                "FactTaskConfig.length",
                rule,
                found,
            ));
        }
        Ok(())
    }

    fn prompts(&self, rng: &mut Rng, pairs: &[(usize, usize)]) -> Result<Prompts> {
        let config = &self.config;
        let (length, last) = (config.length, config.length - 1);
        let mut tokens = Vec::with_capacity(pairs.len() * length);
        let mut answers = Vec::with_capacity(pairs.len());
        for &(subject, relation) in pairs {
            let first = tokens.len();
            tokens.extend((0..length).map(|_| self.noise(rng)));
            let prompt = &mut tokens[first..];
            let at = rng.random_range(0..last);
            prompt[at] = subject as u32;
            let relation_at = match config.end_token {
                true => {
                    prompt[last] = config.end() as u32;
                    let other = rng.random_range(0..last - 1);
                    other + usize::from(other >= at)
                }
                false => last,
            };
            prompt[relation_at] = (config.subjects + relation) as u32;
            answers.push(self.facts[subject * config.relations + relation]);
        }
        Prompts::new(tokens, length, answers)
    }

    fn draw(&self, rng: &mut Rng) -> (usize, usize) {
        let subject = one_of(rng, &self.subject_frequencies, self.config.subject_exponent);
        (
            subject,
            one_of(
                rng,
                &self.relation_frequencies,
                self.config.relation_exponent,
            ),
        )
    }

    fn noise(&self, rng: &mut Rng) -> u32 {
        let first = self.config.subjects + self.config.relations;
        (first + rng.random_range(0..self.config.noise)) as u32
    }
}

/// An index by frequencies that fall with an exponent.
fn one_of(rng: &mut Rng, frequencies: &[f64], exponent: f64) -> usize {
    if exponent == 0.0 {
        return rng.random_range(0..frequencies.len());
    }
    let mut left: f64 = rng.random();
    for (index, frequency) in frequencies.iter().enumerate() {
        left -= frequency;
        if left < 0.0 {
            return index;
        }
    }
    frequencies.len() - 1
}
