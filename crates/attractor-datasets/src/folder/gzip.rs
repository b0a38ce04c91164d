//! Gzip streams to their very end.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Reads the members of a gzip file one after another; zeros after the last one are padding, anything
/// else there is an error.
pub(super) struct Gzip<R: BufRead> {
    /// `None` after the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            member: Some(GzDecoder::new(reader)),
        }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            let count = member.read(into)?;
            if count > 0 {
                return Ok(count);
            }
            let Some(mut reader) = self.member.take().map(GzDecoder::into_inner) else {
                break;
            };
            match reader.fill_buf()?.first() {
                Some(0x1f) => self.member = Some(GzDecoder::new(reader)),
                _ => padding(reader)?,
            }
        }
        Ok(0)
    }
}

fn padding(mut reader: impl BufRead) -> io::Result<()> {
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.iter().any(|&byte| byte != 0) {
            let what = "bytes after the end of the gzip stream";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        match bytes.len() {
            0 => return Ok(()),
            count => reader.consume(count),
        }
    }
}
