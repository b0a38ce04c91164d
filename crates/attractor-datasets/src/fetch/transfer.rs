//! One request: from a URL to a part file.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use ureq::Agent;
use ureq::http::{Response, header};

use crate::DataError;
use crate::manifest::ManifestFile;

use super::{Event, Progress};

/// Why an attempt failed.
pub(super) enum Failure {
    /// The disk: no other mirror would help.
    Local(DataError),
    /// The network or the server, and whether the same mirror may do better next time.
    Remote { reason: String, again: bool },
    /// The content, and whether part of it came from an earlier attempt.
    Hash { error: DataError, resumed: bool },
}

impl Failure {
    pub(super) fn remote(reason: impl ToString, again: bool) -> Self {
        Self::Remote {
            reason: reason.to_string(),
            again,
        }
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::Local(error)
    }
}

/// Brings the part file to its full length, from byte `done` on if the server agrees.
pub(super) fn transfer(
    agent: &Agent,
    file: &ManifestFile,
    url: &str,
    part: &Path,
    done: u64,
    progress: &mut dyn Progress,
) -> Result<(), Failure> {
    let mut request = agent.get(url);
    if done > 0 {
        request = request.header(header::RANGE, format!("bytes={done}-"));
    }
    let response = request
        .call()
        .map_err(|error| Failure::remote(error, true))?;
    let status = response.status().as_u16();
    let length = content_length(&response);
    let start = match status {
        200 => 0,
        206 if range_start(&response) == Some(done) => done,
        206 | 416 => {
            // The part does not belong to this file: start afresh next time.
            let _ = fs::remove_file(part);
            return Err(Failure::remote(
                format!("cannot resume at byte {done}"),
                true,
            ));
        }
        _ => {
            let again = status >= 500 || status == 429;
            return Err(Failure::remote(format!("HTTP status {status}"), again));
        }
    };
    // What a server says of its length is any number.
    let whole = length.map(|length| start.saturating_add(length));
    let total = file.size.or(whole);
    if let (Some(size), Some(found)) = (file.size, whole)
        && found != size
    {
        return Err(Failure::remote(
            format!("expected {size} bytes, found {found}"),
            false,
        ));
    }
    let mut target = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(start == 0)
        .append(start > 0)
        .open(part)
        .map_err(DataError::io(part, "open"))?;
    let name = file.name.as_str();
    progress.event(Event::Started {
        file: name,
        url,
        resumed_at: start,
        total,
    });
    let mut done = start;
    let limit = file.size.map_or(u64::MAX, |size| size.saturating_add(1));
    let mut body = response
        .into_body()
        .into_with_config()
        .limit(u64::MAX)
        .reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(Failure::remote(
                    format!("after {done} bytes: {error}"),
                    true,
                ));
            }
        };
        target
            .write_all(&buffer[..count])
            .map_err(DataError::io(part, "write"))?;
        done += count as u64;
        progress.event(Event::Advanced {
            file: name,
            done,
            total,
        });
        if done >= limit {
            break;
        }
    }
    target.sync_all().map_err(DataError::io(part, "write"))?;
    match total {
        Some(total) if done < total => Err(Failure::remote(
            format!("expected {total} bytes, found {done}"),
            true,
        )),
        Some(total) if done > total => {
            let _ = fs::remove_file(part);
            Err(Failure::remote(
                format!("expected {total} bytes, found more"),
                false,
            ))
        }
        _ => Ok(()),
    }
}

fn content_length<B>(response: &Response<B>) -> Option<u64> {
    response
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// The first byte of `Content-Range: bytes 5-9/10`.
fn range_start<B>(response: &Response<B>) -> Option<u64> {
    let value = response
        .headers()
        .get(header::CONTENT_RANGE)?
        .to_str()
        .ok()?;
    value
        .strip_prefix("bytes ")?
        .split('-')
        .next()?
        .trim()
        .parse()
        .ok()
}
