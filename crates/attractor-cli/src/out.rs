//! What the program says: see [`attractor::core::out`].

pub(crate) use attractor::core::out::has_failed;

/// A line on standard output.
macro_rules! say {
    ($($text:tt)*) => { attractor::core::out::line(format_args!($($text)*)) };
}

/// A line on standard error.
macro_rules! complain {
    ($($text:tt)*) => { attractor::core::out::aside(format_args!($($text)*)) };
}

pub(crate) use {complain, say};

/// A share as people read it.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
