//! Download, verify, unpack.
//!
//! What is there already is verified like what is downloaded: files by their published hash, unpacked
//! archives by the list that was written when they were unpacked.
//!
//! A file is written to `<name>.part`, resumed from there when interrupted, hashed, and moved to
//! its name only when the hash is the published one. Several mirrors are tried in order. There is
//! no terminal code here: a [`Progress`] hears what happens.

mod alone;
mod present;
mod progress;
mod transfer;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Agent;

use crate::manifest::{Manifest, ManifestFile, Unpack};
use crate::{DataError, Result, unpack};

pub use crate::hash::sha256_file;
use alone::Alone;
pub use progress::{Event, Progress, Quiet};
use transfer::{Failure, transfer};

/// How patient a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchOptions {
    /// Attempts per mirror; each resumes where the last one stopped.
    pub attempts: u32,
    /// Pause before an attempt is repeated.
    pub pause: Duration,
    /// Longest wait for a connection, an answer, or the next bytes.
    pub timeout: Duration,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            attempts: 3,
            pause: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
        }
    }
}

/// What a fetch left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// The data set's folder.
    pub folder: PathBuf,
    /// Verified archives that the user must unpack (zip).
    pub left_packed: Vec<PathBuf>,
    /// Files that were downloaded by this call.
    pub downloaded: usize,
}

/// Downloads data sets.
#[derive(Debug)]
pub struct Fetcher {
    agent: Agent,
    options: FetchOptions,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new(FetchOptions::default())
    }
}

impl Fetcher {
    /// A fetcher with the given patience.
    pub fn new(options: FetchOptions) -> Self {
        let timeout = Some(options.timeout);
        let config = Agent::config_builder()
            .timeout_connect(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout)
            .http_status_as_error(false)
            .accept_encoding("identity")
            .user_agent(concat!("attractor-datasets/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.new_agent(),
            options,
        }
    }

    /// Downloads what is missing of a data set into `root/<name>/`, verifies and unpacks it.
    ///
    /// A file that is there under its name is verified and not downloaded again; it is never
    /// overwritten. An archive is verified before it is unpacked, wherever it came from, and removed
    /// afterwards; what it was unpacked to is verified by the list of its files. Where nothing is known
    /// to verify with, [`Event::Unverified`] says so.
    ///
    /// # Errors
    /// [`DataError::Hash`] or [`DataError::Size`] if a file that is there is not the published one, or
    /// if a mirror delivered something else and no other mirror did better, [`DataError::Download`] if
    /// no mirror delivered, [`DataError::UnsafeEntry`] or [`DataError::Layout`] for a bad archive or
    /// one that is unpacked in part, [`DataError::Busy`] if another process downloads into the folder, [`DataError::Io`].
    pub fn fetch(
        &self,
        manifest: &Manifest,
        root: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Fetched> {
        let folder = root.join(&manifest.name);
        fs::create_dir_all(&folder).map_err(DataError::io(&folder, "create"))?;
        let mut fetched = Fetched {
            folder: folder.clone(),
            left_packed: Vec::new(),
            downloaded: 0,
        };
        // A folder in which all is there is only read.
        let mut alone = None;
        for file in &manifest.files {
            let name = file.name.as_str();
            let path = folder.join(name);
            let unpacked = file.creates.as_ref().map(|made| folder.join(made));
            if let Some(unpacked) = unpacked.filter(|unpacked| unpacked.exists()) {
                present::unpacked(manifest, file, &unpacked, progress)?;
                // A kill between the last steps leaves the archive too, and perhaps the empty folder of the unpacking.
                let published = file.sha256.is_some() && path.exists();
                if published && present::file(file, &path, progress).is_ok() {
                    if alone.is_none() {
                        alone = Some(Alone::in_folder(&folder)?);
                    }
                    unpack::sweep(&folder)?;
                    fs::remove_file(&path).map_err(DataError::io(&path, "remove"))?;
                }
            } else if file.creates.is_none() && path.exists() {
                present::file(file, &path, progress)?;
            } else {
                if alone.is_none() {
                    alone = Some(Alone::in_folder(&folder)?);
                }
                if !path.exists() {
                    self.download(file, &path, progress)?;
                    fetched.downloaded += 1;
                } else {
                    present::file(file, &path, progress)?;
                }
                if let Some(creates) = &file.creates {
                    progress.event(Event::Unpacking { file: name });
                    unpack::unpack(&path, &folder, creates)?;
                    fs::remove_file(&path).map_err(DataError::io(&path, "remove"))?;
                }
                progress.event(Event::Finished { file: name });
            }
            if file.unpack == Unpack::ZipNotSupported {
                fetched.left_packed.push(path);
            }
        }
        Ok(fetched)
    }

    /// Downloads one file to `path`, which must not exist, from the first mirror that delivers it.
    ///
    /// # Errors
    /// As [`Fetcher::fetch`]; nothing is left under `path` then.
    pub fn download(
        &self,
        file: &ManifestFile,
        path: &Path,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let mut wrong_hash = None;
        let mut reasons = Vec::new();
        for url in &file.urls {
            for attempt in 0..self.options.attempts.max(1) {
                if attempt > 0 {
                    std::thread::sleep(self.options.pause);
                }
                match self.attempt(file, url, path, progress) {
                    Ok(()) => return Ok(()),
                    Err(Failure::Local(error)) => return Err(error),
                    Err(Failure::Hash { error, resumed }) => {
                        progress.event(Event::Failed {
                            file: &file.name,
                            url,
                            reason: &error.to_string(),
                        });
                        wrong_hash = Some(error);
                        // Only a continued download can be wrong by accident.
                        if !resumed {
                            break;
                        }
                    }
                    Err(Failure::Remote { reason, again }) => {
                        progress.event(Event::Failed {
                            file: &file.name,
                            url,
                            reason: &reason,
                        });
                        reasons.push(format!("{url}: {reason}"));
                        if !again {
                            break;
                        }
                    }
                }
            }
        }
        Err(wrong_hash.unwrap_or_else(|| DataError::Download {
            path: path.into(),
            reason: reasons.join("; "),
        }))
    }

    fn attempt(
        &self,
        file: &ManifestFile,
        url: &str,
        path: &Path,
        progress: &mut dyn Progress,
    ) -> Result<(), Failure> {
        let part = part_path(path);
        let mut done = fs::metadata(&part).map_or(0, |metadata| metadata.len());
        if file.size.is_some_and(|size| done > size) {
            done = 0;
        }
        let resumed = done > 0;
        if file.size != Some(done) || done == 0 {
            transfer(&self.agent, file, url, &part, done, progress)?;
        }
        progress.event(Event::Verifying { file: &file.name });
        if let Some(expected) = &file.sha256 {
            let found = sha256_file(&part)?;
            if *expected != found {
                // Useless for resuming as well.
                fs::remove_file(&part).map_err(DataError::io(&part, "remove"))?;
                let (path, url, expected) = (path.into(), url.into(), expected.clone());
                let error = DataError::Hash {
                    path,
                    url,
                    expected,
                    found,
                };
                return Err(Failure::Hash { error, resumed });
            }
        }
        fs::rename(&part, path).map_err(DataError::io(path, "move the download to"))?;
        Ok(())
    }
}

fn part_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
