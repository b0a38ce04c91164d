//! What a table of recalled images asks of its data sets, and what it does with less.

use attractor::datasets::LoadOptions;
use attractor::datasets::builtin::BuiltinSize;
use attractor::evaluation::experiment::{Overrides, ResolvedPart};
use serde::Deserialize;

use super::settings::Settings;
use crate::{Error, FoundSet, Loading, Result};

/// Images that the built-in sets draw at most: they are kept in memory.
const BUILTIN_IMAGES: usize = 1_000_000;

/// What a part may ask of the loader in its table `data`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DataOptions {
    /// Fewest and most objects of a scene.
    objects: Option<[usize; 2]>,
    /// Columns to keep; the others serve the task `shift`.
    columns: Option<usize>,
}

pub(super) fn loading(part: &ResolvedPart, settings: &Settings) -> Result<Loading> {
    let wanted = part.data.clone().try_into::<DataOptions>();
    let wanted = wanted.map_err(|error| {
        let known = "`objects` and `columns`";
        Error::setting(
            format!("part `{}`, `data`", part.name),
            known,
            error.message(),
        )
    })?;
    let learned = part.train_dataset.as_ref().unwrap_or(&part.dataset);
    for (key, name, images) in [
        ("train_images", learned, settings.train_images),
        ("test_images", &part.dataset, settings.test_images),
    ] {
        if name.starts_with("builtin") && images > BUILTIN_IMAGES {
            return Err(Error::setting(
                format!("`{key}`"),
                format!("at most {BUILTIN_IMAGES} for the built-in data set `{name}`"),
                images.to_string(),
            ));
        }
    }
    Ok(Loading {
        train: learned.clone(),
        test: part.dataset.clone(),
        options: LoadOptions {
            builtin: BuiltinSize {
                train: settings.train_images,
                test: settings.test_images,
            },
            objects: wanted.objects,
            columns: wanted.columns,
            ..LoadOptions::default()
        },
    })
}

/// Sets the sizes that the data sets allow. Where a preset asks for more than there is, all that is
/// there is used: the part then says so, in its options and in its shortages. Returns why figures cannot
/// be held against published ones, where the options do not show it.
pub(super) fn fit(
    part: &mut ResolvedPart,
    asked: &Overrides,
    train: FoundSet<'_>,
    test: FoundSet<'_>,
) -> Result<Option<String>> {
    let size = |part: &ResolvedPart, key: &str| {
        let value = part.options.get(key).and_then(toml::Value::as_integer);
        value
            .and_then(|value| usize::try_from(value).ok())
            .unwrap_or(0)
    };
    let set = |part: &mut ResolvedPart, key: &str, value: usize| {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        part.options.insert(key.to_owned(), value.into());
    };
    let short = |what: &str, found: usize, wanted: usize, set: FoundSet<'_>| {
        let holds = format!("{} holds {} images", set.source, set.images);
        format!("{what} {found} instead of {wanted}, as {holds}")
    };
    let mut reason = None;
    let wanted = size(part, "train_images");
    if train.images < wanted {
        if asked.has_option("train_images") || train.images == 0 {
            return Err(train.refuse("training images", wanted));
        }
        set(part, "train_images", train.images);
        let line = short("training images", train.images, wanted, train);
        part.shortages.push(line);
        // Systems that learn use them even where the model's weights are imported.
        reason = Some(format!(
            "training images {} instead of {wanted}",
            train.images
        ));
    }
    let stored = part.n_stored.iter().copied().max().unwrap_or(1);
    if test.images < stored {
        return Err(test.refuse("images for one block", stored));
    }
    let (wanted, possible) = (size(part, "blocks"), test.images / stored);
    if possible < wanted {
        if asked.has_option("blocks") {
            return Err(test.refuse("images for its blocks", wanted.saturating_mul(stored)));
        }
        set(part, "blocks", possible);
        let line = short("blocks", possible, wanted, test);
        part.shortages.push(line);
    }
    // Blocks are cut from all of them.
    set(part, "test_images", test.images);
    Ok(reason)
}
