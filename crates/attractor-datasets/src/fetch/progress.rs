//! What a download reports.

/// What a [`Progress`] hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The file, or what it unpacks to, is already there and is as published.
    Present {
        /// File name.
        file: &'a str,
    },
    /// The file, or what it unpacks to, is already there, and nothing is known to verify it with.
    Unverified {
        /// File name.
        file: &'a str,
        /// What is missing.
        reason: &'a str,
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
