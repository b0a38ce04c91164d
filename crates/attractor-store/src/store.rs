//! Stores: made, opened, changed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use attractor_core::burn::tensor::Tensor;
use attractor_core::{Error as CoreError, check};

use crate::deleted::{self, Deleted};
use crate::disk::Disk;
use crate::lock::Lock;
use crate::manifest::{self, DeletionEntry, Manifest, deletion_name, segment_name};
use crate::payload::{Annotations, taken};
use crate::segment::{Piece, SegmentWriter, encode, group_rows};
use crate::snapshot::Snapshot;
use crate::{Error, Precision, Result, StoreConfig};

/// Patterns on disk: a folder of Parquet files and a manifest that says which of them belong to the store.
///
/// A change ([`Store::append`], [`Store::delete`], [`Store::compact`]) writes new files beside the old ones and then
/// replaces the manifest, so that whatever ends the process, what is on disk is the store before the change or after it.
/// When a change returns, it is on the disk.
///
/// Any number of processes may have a store open. One at a time changes it; another that tries meanwhile gets
/// [`Error::Busy`]. A change begins with what the others have done, so that none is lost. What a `Store` shows is the
/// state after its own last change or [`Store::refresh`].
///
/// ```
/// use attractor_core::kernel::Score;
/// use attractor_core::{Backend, rng};
/// use attractor_store::{Annotations, Precision, ReadOptions, Store, StoreConfig};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("faces");
/// let device = Backend::Flex.open()?;
/// let mut store = Store::create(&path, StoreConfig::new(64, Precision::F32))?;
/// let patterns = rng::normal::<2>(&mut rng::stream(0, "patterns"), [1000, 64], &device);
/// let names = (0..1000).map(|index| format!("face {index}"));
/// let ids = store.append(patterns.clone(), &Annotations::labels(names))?;
/// store.delete(&ids[..10])?;
///
/// let cue = patterns.narrow(0, 500, 1) + 0.1;
/// let best = store.top(cue, Score::SquaredDistance { variance: 0.1 }, 3, &ReadOptions::new())?;
/// assert_eq!(best[0].candidates[0].id, 500);
/// let record = store.snapshot().records(&[500])?.remove(0);
/// assert_eq!(record.label.as_deref(), Some("face 500"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Store {
    pub(crate) folder: PathBuf,
    pub(crate) disk: Disk,
    pub(crate) manifest: Manifest,
    pub(crate) snapshot: Snapshot,
}

impl Store {
    /// Makes an empty store in a folder, which need not exist.
    ///
    /// # Errors
    /// [`CoreError::Config`] if the configuration breaks a rule; [`Error::Exists`] if there is a store already;
    /// [`Error::Busy`]; [`Error::Io`].
    pub fn create(folder: impl AsRef<Path>, config: StoreConfig) -> Result<Self> {
        Self::create_on(folder.as_ref(), config, Disk::default())
    }

    pub(crate) fn create_on(folder: &Path, config: StoreConfig, disk: Disk) -> Result<Self> {
        config.validate()?;
        disk.create_folder(folder)?;
        let _lock = Lock::take(folder)?;
        if folder.join(manifest::NAME).exists() {
            return Err(Error::Exists {
                path: folder.to_owned(),
            });
        }
        let mut manifest = Manifest::new(config);
        manifest.sweep(folder, &disk)?;
        manifest.write(folder, &disk)?;
        Self::of(folder, manifest, disk)
    }

    /// Opens a store. Verifies the manifest, the length, footer and page index of every segment, and all of the
    /// deletions; [`crate::Snapshot::verify`] verifies the rest.
    ///
    /// # Errors
    /// [`Error::Missing`] if there is none; [`Error::Damaged`] or [`Error::Parquet`] naming the file, what was expected
    /// and what was found; [`Error::Io`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_on(folder.as_ref(), Disk::default())
    }

    pub(crate) fn open_on(folder: &Path, disk: Disk) -> Result<Self> {
        let mut manifest = Manifest::read(folder)?;
        loop {
            match Self::of(folder, manifest.clone(), disk.clone()) {
                // A compaction between the manifest and its files has removed some of them.
                Err(error) if deleted::is_gone(&error) => {
                    let now = Manifest::read(folder)?;
                    if now == manifest {
                        return Err(error);
                    }
                    manifest = now;
                }
                opened => return opened,
            }
        }
    }

    fn of(folder: &Path, manifest: Manifest, disk: Disk) -> Result<Self> {
        Ok(Self {
            snapshot: Snapshot::open(folder, &manifest, None)?,
            folder: folder.to_owned(),
            disk,
            manifest,
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it holds now: reads, records, and everything else that changes nothing.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Number of patterns.
    pub fn len(&self) -> u64 {
        self.snapshot.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.snapshot.is_empty()
    }

    /// Numbers of a pattern, d.
    pub fn dim(&self) -> usize {
        self.snapshot.dim()
    }

    /// How they are written.
    pub fn precision(&self) -> Precision {
        self.snapshot.precision()
    }

    /// What the store holds.
    pub fn config(&self) -> &StoreConfig {
        self.snapshot.config()
    }

    /// The id of the next pattern, unless ids are given.
    pub fn next_id(&self) -> u64 {
        self.manifest.next_id
    }

    /// Looks at what other processes have done since. Says whether that was anything.
    ///
    /// # Errors
    /// As [`Store::open`]; nothing changes then.
    pub fn refresh(&mut self) -> Result<bool> {
        let newest = Manifest::read(&self.folder)?;
        if newest == self.manifest {
            return Ok(false);
        }
        let opened = match Snapshot::open(&self.folder, &newest, Some(&self.snapshot)) {
            Err(error) if deleted::is_gone(&error) => {
                Self::open_on(&self.folder, self.disk.clone())?
            }
            opened => Self {
                snapshot: opened?,
                folder: self.folder.clone(),
                disk: self.disk.clone(),
                manifest: newest,
            },
        };
        *self = opened;
        Ok(true)
    }

    /// Stores patterns `[n, d]` and returns their ids. All of them are stored, or none.
    ///
    /// Each call makes a file: a few large batches are better than many small ones, and [`Store::compact`] joins small
    /// files.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`Error::Overflow`] for entries that the precision of the store
    /// does not hold; what is wrong with the annotations; [`Error::Busy`]; [`Error::Io`].
    pub fn append(&mut self, patterns: Tensor<2>, beside: &Annotations) -> Result<Vec<u64>> {
        check::shape("patterns", &patterns, self.dim())?;
        let values = check::to_host(patterns.without_autodiff())?;
        self.append_rows(&values, beside)
    }

    /// [`Store::append`] for numbers in host memory, row-major.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn append_rows(&mut self, values: &[f32], beside: &Annotations) -> Result<Vec<u64>> {
        let dim = self.dim();
        if values.is_empty() {
            let (what, width) = ("patterns", dim);
            return Err(CoreError::EmptyBatch { what, width }.into());
        }
        if !values.len().is_multiple_of(dim) {
            return Err(CoreError::Width {
                what: "patterns",
                expected: dim,
                rows: 1,
                found: values.len(),
            }
            .into());
        }
        let rows = values.len() / dim;
        if u32::try_from(rows).is_err() {
            let rule = "must be below 2^32 in one batch";
            return Err(CoreError::config("rows", rule, rows).into());
        }
        self.config().check_numbers(values)?;
        // Before anything is written; the lock may change what the next id is.
        beside.fit(self.config(), rows, self.next_id())?;
        self.change(|store| {
            let mut draft = store.manifest.clone();
            let mut fitted = beside.fit(&draft.config, rows, draft.next_id)?;
            let mut writer = store.new_segment(&mut draft)?;
            let step = group_rows(&draft.config);
            for first in (0..rows).step_by(step) {
                let here = first..rows.min(first + step);
                let mut piece = Piece::new(&draft.config);
                let part = &values[here.start * dim..here.end * dim];
                encode(draft.config.precision, part, &mut piece.patterns);
                piece.ids = fitted.ids[here.clone()].to_vec();
                piece.labels = taken(&mut fitted.labels[here.clone()]);
                piece.payload = fitted
                    .payload
                    .iter_mut()
                    .map(|column| column.taken(here.clone()))
                    .collect();
                writer.push(piece)?;
            }
            let entry = writer.finish()?;
            draft.next_id = entry.last_id + 1;
            draft.segments.push(entry);
            store.commit(draft)?;
            Ok(fitted.ids)
        })
    }

    /// Deletes the patterns of those ids: all of them, or none if one is not there. Their room is given back by
    /// [`Store::compact`]; until then their numbers stay on the disk.
    ///
    /// # Errors
    /// [`CoreError::UnknownId`] for the first id that is not there; [`CoreError::Config`] if one is given twice;
    /// [`Error::Busy`]; [`Error::Io`].
    pub fn delete(&mut self, ids: &[u64]) -> Result<()> {
        let mut seen = HashSet::new();
        if let Some(id) = ids.iter().find(|&&id| !seen.insert(id)) {
            let rule = "each must be given once";
            return Err(CoreError::config("ids", rule, format!("{id} again")).into());
        }
        if ids.is_empty() {
            return Ok(());
        }
        self.change(|store| {
            let mut rows = Vec::with_capacity(ids.len());
            for &id in ids {
                let (segment, row) = store.snapshot.known(id)?;
                let segment = store.snapshot.segments[segment].segment.entry.number;
                // A segment has fewer than 2^32 rows, which the manifest is checked for.
                let row = u32::try_from(row).unwrap_or(u32::MAX);
                rows.push(Deleted { segment, row, id });
            }
            rows.sort_unstable();
            let mut draft = store.manifest.clone();
            let number = draft.take_number();
            let file = deletion_name(number);
            let output = store.disk.create(&store.folder.join(&file))?;
            let written = deleted::write(output, &rows)?;
            draft.deletions.push(DeletionEntry {
                number,
                file,
                rows: rows.len() as u64,
                bytes: written.bytes,
                sha256: written.sha256,
            });
            store.commit(draft)
        })
    }

    /// A change: alone, and on top of what others have done. If it fails, this store is what it was.
    pub(crate) fn change<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let _lock = Lock::take(&self.folder)?;
        self.refresh()?;
        self.manifest.sweep(&self.folder, &self.disk)?;
        let result = work(self);
        // What a failed change wrote is named by nobody, unless it failed after the manifest had been replaced.
        if result.is_err() && Manifest::read(&self.folder).is_ok_and(|now| now == self.manifest) {
            // What cannot be removed now is removed by the next change.
            let _ = self.manifest.sweep(&self.folder, &self.disk);
        }
        result
    }

    /// A segment to be written, under the next number.
    pub(crate) fn new_segment(&self, draft: &mut Manifest) -> Result<SegmentWriter> {
        let number = draft.take_number();
        let output = self.disk.create(&self.folder.join(segment_name(number)))?;
        SegmentWriter::new(number, output, &draft.config)
    }

    /// Makes `draft`, whose files are on the disk, the manifest of the folder.
    pub(crate) fn commit(&mut self, mut draft: Manifest) -> Result<()> {
        draft.generation += 1;
        // Opened first: what cannot be read is not committed.
        let snapshot = Snapshot::open(&self.folder, &draft, Some(&self.snapshot))?;
        draft.write(&self.folder, &self.disk)?;
        self.snapshot = snapshot;
        self.manifest = draft;
        // The change is made, whatever becomes of the files that it has no use for.
        let _ = self.manifest.sweep(&self.folder, &self.disk);
        Ok(())
    }
}
