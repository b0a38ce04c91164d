//! What programs say, on a standard output that may close at any moment: `| head` is how people
//! look at the beginning of something.
//!
//! The command goes on then, its lines are dropped, and its exit status says what it would have said: a
//! list is soon done, a comparison still has its verdict, and the results of a run are files
//! ([`is_awaited`]). Nobody may be there to read complaints either, so that lines for standard error are
//! dropped when they cannot be written.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody should hear that the command goes on without its output.
static AWAITED: AtomicBool = AtomicBool::new(false);
/// Whether the output takes no more.
static CLOSED: AtomicBool = AtomicBool::new(false);
/// Whether that is an error: a full disk, not a reader who has seen enough.
static FAILED: AtomicBool = AtomicBool::new(false);

/// From here on the command takes long: if its output closes, it says on standard error that it goes on.
pub fn is_awaited() {
    AWAITED.store(true, Ordering::Relaxed);
}

/// Whether something could not be printed for another reason than that nobody reads it.
pub fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Whether nobody reads standard output any more.
pub fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Writes a line on standard output, unless that has closed.
pub fn line(text: fmt::Arguments<'_>) {
    if is_closed() {
        return;
    }
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
        lost(&error);
    }
}

/// Writes a line on standard error, if that is possible.
pub fn aside(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Standard output takes no more.
fn lost(error: &io::Error) {
    CLOSED.store(true, Ordering::Relaxed);
    if error.kind() != ErrorKind::BrokenPipe {
        FAILED.store(true, Ordering::Relaxed);
        aside(format_args!("error: could not print: {error}"));
    } else if AWAITED.load(Ordering::Relaxed) {
        aside(format_args!(
            "nobody reads what is printed; going on, the results are files"
        ));
    }
}
