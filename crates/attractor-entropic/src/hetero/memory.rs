//! A relation behind the interface of all memories.

use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, HeteroAssociative, Merge, Outcome, Persist, Recall,
    Recognise, Result, check, spans,
};
use burn::tensor::{Device, Tensor};

use super::{HeteroConfig, Relation, Side};
use crate::UNDEFINED;
use crate::input::{self, Scale};

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
        input::answer_rows(
            (&cues, own_domain.columns),
            domain.columns,
            &self.device,
            |cue| {
                let mut rng = input::stream(self.config.seed, cue);
                let cue = (side, cue, None);
                let found = self.relation.recall(cue, &self.config.search, &mut rng)?;
                let answer = found.map(|found| {
                    let numbers = self.scales[other].numbers(&found.object)?;
                    Ok((numbers, found.outcome, found.steps + 1))
                });
                answer.transpose()
            },
        )
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

    fn answers(&self, cues: &[u16]) -> Result<Recall> {
        let dim = self.config.dim;
        input::answer_rows((cues, dim), dim, &self.device, |cue| {
            let answer = self.complete_pair(cue)?.map(|(pair, outcome, steps)| {
                let (left, right) = pair.split_at(self.left());
                let mut numbers = self.scales[0].numbers(left)?;
                numbers.extend(self.scales[1].numbers(right)?);
                Ok((numbers, outcome, steps))
            });
            answer.transpose()
        })
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
        let _span = spans::write(self.name(), &patterns);
        let pairs = input::accept("patterns", patterns, self.config.dim)?;
        self.store(self.split(&pairs))
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let cues = self.accept("cues", cues, self.config.dim)?;
        self.answers(&self.pairs(&cues)?)
    }

    fn len(&self) -> usize {
        self.relation.registered() as usize
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        Err(input::one_by_one("stored_states", self.name()))
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

    fn as_persist(&self) -> Option<&dyn Persist> {
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
        let _span = spans::complete(self.name(), &cues);
        let shape = cues.dims();
        let values = self.accept("cues", cues, self.config.dim)?;
        let known = check::known(&known, shape)?;
        let mut levels = self.pairs(&values)?;
        input::mask(&mut levels, &known);
        input::hold(self.answers(&levels)?, &values, &known, &self.device)
    }
}

impl Recognise for HeteroMemory {
    /// The weight rho of a pair that is recognised, less the number of its mismatches if it is not.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let cues = self.pairs(&self.accept("cues", cues, self.config.dim)?)?;
        input::familiarity((&cues, self.config.dim), &self.device, |cue| {
            let (left, right) = cue.split_at(self.left());
            self.relation.recognise(left, right)
        })
    }
}

impl Forget for HeteroMemory {
    fn clear(&mut self) {
        self.relation = Relation::new(*self.relation.config());
        let scales = self.scales.iter_mut();
        scales.for_each(|scale| scale.clear(self.config.range));
    }

    /// No pair has a number; [`HeteroMemory::unregister`] takes back what it is given.
    fn remove(&mut self, _: usize) -> Result<()> {
        Err(input::one_by_one("remove", self.name()))
    }
}

impl Merge for HeteroMemory {
    /// Of two memories that measured their ranges themselves, these must agree.
    fn merge(mut self, other: Self) -> Result<Self> {
        for (own, other) in self.scales.iter_mut().zip(&other.scales) {
            own.agree(other)?;
        }
        self.relation.absorb(&other.relation)?;
        Ok(self)
    }
}
