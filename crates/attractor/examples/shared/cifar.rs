//! Real photographs where there are some.

use attractor::datasets::{DataRoot, load};
use attractor::prelude::*;

/// CIFAR-10's test images, or `count` built-in ones where they are absent.
pub(crate) fn or_builtin(count: usize) -> Result<ImageSet, Failure> {
    match load("cifar10", Split::Test, &DataRoot::from_environment(None)) {
        Ok(images) => Ok(images),
        Err(error) => {
            eprintln!("built-in images, as {error}");
            let size = BuiltinSize {
                train: 1,
                test: count,
            };
            Ok(builtin::scenes(Split::Test, &size)?)
        }
    }
}
