//! Download, verify, unpack.
//!
//! A file is written to `<name>.part`, resumed from there when interrupted, hashed, and moved to
//! its name only when the hash is the published one. Several mirrors are tried in order. There is
//! no terminal code here: a [`Progress`] hears what happens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::http::{Response, header};

use crate::image_set::hex;
use crate::manifest::{Manifest, ManifestFile, Unpack};
use crate::{DataError, Result, unpack};

/// What a [`Progress`] hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The file, or what it unpacks to, is already there.
    Present {
        /// File name.
        file: &'a str,
    },
    /// A download starts.
    Started {
        /// File name.
        file: &'a str,
        /// Where from.
        url: &'a str,
        /// Bytes already there from an interrupted download.
        resumed_at: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// Bytes arrived.
    Advanced {
        /// File name.
        file: &'a str,
        /// Bytes present now.
        done: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// A mirror failed; the download is tried again, from it or from the next one.
    Failed {
        /// File name.
        file: &'a str,
        /// The mirror.
        url: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// The hash is being checked.
    Verifying {
        /// File name.
        file: &'a str,
    },
    /// The archive is being unpacked.
    Unpacking {
        /// File name.
        file: &'a str,
    },
    /// The file is in place.
    Finished {
        /// File name.
        file: &'a str,
    },
}

/// Hears what a download does. Closures over [`Event`] are listeners; [`Quiet`] is deaf.
pub trait Progress {
    /// Called for every event, from the downloading thread.
    fn event(&mut self, event: Event<'_>);
}

impl<F: FnMut(Event<'_>)> Progress for F {
    fn event(&mut self, event: Event<'_>) {
        self(event);
    }
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quiet;

impl Progress for Quiet {
    fn event(&mut self, _: Event<'_>) {}
}

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
        Self { attempts: 3, pause: Duration::from_secs(1), timeout: Duration::from_secs(30) }
    }
}

/// What a fetch left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        Self { agent: config.new_agent(), options }
    }

    /// Downloads what is missing of a data set into `root/<name>/`, verifies and unpacks it.
    ///
    /// A file that is there under its name is not downloaded again. An archive is verified before
    /// it is unpacked, wherever it came from, and removed afterwards.
    ///
    /// # Errors
    /// [`DataError::Hash`] if a mirror delivered something else than the published file and no
    /// other mirror did better, [`DataError::Download`] if no mirror delivered,
    /// [`DataError::UnsafeEntry`] or [`DataError::Layout`] for a bad archive, [`DataError::Io`].
    pub fn fetch(
        &self,
        manifest: &Manifest,
        root: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Fetched> {
        let folder = root.join(&manifest.name);
        fs::create_dir_all(&folder).map_err(DataError::io(&folder, "create"))?;
        let mut fetched =
            Fetched { folder: folder.clone(), left_packed: Vec::new(), downloaded: 0 };
        for file in &manifest.files {
            let name = file.name.as_str();
            let path = folder.join(name);
            let result = file.creates.as_ref().map_or(path.clone(), |made| folder.join(made));
            if result.exists() {
                progress.event(Event::Present { file: name });
            } else {
                if !path.exists() {
                    self.download(file, &path, progress)?;
                    fetched.downloaded += 1;
                } else if file.creates.is_some() {
                    verify(file, &path)?;
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
                        progress.event(Event::Failed { file: &file.name, url, reason: &reason });
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
            self.transfer(file, url, &part, done, progress)?;
        }
        progress.event(Event::Verifying { file: &file.name });
        if let Some(expected) = &file.sha256 {
            let found = sha256_file(&part)?;
            if *expected != found {
                // Useless for resuming as well.
                fs::remove_file(&part).map_err(DataError::io(&part, "remove"))?;
                let (path, url, expected) = (path.into(), url.into(), expected.clone());
                let error = DataError::Hash { path, url, expected, found };
                return Err(Failure::Hash { error, resumed });
            }
        }
        fs::rename(&part, path).map_err(DataError::io(path, "move the download to"))?;
        Ok(())
    }

    /// Brings the part file to its full length, from byte `done` on if the server agrees.
    fn transfer(
        &self,
        file: &ManifestFile,
        url: &str,
        part: &Path,
        done: u64,
        progress: &mut dyn Progress,
    ) -> Result<(), Failure> {
        let mut request = self.agent.get(url);
        if done > 0 {
            request = request.header(header::RANGE, format!("bytes={done}-"));
        }
        let response = request.call().map_err(|error| Failure::remote(error, true))?;
        let status = response.status().as_u16();
        let length = content_length(&response);
        let start = match status {
            200 => 0,
            206 if range_start(&response) == Some(done) => done,
            206 | 416 => {
                // The part does not belong to this file: start afresh next time.
                let _ = fs::remove_file(part);
                return Err(Failure::remote(format!("cannot resume at byte {done}"), true));
            }
            _ => {
                let again = status >= 500 || status == 429;
                return Err(Failure::remote(format!("HTTP status {status}"), again));
            }
        };
        let total = file.size.or(length.map(|length| start + length));
        if let (Some(size), Some(length)) = (file.size, length)
            && start + length != size
        {
            let found = start + length;
            return Err(Failure::remote(format!("expected {size} bytes, found {found}"), false));
        }
        let mut target = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(start == 0)
            .append(start > 0)
            .open(part)
            .map_err(DataError::io(part, "open"))?;
        let name = file.name.as_str();
        progress.event(Event::Started { file: name, url, resumed_at: start, total });
        let mut done = start;
        let limit = file.size.map_or(u64::MAX, |size| size + 1);
        let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(Failure::remote(format!("after {done} bytes: {error}"), true));
                }
            };
            target.write_all(&buffer[..count]).map_err(DataError::io(part, "write"))?;
            done += count as u64;
            progress.event(Event::Advanced { file: name, done, total });
            if done >= limit {
                break;
            }
        }
        target.sync_all().map_err(DataError::io(part, "write"))?;
        match total {
            Some(total) if done < total => {
                Err(Failure::remote(format!("expected {total} bytes, found {done}"), true))
            }
            Some(total) if done > total => {
                let _ = fs::remove_file(part);
                Err(Failure::remote(format!("expected {total} bytes, found more"), false))
            }
            _ => Ok(()),
        }
    }
}

/// Why an attempt failed.
enum Failure {
    /// The disk: no other mirror would help.
    Local(DataError),
    /// The network or the server, and whether the same mirror may do better next time.
    Remote { reason: String, again: bool },
    /// The content, and whether part of it came from an earlier attempt.
    Hash { error: DataError, resumed: bool },
}

impl Failure {
    fn remote(reason: impl ToString, again: bool) -> Self {
        Self::Remote { reason: reason.to_string(), again }
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::Local(error)
    }
}

/// Checks an archive right before it is unpacked: it may have been put there by hand.
fn verify(file: &ManifestFile, path: &Path) -> Result<()> {
    let Some(expected) = file.sha256.clone() else { return Ok(()) };
    let found = sha256_file(path)?;
    if found == expected {
        return Ok(());
    }
    let url = "the file that was already there".into();
    Err(DataError::Hash { path: path.into(), url, expected, found })
}

fn part_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn content_length<B>(response: &Response<B>) -> Option<u64> {
    response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// The first byte of `Content-Range: bytes 5-9/10`.
fn range_start<B>(response: &Response<B>) -> Option<u64> {
    let value = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    value.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}

/// SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`DataError::Io`] if it cannot be read.
pub fn sha256_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(DataError::io(path, "open"))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer).map_err(DataError::io(path, "read"))? {
            0 => return Ok(hex(&hasher.finalize())),
            count => hasher.update(&buffer[..count]),
        }
    }
}
