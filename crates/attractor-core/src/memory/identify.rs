//! Which of the stored patterns a cue is of.

use burn::tensor::Tensor;

use crate::kernel::{PatternIds, PatternStore, Ranked, Tags, TopK};
use crate::{Error, Result, spans};

/// A stored pattern that may be what a cue is of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// Its id, which stays its own.
    pub id: u64,
    /// Its label, if it has one.
    pub label: Option<String>,
    /// Its index among what is stored now.
    pub index: usize,
    /// How well it matches, in the units of the memory: the higher, the better.
    pub score: f64,
    /// The probability that the cue is of it, if the memory has a model of that.
    pub probability: Option<f64>,
}

/// What a memory knows of one cue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Identification {
    /// The best stored patterns, the best first.
    pub candidates: Vec<Candidate>,
    /// The probability that the cue is of nothing stored, if the memory has a model of that. Probabilities of all stored
    /// patterns and this add up to 1.
    pub none: Option<f64>,
}

/// Says which of the stored patterns cues are of: for memories that keep their patterns one by one.
///
/// ```
/// # use attractor_core::{AssociativeMemory, Result};
/// # use attractor_core::burn::tensor::Tensor;
/// fn name(memory: &dyn AssociativeMemory, cue: Tensor<2>) -> Result<Option<String>> {
///     let found = memory.identify_for("name")?.nearest(cue, 1)?;
///     Ok(found[0].candidates[0].label.clone())
/// }
/// ```
pub trait Identify {
    /// Ids and labels of what is stored, in the order of writing.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if it turns out that the memory keeps none.
    fn pattern_ids(&self) -> Result<&PatternIds>;

    /// The `k` best stored patterns for each of the cues `[b, d]`, or all where there are fewer.
    ///
    /// # Errors
    /// As [`crate::AssociativeMemory::read`]; [`Error::Config`] if `k` is 0.
    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>>;

    /// Stores patterns `[n, d]` under ids or with labels.
    ///
    /// # Errors
    /// As [`crate::AssociativeMemory::write`]; [`Error::Config`] if an id is taken or given twice; [`Error::Rows`] unless
    /// there is one for each pattern. Nothing is stored then.
    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()>;

    /// Gives the pattern with that id a label, or takes it away.
    ///
    /// # Errors
    /// [`Error::UnknownId`] if there is none.
    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()>;
}

/// What one cue matches, before it has names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranking {
    /// Indices of the best, their scores, and their probabilities if there is a model of those.
    pub best: Vec<(usize, f64, Option<f64>)>,
    /// As [`Identification::none`].
    pub none: Option<f64>,
}

impl Ranking {
    /// Of patterns with the probabilities of a softmax.
    pub fn of(ranked: Vec<Ranked>) -> Self {
        let best = ranked.into_iter();
        let best = best.map(|ranked| (ranked.index, ranked.score, Some(ranked.probability)));
        Self {
            best: best.collect(),
            none: None,
        }
    }

    /// Of scores that are no logarithms of probabilities.
    pub fn without_probabilities(ranked: Vec<Ranked>) -> Self {
        let best = ranked.into_iter();
        let best = best.map(|ranked| (ranked.index, ranked.score, None));
        Self {
            best: best.collect(),
            none: None,
        }
    }

    /// Of every cue of a search.
    pub fn all(found: &TopK) -> Vec<Self> {
        found.rows().map(Self::of).collect()
    }

    /// The same without probabilities.
    pub fn all_without_probabilities(found: &TopK) -> Vec<Self> {
        found.rows().map(Self::without_probabilities).collect()
    }

    /// With the names of the patterns.
    ///
    /// # Errors
    /// [`Error::Index`] if there is no pattern of such an index.
    pub fn named(self, ids: &PatternIds) -> Result<Identification> {
        let name = |(index, score, probability): (usize, f64, Option<f64>)| {
            let id = ids.get(index).ok_or(Error::Index {
                what: "pattern",
                len: ids.len(),
                index,
            })?;
            Ok(Candidate {
                id,
                label: ids.label(id).map(str::to_owned),
                index,
                score,
                probability,
            })
        };
        Ok(Identification {
            candidates: self.best.into_iter().map(name).collect::<Result<_>>()?,
            none: self.none,
        })
    }
}

/// A memory whose patterns are in a [`PatternStore`]: what follows from that alone. Whatever implements it implements
/// [`crate::Forget`] and [`Identify`].
///
/// # Example
/// A memory that keeps its patterns, whatever it does with them, can forget and has ids with no more than this:
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::kernel::PatternStore;
/// use attractor_core::{AssociativeMemory, KeepsPatterns, Recall, Result};
///
/// #[derive(Debug)]
/// struct Mine { store: PatternStore }
///
/// impl KeepsPatterns for Mine {
///     fn patterns(&self) -> &PatternStore { &self.store }
///     fn patterns_mut(&mut self) -> &mut PatternStore { &mut self.store }
/// }
/// # impl AssociativeMemory for Mine {
/// #     fn name(&self) -> &'static str { "mine" }
/// #     fn write(&mut self, patterns: Tensor<2>) -> Result<()> { self.store.push(patterns) }
/// #     fn read(&self, cues: Tensor<2>) -> Result<Recall> { Ok(Recall::single_pass(cues)) }
/// #     fn len(&self) -> usize { self.store.len() }
/// #     fn dim(&self) -> usize { self.store.dim() }
/// #     fn stored_states(&self) -> Result<Tensor<2>> { self.store.to_tensor() }
/// # }
///
/// fn forget_one(memory: &mut Mine, id: u64) -> Result<()> {
///     attractor_core::Forget::remove_id(memory, id)
/// }
/// ```
pub trait KeepsPatterns: crate::AssociativeMemory {
    /// The patterns, or their codes, one for each that was written.
    fn patterns(&self) -> &PatternStore;

    /// The same, to change them.
    fn patterns_mut(&mut self) -> &mut PatternStore;

    /// Hears that the patterns are others than before, after every change: what was made of them is to be made anew.
    fn changed(&mut self) {}

    /// The `k` best patterns for each of the cues `[b, d]`.
    ///
    /// # Errors
    /// As [`Identify::nearest`]; [`Error::Unsupported`] if the memory does not rank its patterns, which then has no
    /// [`crate::AssociativeMemory::as_identify`].
    fn ranked(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Ranking>> {
        let _ = (cues, k);
        Err(Error::unsupported(
            "nearest",
            "an order of patterns",
            "the memory",
        ))
    }

    /// Stores patterns `[n, d]` as the memory keeps them.
    ///
    /// # Errors
    /// As [`Identify::write_as`].
    fn keep(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        self.patterns_mut().push_as(patterns, tags)?;
        self.changed();
        Ok(())
    }
}

impl<M: KeepsPatterns> crate::Forget for M {
    fn clear(&mut self) {
        self.patterns_mut().clear();
        self.changed();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.patterns_mut().remove(index)?;
        self.changed();
        Ok(())
    }

    fn remove_id(&mut self, id: u64) -> Result<()> {
        self.patterns_mut().remove_id(id)?;
        self.changed();
        Ok(())
    }
}

impl<M: KeepsPatterns> Identify for M {
    fn pattern_ids(&self) -> Result<&PatternIds> {
        Ok(self.patterns().ids())
    }

    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        let found = self.ranked(cues, k)?.into_iter();
        let ids = self.patterns().ids();
        found.map(|ranking| ranking.named(ids)).collect()
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.keep(patterns, tags)
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.patterns_mut().set_label(id, label)
    }
}
