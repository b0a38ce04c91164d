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
