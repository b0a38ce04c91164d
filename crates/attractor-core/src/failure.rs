//! What `main` of a small program returns: errors that print as sentences.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// Any error, for a `main` that ends with it. The standard library prints what `main` returns in the
/// form of `Debug`, which for most errors is a Rust structure; here it is the sentence, followed by its
/// reasons, each once.
///
/// ```
/// use attractor_core::Failure;
///
/// fn main() -> Result<(), Failure> {
///     let cues: usize = attractor_core::failure::number("CUES", "12")?;
///     assert_eq!(cues, 12);
///     Ok(())
/// }
/// ```
pub struct Failure(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&reasons(&*self.0))
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An error and what caused it, the outermost first. Errors of this workspace do not repeat their
/// source in their own sentence.
pub fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// The number that a program was given as the argument `name`.
///
/// # Errors
/// One that names the argument and says what was found.
pub fn number<T: FromStr>(name: &str, text: &str) -> Result<T, Failure>
where
    T::Err: fmt::Display,
{
    text.parse().map_err(|error: T::Err| {
        format!("argument {name}: expected a number, found `{text}` ({error})").into()
    })
}

/// Refuses words that are none of the names that a program knows.
///
/// # Errors
/// One that names the first such word and what would be possible.
pub fn known<W: AsRef<str>>(words: &[W], names: &[&str]) -> Result<(), Failure> {
    let mut words = words.iter().map(AsRef::as_ref);
    match words.find(|word| !names.contains(word)) {
        Some(word) => Err(format!("unknown `{word}`; known: {}", names.join(", ")).into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("photos: could not open")]
    struct Outer {
        source: std::io::Error,
    }

    #[test]
    fn a_failure_prints_its_sentence_and_each_reason_once() {
        let outer = Outer {
            source: std::io::Error::other("no such folder"),
        };
        let failure = Failure::from(outer);
        assert_eq!(
            failure.to_string(),
            "photos: could not open: no such folder"
        );
        assert_eq!(format!("{failure:?}"), failure.to_string());
        let text = Failure::from("usage: sheets DIR");
        assert_eq!(format!("{text:?}"), "usage: sheets DIR");
    }

    #[test]
    fn a_name_that_nobody_knows_is_refused() {
        let names = ["size", "growth"];
        assert!(known(&["growth"], &names).is_ok());
        let message = known(&["size", "grwth"], &names).unwrap_err().to_string();
        assert_eq!(message, "unknown `grwth`; known: size, growth");
    }

    #[test]
    fn a_word_that_is_no_number_is_named() {
        assert_eq!(number::<f64>("RATE", "0.5").unwrap(), 0.5);
        for word in ["abc", "-1", "", "99999999999999999999999"] {
            let message = number::<usize>("INDEX", word).unwrap_err().to_string();
            let start = format!("argument INDEX: expected a number, found `{word}` (");
            assert!(message.starts_with(&start), "{message}");
        }
    }
}
