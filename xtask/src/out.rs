//! What the program says, on a standard output that may close at any moment: `| head` is how people
//! look at the beginning of something.
//!
//! Commands that only print end quietly then, as programs do. Commands that compute go on: their results
//! are files ([`go_on_when_closed`]). Nobody may be there to read complaints either, so that lines for
//! standard error are dropped when they cannot be written.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the command outlives its output.
static GOES_ON: AtomicBool = AtomicBool::new(false);
/// Whether the output was found closed.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// A line on standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::out::line(format_args!($($text)*)) };
}

/// A line on standard error.
macro_rules! complain {
    ($($text:tt)*) => { $crate::out::aside(format_args!($($text)*)) };
}

pub(crate) use {complain, say};

/// From here on the command works on when nobody listens any more.
pub(crate) fn go_on_when_closed() {
    GOES_ON.store(true, Ordering::Relaxed);
}

/// Whether nobody reads standard output any more.
pub(crate) fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Writes a line on standard output.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    if is_closed() {
        return;
    }
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
        lost(&error);
    }
}

/// Writes a line on standard error, if that is possible.
pub(crate) fn aside(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Standard output takes no more.
fn lost(error: &io::Error) {
    CLOSED.store(true, Ordering::Relaxed);
    let quiet = error.kind() == ErrorKind::BrokenPipe;
    if GOES_ON.load(Ordering::Relaxed) {
        let reason = match quiet {
            true => "nobody reads what it prints".to_owned(),
            false => format!("could not print: {error}"),
        };
        aside(format_args!("{reason}; going on, the results are files"));
        return;
    }
    if !quiet {
        aside(format_args!("error: could not print: {error}"));
    }
    std::process::exit(i32::from(!quiet));
}
