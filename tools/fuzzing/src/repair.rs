//! Right checksums for damaged files.

use std::io::Write;

use flate2::Compression;
use flate2::Crc;
use flate2::write::GzEncoder;

/// Packs bytes.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed
        .write_all(bytes)
        .and_then(|()| packed.finish())
        .expect("a vector takes all bytes")
}

const BLOCK: usize = 512;
const SIZE: std::ops::Range<usize> = 124..136;
const SUM: std::ops::Range<usize> = 148..156;

/// Gives each header of a tar archive its checksum.
pub(crate) fn tar(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(header) = bytes.get_mut(at..at + BLOCK) {
        header[SUM].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[SUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let digits: String = header[SIZE]
            .iter()
            .map(|&byte| char::from(byte))
            .filter(|digit| ('0'..'8').contains(digit))
            .collect();
        let size = usize::from_str_radix(&digits, 8).unwrap_or(0);
        let content = size.div_ceil(BLOCK).saturating_mul(BLOCK);
        at = at.saturating_add(BLOCK).saturating_add(content);
    }
}

/// Gives each chunk of a PNG its checksum.
pub(crate) fn png(bytes: &mut [u8]) {
    let mut at = 8_usize;
    while let Some(length) = bytes.get(at..at.saturating_add(4)) {
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let (begin, end) = (at + 4, at.saturating_add(8).saturating_add(length));
        let Some(chunk) = bytes.get(begin..end) else {
            return;
        };
        let mut crc = Crc::new();
        crc.update(chunk);
        let sum = crc.sum().to_be_bytes();
        if let Some(place) = bytes.get_mut(end..end.saturating_add(4)) {
            place.copy_from_slice(&sum);
        }
        at = end.saturating_add(4);
    }
}
