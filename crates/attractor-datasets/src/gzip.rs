//! Gzip as `gzip -d` reads it.
//!
//! A file may hold several members, whose contents follow one another. What comes after the last
//! one is padding (tapes and block devices leave zeros) or does not belong to the data; `gzip -d`
//! ignores it too. A member that is cut off or does not agree with its checksum is an error.

use std::io::{BufRead, BufReader, Chain, Read, Result};

use flate2::bufread::GzDecoder;

const MAGIC: &[u8] = &[0x1f, 0x8b];

/// Buffer of packed and of unpacked bytes.
const BUFFER: usize = 1 << 18;

/// A reader of what `reader` holds: unpacked if it starts as gzip does (whatever the file is
/// called), as it is otherwise.
pub(crate) fn open(reader: impl Read + 'static) -> Result<Box<dyn BufRead>> {
    let mut reader = BufReader::with_capacity(BUFFER, reader);
    Ok(if reader.fill_buf()?.starts_with(MAGIC) {
        Box::new(BufReader::with_capacity(BUFFER, Members::new(reader)))
    } else {
        Box::new(reader)
    })
}

/// The contents of all members.
struct Members<R: BufRead> {
    /// The present member; `None` after the last.
    member: Option<GzDecoder<Start<R>>>,
}

/// A reader, with the magic number put back that was read to recognise a member.
type Start<R> = Chain<&'static [u8], R>;

impl<R: BufRead> Members<R> {
    fn new(reader: R) -> Self {
        let start: &[u8] = &[];
        Self {
            member: Some(GzDecoder::new(start.chain(reader))),
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(into)?;
            if read > 0 || into.is_empty() {
                return Ok(read);
            }
            if let Some(member) = self.member.take() {
                let (_, mut reader) = member.into_inner().into_inner();
                if skip(&mut reader, MAGIC)? {
                    self.member = Some(GzDecoder::new(MAGIC.chain(reader)));
                }
            }
        }
        Ok(0)
    }
}

/// Skips `bytes` if the reader holds them next; says whether it did.
fn skip(reader: &mut impl BufRead, bytes: &[u8]) -> Result<bool> {
    for expected in bytes {
        if reader.fill_buf()?.first() != Some(expected) {
            return Ok(false);
        }
        reader.consume(1);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, ErrorKind, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: Vec<u8>) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        open(Cursor::new(bytes))?.read_to_end(&mut all)?;
        Ok(all)
    }

    #[test]
    fn several_members_are_read_in_a_row() {
        let empty = gz(b"");
        let bytes = [gz(b"one "), empty, gz(b"two")].concat();
        assert_eq!(read(bytes).unwrap(), b"one two");
        // However little the reader has in its buffer.
        let bytes = [gz(b"one "), gz(b"two"), vec![0x1f]].concat();
        let mut all = Vec::new();
        Members::new(BufReader::with_capacity(1, &bytes[..]))
            .read_to_end(&mut all)
            .unwrap();
        assert_eq!(all, b"one two");
    }

    #[test]
    fn what_follows_the_last_member_is_ignored() {
        let zeros = [0; 512];
        for after in [&[0][..], &zeros, b"garbage", &[0x1f], &[0x1f, 0, 0x8b]] {
            let bytes = [&gz(b"one ")[..], &gz(b"two"), after].concat();
            assert_eq!(read(bytes).unwrap(), b"one two", "{after:?}");
        }
    }

    #[test]
    fn a_member_that_is_cut_off_or_damaged_is_an_error() {
        let whole = [gz(b"one"), gz(b"two")].concat();
        for len in 2..whole.len() {
            match read(whole[..len].to_vec()) {
                Ok(all) => assert!(
                    len == gz(b"one").len() || len == gz(b"one").len() + 1,
                    "{all:?}"
                ),
                Err(error) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{len}"),
            }
        }
        let mut damaged = gz(b"one");
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        assert!(read(damaged).is_err());
    }

    #[test]
    fn other_files_are_read_as_they_are() {
        assert_eq!(read(b"plain".to_vec()).unwrap(), b"plain");
        assert_eq!(read(Vec::new()).unwrap(), b"");
    }
}
