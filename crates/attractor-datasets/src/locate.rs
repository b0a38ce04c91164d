//! Finding and loading a data set by name or path.

mod places;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::builtin::{self, BuiltinSize};
use crate::clevr::{self, ClevrFolder, Generator, View};
use crate::folder::{self, FolderOptions, Watch};
use crate::idx::{EMNIST_BALANCED, EMNIST_DIGITS, FASHION_MNIST, IdxFamily, MNIST};
use crate::{AnnotatedSet, DataError, ImageSet, Result, Split, cifar10};

/// Names that [`load`] knows.
pub const NAMES: [&str; 10] = [
    cifar10::NAME,
    MNIST.name,
    FASHION_MNIST.name,
    EMNIST_DIGITS.name,
    EMNIST_BALANCED.name,
    clevr::NAME,
    builtin::SCENES,
    builtin::GLYPHS,
    builtin::LETTERS,
    clevr::BUILTIN,
];

/// File name of an archive of CIFAR-10 as images: `train|test/<class>/*.jpg` or `.png`.
pub const CIFAR10_ARCHIVE: &str = "cifar10-images.tar.gz";

/// The directories in which data sets are looked for, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataRoot {
    directories: Vec<PathBuf>,
}

impl DataRoot {
    /// Directories in order of precedence: what the caller names, what the environment names, the
    /// cache. Empty values count as absent.
    pub fn new(
        data_dir: Option<PathBuf>,
        environment: Option<OsString>,
        cache_dir: Option<PathBuf>,
    ) -> Self {
        let all = [data_dir, environment.map(PathBuf::from), cache_dir];
        let directories = all
            .into_iter()
            .flatten()
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
        Self { directories }
    }

    /// [`DataRoot::new`] with the variable `ATTRACTOR_DATA` and the user's cache directory
    /// (`attractor/data` below it). The only place of the library that reads the environment.
    pub fn from_environment(data_dir: Option<&Path>) -> Self {
        let cache = etcetera::choose_base_strategy()
            .ok()
            .map(|strategy| strategy.cache_dir().join("attractor").join("data"));
        Self::new(
            data_dir.map(Path::to_path_buf),
            std::env::var_os("ATTRACTOR_DATA"),
            cache,
        )
    }

    /// The directories, in order.
    pub fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// Where downloads go: the first directory.
    pub fn download_dir(&self) -> Option<&Path> {
        self.directories.first().map(PathBuf::as_path)
    }

    /// Where the data set `name` lies, without reading it. Both splits must be there, except of
    /// CLEVR, where one is enough, and in an image folder or archive, which is not opened. Folders may
    /// be named as torchvision names them, `FashionMNIST/raw`; a path may also lead to a folder of IDX
    /// files or of CIFAR-10's binary ones.
    pub fn find(&self, name: &str) -> Option<Found> {
        let found = |path: &Path, kind| {
            Some(Found {
                path: path.into(),
                kind,
            })
        };
        match name {
            builtin::SCENES => return found(Path::new(name), FoundKind::BuiltinScenes),
            builtin::GLYPHS => return found(Path::new(name), FoundKind::BuiltinGlyphs),
            builtin::LETTERS => return found(Path::new(name), FoundKind::BuiltinLetters),
            clevr::BUILTIN => return found(Path::new(name), FoundKind::BuiltinClevr),
            _ => {}
        }
        let named = self.directories.iter().find_map(|root| match name {
            cifar10::NAME => find_cifar10(root),
            clevr::NAME => find_clevr(root),
            _ => idx_family(name).and_then(|family| places::find(root, family)),
        });
        let path = Path::new(name);
        named.or_else(|| {
            let usable = path.is_dir() || (path.is_file() && folder::is_archive(path));
            match usable && !NAMES.contains(&name) {
                true if is_clevr(path) => found(path, FoundKind::Clevr),
                true if has_cifar10(path) => found(path, FoundKind::Cifar10Binary),
                true => places::at(path).or_else(|| found(path, FoundKind::Images)),
                false => None,
            }
        })
    }
}

/// A data set that is present.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Directory or archive; the name itself for a built-in generator.
    pub path: PathBuf,
    /// How it is read.
    pub kind: FoundKind,
}

/// How a data set is read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoundKind {
    /// CIFAR-10's official binary files.
    Cifar10Binary,
    /// IDX files.
    Idx(&'static IdxFamily),
    /// A folder or archive of images.
    Images,
    /// [`builtin::scenes`].
    BuiltinScenes,
    /// [`builtin::glyphs`].
    BuiltinGlyphs,
    /// [`builtin::letters`].
    BuiltinLetters,
    /// A folder in CLEVR's layout.
    Clevr,
    /// [`clevr::Generator`].
    BuiltinClevr,
}

/// What [`load_with`] needs to know besides the name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// How many images the generators draw.
    pub builtin: BuiltinSize,
    /// How images of folders and archives are brought to one shape, and what happens to damaged ones.
    pub folder: FolderOptions,
    /// Fewest and most objects of CLEVR's scenes, inclusive. `None` keeps all that are stored and
    /// renders 3 to 10.
    pub objects: Option<[usize; 2]>,
    /// Cuts every image to its first columns ([`ImageSet::crop_columns`]); the others serve
    /// [`Corruption::Shift`](crate::Corruption::Shift). `None` keeps all columns.
    pub columns: Option<usize>,
}

/// Loads a split of the data set `name` (see [`NAMES`]) or of a folder or archive of images.
///
/// # Errors
/// [`DataError::Missing`] if it is nowhere; otherwise as the loader of its kind.
pub fn load(name: &str, split: Split, root: &DataRoot) -> Result<ImageSet> {
    load_with(name, split, root, &LoadOptions::default())
}

/// [`load`] with options.
///
/// # Errors
/// As [`load`]; as [`ImageSet::crop_columns`].
pub fn load_with(
    name: &str,
    split: Split,
    root: &DataRoot,
    options: &LoadOptions,
) -> Result<ImageSet> {
    Ok(load_annotated(name, split, root, options)?.images)
}

/// [`load_with`], together with what is known of the images' contents.
///
/// # Errors
/// As [`load_with`].
pub fn load_annotated(
    name: &str,
    split: Split,
    root: &DataRoot,
    options: &LoadOptions,
) -> Result<AnnotatedSet> {
    load_watched(name, split, root, options, &|_, _| ())
}

/// [`load_annotated`], telling `watch` how far it is with the pictures of a folder or archive. Other
/// kinds are loaded without a word.
///
/// # Errors
/// As [`load_with`].
pub fn load_watched(
    name: &str,
    split: Split,
    root: &DataRoot,
    options: &LoadOptions,
    watch: &Watch<'_>,
) -> Result<AnnotatedSet> {
    let set = load_whole(name, split, root, options, watch)?;
    match options.columns {
        Some(columns) => set.crop_columns(columns),
        None => Ok(set),
    }
}

fn load_whole(
    name: &str,
    split: Split,
    root: &DataRoot,
    options: &LoadOptions,
    watch: &Watch<'_>,
) -> Result<AnnotatedSet> {
    let Some(Found { path, kind }) = root.find(name) else {
        if let Some(family) = idx_family(name) {
            // Files of one split, or in a folder that says that they are another data set's.
            for directory in &root.directories {
                if let Some(set) = places::part(directory, family, split)? {
                    return Ok(set.into());
                }
            }
        }
        let searched = root.directories.clone();
        let known = NAMES.join(", ");
        return Err(DataError::Missing {
            name: name.into(),
            searched,
            known,
        });
    };
    let plain = match kind {
        FoundKind::Cifar10Binary => cifar10::load(&path, split),
        FoundKind::Idx(family) => places::load(&path, family, split),
        FoundKind::Images if name == cifar10::NAME => {
            let folder = FolderOptions {
                skip_damaged: options.folder.skip_damaged,
                ..FolderOptions::default()
            };
            let mut set = folder::load_watched(&path, split, &folder, watch)?;
            if set.shape != cifar10::SHAPE || set.classes != cifar10::CLASSES {
                let expected = format!("{} images of CIFAR-10's ten classes", cifar10::SHAPE);
                let found = format!("{} images of {} classes", set.shape, set.classes.len());
                return Err(DataError::layout(&path, expected, found));
            }
            set.name = name.into();
            Ok(set)
        }
        FoundKind::Images => folder::load_watched(&path, split, &options.folder, watch),
        FoundKind::BuiltinScenes => builtin::scenes(split, &options.builtin),
        FoundKind::BuiltinGlyphs => builtin::glyphs(split, &options.builtin),
        FoundKind::BuiltinLetters => builtin::letters(split, &options.builtin),
        FoundKind::Clevr => {
            let folder = ClevrFolder::open(&path, split, options.objects, &View::PAPER)?;
            return Ok(AnnotatedSet::from_clevr(folder.load()?, &View::PAPER));
        }
        FoundKind::BuiltinClevr => {
            let mut generator = Generator::default();
            generator.objects = options.objects.unwrap_or(generator.objects);
            let set = generator.generate(split, options.builtin.count(split))?;
            return Ok(AnnotatedSet::from_clevr(set, &generator.view));
        }
    };
    plain.map(Into::into)
}

/// Whether a folder holds scenes of some split in CLEVR's layout, if only of its relatives' splits: they
/// are refused by name when it is loaded.
fn is_clevr(path: &Path) -> bool {
    !clevr::scene_splits(path).is_empty()
}

fn find_clevr(root: &Path) -> Option<Found> {
    let folders = clevr::FOLDERS.map(|folder| root.join(folder));
    let readable = |path: &&PathBuf| {
        [Split::Train, Split::Test]
            .iter()
            .any(|&split| clevr::scene_file(path, clevr::split_name(split)).is_file())
    };
    let path = folders.iter().find(readable);
    Some(Found {
        path: path.or(folders.iter().find(|path| is_clevr(path)))?.clone(),
        kind: FoundKind::Clevr,
    })
}

fn idx_family(name: &str) -> Option<&'static IdxFamily> {
    [&MNIST, &FASHION_MNIST, &EMNIST_DIGITS, &EMNIST_BALANCED]
        .into_iter()
        .find(|family| family.name == name)
}

/// Whether a folder holds all of CIFAR-10's binary files.
fn has_cifar10(path: &Path) -> bool {
    [Split::Train, Split::Test]
        .map(|split| cifar10::files(path, split))
        .concat()
        .iter()
        .all(|file| file.is_file())
}

fn find_cifar10(root: &Path) -> Option<Found> {
    let own = root.join(cifar10::NAME);
    let binary = "cifar-10-batches-bin";
    let binaries = [
        root.join(binary),
        own.join(binary),
        own.clone(),
        root.to_path_buf(),
    ];
    if let Some(path) = binaries.into_iter().find(|path| has_cifar10(path)) {
        return Some(Found {
            path,
            kind: FoundKind::Cifar10Binary,
        });
    }
    let path = [root, &own]
        .map(|path| path.join(CIFAR10_ARCHIVE))
        .into_iter()
        .find(|p| p.is_file());
    Some(Found {
        path: path?,
        kind: FoundKind::Images,
    })
}
