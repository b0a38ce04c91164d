//! Writing a run: create, resume, append.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::files::{self, Ledger};
use super::{
    CHECKPOINTS, CITATIONS, FIGURES, LEDGER, LOCK, LedgerEntry, MANIFEST, Manifest, REFERENCE,
    RESULTS, RunFolder, RunInfo, first_difference,
};
use crate::{Cell, Error, Measurement, Record, Reference, Resolved, Result};

/// A run folder that this process, and no other, may write.
#[derive(Debug)]
pub struct RunWriter {
    folder: RunFolder,
    reference: Option<Reference>,
    results: Appender,
    ledger: Appender,
    finished: HashSet<Cell>,
    /// Held until the writer is dropped, or the process ends in whatever way.
    _lock: File,
}

impl RunWriter {
    /// Starts a run in a folder that holds none yet.
    ///
    /// # Errors
    /// [`Error::RunExists`] if it holds one, [`Error::Locked`] if another process writes there,
    /// [`Error::Io`].
    pub fn create(
        dir: impl AsRef<Path>,
        config: &Resolved,
        info: &RunInfo,
        reference: Option<&Reference>,
    ) -> Result<Self> {
        Self::create_joined(dir, config, vec![info.clone()], reference)
    }

    /// Starts a run that was computed in several places.
    pub(super) fn create_joined(
        dir: impl AsRef<Path>,
        config: &Resolved,
        info: Vec<RunInfo>,
        reference: Option<&Reference>,
    ) -> Result<Self> {
        let dir = dir.as_ref();
        for folder in [dir.to_owned(), dir.join(FIGURES), dir.join(CHECKPOINTS)] {
            fs::create_dir_all(&folder).map_err(Error::io(&folder, "could not create"))?;
        }
        let lock = lock(dir)?;
        RunFolder::check_free(dir)?;
        if let Some(reference) = reference {
            let text =
                serde_json::to_vec_pretty(reference).map_err(Error::encode("the reference"))?;
            files::write_atomic(&dir.join(REFERENCE), &text)?;
        }
        let manifest = Manifest {
            format: super::FORMAT,
            config_hash: config.config_hash(),
            config: config.clone(),
            info,
        };
        // Last, since it is what makes the folder a run.
        write_manifest(dir, &manifest)?;
        Self::start(
            RunFolder {
                dir: dir.to_owned(),
                manifest,
            },
            lock,
        )
    }

    /// Continues a run: cuts away what a kill left unfinished, keeps everything else.
    ///
    /// # Errors
    /// [`Error::NotARun`], [`Error::Locked`]; [`Error::Changed`] if the configuration, the backend
    /// or the data differ from those the run was started with; [`Error::Corrupt`].
    pub fn resume(dir: impl AsRef<Path>, config: &Resolved, info: &RunInfo) -> Result<Self> {
        let dir = dir.as_ref();
        let mut folder = RunFolder::open(dir)?;
        let lock = lock(dir)?;
        check_config(dir, &folder.manifest, config)?;
        let started_with = folder.manifest.info.first();
        if let Some(recorded) = started_with.filter(|recorded| recorded.backend != info.backend) {
            return Err(changed(
                dir,
                "the backend",
                &recorded.backend,
                &info.backend,
            ));
        }
        if let Some(recorded) = started_with.filter(|recorded| recorded.data != info.data) {
            let list = |info: &RunInfo| {
                let parts: Vec<String> = info
                    .data
                    .iter()
                    .map(|data| format!("{} {}", data.name, data.sha256))
                    .collect();
                if parts.is_empty() {
                    "none".to_owned()
                } else {
                    parts.join(", ")
                }
            };
            return Err(changed(dir, "the data", &list(recorded), &list(info)));
        }
        if !folder.manifest.info.contains(info) {
            folder.manifest.info.push(info.clone());
            write_manifest(dir, &folder.manifest)?;
        }
        Self::start(folder, lock)
    }

    /// [`RunWriter::resume`] if the folder holds a run, else [`RunWriter::create`].
    ///
    /// # Errors
    /// As those.
    pub fn create_or_resume(
        dir: impl AsRef<Path>,
        config: &Resolved,
        info: &RunInfo,
        reference: Option<&Reference>,
    ) -> Result<Self> {
        let dir = dir.as_ref();
        if dir.join(MANIFEST).exists() {
            Self::resume(dir, config, info)
        } else {
            Self::create(dir, config, info, reference)
        }
    }

    fn start(folder: RunFolder, lock: File) -> Result<Self> {
        let found = Ledger::read(&folder.dir)?;
        let results = Appender::open(folder.dir.join(RESULTS), found.results_bytes)?;
        let ledger = Appender::open(folder.dir.join(LEDGER), found.bytes)?;
        files::sync_folder(&folder.dir)?;
        let finished = found.entries.into_iter().map(|entry| entry.cell).collect();
        Ok(Self {
            reference: folder.reference()?,
            folder,
            results,
            ledger,
            finished,
            _lock: lock,
        })
    }

    /// The folder, for reading.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// Notes what to cite for the run, as BibTeX; the report shows it.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub fn set_citations(&mut self, bibtex: &str) -> Result<()> {
        files::write_atomic(&self.folder.dir.join(CITATIONS), bibtex.as_bytes())
    }

    /// The configuration.
    pub fn config(&self) -> &Resolved {
        self.folder.config()
    }

    /// Whether a cell is finished.
    pub fn is_finished(&self, cell: &Cell) -> bool {
        self.finished.contains(cell)
    }

    /// Number of finished cells.
    pub fn finished(&self) -> usize {
        self.finished.len()
    }

    /// Appends a finished cell with its published figures and verdicts, and syncs it to disk.
    ///
    /// # Errors
    /// [`Error::Finished`] for a cell that is there already, [`Error::NonFinite`] for NaN or
    /// infinity (nothing is written), [`Error::Io`]. After an error the cell is not finished.
    pub fn append(
        &mut self,
        cell: &Cell,
        measurements: &[Measurement],
        seconds: f64,
    ) -> Result<Vec<Record>> {
        let reason = self.folder.config().not_comparable(cell);
        let backend = self
            .folder
            .manifest
            .info
            .last()
            .map_or("unknown", |info| &info.backend);
        let mut records = Vec::with_capacity(measurements.len());
        for measurement in measurements {
            if !measurement.value.is_finite() {
                return Err(Error::NonFinite {
                    cell: cell.to_string(),
                    metric: measurement.metric.name(),
                    value: measurement.value,
                });
            }
            let mut record = Record::new(cell, *measurement, backend, seconds);
            record.reference = self
                .reference
                .as_ref()
                .and_then(|table| table.judge(cell, *measurement, reason.as_deref()));
            records.push(record);
        }
        self.append_records(cell, &records, seconds)?;
        Ok(records)
    }

    /// Appends records as they are.
    pub(super) fn append_records(
        &mut self,
        cell: &Cell,
        records: &[Record],
        seconds: f64,
    ) -> Result<()> {
        if self.is_finished(cell) {
            return Err(Error::Finished {
                cell: cell.to_string(),
            });
        }
        let mut block = Vec::new();
        for record in records {
            block.extend(files::line(record)?);
        }
        let entry = LedgerEntry {
            cell: cell.clone(),
            records: records.len(),
            bytes: self.results.length + block.len() as u64,
            seconds,
        };
        let before = self.results.length;
        self.results.append(&block)?;
        if let Err(error) = self.ledger.append(&files::line(&entry)?) {
            // The cell is not in the ledger, so its records must not be counted either.
            self.results.length = before;
            return Err(error);
        }
        self.finished.insert(cell.clone());
        Ok(())
    }
}

/// A file that only grows, by pieces that are synced one by one.
#[derive(Debug)]
struct Appender {
    path: PathBuf,
    file: File,
    /// Bytes that count; more may lie on disk after a failed write.
    length: u64,
}

impl Appender {
    fn open(path: PathBuf, length: u64) -> Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Error::io(&path, "could not open"))?;
        file.set_len(length)
            .map_err(Error::io(&path, "could not cut"))?;
        file.sync_all()
            .map_err(Error::io(&path, "could not sync"))?;
        Ok(Self { path, file, length })
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        // Normally a no-op; after a failed write it removes the part that was written.
        self.file
            .set_len(self.length)
            .map_err(Error::io(&self.path, "could not cut"))?;
        self.file
            .write_all(bytes)
            .map_err(Error::io(&self.path, "could not write"))?;
        self.file
            .sync_data()
            .map_err(Error::io(&self.path, "could not sync"))?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(Error::io(&path, "could not open"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked {
            dir: dir.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(Error::io(&path, "could not lock")(error)),
    }
}

fn write_manifest(dir: &Path, manifest: &Manifest) -> Result<()> {
    let text = toml::to_string_pretty(manifest).map_err(Error::encode("run.toml"))?;
    files::write_atomic(&dir.join(MANIFEST), text.as_bytes())
}

fn check_config(dir: &Path, manifest: &Manifest, config: &Resolved) -> Result<()> {
    let now = config.config_hash();
    if manifest.config_hash == now {
        return Ok(());
    }
    let json = |config: &Resolved| {
        serde_json::to_value(config.decisive()).map_err(Error::encode("the configuration"))
    };
    let difference = first_difference("", &json(&manifest.config)?, &json(config)?);
    let (key, recorded, found) =
        difference.unwrap_or_else(|| ("hash".to_owned(), manifest.config_hash.clone(), now));
    Err(changed(
        dir,
        &format!("the configuration's `{key}`"),
        &recorded,
        &found,
    ))
}

fn changed(dir: &Path, what: &str, recorded: &str, now: &str) -> Error {
    Error::Changed {
        dir: dir.to_owned(),
        what: what.to_owned(),
        recorded: recorded.to_owned(),
        now: now.to_owned(),
    }
}
