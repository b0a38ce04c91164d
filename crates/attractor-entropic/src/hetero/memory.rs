//! A relation behind the interface of all memories.

use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, HeteroAssociative, Merge, Outcome, Recall,
    Recognise, Result, check,
};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Relation, RelationConfig, SearchConfig, Side};
use crate::UNDEFINED;
use crate::input::{self, Answer, Scale};
use crate::object::Domain;
use crate::register::{Range, check_sigma, hold, one_by_one, score, scores_on};

/// How a [`HeteroMemory`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeteroConfig {
    /// Entries of a pair, left ones first: n + p.
    pub dim: usize,
    /// Entries of the left side, n. Default: the first half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<usize>,
    /// Levels of a left entry, m. Default 16.
    pub left_rows: usize,
    /// Levels of a right entry, q. Default 16.
    pub right_rows: usize,
    /// Between which numbers they lie. Default: of the first write.
    pub range: Range,
    /// See [`RelationConfig::iota`].
    pub iota: f64,
    /// See [`RelationConfig::kappa`].
    pub kappa: f64,
    /// See [`RelationConfig::xi`]. Recall between two cues forgives its square root on each side.
    pub xi: usize,
    /// Width of the Gaussian around the cue of the side that is recalled, as a share of its rows, where there
    /// is one. Default 0.1.
    pub sigma: f64,
    /// See [`RelationConfig::saturation`].
    pub saturation: u16,
    /// How the missing side is chosen.
    pub search: SearchConfig,
    /// Of the draws.
    pub seed: u64,
}

impl HeteroConfig {
    /// The published defaults for pairs of together `dim` entries.
    pub fn new(dim: usize) -> Self {
        let half = Domain::new(dim / 2, 16);
        let relation = RelationConfig::new(half, half);
        Self {
            dim,
            left: None,
            left_rows: half.rows,
            right_rows: half.rows,
            range: Range::default(),
            iota: relation.iota,
            kappa: relation.kappa,
            xi: relation.xi,
            sigma: 0.1,
            saturation: relation.saturation,
            search: SearchConfig::default(),
            seed: 0,
        }
    }

    /// An empty memory whose answers are put on `device`.
    ///
    /// # Errors
    /// Those of [`RelationConfig::validate`]; [`Error::Config`] unless both sides have an entry, and for a
    /// range that does not rise.
    pub fn init(&self, device: &Device) -> Result<HeteroMemory> {
        let left = self.left.unwrap_or(self.dim / 2);
        if left == 0 || left >= self.dim {
            let rule = "must leave an entry to both sides";
            let found = format!("{left} of {}", self.dim);
            return Err(Error::config("HeteroConfig.left", rule, found));
        }
        check_sigma("HeteroConfig.sigma", self.sigma)?;
        let relation = RelationConfig {
            left: Domain::new(left, self.left_rows),
            right: Domain::new(self.dim - left, self.right_rows),
            iota: self.iota,
            kappa: self.kappa,
            xi: self.xi,
            saturation: self.saturation,
        };
        Ok(HeteroMemory {
            relation: relation.init()?,
            scales: [
                Scale::new(relation.left, self.range)?,
                Scale::new(relation.right, self.range)?,
            ],
            config: *self,
            device: device.clone().without_autodiff(),
        })
    }
}

/// A [`Relation`] over rows of numbers: pairs `[n, left + right]`, or keys (left) and values (right). A cue that
/// is not recognised is answered with zeros and [`Outcome::Rejected`].
///
/// Reading a whole pair recalls each side from the other, near what the cue has there; with a mask, a side of
/// which nothing is known is the missing cue, and is chosen by [`HeteroConfig::search`].
#[derive(Debug, Clone)]
pub struct HeteroMemory {
    pub(crate) config: HeteroConfig,
    pub(crate) relation: Relation,
    /// Left and right.
    pub(crate) scales: [Scale; 2],
    pub(crate) device: Device,
}

impl HeteroMemory {
    /// The configuration.
    pub fn config(&self) -> &HeteroConfig {
        &self.config
    }

    /// The table of counters.
    pub fn relation(&self) -> &Relation {
        &self.relation
    }

    /// From numbers of a side to levels; none before the first write, unless the range is fixed.
    pub fn quantiser(&self, side: Side) -> Option<&crate::Quantiser> {
        self.scales[side as usize].quantiser.as_ref()
    }

    /// Takes one pair `[1, left + right]` back: the memory is then as if it had never been written. See
    /// [`Relation::unregister`].
    ///
    /// # Errors
    /// As [`AssociativeMemory::read`], and those of [`Relation::unregister`].
    pub fn unregister(&mut self, pair: Tensor<2>) -> Result<()> {
        let [left, right] = self.levels(&self.accept("pair", pair, self.config.dim)?)?;
        self.relation.unregister(&left, &right)
    }

    fn left(&self) -> usize {
        self.relation.config().left.columns
    }

    fn accept(&self, what: &'static str, batch: Tensor<2>, width: usize) -> Result<Vec<f32>> {
        match self.is_empty() {
            true => Err(Error::EmptyMemory),
            false => input::accept(what, batch, width),
        }
    }

    /// Rows of pairs as the rows of each side.
    fn split<T: Copy>(&self, pairs: &[T]) -> [Vec<T>; 2] {
        let rows = pairs.chunks_exact(self.config.dim);
        let left = rows.clone().flat_map(|row| &row[..self.left()]);
        let right = rows.flat_map(|row| &row[self.left()..]);
        [left.copied().collect(), right.copied().collect()]
    }

    fn levels(&self, pairs: &[f32]) -> Result<[Vec<u16>; 2]> {
        let [left, right] = self.split(pairs);
        Ok([
            self.scales[0].levels(&left)?,
            self.scales[1].levels(&right)?,
        ])
    }

    fn store(&mut self, [left, right]: [Vec<f32>; 2]) -> Result<()> {
        let quantisers = [
            self.scales[0].for_writing(&left)?,
            self.scales[1].for_writing(&right)?,
        ];
        let left = input::levels(&quantisers[0], &left)?;
        let right = input::levels(&quantisers[1], &right)?;
        self.relation.register(&left, &right)?;
        let [left, right] = quantisers;
        self.scales[0].quantiser = Some(left);
        self.scales[1].quantiser = Some(right);
        Ok(())
    }

    /// The side other than `side`, recalled from a cue of it.
    fn recall_from(&self, side: Side, cues: Tensor<2>) -> Result<Recall> {
        let (own, other) = (side as usize, side.other() as usize);
        let [own_domain, domain] = [side, side.other()].map(|x| self.relation.config().domain(x));
        let what = ["keys", "values"][own];
        let cues = self.accept(what, cues, own_domain.columns)?;
        let cues = self.scales[own].levels(&cues)?;
        let rows = cues.par_chunks_exact(own_domain.columns);
        let answers: Result<Vec<Answer>> = rows
            .map(|cue| {
                let mut rng = input::stream(self.config.seed, cue);
                let cue = (side, cue, None);
                Ok(
                    match self.relation.recall(cue, &self.config.search, &mut rng)? {
                        None => input::rejected(domain.columns),
                        Some(response) => (
                            self.scales[other].numbers(&response.object)?,
                            response.outcome,
                            response.steps + 1,
                        ),
                    },
                )
            })
            .collect();
        input::collect(answers?, domain.columns, &self.device)
    }

    /// Both sides of a pair of cues, of which parts may be undefined; none if it is not recognised.
    fn complete_pair(&self, cue: &[u16]) -> Result<Option<(Vec<u16>, Outcome, usize)>> {
        let (left, right) = cue.split_at(self.left());
        let tolerance = self.config.xi.isqrt();
        let mut rng = input::stream(self.config.seed, cue);
        let (mut outcome, mut steps) = (Outcome::SinglePass, 1);
        let mut recall = |side, cue: &[u16], second: &[u16]| -> Result<Option<Vec<u16>>> {
            if second.iter().any(|&level| level != UNDEFINED) {
                let second = (second, tolerance, self.config.sigma);
                return self.relation.recall_between(side, cue, second, &mut rng);
            }
            let response =
                self.relation
                    .recall((side, cue, None), &self.config.search, &mut rng)?;
            Ok(response.map(|response| {
                (outcome, steps) = (response.outcome, response.steps + 1);
                response.object
            }))
        };
        let known = |side: &[u16]| side.iter().any(|&level| level != UNDEFINED);
        let (found_left, found_right) = match (known(left), known(right)) {
            // The side of which nothing is known first; the other follows from it.
            (true, false) => {
                let found = recall(Side::Left, left, right)?;
                let back = match &found {
                    Some(found) => recall(Side::Right, found, left)?,
                    None => None,
                };
                (back, found)
            }
            (false, true) => {
                let found = recall(Side::Right, right, left)?;
                let back = match &found {
                    Some(found) => recall(Side::Left, found, right)?,
                    None => None,
                };
                (found, back)
            }
            (true, true) => (
                recall(Side::Right, right, left)?,
                recall(Side::Left, left, right)?,
            ),
            (false, false) => (None, None),
        };
        Ok(found_left.zip(found_right).map(|(mut pair, right)| {
            pair.extend(right);
            (pair, outcome, steps)
        }))
    }

    fn answers(&self, cues: &[u16], given: Option<(&[f32], &[f32])>) -> Result<Recall> {
        let dim = self.config.dim;
        let rows = cues.par_chunks_exact(dim).enumerate();
        let answers: Result<Vec<Answer>> = rows
            .map(|(row, cue)| {
                let Some((pair, outcome, steps)) = self.complete_pair(cue)? else {
                    return Ok(input::rejected(dim));
                };
                let mut numbers = self.scales[0].numbers(&pair[..self.left()])?;
                numbers.extend(self.scales[1].numbers(&pair[self.left()..])?);
                if let Some((values, known)) = given {
                    hold(&mut numbers, &values[row * dim..], &known[row * dim..]);
                }
                Ok((numbers, outcome, steps))
            })
            .collect();
        input::collect(answers?, dim, &self.device)
    }

    /// Levels of pairs `[b, left + right]`, row by row.
    fn pairs(&self, cues: &[f32]) -> Result<Vec<u16>> {
        let [left, right] = self.levels(cues)?;
        let (n, p) = (self.left(), self.config.dim - self.left());
        let rows = left.chunks_exact(n).zip(right.chunks_exact(p));
        Ok(rows.flat_map(|(a, b)| a.iter().chain(b)).copied().collect())
    }
}

impl AssociativeMemory for HeteroMemory {
    fn name(&self) -> &'static str {
        "eham"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let pairs = input::accept("patterns", patterns, self.config.dim)?;
        self.store(self.split(&pairs))
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let cues = self.accept("cues", cues, self.config.dim)?;
        self.answers(&self.pairs(&cues)?, None)
    }

    fn len(&self) -> usize {
        self.relation.registered() as usize
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        Err(one_by_one("stored_states", self.name()))
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_hetero_associative(&mut self) -> Option<&mut dyn HeteroAssociative> {
        Some(self)
    }
}

impl HeteroAssociative for HeteroMemory {
    fn write_pairs(&mut self, keys: Tensor<2>, values: Tensor<2>) -> Result<()> {
        let (n, p) = (self.left(), self.config.dim - self.left());
        let ([expected, _], [found, _]) = (keys.dims(), values.dims());
        let keys = input::accept("keys", keys, n)?;
        let values = input::accept("values", values, p)?;
        match expected == found {
            true => self.store([keys, values]),
            false => Err(Error::Rows {
                what: "values",
                expected,
                found,
            }),
        }
    }

    fn recall_values(&self, keys: Tensor<2>) -> Result<Recall> {
        self.recall_from(Side::Left, keys)
    }

    fn recall_keys(&self, values: Tensor<2>) -> Result<Recall> {
        self.recall_from(Side::Right, values)
    }
}

impl Complete for HeteroMemory {
    /// Unknown entries are undefined columns of the cue; known ones are held.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let shape = cues.dims();
        let values = self.accept("cues", cues, self.config.dim)?;
        let known = check::known(&known, shape)?;
        let mut levels = self.pairs(&values)?;
        input::mask(&mut levels, &known);
        self.answers(&levels, Some((&values, &known)))
    }
}

impl Recognise for HeteroMemory {
    /// The weight rho of a pair that is recognised, less the number of its mismatches if it is not.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let cues = self.pairs(&self.accept("cues", cues, self.config.dim)?)?;
        let rows = cues.par_chunks_exact(self.config.dim);
        let scores: Result<Vec<f32>> = rows
            .map(|cue| {
                let (left, right) = cue.split_at(self.left());
                Ok(score(self.relation.recognise(left, right)?))
            })
            .collect();
        Ok(scores_on(scores?, &self.device))
    }
}

impl Forget for HeteroMemory {
    fn clear(&mut self) {
        self.relation = Relation::new(*self.relation.config());
        if self.config.range == Range::FirstWrite {
            self.scales
                .iter_mut()
                .for_each(|scale| scale.quantiser = None);
        }
    }

    /// No pair has a number; [`HeteroMemory::unregister`] takes back what it is given.
    fn remove(&mut self, _: usize) -> Result<()> {
        Err(one_by_one("remove", self.name()))
    }
}

impl Merge for HeteroMemory {
    /// Of two memories that measured their ranges themselves, these must agree.
    fn merge(mut self, other: Self) -> Result<Self> {
        for (own, other) in self.scales.iter_mut().zip(&other.scales) {
            if own.quantiser.is_none() {
                own.clone_from(other);
            }
            if other.quantiser.is_some() && own != other {
                return Err(Error::Mismatch {
                    what: "merge",
                    expected: "levels between the same numbers".into(),
                    part: "the other memory",
                    found: "other ranges".into(),
                });
            }
        }
        self.relation.absorb(&other.relation)?;
        Ok(self)
    }
}
