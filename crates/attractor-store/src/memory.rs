//! A store as one memory among the others.

use std::sync::OnceLock;

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::kernel::{PatternIds, Score, Tags};
use attractor_core::recall::Recalled;
use attractor_core::{
    AssociativeMemory, Complete, Error, Identification, Identify, Ranking, Recall, Result, check,
    spans,
};

use crate::read::CHUNK_BYTES;
use crate::{Annotations, ReadOptions, Store};

/// Patterns that [`AssociativeMemory::stored_states`] makes a tensor of, in bytes of single precision.
const STATES_BYTES: u64 = 1 << 30;

/// Answers cues with the softmax-weighted mean of a store's patterns, in one pass over its files.
///
/// It can [`Complete`] and [`Identify`] (`write_as` takes ids that rise above all before, and labels). It has no
/// [`attractor_core::Forget`]: forgetting everything is not to fail, and a disk may; [`Store::delete`] forgets by id.
/// Whoever needs several steps, a model or a posterior reads codes that fit into memory.
///
/// ```
/// use attractor_core::kernel::Score;
/// use attractor_core::{AssociativeMemory, Backend, rng};
/// use attractor_store::{Precision, Store, StoreConfig, StoredMemory};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("codes");
/// let device = Backend::Flex.open()?;
/// let store = Store::create(&path, StoreConfig::new(8, Precision::F32))?;
/// let mut memory = StoredMemory::new(store, Score::SquaredDistance { variance: 0.01 }, &device);
/// let patterns = rng::normal::<2>(&mut rng::stream(0, "patterns"), [100, 8], &device);
/// memory.write(patterns.clone())?;
/// let recall = memory.read(patterns.clone().narrow(0, 42, 1) + 0.01)?;
/// assert_eq!(recall.id(0), Some(42));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct StoredMemory {
    store: Store,
    score: Score,
    device: Device,
    chunk_bytes: usize,
    readers: usize,
    /// Read when somebody asks for them.
    ids: OnceLock<PatternIds>,
}

impl StoredMemory {
    /// The memory of a store's patterns under a score; states are tensors of `device`.
    pub fn new(store: Store, score: Score, device: &Device) -> Self {
        Self {
            store,
            score,
            device: device.clone(),
            chunk_bytes: CHUNK_BYTES,
            readers: 2,
            ids: OnceLock::new(),
        }
    }

    /// The same with chunks and readers of one's own; progress and stop of `options` are of one read and stay behind.
    pub fn with_options(self, options: &ReadOptions<'_>) -> Self {
        Self {
            chunk_bytes: options.chunk_bytes,
            readers: options.readers,
            ..self
        }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The store, to delete from it, compact it, or see what others have done.
    pub fn store_mut(&mut self) -> &mut Store {
        self.ids = OnceLock::new();
        &mut self.store
    }

    /// Back to the store.
    pub fn into_store(self) -> Store {
        self.store
    }

    fn options(&self) -> ReadOptions<'static> {
        ReadOptions::new()
            .chunk_bytes(self.chunk_bytes)
            .readers(self.readers)
    }

    fn recall(&self, answer: crate::Answer) -> Result<Recall> {
        let mut recall = Recall::single_pass(answer.partial.mean()?);
        let evidence = answer.partial.log_sum_exp()?;
        recall.energy_first = check::to_host(evidence.neg())?;
        recall.energy_last = recall.energy_first.clone();
        let indices = answer.partial.best_indices()?;
        let best = indices.into_iter().zip(answer.best);
        recall.recalled = best
            .map(|(index, id)| Some(Recalled { index, id }))
            .collect();
        Ok(recall)
    }
}

impl AssociativeMemory for StoredMemory {
    fn name(&self) -> &'static str {
        "stored"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.store_mut().append(patterns, &Annotations::default())?;
        Ok(())
    }

    /// Energies are minus the log evidence of the cue; `recalled` is the pattern with the largest weight.
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.recall(self.store.read(cues, self.score, &self.options())?)
    }

    fn len(&self) -> usize {
        usize::try_from(self.store.len()).unwrap_or(usize::MAX)
    }

    fn dim(&self) -> usize {
        self.store.dim()
    }

    /// For stores of up to 1 GiB of single precision: larger ones are visited by [`crate::Snapshot::chunks`].
    fn stored_states(&self) -> Result<Tensor<2>> {
        let snapshot = self.store.snapshot();
        if snapshot.is_empty() {
            return Err(Error::EmptyMemory);
        }
        if snapshot.len().saturating_mul(4 * self.dim() as u64) > STATES_BYTES {
            let capability = "patterns of at most 1 GiB (`Snapshot::chunks` visits more)";
            return Err(Error::unsupported("stored_states", capability, self.name()));
        }
        let mut values = Vec::with_capacity(self.len() * self.dim());
        for chunk in snapshot.chunks(self.chunk_bytes) {
            values.extend(chunk?.patterns);
        }
        check::from_host("patterns", values, self.dim(), &self.device)
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_identify(&self) -> Option<&dyn Identify> {
        Some(self)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        Some(self)
    }
}

impl Complete for StoredMemory {
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        let answer = self
            .store
            .complete(cues, known, self.score, &self.options())?;
        self.recall(answer)
    }
}

impl Identify for StoredMemory {
    /// Reads the ids and labels of all patterns, once after each change: 8 bytes for each pattern stay in memory, and the
    /// labels.
    fn pattern_ids(&self) -> Result<&PatternIds> {
        if let Some(ids) = self.ids.get() {
            return Ok(ids);
        }
        let mut all = PatternIds::new();
        for names in self.store.snapshot().names(self.chunk_bytes) {
            let (ids, labels) = names?;
            all.push(ids.len(), &Tags::ids(ids.clone()))?;
            for (id, label) in ids.into_iter().zip(labels) {
                if label.is_some() {
                    all.set_label(id, label)?;
                }
            }
        }
        Ok(self.ids.get_or_init(|| all))
    }

    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        let found = self.store.top(cues, self.score, k, &self.options())?;
        let named = |matches: crate::Matches| {
            let ids: Vec<u64> = matches.candidates.iter().map(|found| found.id).collect();
            let mut names = PatternIds::new();
            names.push(ids.len(), &Tags::ids(ids.clone()))?;
            for record in self.store.snapshot().records(&ids)? {
                names.set_label(record.id, record.label)?;
            }
            let mut ranking = Ranking::default();
            let best = matches.candidates.iter().enumerate();
            ranking.best = best
                .map(|(at, found)| (at, found.score, Some(found.probability)))
                .collect();
            let mut identification = ranking.named(&names)?;
            let candidates = identification.candidates.iter_mut();
            for (candidate, found) in candidates.zip(&matches.candidates) {
                candidate.index = usize::try_from(found.index).unwrap_or(usize::MAX);
            }
            Ok(identification)
        };
        found.into_iter().map(named).collect()
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let rows = patterns.dims()[0];
        // What another process has stored counts as well.
        self.store_mut().refresh()?;
        let mut named = PatternIds::new();
        if let Some(last) = self.store.next_id().checked_sub(1) {
            named.push(1, &Tags::ids([last]))?;
        }
        let from = named.len();
        named.push(rows, tags)?;
        let ids = &named.as_slice()[from..];
        let labels = ids.iter().map(|&id| named.label(id).map(str::to_owned));
        let beside = Annotations::default()
            .with_labels(labels)
            .with_ids(ids.to_vec());
        self.store.append(patterns, &beside)?;
        Ok(())
    }

    /// [`Error::Unsupported`]: labels are written once, with their patterns.
    fn set_label(&mut self, id: u64, _label: Option<String>) -> Result<()> {
        if !self.store.snapshot().contains(id)? {
            return Err(Error::UnknownId { id });
        }
        let capability = "labels that change";
        Err(Error::unsupported("set_label", capability, self.name()))
    }
}
