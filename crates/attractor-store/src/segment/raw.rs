//! Columns whose values lie in the file as they are: required, of fixed width, PLAIN and uncompressed.
//!
//! Of such a column a page is a header followed by the values, so that the place of every value follows from the
//! offset index of the footer, and values are read straight into where they are needed.

use std::io;

use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::ParquetMetaData;

use super::Source;

/// More than any header of a page: a larger difference is something else.
const LARGEST_HEADER: u64 = 64 << 10;

/// The values of one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    first: u64,
    rows: u64,
    offset: u64,
}

/// Where the values of a column are.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    width: usize,
    spans: Vec<Span>,
}

impl Raw {
    /// Of a column of `width` bytes, unless its values have to be decoded.
    pub(crate) fn of(
        metadata: &ParquetMetaData,
        column: usize,
        width: usize,
        bytes: u64,
    ) -> Option<Self> {
        let index = metadata.page_index()?;
        let (mut spans, mut first) = (Vec::new(), 0u64);
        for (group, rows) in metadata.row_groups().iter().enumerate() {
            let chunk = rows.column(column);
            let descriptor = chunk.column_descr();
            // The latter is of levels, which a required column has none of.
            let plain = |encoding| matches!(encoding, Encoding::PLAIN | Encoding::RLE);
            let as_is = chunk.compression() == Compression::UNCOMPRESSED
                && descriptor.max_def_level() == 0
                && descriptor.max_rep_level() == 0
                && chunk.dictionary_page_offset().is_none()
                && chunk.encodings().all(plain);
            if !as_is {
                return None;
            }
            let rows = u64::try_from(rows.num_rows()).ok()?;
            let pages = index.page_locations(group, column)?;
            for (at, page) in pages.iter().enumerate() {
                let from = u64::try_from(page.first_row_index).ok()?;
                let to = match pages.get(at + 1) {
                    Some(next) => u64::try_from(next.first_row_index).ok()?,
                    None => rows,
                };
                let count = to.checked_sub(from)?;
                let size = u64::try_from(page.compressed_page_size).ok()?;
                let values = count.checked_mul(width as u64)?;
                let header = size.checked_sub(values)?;
                let offset = u64::try_from(page.offset).ok()?.checked_add(header)?;
                let inside = offset.checked_add(values)? <= bytes;
                if !(1..=LARGEST_HEADER).contains(&header) || !inside {
                    return None;
                }
                spans.push(Span {
                    first: first + from,
                    rows: count,
                    offset,
                });
            }
            first += rows;
        }
        let mut next = 0;
        for span in &spans {
            if span.first != next {
                return None;
            }
            next += span.rows;
        }
        (next == first).then_some(Self { width, spans })
    }

    /// Says that these rows are read soon.
    pub(crate) fn ahead(&self, source: &Source, first: u64, rows: u64) {
        let at = |row: u64| {
            let place = self
                .spans
                .partition_point(|span| span.first + span.rows <= row);
            let span = self.spans.get(place)?;
            Some(span.offset + (row - span.first) * self.width as u64)
        };
        if let (Some(from), Some(to)) = (at(first), at(first + rows.saturating_sub(1))) {
            source.ahead(from, to - from + self.width as u64);
        }
    }

    /// The values of as many rows as `out` has place for, from row `first` on.
    pub(crate) fn read(&self, source: &Source, first: u64, out: &mut [u8]) -> io::Result<()> {
        let mut at = self
            .spans
            .partition_point(|span| span.first + span.rows <= first);
        let (mut row, mut out) = (first, out);
        while !out.is_empty() {
            let span = self.spans.get(at).ok_or(io::ErrorKind::UnexpectedEof)?;
            let skipped = row - span.first;
            let rows = (span.rows - skipped).min((out.len() / self.width) as u64);
            let (here, rest) = out.split_at_mut(rows as usize * self.width);
            source.read_exact(span.offset + skipped * self.width as u64, here)?;
            (out, row, at) = (rest, row + rows, at + 1);
        }
        Ok(())
    }
}
