use attractor_core::error::{require_non_negative, require_nonzero};
use attractor_core::rng;
use attractor_core::{Error, Result};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Sizes of the task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactTaskConfig {
    /// Subjects S.
    pub subjects: usize,
    /// Relations R.
    pub relations: usize,
    /// Answers D of a relation.
    pub answers: usize,
    /// Noise tokens.
    pub noise: usize,
    /// Tokens T of a prompt.
    pub length: usize,
    /// Whether the end-of-sequence token comes last (default); else the relation does.
    #[serde(default = "yes")]
    pub end_token: bool,
    /// Subject of rank k has a frequency in proportion to `1 / k^this`. Default 0: uniform.
    #[serde(default)]
    pub subject_exponent: f64,
    /// The same of relations.
    #[serde(default)]
    pub relation_exponent: f64,
}

fn yes() -> bool {
    true
}

impl FactTaskConfig {
    /// As many noise tokens as subjects and relations, prompts of 32 tokens, uniform frequencies: the
    /// published sweeps.
    pub fn new(subjects: usize, relations: usize, answers: usize) -> Self {
        Self {
            subjects,
            relations,
            answers,
            noise: subjects + relations,
            length: 32,
            end_token: true,
            subject_exponent: 0.0,
            relation_exponent: 0.0,
        }
    }

    /// At least one subject, relation, answer and noise token; a prompt that holds subject, relation and
    /// the end; at most 2^24 tokens and answers.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        const MOST: usize = 1 << 24;
        require_nonzero("FactTaskConfig.subjects", self.subjects)?;
        require_nonzero("FactTaskConfig.relations", self.relations)?;
        require_nonzero("FactTaskConfig.answers", self.answers)?;
        require_nonzero("FactTaskConfig.noise", self.noise)?;
        require_non_negative("FactTaskConfig.subject_exponent", self.subject_exponent)?;
        require_non_negative("FactTaskConfig.relation_exponent", self.relation_exponent)?;
        let least = if self.end_token { 3 } else { 2 };
        if self.length < least {
            let rule = "must hold a subject, a relation and the end";
            return Err(Error::config("FactTaskConfig.length", rule, self.length));
        }
        let sizes = [
            self.subjects,
            self.relations,
            self.noise,
            self.length,
            self.answers,
        ];
        match sizes.iter().any(|&size| size > MOST) || self.answers * self.relations > MOST {
            false => Ok(()),
            true => {
                let rule = "must be at most 2^24, as must be answers times relations";
                Err(Error::config("FactTaskConfig", rule, format!("{sizes:?}")))
            }
        }
    }

    /// Tokens `V = S + R + noise + 1`.
    pub fn vocabulary(&self) -> usize {
        self.subjects + self.relations + self.noise + 1
    }

    /// The end-of-sequence token.
    pub fn end(&self) -> usize {
        self.vocabulary() - 1
    }

    /// All answers, `D R`.
    pub fn all_answers(&self) -> usize {
        self.answers * self.relations
    }
}

/// The task with its facts.
#[derive(Debug, Clone, PartialEq)]
pub struct FactTask {
    pub(super) config: FactTaskConfig,
    /// `a*(s, r)` by subject, then relation.
    pub(super) facts: Vec<u32>,
    pub(super) subject_frequencies: Vec<f64>,
    pub(super) relation_frequencies: Vec<f64>,
}

impl FactTask {
    /// Facts drawn uniformly from the blocks of their relations.
    ///
    /// # Errors
    /// Those of [`FactTaskConfig::validate`].
    pub fn new(config: FactTaskConfig, seed: u64) -> Result<Self> {
        config.validate()?;
        let mut rng = rng::stream(seed, "facts");
        let facts = (0..config.subjects * config.relations).map(|fact| {
            let relation = fact % config.relations;
            (config.answers * relation + rng.random_range(0..config.answers)) as u32
        });
        Self::with_facts(config, facts.collect())
    }

    /// Facts in which every answer of a relation belongs to as many subjects as any other, up to one: the
    /// subjects in random order, dealt to the answers.
    ///
    /// # Errors
    /// Those of [`FactTaskConfig::validate`].
    pub fn balanced(config: FactTaskConfig, seed: u64) -> Result<Self> {
        config.validate()?;
        let mut facts = vec![0; config.subjects * config.relations];
        for relation in 0..config.relations {
            let mut rng = rng::indexed_stream(seed, "balanced facts", relation as u64);
            let order = rng::permutation(&mut rng, config.subjects);
            for (rank, subject) in order.into_iter().enumerate() {
                let answer = config.answers * relation + rank % config.answers;
                facts[subject * config.relations + relation] = answer as u32;
            }
        }
        Self::with_facts(config, facts)
    }

    /// Facts whose answer follows from the subject's place alone: `floor(s D / S) + D r`, the dictionary of
    /// the published figure of stages.
    ///
    /// # Errors
    /// Those of [`FactTaskConfig::validate`].
    pub fn structured(config: FactTaskConfig) -> Result<Self> {
        config.validate()?;
        let facts = (0..config.subjects * config.relations).map(|fact| {
            let (subject, relation) = (fact / config.relations, fact % config.relations);
            (subject * config.answers / config.subjects + config.answers * relation) as u32
        });
        Self::with_facts(config, facts.collect())
    }

    /// The task with these answers, `[S, R]` row-major.
    ///
    /// # Errors
    /// Those of [`FactTaskConfig::validate`]; [`Error::Width`] for another number of facts,
    /// [`Error::Config`] for an answer outside the block of its relation.
    pub fn with_facts(config: FactTaskConfig, facts: Vec<u32>) -> Result<Self> {
        config.validate()?;
        let expected = config.subjects * config.relations;
        if facts.len() != expected {
            return Err(Error::Width {
                what: "facts",
                expected,
                rows: 1,
                found: facts.len(),
            });
        }
        for (fact, &answer) in facts.iter().enumerate() {
            let (subject, relation) = (fact / config.relations, fact % config.relations);
            if answer as usize / config.answers != relation {
                let found = format!("{answer} for subject {subject} and relation {relation}");
                return Err(Error::config(
                    "facts",
                    "must lie in the block of the relation",
                    found,
                ));
            }
        }
        Ok(Self {
            facts,
            subject_frequencies: frequencies(config.subjects, config.subject_exponent),
            relation_frequencies: frequencies(config.relations, config.relation_exponent),
            config,
        })
    }

    /// Sizes.
    pub fn config(&self) -> &FactTaskConfig {
        &self.config
    }

    /// `a*(s, r)`.
    ///
    /// # Errors
    /// [`Error::Index`] outside the subjects or relations.
    pub fn answer(&self, subject: usize, relation: usize) -> Result<usize> {
        let within = |what, index, len| match index < len {
            true => Ok(()),
            false => Err(Error::Index { what, len, index }),
        };
        within("subject", subject, self.config.subjects)?;
        within("relation", relation, self.config.relations)?;
        Ok(self.facts[subject * self.config.relations + relation] as usize)
    }

    /// All answers, `[S, R]` row-major.
    pub fn facts(&self) -> &[u32] {
        &self.facts
    }

    /// How often each subject is asked about; sums to 1.
    pub fn subject_frequencies(&self) -> &[f64] {
        &self.subject_frequencies
    }

    /// The same of relations.
    pub fn relation_frequencies(&self) -> &[f64] {
        &self.relation_frequencies
    }

    /// Bits that a model needs to hold any set of facts: `S R log2 D`.
    pub fn bits(&self) -> f64 {
        self.facts.len() as f64 * (self.config.answers as f64).log2()
    }
}

/// In proportion to `1 / rank^exponent`.
fn frequencies(count: usize, exponent: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=count)
        .map(|rank| (rank as f64).powf(-exponent))
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}
